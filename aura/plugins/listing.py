"""What there is to say of each plugin: its place, its state, its hooks and settings."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aura.core.conditions import render
from aura.plugins.facade import Plugins
from aura.plugins.relay import HOOKS, Plugged

State = Literal["on", "disabled", "unplugged", "broken"]


@dataclass(frozen=True, slots=True)
class Listing:
    """One plugin as it is listed; `reason` says why it is unplugged or broken, `place` is its folder or package.

    `shows` is what it adds to the interface, in words.
    """

    name: str
    state: State
    origin: str = ""
    description: str = ""
    reason: str = ""
    order: int = 0
    once: bool = False
    condition: str = ""
    message: str = ""
    hooks: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""
    shows: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The fields as plain values."""
        return dataclasses.asdict(self)


def list_plugins(plugins: Plugins) -> tuple[Listing, ...]:
    """Every plugin that was found: those in use in the order in which they are asked, then all others by name."""
    plugged = {each.name: each for each in plugins.plugged}
    reasons = {each.plugin: each.sentence for each in plugins.problems if each.level == "error"}
    listed = []
    for candidate in plugins.loaded.candidates:
        manifest, own = candidate.manifest, plugged.get(candidate.name)
        state: State = "disabled" if manifest.disabled else "broken"
        reason = "" if manifest.disabled else reasons.pop(candidate.name, "")
        shows = _say_shown(plugins, own) if own is not None else ()
        if own is not None:
            state, reason = ("unplugged", own.unplugged) if own.unplugged else ("on", "")
        listed.append(
            Listing(
                name=candidate.name,
                state=state,
                origin=candidate.origin,
                description=manifest.description,
                reason=reason,
                order=manifest.order,
                once=manifest.once,
                condition=render(manifest.condition) if manifest.condition is not None else "",
                message=manifest.message,
                hooks=tuple(hook for hook in HOOKS if own is not None and hook in own.callers),
                settings=own.settings if own is not None and not manifest.when else dict(manifest.config),
                place=_say_place(candidate.target),
                shows=shows,
            )
        )
    listed += [Listing(name, "broken", reason=reason) for name, reason in reasons.items() if name]
    return tuple(
        sorted(listed, key=lambda one: (one.state != "on", one.order if one.state == "on" else 0, one.name))
    )


def _say_shown(plugins: Plugins, own: Plugged) -> tuple[str, ...]:
    """The commands, panels and status items of a plugin; one that cannot even name them is unplugged."""
    commands = [
        f"/{one.name}" + (f" (in the palette: {one.title})" if getattr(one, "title", "") else "")
        for one in plugins.commands(own)
    ]
    return (*commands, *(source.name for source in plugins.shown.sources if source.plugged is own))


def _say_place(target: object) -> str:
    if isinstance(target, Path):
        return str(target)
    return str(getattr(target, "value", "")) or type(target).__module__
