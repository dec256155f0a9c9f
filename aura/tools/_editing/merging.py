"""Bringing a change to lines that are not quite as sent: a three-way merge of old text, new text and file.

The old text is the base. Where the file differs from it without touching the change, the file wins; where the
change alters a line, only what it alters is altered. Whatever is not clear is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from aura.tools._editing import nearest
from aura.tools._editing.folding import fold
from aura.tools._editing.lines import differing
from aura.tools._editing.outcomes import Reason, Refusal, Tolerance
from aura.tools._editing.placing import Alignment, Ground, Group, Script
from aura.tools._editing.provenance import Provenance, kept_lines, provenance
from aura.tools._editing.rendering import Rendering


@dataclass(frozen=True, slots=True)
class LineChange:
    """Lines low to high (exclusive) of the file become new."""

    low: int
    high: int
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """What is to change in the file's lines, and what had to be tolerated to say so."""

    changes: tuple[LineChange, ...]
    tolerances: tuple[Tolerance, ...]


def merge(ground: Ground, script: Script, alignment: Alignment) -> Merged:
    """The changes that the script means at this place; raises Refusal where its meaning is not clear."""
    found = _Merge(ground, script, alignment)
    try:
        return found.run()
    except Refusal as refusal:
        refusal.near = refusal.near or nearest.beside(ground, script.base, alignment.at)
        raise


