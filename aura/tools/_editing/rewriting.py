"""Texts that were wrapped on their way: copied line numbers, a code fence, escapes written out."""

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from aura.tools._editing.outcomes import Tolerance
from aura.tools._editing.provenance import Provenance, provenance

_NUMBERED = re.compile(r"[ \t]*(\d+)(\t|→|[ \t]*[|:])(.*)", re.DOTALL)
_FENCE = re.compile(r"[ \t]*(```+|~~~+)[^`~]*")
_ESCAPE = re.compile(r"\\(n|r|t|\"|'|`|\\)")
_MEANING = {"n": "\n", "r": "\r", "t": "\t"}
_QUOTES = ('\\"', "\\'")
_ENTITIES = ("&lt;", "&gt;", "&amp;", "&quot;", "&#39;")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What the sender may have meant, and how it was wrapped."""

    old: str
    new: str
    tolerance: Tolerance


def rewritings(old: str, new: str) -> Iterator[Rewritten]:
    """The unwrapped forms of an edit, for every wrapping that its old text shows throughout."""
    unwraps = (
        _without_numbers,
        _without_spaced_numbers,
        _without_fence,
        _unescaped,
        _unquoted,
        _without_entities,
    )
    for unwrap in unwraps:
        for found in unwrap(old, new):
            if found.old != old and found.old.strip():
                yield found


def _without_numbers(old: str, new: str) -> Iterator[Rewritten]:
    """Each line without the number before it; the numbers must rise. New lines may have none."""
    yield from _unnumbered(old, new, "")


def _without_spaced_numbers(old: str, new: str) -> Iterator[Rewritten]:
    """The same, where a space behind the mark belongs to it."""
    yield from _unnumbered(old, new, " ")


def _unnumbered(old: str, new: str, space: str) -> Iterator[Rewritten]:
    lines, new_lines = old.removesuffix("\n").split("\n"), new.removesuffix("\n").split("\n")
    found = [_NUMBERED.fullmatch(line) for line in lines]
    marks = {hit[2].strip(" ") for hit in found if hit}
    numbers = [int(hit[1]) for hit in found if hit]
    if not all(found) or len(marks) != 1 or any(a >= b for a, b in pairwise(numbers)):
        return
    mark = marks.pop()
    loose = mark in {"|", ":"}
    if space and not (loose and all(hit[3][:1] in {"", " "} for hit in found if hit)):
        return
    numbered = [_cut(line, mark, space) is not None for line in new_lines]
    if any(numbered) and not all(numbered) and loose:
        return
    texts = [_cut(line, mark, space) or "" for line in lines]
    new_texts = [line if (cut := _cut(line, mark, space)) is None else cut for line in new_lines]
    yield Rewritten(
        "\n".join(texts) + "\n" * old.endswith("\n"),
        "\n".join(new_texts) + "\n" * new.endswith("\n"),
        Tolerance.LINE_NUMBERS,
    )


def _cut(line: str, mark: str, space: str) -> str | None:
    """The line behind its number; None if it has none with this mark."""
    hit = _NUMBERED.fullmatch(line)
    if hit is None or hit[2].strip(" ") != mark:
        return None
    return hit[3].removeprefix(space)


def _without_fence(old: str, new: str) -> Iterator[Rewritten]:
    """The lines inside; whether a line break belongs to them does not show, so it is as in the new text."""
    inner, other = _inside_fence(old), _inside_fence(new)
    if inner is not None and other is None:
        yield Rewritten(inner + "\n" * (new.endswith("\n") or not new), new, Tolerance.FENCE)
    elif inner is not None and other is not None:
        yield Rewritten(inner + "\n", other and other + "\n", Tolerance.FENCE)


def _inside_fence(text: str) -> str | None:
    lines = text.strip("\n").split("\n")
    if len(lines) < 2 or not _FENCE.fullmatch(lines[0]) or lines[-1].strip() != lines[0].strip()[:3]:
        return None
    return "\n".join(lines[1:-1])


def _unescaped(old: str, new: str) -> Iterator[Rewritten]:
    """Both texts as one line, with backslash and n for every line break or with all escapes of a string literal.

    Where the old text does not tell which of the two, the new text must come out the same. A real line break in
    either text says otherwise.
    """
    if "\\n" not in old or "\n" in old.strip("\n"):
        return
    plain = "\n" in new.strip("\n")
    if plain and "\\n" in new:
        return
    breaks, full = old.replace("\\n", "\n"), _unescape(old)
    new_breaks, new_full = (new, new) if plain else (new.replace("\\n", "\n"), _unescape(new))
    if breaks == full and new_breaks != new_full:
        return
    for text, new_text in {full: new_full, breaks: new_breaks}.items():
        if plain or not any(line.replace('\\"', "").count('"') % 2 for line in new_text.split("\n")):
            yield Rewritten(text, new_text, Tolerance.ESCAPES)  # else a string would be cut in two


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: _MEANING.get(found[1], found[1]), text)


def _unquoted(old: str, new: str) -> Iterator[Rewritten]:
    """Quotes, and only they, with a backslash before each."""
    yield from _replaced(old, new, _QUOTES, lambda text: text.replace('\\"', '"').replace("\\'", "'"))


def _without_entities(old: str, new: str) -> Iterator[Rewritten]:
    """Characters that XML reserves written as entities."""
    yield from _replaced(old, new, _ENTITIES, html.unescape)


def _replaced(old: str, new: str, signs: Sequence[str], unwrap: Callable[[str], str]) -> Iterator[Rewritten]:
    if not any(sign in old for sign in signs):
        return
    plain = unwrap(old)
    if not any(sign in new for sign in signs):
        yield Rewritten(plain, new, Tolerance.ESCAPES)
        return
    origin = provenance(old.split("\n"), plain.split("\n"), new.split("\n"))
    if origin is not Provenance.UNKNOWN:
        yield Rewritten(plain, new if origin is Provenance.OWN else unwrap(new), Tolerance.ESCAPES)
