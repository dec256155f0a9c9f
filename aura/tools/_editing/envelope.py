"""Reading the patch format with *** Begin Patch, as models send it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aura.tools._editing.changes import ChangeKind, FileChange
from aura.tools._editing.hunks import Hunk, UnreadablePatch, read_body

_BEGIN, _END = "*** Begin Patch", "*** End Patch"
_DIRECTIVE = re.compile(r"\*\*\* (Add File|Delete File|Update File|Move to|Rename to): *(.+?) *\r?")
_NUMBERS = re.compile(r"@@+ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@+ ?(.*)")
_HEREDOC = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?")


def is_envelope(text: str) -> bool:
    """Whether the text has a line that only this format has."""
    return any(_DIRECTIVE.fullmatch(line) for line in text.split("\n"))


def read_envelope(text: str) -> tuple[FileChange, ...]:
    """The changes of all files, in their order. Raises UnreadablePatch."""
    sections: list[_Section] = []
    for number, line in _payload(text):
        directive = _DIRECTIVE.fullmatch(line)
        if directive and directive[1] in {"Move to", "Rename to"}:
            if not sections or sections[-1].kind is not ChangeKind.UPDATE:
                raise UnreadablePatch(f"Line {number}: *** Move to belongs right below *** Update File.")
            sections[-1].new_path = directive[2]
        elif directive:
            sections.append(_Section(ChangeKind(directive[1].split()[0].lower()), directive[2], number))
        elif sections:
            sections[-1].lines.append(line)
        elif line.strip():
            raise UnreadablePatch(
                f"Line {number}: expected *** Add File, Delete File or Update File, found {line!r}."
            )
    if not sections:
        raise UnreadablePatch("The patch names no file.")
    return tuple(section.change() for section in sections)


def _payload(text: str) -> Iterator[tuple[int, str]]:
    """The numbered lines between Begin and End, or what stands in for them where one of the two is missing."""
    lines = text.split("\n")
    begins = any(line.strip() == _BEGIN for line in lines)
    inside = False
    closers = {"```", "~~~"} | {word for line in lines for word in _HEREDOC.findall(line)}
    for number, line in enumerate(lines, 1):
        bare = line.strip()
        if bare == _BEGIN and not line.startswith((" ", "+", "-")):
            inside = True
        elif bare == _END and not line.startswith((" ", "+", "-")):
            inside, begins = False, True
        elif inside or (not begins and _DIRECTIVE.fullmatch(line)):
            inside = True
            if bare in closers and line == bare and not any(rest.strip() for rest in lines[number:]):
                return  # the wrapper's end, where *** End Patch is missing
            yield number, line


@dataclass(slots=True)
class _Section:
    kind: ChangeKind
    path: str
    number: int
    new_path: str | None = None
    lines: list[str] = field(default_factory=list)

    def change(self) -> FileChange:
        if self.kind is ChangeKind.ADD:
            return FileChange(self.kind, self.path, text=self._added())
        if self.kind is ChangeKind.DELETE:
            if any(line.strip() for line in self.lines):
                raise UnreadablePatch(f"Line {self.number}: *** Delete File takes no lines.")
            return FileChange(self.kind, self.path)
        hunks = tuple(_hunks(self.lines, self.number))
        if not hunks and not self.new_path:
            raise UnreadablePatch(f"Line {self.number}: the update of {self.path} has no hunk.")
        return FileChange(self.kind, self.path, new_path=self.new_path, hunks=hunks)

    def _added(self) -> str:
        lines = list(self.lines)
        while lines and not lines[-1].strip() and not lines[-1].startswith("+"):
            lines.pop()
        is_open = bool(lines) and lines[-1].startswith("\\")
        if is_open:
            lines.pop()
        if any(line.startswith("+") for line in lines):
            wrong = next((line for line in lines if line.strip() and not line.startswith("+")), None)
            if wrong is not None:
                raise UnreadablePatch(f"Line {self.number}: a line of the new file lacks its +: {wrong!r}.")
            lines = [line[1:] for line in lines]
        return "\n".join(lines) + ("\n" if lines and not is_open else "")


def _hunks(lines: Sequence[str], number: int) -> Iterator[Hunk]:
    headers: list[str] = []
    start: int | None = None
    body: list[str] = []
    for line in lines:
        if line.startswith("@@"):
            if any(body):
                yield _hunk(body, headers, start, is_at_end=False)
                headers, start = [], None
            body = []
            numbers = _NUMBERS.fullmatch(line.rstrip())
            start = int(numbers[1]) if numbers else start
            header = numbers[2] if numbers else line.strip("@ \r")
            headers += [header.strip()] if header.strip(" .…") else []
        elif line.startswith("*** End of File"):
            if any(body):
                yield _hunk(body, headers, start, is_at_end=True)
            headers, start, body = [], None, []
        elif line.startswith("*** "):
            raise UnreadablePatch(f"Below line {number}: unknown directive {line!r}.")
        else:
            body.append(line)
    if any(body):
        yield _hunk(body, headers, start, is_at_end=False)


def _hunk(body: Sequence[str], headers: Sequence[str], start: int | None, *, is_at_end: bool) -> Hunk:
    lines, base_open, new_open = read_body(body)
    if all(line.sign == " " for line in lines):
        raise UnreadablePatch("A hunk changes nothing: it has no line with + or -.")
    return Hunk(lines, tuple(headers), start, is_at_end, base_open, new_open)