class _Merge:
    def __init__(self, ground: Ground, script: Script, alignment: Alignment) -> None:
        self.ground, self.script, self.alignment = ground, script, alignment
        self.keys = [fold(line) for line in script.base]
        self.rendering = Rendering(ground, script, alignment)
        placed = [place for place in alignment.at if place is not None]
        self.low, self.high = placed[0], placed[-1] + 1
        self.extra = sorted(set(range(self.low, self.high)) - set(placed))  # lines the sender does not know

    def run(self) -> Merged:
        places = sorted(
            {self.low, *(place for place in self.alignment.at if place is not None), *self._extra_blanks}
        )
        own = [self.ground.lines.texts[place] for place in places]
        shifted = self.rendering.is_shifted
        origin = provenance(self.script.base, own, self.script.new, shifted=shifted)
        if origin is Provenance.OWN and self._is_clean(own):
            return Merged(self._over_own_lines(), self._tolerances())
        if shifted and origin is not Provenance.SENT and not self._is_replacement():
            raise Refusal(
                Reason.INDENTATION,
                "The old text is indented otherwise than the file, and it is not clear how the new text is meant. "
                "Send both with the file's indentation.",
            )
        changes = [self._change(group) for group in self.script.groups]
        changes = [change for change in changes if list(change.new) != self._own(change.low, change.high)]
        for before, behind in pairwise(changes):
            if before.high > behind.low:
                raise Refusal(Reason.UNCLEAR, "The changes overlap in the file. Send more exact lines.")
        return Merged(tuple(changes), self._tolerances())

    def _is_clean(self, own: Sequence[str]) -> bool:
        """Whether the new text has no line that is neither as sent nor as in the file but for blanks at its end."""
        looks = {line.rstrip() for line in own if line.strip()}
        known = {*own, *self.script.base}
        return all(line in known or line.rstrip() not in looks for line in self.script.new)

    @property
    def _extra_blanks(self) -> list[int]:
        return [place for place in self.extra if not self.ground.keys[place]]

    def _own(self, low: int, high: int) -> list[str]:
        return self.ground.lines.texts[low:high]

    # The new text was written over the file's own lines

    def _over_own_lines(self) -> tuple[LineChange, ...]:
        new = self.script.new
        low, high = self._widened(new)
        own = self._own(low, high)
        known = set(own)
        new = [line if line in known else self.rendering.tidied(line) for line in new]
        kept = {low + i: j for i, j in kept_lines(own, new)}
        for (
            place
        ) in self.extra:  # the lines the old text left out must stand in the new one, amid their neighbours
            at = kept.get(place, -9)
            if kept.get(place - 1, at - 1) != at - 1 or kept.get(place + 1, at + 1) != at + 1 or at < 0:
                raise _unclear_lines()
            if place - 1 not in kept and place + 1 not in kept:
                raise _unclear_lines()
        return tuple(
            LineChange(low + i1, low + i2, tuple(new[j1:j2])) for i1, i2, j1, j2 in differing(own, new)
        )

    def _widened(self, new: Sequence[str]) -> tuple[int, int]:
        """The file's range with the blank lines around it that the new text has and the old text left out."""
        low, high = self.low, self.high
        if not self._blanks_differ:
            return low, high
        ahead, own_ahead = _blanks(new), _blanks(self.script.base)
        behind, own_behind = _blanks(new[::-1]), _blanks(self.script.base[::-1])
        while ahead > own_ahead and low > 0 and not self.ground.keys[low - 1]:
            low, ahead = low - 1, ahead - 1
        while behind > own_behind and high < len(self.ground.keys) and not self.ground.keys[high]:
            high, behind = high + 1, behind - 1
        return low, high

    def _is_replacement(self) -> bool:
        """Whether no line stays, and the new ones are indented as the old ones, so that one shift fits both."""
        leads = [
            [line[: len(line) - len(line.lstrip())] for line in lines if line.strip()]
            for lines in (self.script.base, self.script.new)
        ]
        if any(self.keys[i] for i, _ in kept_lines(self.script.base, self.script.new)):
            return False
        old, new = leads
        if set(self.keys) & {fold(line) for line in self.script.new if fold(line)}:
            return False
        return not new or (old[0] == new[0] and min(map(len, old)) == min(map(len, new)))

    # Places

    def _change(self, group: Group) -> LineChange:
        low, high = self._range(group)
        partners = _partners(self.script.base[group.low : group.high], group)
        new = tuple(
            self.rendering.line(line, group.low + partners[j] if j in partners else None)
            for j, line in enumerate(group.new)
        )
        self._check_edges(group, low, high)
        return LineChange(low, high, self._with_own_blanks(group, low, high, new))

    def _range(self, group: Group) -> tuple[int, int]:
        inside = self.alignment.at[group.low : group.high]
        if any(
            self.keys[i] and (self.alignment.at[i] is None or i in self.alignment.stale)
            for i in range(group.low, group.high)
        ):
            raise Refusal(Reason.NOT_FOUND, "A line that is to change does not stand there as sent.")
        placed = [place for place in inside if place is not None]
        if None in inside and not any(self.keys[group.low : group.high]):
            raise _unclear_lines()  # a blank line that is to change is not there, or another in its place
        if placed:
            return placed[0], placed[-1] + 1
        return self._insertion(group)

    def _insertion(self, group: Group) -> tuple[int, int]:
        at, firm = self.alignment.at, self.rendering.own
        before = at[group.low - 1] if group.low else None
        behind = at[group.low] if group.low < len(at) else None
        if before is not None and behind == before + 1 and (group.low in firm or group.low - 1 in firm):
            return behind, behind
        if group.low == 0 and behind is not None and 0 in firm:
            return behind, behind
        if group.low == len(at) and before is not None and group.low - 1 in firm:
            return before + 1, before + 1
        raise _unclear_lines()

    def _check_edges(self, group: Group, low: int, high: int) -> None:
        """Lines unknown to the sender right beside a change must not be where it adds or leaves nothing."""
        if group.low == group.high:
            return
        at = self.alignment.at
        earlier, later = map(at.__getitem__, range(group.low - 1, -1, -1)), at[group.high :]
        before = next((place for place in earlier if place is not None), low - 1)
        behind = next((place for place in later if place is not None), high)
        above, below = range(before + 1, low), range(high, behind)
        blank_above = bool(above) or (group.low > 0 and at[group.low - 1] is None)
        blank_below = bool(below) or (group.high < len(at) and at[group.high] is None)
        if not blank_above and not blank_below:
            return
        solid = [fold(line) for line in group.new if line.strip()]
        lost = [key for key in self.keys[group.low : group.high] if key]
        strange = any(self.ground.keys[place] for place in (*above, *below))
        blank = (
            not solid
            or (blank_above and not group.new[0].strip())
            or (blank_below and not group.new[-1].strip())
        )
        blank |= (blank_above and not self.keys[group.low]) or (blank_below and not self.keys[group.high - 1])
        moved = strange and not set(solid).isdisjoint(lost)
        if (
            blank
            or moved
            or (strange and len(solid) > len(lost))
            or (self._blanks_differ and not len(solid) == len(lost) == 1)
        ):
            raise _unclear_lines()

    def _with_own_blanks(self, group: Group, low: int, high: int, new: tuple[str, ...]) -> tuple[str, ...]:
        """Where the file has other blank lines than the old text: keep them if the change leaves no doubt."""
        own = [bool(key) for key in self.ground.keys[low:high]]
        base = [bool(key) for key in self.keys[group.low : group.high]]
        shape = [bool(line.strip()) for line in new]
        if base == own:
            if self._extra_blanks and sum(shape) > max(sum(own), 1) and all(shape):
                raise _unclear_lines()
            return new
        if self._blanks_differ:
            raise _unclear_lines()
        if shape == own or (not new and None not in self.alignment.at[group.low : group.high]):
            return new
        if shape == base:
            lines = iter([line for line in new if line.strip()])
            old = self._own(low, high)
            return tuple(next(lines) if solid else old[n] for n, solid in enumerate(own))
        raise _unclear_lines()

    @property
    def _blanks_differ(self) -> bool:
        """Whether sender and file have other blank lines between these."""
        missing = any(
            place is None and not key for key, place in zip(self.keys, self.alignment.at, strict=True)
        )
        return missing or bool(self._extra_blanks)

    # Account

    def _tolerances(self) -> tuple[Tolerance, ...]:
        found: list[Tolerance] = []
        sent, own = self.rendering.sent, self.rendering.own
        solid = self.rendering.solid
        if self.rendering.is_shifted:
            found.append(Tolerance.INDENTATION)
        if any(sent[i][2] != own[i][2] for i in solid) or any(a != b for a, b in self.rendering.blank):
            found.append(Tolerance.TRAILING_BLANKS)
        missing = [i for i, place in enumerate(self.alignment.at) if place is None]
        if (
            self.alignment.stale
            or any(self.keys[i] for i in missing)
            or any(self.ground.keys[place] for place in self.extra)
        ):
            found.append(Tolerance.CONTEXT)
        elif missing or self.extra:
            found.append(Tolerance.BLANK_LINES)
        if not self.rendering.substitutions.is_identity:
            found.append(Tolerance.CHARACTERS)
        if self.rendering.substitutions.respaced:
            found.append(Tolerance.SPACING)
        return tuple(found)


def _blanks(lines: Sequence[str]) -> int:
    """How many blank lines come first."""
    return next((number for number, line in enumerate(lines) if fold(line)), len(lines))


def _partners(base: Sequence[str], group: Group) -> dict[int, int]:
    """For new lines the old line each continues, counted from the group's first."""
    keys, new_keys = [fold(line) for line in base], [fold(line) for line in group.new]
    found = {j: i for i, j in kept_lines(keys, new_keys)}
    for i1, i2, j1, j2 in differing(keys, new_keys):
        if i2 - i1 == j2 - j1:
            found.update(zip(range(j1, j2), range(i1, i2), strict=True))
    return found


def _unclear_lines() -> Refusal:
    return Refusal(
        Reason.UNCLEAR,
        "The file has other lines between these than the old text, and it is not clear where the change belongs. "
        "Copy the lines from the file.",
    )
