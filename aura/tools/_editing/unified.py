"""Reading unified diffs: of git, of diff -u, and as models write them, with line numbers that are not right."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from aura.tools._editing.changes import ChangeKind, FileChange
from aura.tools._editing.hunks import Hunk, UnreadablePatch, read_body

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)", re.DOTALL)
_LOOSE = re.compile(r"@@+(?:[-+,.… \d]*@@+)?(.*)")
_GIT = re.compile(r"diff --git (\"?)a/(.+)\1 (\"?)b/(.+)\3")
_HEADER = re.compile(
    r"(diff --git |index |old mode |new mode |deleted file mode |new file mode |similarity index |"
    r"dissimilarity index |rename from |rename to |copy from |copy to |Index: |Binary files |GIT binary patch)"
)
_SIGNATURE = re.compile(r"\d+\.\d+")
_OCTAL = re.compile(r"\\([0-7]{3}|.)")
_ESCAPES = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11}
_NOWHERE = "/dev/null"


def is_unified(text: str) -> bool:
    """Whether the text has the file header of a unified diff, or of git."""
    lines = text.split("\n")
    return any(
        _starts_file(lines, place) or line.startswith("diff --git ") for place, line in enumerate(lines)
    )


def read_unified(text: str) -> tuple[FileChange, ...]:
    """The changes of all files, in their order. Raises UnreadablePatch."""
    lines = _unfenced(text.split("\n"))
    sections: list[_Section] = []
    place = 0
    while place < len(lines):
        line = lines[place].rstrip("\r")
        if line.startswith("diff --git "):
            sections.append(_Section(place + 1))
            sections[-1].name(line)
        elif _starts_file(lines, place):
            if not sections or sections[-1].old is not None or sections[-1].hunks:
                sections.append(_Section(place + 1))
            sections[-1].old, sections[-1].new = _path(line[4:]), _path(lines[place + 1].rstrip("\r")[4:])
            place += 1
        elif line.startswith("@@@"):
            raise UnreadablePatch(f"Line {place + 1}: this is a diff of a merge, which cannot be applied.")
        elif line.startswith("@@") and sections:
            end = _body_end(lines, place)
            sections[-1].hunks.append(_hunk(lines[place:end], place + 1))
            place = end - 1
        elif sections and not sections[-1].hunks:
            sections[-1].take(line)
        place += 1
    if not sections:
        raise UnreadablePatch("The diff names no file.")
    return tuple(section.change() for section in sections)


def _unfenced(lines: Sequence[str]) -> Sequence[str]:
    """The lines inside the code fence around the diff, if there is one."""
    first = next(
        (n for n, line in enumerate(lines) if line.startswith("diff --git ") or _starts_file(lines, n)), 0
    )
    opened = [line.strip()[:3] for line in lines[:first] if line.startswith(("```", "~~~"))]
    if len(opened) % 2 == 0:
        return lines
    closing = [n for n, line in enumerate(lines) if n > first and line.rstrip() == opened[-1]]
    return lines[: closing[-1]] if closing else lines


def _starts_file(lines: Sequence[str], place: int) -> bool:
    return lines[place].startswith("--- ") and place + 1 < len(lines) and lines[place + 1].startswith("+++ ")


@dataclass(slots=True)
class _Section:
    number: int
    git: tuple[str, str] | None = None
    old: str | None = None
    new: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hunks: list[Hunk] = field(default_factory=list)

    def name(self, line: str) -> None:
        found = _GIT.fullmatch(line)
        if found:
            self.git = (_unquoted(found[2], found[1]), _unquoted(found[4], found[3]))
            same = re.fullmatch(r"a/(.+) b/\1", line.removeprefix("diff --git "))
            self.git = (same[1], same[1]) if same else self.git

    def take(self, line: str) -> None:
        """An extended header of git; other lines between the files are nobody's."""
        if line.startswith(("Binary files ", "GIT binary patch")):
            raise UnreadablePatch(f"Line {self.number}: this file is binary, and its diff cannot be applied.")
        for key in (
            "old mode",
            "new mode",
            "deleted file mode",
            "new file mode",
            "rename from",
            "rename to",
            "copy from",
            "copy to",
        ):
            if line.startswith(key + " "):
                self.headers[key] = line[len(key) + 1 :]

    def change(self) -> FileChange:
        old, new = self._paths()
        hunks, headers = tuple(self.hunks), self.headers
        mode = headers.get("new mode") or headers.get("new file mode")
        if old == _NOWHERE or "new file mode" in headers:
            return FileChange(ChangeKind.ADD, new, text=_text(hunks, "+", self.number), mode=mode)
        if new == _NOWHERE or "deleted file mode" in headers:
            return FileChange(ChangeKind.DELETE, old, hunks=hunks)
        moved = "rename to" in headers or "copy to" in headers
        if not hunks and not moved and not mode:
            raise UnreadablePatch(f"Line {self.number}: the diff of {new} has no hunk.")
        return FileChange(
            ChangeKind.UPDATE,
            old if moved else new,
            new_path=new if moved else None,
            hunks=hunks,
            mode=mode,
            is_copy="copy to" in headers,
        )

    def _paths(self) -> tuple[str, str]:
        """The two paths, without a/ and b/ where both sides (or git) have them."""
        for word in ("rename", "copy"):
            if f"{word} from" in self.headers and f"{word} to" in self.headers:
                return _path(self.headers[f"{word} from"]), _path(self.headers[f"{word} to"])
        if self.old is None or self.new is None:
            if self.git is None:
                raise UnreadablePatch(f"Line {self.number}: the diff does not say of which file it is.")
            return self.git
        old, new = self.old, self.new
        marked = [path for path in (old, new) if path != _NOWHERE]
        prefixed = all(path.startswith(side) for path, side in ((old, "a/"), (new, "b/")) if path != _NOWHERE)
        if prefixed and marked:
            old, new = (path if path == _NOWHERE else path[2:] for path in (old, new))
        return old, new


