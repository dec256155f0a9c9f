"""How a session starts, or goes on: what is recorded before its first prompt."""

from dataclasses import replace

from aura import __version__
from aura.app.folders import Place
from aura.app.options import LIMIT_SETTINGS, SessionOptions
from aura.app.session import LocalSession
from aura.config.schema import Settings
from aura.core.events import AutoSwitched, ChecksSet, DoneSwitched, LimitsSet, ModeSwitched, ThinkingSwitched
from aura.core.limits import Limits
from aura.core.permissions import Mode
from aura.store.log import SessionLog


def is_explicit(settings: Settings, key: str) -> bool:
    """Whether a setting was given for this start: by a flag or the environment."""
    return settings.origin(key).startswith(("flag", "environment"))


def _name_holder(place: Place) -> str:
    lease = place.log.lease if isinstance(place.log, SessionLog) else None
    return lease.holder.name if lease else ""


def begin(session: LocalSession, options: SessionOptions, settings: Settings, place: Place) -> None:
    """Record how the session starts, or that it goes on and what changed; what was saved with it comes back.

    On resume only what was given for this start wins over what was saved; settings in files do not. Going on in auto
    mode when the session was not, or the other way round, brings the defaults of that for Done and the limits.
    """
    if not place.is_new:
        session.resume(_name_holder(place), __version__)
    fresh, switches = place.is_new, session.turn.switches

    def wins(key: str) -> bool:
        return fresh or is_explicit(settings, key)

    auto = settings.auto.enabled if wins("auto.enabled") else switches.auto
    unattended = options.unattended or auto
    turns_over = fresh or auto != switches.auto
    if auto != switches.auto:
        session.record(AutoSwitched(auto, "settings"))
    required = settings.requires_done(unattended=unattended)
    if required != switches.done_required and (turns_over or wins("auto.require_done")):
        session.record(DoneSwitched(required, "settings"))
    mode = options.mode or (settings.permissions.mode if wins("permissions.mode") else switches.mode)
    if mode is Mode.YOLO and options.mode is None:
        mode = settings.permissions.mode  # a flag only, never saved
    if mode != switches.mode:
        session.record(ModeSwitched(mode.value, "settings"))
    saved = settings.auto.checks if wins("auto.checks") else switches.checks
    checks = tuple(dict.fromkeys((*saved, *options.checks)))
    if checks != switches.checks:
        session.record(ChecksSet(checks, "settings"))
    thinking = settings.models.thinking if wins("models.thinking") else switches.thinking
    if thinking != switches.thinking:
        session.record(ThinkingSwitched(thinking, "settings"))
    limits = settings.limits(unattended=unattended)
    if not turns_over:
        limits = _keep_limits(session.turn.limits, limits, settings)
    if limits != session.turn.limits:
        session.record(LimitsSet(limits, fresh=fresh, by="settings"))


def _keep_limits(saved: Limits, wanted: Limits, settings: Settings) -> Limits:
    """The saved limits, with those that were given for this start in their place."""
    given = {
        name: getattr(wanted, name) for name, key in LIMIT_SETTINGS.items() if is_explicit(settings, key)
    }
    return replace(saved, **given)
