"""All plugins of a session read at once, and what changed since they were read before."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aura.core.errors import ConfigError, PluginError
from aura.plugins.relay import Plugged, plug
from aura.plugins.sources import Candidate, Problem, Sources, find_plugins

Settings = Mapping[str, Mapping[str, Any]]


class Section(Protocol):
    """The settings of one plugin as the settings tree holds them."""

    def model_dump(self, *, exclude_unset: bool) -> dict[str, Any]:
        """The settings by name."""
        ...


def read_settings(table: Mapping[str, Section]) -> Settings:
    """What somebody set for plugins, by plugin; defaults are left out, for plugin.yaml may say otherwise."""
    return {name: section.model_dump(exclude_unset=True) for name, section in table.items()}


@dataclass(frozen=True, slots=True)
class Loaded:
    """The plugins that were found, those in use in the order in which they are asked, and what was wrong."""

    candidates: tuple[Candidate, ...] = ()
    plugged: tuple[Plugged, ...] = ()
    problems: tuple[Problem, ...] = ()

    def new_problems(self, before: "Loaded") -> tuple[Problem, ...]:
        """The problems that were not there before."""
        return tuple(problem for problem in self.problems if problem not in before.problems)


def load(sources: Sources, settings: Settings, before: Sequence[Plugged] = ()) -> Loaded:
    """Read every plugin; one that is `before` and has not changed is kept as it is.

    A broken plugin is a problem; a wrong setting of the user raises `ConfigError`.
    """
    found = find_plugins(sources, settings)
    kept = {each.name: each for each in before}
    plugged = []
    for candidate in found.candidates.values():
        if candidate.manifest.disabled:
            continue
        former = kept.get(candidate.name)
        if former is not None and former.candidate == candidate:
            plugged.append(former)
            continue
        try:
            plugged.append(plug(candidate))
        except ConfigError as error:
            if candidate.name in settings:
                raise
            found.problems.append(Problem(candidate.name, error.sentence))
        except PluginError as error:
            found.problems.append(Problem(candidate.name, error.sentence))
    found.problems.extend(_find_lost_settings(settings, found.candidates, found.problems))
    plugged.sort(key=lambda each: each.candidate.manifest.order)
    return Loaded(tuple(found.candidates.values()), tuple(plugged), tuple(found.problems))


def _find_lost_settings(
    settings: Settings, candidates: Mapping[str, Candidate], problems: Sequence[Problem]
) -> list[Problem]:
    """Settings for a plugin that is not there; a broken one has its own problem already."""
    lost = []
    broken = {problem.plugin for problem in problems}
    for name in settings:
        if name in candidates or name in broken:
            continue
        near = difflib.get_close_matches(name, candidates, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        sentence = f"There are settings for the plugin {name!r}, but no such plugin.{hint}"
        lost.append(Problem(name, sentence, "warning"))
    return lost


def describe_changes(before: Loaded, after: Loaded) -> str:
    """One sentence that says which plugins are new, gone, changed or still unplugged, and what is wrong."""
    old = {each.name: each for each in before.plugged}
    new = {each.name: each for each in after.plugged}
    parts = []
    for word, names in (
        ("added", [name for name in new if name not in old]),
        ("removed", [name for name in old if name not in new]),
        ("changed", [name for name in new if name in old and new[name] is not old[name]]),
        ("still unplugged", [name for name in new if new[name].unplugged]),
    ):
        if names:
            parts.append(f"{word}: {', '.join(sorted(names))}")
    count = len(new)
    said = f"{count} plugin{'' if count == 1 else 's'}; {'; '.join(parts) or 'nothing changed'}."
    faults = [problem.sentence for problem in after.new_problems(before)]
    return "\n".join([said, *faults])
