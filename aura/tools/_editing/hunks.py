"""A hunk of a patch as it was sent, and the ways to read it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aura.tools._editing.placing import Group, Script


class UnreadablePatch(ValueError):
    """The text is no patch, or breaks off where nobody could say what is meant."""


@dataclass(frozen=True, slots=True)
class HunkLine:
    """A line with its sign: blank for context, - for removed, + for added. A bare one came without its sign."""

    sign: str
    text: str
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that follow each other in a file, and how they change.

    `headers` are lines of the file said to stand above it, outermost first. `start` is its line number in the
    old file, from 1, if one was given. `base_open` and `new_open` tell that the last old or new line has no line
    ending; None if the sender did not say.
    """

    lines: tuple[HunkLine, ...]
    headers: tuple[str, ...] = ()
    start: int | None = None
    is_at_end: bool = False
    base_open: bool | None = None
    new_open: bool | None = None

    def script(self) -> Script:
        """The literal reading.

        Empty lines at its end that came without a sign are no context: they may stand behind the patch.
        """
        return self._script(self._lines)

    def unsigned_script(self) -> Script | None:
        """The reading in which the blanks that mark context lines were forgotten."""
        lines = self._lines
        return self._script([_with_sign_as_text(line) for line in lines]) if self.has_context else None

    @property
    def has_context(self) -> bool:
        """Whether there is a line that stays."""
        return any(line.sign == " " for line in self._lines)

    @property
    def lacks_signs(self) -> bool:
        """Whether a context line came without its blank, and so perhaps all did."""
        return any(line.is_bare and line.text for line in self._lines)

    @property
    def shows_indentation(self) -> bool:
        """Whether a removed line is indented, so that it tells which reading is right."""
        return any(line.sign == "-" and line.text[:1].isspace() for line in self._lines)

    @property
    def _lines(self) -> Sequence[HunkLine]:
        tail = next((n for n, line in enumerate(reversed(self.lines)) if line.text or not line.is_bare), 0)
        return self.lines[: len(self.lines) - tail]

    def _script(self, lines: Sequence[HunkLine]) -> Script:
        base: list[str] = []
        groups: list[Group] = []
        low, new = 0, list[str]()
        for line in lines:
            if line.sign == " ":
                _close(groups, low, len(base), new)
                base.append(line.text)
                low, new = len(base), []
            elif line.sign == "-":
                base.append(line.text)
            else:
                new.append(line.text)
        _close(groups, low, len(base), new)
        return Script(tuple(base), tuple(groups), self.base_open, self.new_open)


def _close(groups: list[Group], low: int, high: int, new: Sequence[str]) -> None:
    if low < high or new:
        groups.append(Group(low, high, tuple(new)))


def _with_sign_as_text(line: HunkLine) -> HunkLine:
    if line.sign != " " or line.is_bare:
        return line
    return replace(line, text=" " + line.text)


def read_body(
    lines: Sequence[str], *, is_counted: bool = False
) -> tuple[tuple[HunkLine, ...], bool | None, bool | None]:
    """The lines of a hunk, and whether its last old and new line lack a line ending, as the marker for it tells.

    In a counted body an empty line is context whose blank was stripped.
    """
    found: list[HunkLine] = []
    marked: set[str] = set()
    for line in lines:
        if line.startswith("\\"):
            if found:
                marked |= {"-", "+"} if found[-1].sign == " " else {found[-1].sign}
        elif line[:1] in {" ", "-", "+"}:
            found.append(HunkLine(line[0], line[1:]))
        else:
            found.append(HunkLine(" ", line, is_bare=bool(line) or not is_counted))
    if not marked:
        return tuple(found), None, None
    return tuple(found), "-" in marked, "+" in marked