def _path(text: str) -> str:
    """A path from a header line: unquoted, without the time that diff -u puts behind a tab."""
    if text.startswith('"') and text.rstrip().endswith('"'):
        return _unquoted(text.rstrip()[1:-1], '"')
    return text.split("\t", maxsplit=1)[0].rstrip()


def _unquoted(path: str, quote: str) -> str:
    """A path as git writes it in quotes, with octal escapes for the bytes of other characters."""
    if not quote:
        return path
    raw = bytearray()
    place = 0
    for found in _OCTAL.finditer(path):
        raw += path[place : found.start()].encode()
        code = found[1]
        raw.append(int(code, 8) if code.isdigit() else _ESCAPES.get(code, ord(code)))
        place = found.end()
    return (bytes(raw) + path[place:].encode()).decode("utf-8", "surrogateescape")


def _body_end(lines: Sequence[str], place: int) -> int:
    """Where the hunk that begins at a place ends: by its counts if they fit, else by what the lines look like."""
    head = _HUNK.fullmatch(lines[place].rstrip("\r"))
    if head:
        end = _counted(lines, place + 1, int(head[2] or 1), int(head[4] or 1))
        if end and not _goes_on(lines, end):
            return end
    end = place + 1
    while end < len(lines) and not _is_outside(lines, end):
        end += 1
    return end


def _goes_on(lines: Sequence[str], place: int) -> bool:
    """Whether more lines of a hunk follow, behind empty ones perhaps."""
    while place < len(lines) and not lines[place].strip("\r"):
        place += 1
    return place < len(lines) and lines[place][:1] in {" ", "-", "+"} and not _is_outside(lines, place)


def _counted(lines: Sequence[str], place: int, old: int, new: int) -> int | None:
    """The end of a body with so many old and new lines; None if the lines there are not like that."""
    while place < len(lines) and (old > 0 or new > 0):
        sign = lines[place][:1]
        if sign in {"", " ", "\r"}:
            old, new = old - 1, new - 1
        elif sign == "-":
            old -= 1
        elif sign == "+":
            new -= 1
        elif sign != "\\":
            return None
        place += 1
    if old or new:
        return None
    return place + 1 if place < len(lines) and lines[place].startswith("\\") else place


def _is_outside(lines: Sequence[str], place: int) -> bool:
    """Whether a line cannot belong to a hunk: a header, a fence, a mail's signature."""
    line = lines[place]
    if (
        line.startswith(("@@", "*** Begin Patch", "*** End Patch"))
        or _HEADER.match(line)
        or _starts_file(lines, place)
    ):
        return True
    return line.rstrip("\r") == "-- " and place + 1 < len(lines) and bool(_SIGNATURE.match(lines[place + 1]))


def _hunk(lines: Sequence[str], number: int) -> Hunk:
    head = _HUNK.fullmatch(lines[0].rstrip("\r"))
    end = _counted(lines, 1, int(head[2] or 1), int(head[4] or 1)) if head else None
    body, base_open, new_open = read_body(lines[1:], is_counted=end == len(lines))
    if all(line.sign == " " for line in body):
        raise UnreadablePatch(f"Line {number}: the hunk changes nothing: it has no line with + or -.")
    loose = _LOOSE.fullmatch(lines[0].rstrip("\r"))
    section = head[5].strip() if head else loose[1].strip() if loose else ""
    start = int(head[1]) + (1 if head[2] == "0" else 0) if head else None
    return Hunk(body, (section,) if section else (), start, False, base_open, new_open)


def _text(hunks: Sequence[Hunk], sign: str, number: int) -> str:
    """The whole text of a file that is added."""
    if len(hunks) > 1 or any(line.sign != sign and line.text for hunk in hunks for line in hunk.lines):
        raise UnreadablePatch(f"Line {number}: a new file takes one hunk of lines with +.")
    lines = [line.text for hunk in hunks for line in hunk.lines if line.sign == sign]
    return "\n".join(lines) + ("\n" if lines and not hunks[0].new_open else "")
