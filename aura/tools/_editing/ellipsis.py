"""Texts with something left out: a line of three dots that stands for lines of the file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aura.tools._editing.lines import differing

_LEADER = r"(?:#|//|--|;|%|/\*|<!--|\{/\*|\{\{!--|'|\"\"\")?"
_CLOSER = r"(?:\*/|-->|\*/\}|--\}\}|\"\"\")?"
_DOTS = r"(?:\.\.\.|…)"
_BARE = re.compile(rf"\s*{_LEADER}\s*[(\[]?{_DOTS}[)\]]?\s*{_CLOSER}\s*")
_WORDY = re.compile(
    rf"\s*{_LEADER}\s*[(\[]?(?:{_DOTS}\s*[^.…]*\b(?:existing|rest|unchanged|remaining|same|previous|omitted|keep)\b"
    rf"[^.…]*{_DOTS}?|(?:existing|rest of|unchanged|remaining|same as)\b[^.…]*{_DOTS})[)\]]?\.?\s*{_CLOSER}\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Segment:
    """Lines between two ellipses: old ones, and what they become."""

    old: tuple[str, ...]
    new: tuple[str, ...]


def is_ellipsis(line: str) -> bool:
    """Whether a line can stand for lines left out."""
    return bool(_BARE.fullmatch(line) or _WORDY.fullmatch(line))


def segments(old: Sequence[str], new: Sequence[str]) -> tuple[Segment, ...] | None:
    """The parts between the ellipses, which must correspond; None where old has none or they do not."""
    marks = [line.strip() for line in old if is_ellipsis(line)]
    if not marks or marks != [line.strip() for line in new if is_ellipsis(line)]:
        return None
    old_parts, new_parts = _cut(old), _cut(new)
    if len(old_parts) != len(new_parts):
        return None
    found = [Segment(tuple(a), tuple(b)) for a, b in zip(old_parts, new_parts, strict=True)]
    while found and not any(line.strip() for line in (*found[0].old, *found[0].new)):
        found.pop(0)
    while found and not any(line.strip() for line in (*found[-1].old, *found[-1].new)):
        found.pop()
    if not found or not all(any(line.strip() for line in segment.old) for segment in found):
        return None
    return tuple(found)


def leaves_out(old: Sequence[str], new: Sequence[str]) -> str | None:
    """The line of the new text that seems to stand for lines of the old one, if there is one."""
    kept = {line.strip() for line in old}
    for i1, i2, j1, j2 in differing(old, new):
        gone = sum(1 for line in old[i1:i2] if line.strip())
        for place in range(j1, j2):
            line = new[place].strip()
            if line in kept or not is_ellipsis(line):
                continue
            if line in {"...", "…"}:
                if gone > 1 and not _is_stub(new, place):
                    return line
            elif gone or _WORDY.fullmatch(line):
                return line
    return None


def _is_stub(lines: Sequence[str], place: int) -> bool:
    """Whether three dots are the whole body of a Python block, comments aside."""
    before = next((line for line in reversed(lines[:place]) if _is_code(line)), "")
    behind = next((line for line in lines[place + 1 :] if _is_code(line)), "")
    return before.rstrip().endswith(":") and _indent(before) < _indent(lines[place]) > _indent(behind)


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _cut(lines: Sequence[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if is_ellipsis(line):
            found.append([])
        else:
            found[-1].append(line)
    return found
