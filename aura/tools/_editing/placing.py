"""Finding the lines an edit means in a file, although they are not quite as sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from aura.tools._editing.folding import fold, parts
from aura.tools._editing.lines import Lines, differing
from aura.tools._editing.provenance import weight
from aura.tools.textfile import MARK

_SLACK = 2  # lines the file may have more around a change than the sender knows
_MANY = 200  # places beyond which nobody could tell which one is meant


@dataclass(frozen=True, slots=True)
class Group:
    """Lines low to high (exclusive) of the old text become new."""

    low: int
    high: int
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """An edit as lines: the old text and the groups that change; all other lines stay.

    `base_open` and `new_open` say whether the last line has no line ending; None: the sender did not say.
    """

    base: tuple[str, ...]
    groups: tuple[Group, ...]
    base_open: bool | None = None
    new_open: bool | None = None

    @classmethod
    def between(cls, old: Sequence[str], new: Sequence[str]) -> "Script":
        """The script that leads from old to new."""
        groups = tuple(Group(i1, i2, tuple(new[j1:j2])) for i1, i2, j1, j2 in differing(old, new))
        return cls(tuple(old), groups)

    @property
    def new(self) -> list[str]:
        """The lines that the old ones become."""
        lines: list[str] = []
        place = 0
        for group in self.groups:
            lines += [*self.base[place : group.low], *group.new]
            place = group.high
        return [*lines, *self.base[place:]]


@dataclass(frozen=True, slots=True)
class Alignment:
    """For each line of the old text the line of the file it is, or None; `stale` lines only stand in its place."""

    at: tuple[int | None, ...]
    stale: frozenset[int] = frozenset()
    evidence: float = 1.0


class Ground:
    """A text made ready for searching: its lines, their folded forms, and where each form occurs."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = Lines.split(text)
        if text.startswith(MARK):  # no line begins with the byte order mark
            self.lines.texts[0] = self.lines.texts[0][1:]
            self.lines.starts[0] = 1
        self.keys = [fold(line) for line in self.lines.texts]
        self.solid = [index for index, key in enumerate(self.keys) if key]  # the lines that are not blank
        self._where: dict[str, list[int]] = {}
        for rank, index in enumerate(self.solid):
            self._where.setdefault(self.keys[index], []).append(rank)

    @cached_property
    def leads(self) -> list[str]:
        """The indentation of every line that is not blank."""
        return [parts(self.lines.texts[index])[0] for index in self.solid]

    def runs(self, wanted: Sequence[str]) -> list[int]:
        """The ranks among the lines that are not blank at which these folded lines follow each other."""
        if not wanted:
            return []
        offset, rarest = min(enumerate(wanted), key=lambda item: len(self._where.get(item[1], ())))
        keys, solid, size = self.keys, self.solid, len(wanted)
        found: list[int] = []
        for rank in self._where.get(rarest, ()):
            start = rank - offset
            if start < 0 or start + size > len(solid):
                continue
            if all(keys[solid[start + step]] == wanted[step] for step in range(size)):
                found.append(start)
        return found

    def whole(self, base: Sequence[str]) -> list[Alignment]:
        """Every place at which all lines of the old text that are not blank follow each other."""
        keys = [fold(line) for line in base]
        solid = [index for index, key in enumerate(keys) if key]
        return [
            self._alignment(keys, dict(zip(solid, self.solid[rank:], strict=False)))
            for rank in self.runs([keys[index] for index in solid])[:_MANY]
        ]

    def _alignment(self, keys: Sequence[str], matched: dict[int, int], evidence: float = 1.0) -> Alignment:
        """With the lines that are not blank matched, pair the blank ones, and stand-ins one for one."""
        at: list[int | None] = [matched.get(index) for index in range(len(keys))]
        stale: set[int] = set()
        ordered = sorted(matched)
        for before, behind in zip([-1, *ordered], [*ordered, len(keys)], strict=True):
            gap = range(before + 1, behind)
            low = matched[before] + 1 if before >= 0 else None
            high = matched[behind] if behind < len(keys) else None
            for index, place in self._gap(keys, gap, low, high):
                at[index] = place
                if keys[index] or self.keys[place]:
                    stale.add(index)
        return Alignment(tuple(at), frozenset(stale), evidence)

    def _gap(
        self, keys: Sequence[str], gap: range, low: int | None, high: int | None
    ) -> list[tuple[int, int]]:
        """Pairs for the old lines between two matched ones (low and high are the file's), where that is clear."""
        if low is not None and high is not None:
            fits = high - low == len(gap) and (
                any(keys[index] for index in gap) or not any(self.keys[low:high])
            )
            return list(zip(gap, range(low, high), strict=True)) if fits else []
        outward: list[tuple[int, int]] = []
        if high is not None:
            outward = list(zip(reversed(gap), range(high - 1, -1, -1), strict=False))
        elif low is not None:
            outward = list(zip(gap, range(low, len(self.keys)), strict=False))
        found: list[tuple[int, int]] = []
        for index, place in outward:
            if not keys[index] and self.keys[place]:
                break  # a blank line that the file has not: what lies beyond it is out of step
            found.append((index, place))
        return found

    def partial(self, script: Script) -> list[Alignment]:
        """Every place at which the lines that change stand as sent, with how far the lines around them agree.

        For an insertion the lines next to it count as lines that change.
        """
        keys = [fold(line) for line in script.base]
        solid = [index for index, key in enumerate(keys) if key]
        bound = [self._standing(run, keys, script) for run in _bound(script, keys)]
        runs = [self.runs([keys[index] for index in run]) for run in bound]
        if not bound or not all(bound) or not all(runs):
            return []
        best = min(range(len(bound)), key=lambda number: len(runs[number]))
        found: list[Alignment] = []
        for rank in runs[best][:_MANY]:
            matched = self._spread(keys, solid, bound[best], rank)
            if all(index in matched for run in bound for index in run):
                self._drop_misfits(script.base, bound, matched)
                found.append(self._alignment(keys, matched, _evidence(keys, solid, bound, matched)))
        return found

    def _drop_misfits(self, base: Sequence[str], bound: list[list[int]], matched: dict[int, int]) -> None:
        """Where most lines stand with their own indentation, the others are other lines that look alike."""
        odd = [
            index for index, place in matched.items() if _lead(base[index]) != _lead(self.lines.texts[place])
        ]
        if 2 * len(odd) < len(matched) and not {index for run in bound for index in run} & set(odd):
            for index in odd:
                del matched[index]

    def _standing(self, run: list[int], keys: Sequence[str], script: Script) -> list[int]:
        """The lines of a run that must stand in the file; of an insertion's two neighbours one is enough."""
        inserted = len(run) == 2 and any(
            group.low == group.high and run[0] < group.low <= run[1] for group in script.groups
        )
        if not inserted or self.runs([keys[index] for index in run]):
            return run
        single = [index for index in run if keys[index] in self._where]
        return [min(single, key=lambda index: len(self._where[keys[index]]))] if single else run

    def _spread(self, keys: Sequence[str], solid: list[int], run: list[int], rank: int) -> dict[int, int]:
        """Match the other old lines around a run that is in place, up and down from it."""
        first, last = solid.index(run[0]), solid.index(run[-1])
        matched = {index: self.solid[rank + step] for step, index in enumerate(run)}
        above, below = solid[:first][::-1], solid[last + 1 :]
        reach = rank + len(run)
        up = self.solid[max(rank - len(above) - _SLACK, 0) : rank][::-1]
        down = self.solid[reach : reach + len(below) + _SLACK]
        for mine, theirs in ((above, up), (below, down)):
            place = other = 0
            changes = differing([keys[index] for index in mine], [self.keys[index] for index in theirs])
            for i1, i2, j1, j2 in [*changes, (len(mine), len(mine), len(theirs), len(theirs))]:
                matched.update(zip(mine[place:i1], theirs[other:j1], strict=True))
                place, other = i2, j2
        return matched


def _lead(line: str) -> str:
    return parts(line)[0]


def _bound(script: Script, keys: Sequence[str]) -> list[list[int]]:
    """Per group the old lines that must stand in the file: the removed ones, or the neighbours of an insertion."""
    bound: list[list[int]] = []
    for group in script.groups:
        removed = [index for index in range(group.low, group.high) if keys[index]]
        if not removed:
            before = [index for index in range(group.low) if keys[index]][-1:]
            behind = [index for index in range(group.high, len(keys)) if keys[index]][:1]
            removed = before + behind
        bound.append(removed)
    return bound


def _evidence(
    keys: Sequence[str], solid: list[int], bound: list[list[int]], matched: dict[int, int]
) -> float:
    """Which part of the lines around the change agrees, the telling ones counting more; 1 if there are none."""
    changed = {index for run in bound for index in run}
    weights = {index: weight(keys[index]) for index in solid if index not in changed}
    total = sum(weights.values())
    return sum(weight for index, weight in weights.items() if index in matched) / total if total else 1.0
