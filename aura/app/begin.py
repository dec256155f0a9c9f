"""How a session starts, or goes on: what is recorded before its first prompt."""

from aura import __version__
from aura.app.folders import Place
from aura.app.options import SessionOptions
from aura.app.session import LocalSession
from aura.config.schema import Settings
from aura.core.events import AutoSwitched, ChecksSet, DoneSwitched, LimitsSet, ModeSwitched
from aura.core.permissions import Mode
from aura.store.log import SessionLog


def is_explicit(settings: Settings, key: str) -> bool:
    """Whether a setting was given for this start: by a flag or the environment."""
    return settings.origin(key).startswith(("flag", "environment"))


def _name_holder(place: Place) -> str:
    lease = place.log.lease if isinstance(place.log, SessionLog) else None
    return lease.holder.name if lease else ""


def begin(session: LocalSession, options: SessionOptions, settings: Settings, place: Place) -> None:
    """Record how the session starts, or that it goes on and what changed; what was saved with it comes back."""
    if not place.is_new:
        session.resume(_name_holder(place), __version__)
    switches = session.turn.switches
    fresh = place.is_new
    auto = settings.auto.enabled if fresh or is_explicit(settings, "auto.enabled") else switches.auto
    unattended = options.unattended or auto
    if auto != switches.auto:
        session.record(AutoSwitched(auto, "settings"))
    required = settings.requires_done(unattended=unattended)
    if required != switches.done_required and (fresh or auto != switches.auto):
        session.record(DoneSwitched(required, "settings"))
    wanted = options.mode or settings.permissions.mode
    keeps = not fresh and options.mode is None and not is_explicit(settings, "permissions.mode")
    mode = switches.mode if keeps and switches.mode is not Mode.YOLO else wanted
    if mode != switches.mode:
        session.record(ModeSwitched(mode.value, "settings"))
    checks = tuple(dict.fromkeys((*(settings.auto.checks if fresh else switches.checks), *options.checks)))
    if checks != switches.checks:
        session.record(ChecksSet(checks, "settings"))
    limits = settings.limits(unattended=unattended)
    if limits != session.turn.limits:
        session.record(LimitsSet(limits, fresh=fresh, by="settings"))
