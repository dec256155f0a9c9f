"""What two lines have in common when blanks, look-alike characters and Unicode forms are set aside.

A line is lead (blanks), core, trail (blanks). A core is a row of units: a run of blanks, or a character with
its combining marks. The folded core is what locates a line; `carry` moves a change onto the file's own units.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_TWINS = {
    **dict.fromkeys("‘’‚‛′ʼ＇", "'"),
    **dict.fromkeys("“”„‟″＂", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys(_SPACES, " "),
    **{chr(0xDC00 + byte): "\ufffd" for byte in range(0x80, 0x100)},  # stray bytes, shown as one character
}
_TABLE = str.maketrans({**_TWINS, "…": "...", **dict.fromkeys("\u200b\u200c\u2060\ufeff\u00ad", "")})
_BLANKS = " \t\f\v" + _SPACES
_UNIT = re.compile(f"[{_BLANKS}]+|.", re.DOTALL)
_LONGEST = 4_000_000  # pairs of units compared for one line

_FANCY: dict[str, list[str]] = {}  # the characters that look like a plain one
for _fancy, _plain in _TWINS.items():
    _FANCY.setdefault(_plain, []).append(_fancy)

ONE_TO_ONE = str.maketrans(_TWINS)  # keeps every offset


def fold(line: str) -> str:
    """The form in which lines are compared when searching: equal for all lines that look alike."""
    if line.isascii():
        return " ".join(line.split())
    return " ".join(unicodedata.normalize("NFC", line.translate(_TABLE)).split())


def parts(line: str) -> tuple[str, str, str]:
    """Lead, core and trail of a line."""
    rest = line.lstrip(_BLANKS)
    core = rest.rstrip(_BLANKS)
    return line[: len(line) - len(rest)], core, rest[len(core) :]


def _units(core: str) -> list[str]:
    if core.isascii():
        return _UNIT.findall(core)
    found: list[str] = []
    for unit in _UNIT.findall(core):
        if found and unicodedata.combining(unit[0]) and found[-1][0] not in _BLANKS:
            found[-1] += unit
        else:
            found.append(unit)
    return found


def _fold_unit(unit: str) -> str:
    if unit[0] in _BLANKS:
        return " "
    return unit if unit.isascii() else unicodedata.normalize("NFC", unit.translate(_TABLE))


def _bounds(row: list[str]) -> list[int]:
    """Where each unit begins in the folded text, and where the last one ends."""
    bounds = [0]
    for unit in row:
        bounds.append(bounds[-1] + len(_fold_unit(unit)))
    return bounds


@dataclass
class Substitutions:
    """How the sender's characters stand for the file's, learnt from lines known to be the same."""

    text: str  # the file's
    known: dict[str, set[str]] = field(default_factory=dict)
    decomposed: bool = False  # the file writes letters and marks apart where the sender joins them
    fancy_blanks: bool = False  # the sender writes other blanks where the file has plain ones
    respaced: bool = False  # the sender's runs of blanks are not as long as the file's
    is_identity: bool = True

    @classmethod
    def learn(cls, pairs: Iterable[tuple[str, str]], text: str) -> "Substitutions":
        """From pairs of cores that fold to the same: as sent, as in the file."""
        found = cls(text)
        for sent, own in pairs:
            if sent == own:
                for unit in set(sent) if sent.isascii() else set(_units(sent)):
                    found.known.setdefault(unit, set()).add(unit)
            else:
                found._learn(_units(sent), _units(own))
        return found

    def _learn(self, sent: list[str], own: list[str]) -> None:
        by_bound = dict(zip(_bounds(own), own, strict=False))
        for bound, unit in zip(_bounds(sent), sent, strict=False):
            other = by_bound.get(bound)
            if other is None or _fold_unit(other) != _fold_unit(unit):
                self.is_identity = False
            elif unit[0] in _BLANKS:
                self.fancy_blanks |= not unit.isascii() and other.isascii()
                self.respaced |= len(unit) != len(other)
            else:
                self.known.setdefault(unit, set()).add(other)
                self.decomposed |= len(other) > len(unit) and unicodedata.normalize("NFC", other) == unit
                self.is_identity &= unit == other
        self.is_identity &= not self.fancy_blanks

    def apply(self, text: str) -> str | None:
        """New text as the file would write it; None where that is not clear."""
        if self.is_identity:
            return text
        result: list[str] = []
        for unit in _units(text):
            own = self._own(unit)
            if own is None:
                return None
            result.append(own)
        return "".join(result)

    def _own(self, unit: str) -> str | None:
        if unit[0] in _BLANKS:
            return unit.translate(ONE_TO_ONE) if self.fancy_blanks else unit
        known = self.known.get(unit, set())
        plain = _fold_unit(unit)
        if self.decomposed and plain == unit and not unit.isascii():
            return unicodedata.normalize("NFD", unit)
        if plain != unit:  # a look-alike: the sender's own invention, if others of its kind have been
            if known - {plain} or unit in self.text or _kind(unit) not in self._invented:
                return unit if known == {unit} and _kind(unit) not in self._invented else None
            return plain
        if known - {unit}:
            return next(iter(known)) if len(known) == 1 and unit not in self.text else None
        return unit if known or not any(twin in self.text for twin in _FANCY.get(unit, ())) else None

    @cached_property
    def _invented(self) -> set[str]:
        """The kinds of look-alikes the sender wrote where the file has plain characters."""
        return {_kind(sent) for sent, own in self.known.items() if own == {_fold_unit(sent)} != {sent}}


def _kind(unit: str) -> str:
    plain = _fold_unit(unit)
    return "quote" if plain in {"'", '"'} else plain


def carry(old: str, new: str, own: str, substitutions: Substitutions) -> str | None:
    """The core `own` with the change from `old` to `new` made to it; None if that is not clear.

    `old` and `own` fold to the same text. Units that the change keeps stay as the file has them.
    """
    if old == own and substitutions.is_identity:
        return new
    old_units, new_units, own_units = _units(old), _units(new), _units(own)
    if len(old_units) * len(new_units) > _LONGEST:
        return None
    bounds = _bounds(old_units)
    own_at: dict[int, int] = {}
    for number, bound in enumerate(_bounds(own_units)):
        own_at.setdefault(bound, number)
    own_at[bounds[-1]] = len(own_units)
    matcher = difflib.SequenceMatcher(
        None,
        [_fold_unit(unit) for unit in old_units],
        [_fold_unit(unit) for unit in new_units],
        autojunk=False,
    )
    result: list[str] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            first, last = own_at.get(bounds[i1]), own_at.get(bounds[i2])
            if first is None or last is None:
                return None
            piece = _kept(old_units[i1:i2], new_units[j1:j2], own_units[first:last], substitutions)
        else:
            piece = substitutions.apply("".join(new_units[j1:j2]))
        if piece is None:
            return None
        result.append(piece)
    return "".join(result)


def _kept(old: list[str], new: list[str], own: list[str], substitutions: Substitutions) -> str | None:
    """Units that look the same before and after: the file's, except where the sender changed the look-alike."""
    if old == new:
        return "".join(own)
    if len(old) != len(own):
        return None
    result: list[str] = []
    for before, after, mine in zip(old, new, own, strict=True):
        if after in {before, mine}:
            result.append(mine)
            continue
        meant = substitutions.apply(after)
        if meant is None or mine not in {before, meant}:
            return None
        result.append(meant)
    return "".join(result)
