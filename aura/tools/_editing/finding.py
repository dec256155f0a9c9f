"""One edit found in a draft: as sent, or by the one tolerant reading there is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from aura.tools._editing.draft import Draft
from aura.tools._editing.ellipsis import leaves_out
from aura.tools._editing.exact import (
    Plain,
    find_all,
    has_lone_returns,
    lead_of,
    rest_of_line,
    unified,
    with_endings,
)
from aura.tools._editing.lines import Lines, count_breaks, differing
from aura.tools._editing.outcomes import EditSpec, NearLine, Reason, Refusal, Tolerance
from aura.tools._editing.placing import Script
from aura.tools.textfile import MARK, Splice

_STATEMENT = re.compile(r"(?:[;}\"'`]|\b(?!(?:else|do|then|begin|try|in|of|and|or|not)$)\w+)$")
_BEGINNING = re.compile(r"[\w\"'`@$#/<]")
_TELLING = 1  # letters or digits from which an addition that is already there is no coincidence


@dataclass(frozen=True, slots=True)
class Found:
    """What an edit changes in the current text, and what was tolerated to find it."""

    splices: tuple[Splice, ...]
    tolerances: tuple[Tolerance, ...] = ()


def find_exact(draft: Draft, spec: EditSpec) -> Found | None:
    """The edit where its old text stands as sent, line endings aside; None if it stands nowhere.

    Raises Refusal if it stands at several places (unless all are meant), or if the new text does not fit.
    """
    splices = _exact_splices(draft.text, spec)
    if len(splices) == 1 and _begins_amid_indentation(draft.text, splices[0], spec.old):
        return None
    if not splices:
        return None
    if spec.replace_all:
        return Found(tuple(splices))
    if len(splices) > 1:
        unseen = [splice for splice in splices if draft.is_untouched(splice.start, splice.end)]
        if len(unseen) != 1:
            raise ambiguous(draft.text, [splice.start for splice in splices])
        splices = unseen  # the others were made by earlier edits of the same call: the sender saw this one
    _check(draft.text, spec, splices[0])
    return Found(tuple(_pieces(draft.text, splices[0])))


def _begins_amid_indentation(text: str, splice: Splice, old: str) -> bool:
    """Whether whole lines are meant, of which the first is indented deeper in the file."""
    whole = old[-1] in "\r\n" or not rest_of_line(text, splice.end).strip()
    return old[0] in " \t" and bool(lead_of(text, splice.start)) and whole


def ambiguous(text: str, offsets: Sequence[int]) -> Refusal:
    """The refusal of an old text that stands at several places."""
    numbers = [count_breaks(text, 0, offset) + 1 for offset in offsets[:20]]
    named = ", ".join(map(str, numbers)) + (", …" if len(offsets) > 20 else "")
    return Refusal(
        Reason.AMBIGUOUS,
        f"The old text fits at {len(offsets)} places (lines {named}). Send more of the lines around the one that "
        "is meant, or ask for all to be replaced.",
        tuple(
            NearLine(number, _line_at(text, offset))
            for number, offset in zip(numbers[:5], offsets, strict=False)
        ),
    )


def _line_at(text: str, offset: int) -> str:
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    return rest_of_line(text, start).rstrip("\r\n")[:200]


def _exact_splices(text: str, spec: EditSpec) -> list[Splice]:
    """All places of the old text, with the new text in the endings of each place."""
    old, new = spec.old, spec.new
    overlapping = not spec.replace_all
    if "\r" not in old and ("\n" not in old or "\r" not in text) and not old.startswith(MARK):
        return [
            _spliced(text, start, start + len(old), spec)
            for start in find_all(text, old, overlapping=overlapping)
        ]
    literal = find_all(text, old, overlapping=overlapping) if "\r" in old or old.startswith(MARK) else []
    if literal:
        return [_spliced(text, start, start + len(old), spec) for start in literal]
    wanted, plain = unified(old), unified(new)
    for lone in (False, True) if has_lone_returns(text) else (False,):
        view = Plain(text, lone=lone)
        starts = find_all(view.text, wanted, overlapping=overlapping) if wanted else []
        if starts:
            ends = [view.own(start + len(wanted)) for start in starts]
            own = [view.own(start) for start in starts]
            return [
                _spliced(text, a, b, spec)
                if text[a:b] == old  # the place has the sender's endings
                else Splice(a, b, with_endings(text, a, b, plain))
                for a, b in zip(own, ends, strict=True)
            ]
    return []


def _spliced(text: str, start: int, end: int, spec: EditSpec) -> Splice:
    """The new text verbatim where the sender shows to know the line endings; else in those of the place."""
    old, new = spec.old, spec.new
    if new.startswith(MARK) and start and not old.startswith(MARK):
        new = new.removeprefix(MARK)
    if "\r" not in old and "\r" not in new:
        return Splice(start, end, with_endings(text, start, end, new))
    whole = start == 0 and end == len(text)
    pairs, breaks = new.count("\r\n"), new.count("\n") + new.count("\r") - new.count("\r\n")
    if "\r" in old:
        old_pairs = old.count("\r\n")
        careless = breaks and "\r" not in new and old_pairs == old.count("\n") == old.count("\r")
    else:
        careless = bool(pairs) and pairs == breaks and bool(count_breaks(text, 0, len(text)))
    if careless and not whole and unified(old) != unified(new):
        return Splice(start, end, with_endings(text, start, end, unified(new)))
    return Splice(start, end, new)


def _check(text: str, spec: EditSpec, splice: Splice) -> None:
    """Refuse an exact place where the new text shows that something else may be meant."""
    old, new = unified(spec.old), unified(spec.new)
    if text[splice.start : splice.end] == splice.text:
        raise Refusal(Reason.NO_CHANGE, "The new text is what already stands there. Nothing was changed.")
    old_lines, new_lines = old.split("\n"), new.split("\n")
    left_out = leaves_out(old_lines, new_lines)
    if left_out:
        raise Refusal(
            Reason.ELLIPSIS,
            f"The new text has {left_out!r} where the old text has lines: it would delete them. Send the new text "
            "in full, or leave out the same lines in both.",
        )
    _check_line_breaks(text, old, new, splice)
    _check_not_applied(text, splice)
    _check_indentation(text, splice, old_lines, new_lines)


def _check_line_breaks(text: str, old: str, new: str, splice: Splice) -> None:
    """One text ends with a line break and the other does not. That is meant at the end of the file, and where lines
    are taken without their last break and an empty line comes or goes; but if the last lines stay, it is a slip.
    """
    if old.endswith("\n") == new.endswith("\n") or not new or not old.strip():
        return
    follows = rest_of_line(text, splice.end)
    if splice.end >= len(text.rstrip("\r\n")) or old.rstrip("\n") == new.rstrip("\n"):
        return
    if follows.strip("\r\n"):
        joins = old.endswith("\n") and lead_of(text, splice.start) is not None
    else:
        joins = _last_line(old) == _last_line(new)
    if joins:
        raise Refusal(
            Reason.UNCLEAR,
            "Only one of the old and the new text ends with a line break, so the line behind them would be joined "
            "or an empty line added. End both the same way.",
        )


def _last_line(text: str) -> str:
    return text.rstrip().rpartition("\n")[2].strip()


def _check_not_applied(text: str, splice: Splice) -> None:
    """An edit that adds to the old text may be sent twice: then what it adds stands there already."""
    old, new = text[splice.start : splice.end], splice.text
    lead = new.find(old)
    while lead >= 0:
        added = new[:lead] + new[lead + len(old) :]
        begin = splice.start - lead
        if sum(map(str.isalnum, added)) >= _TELLING and begin >= 0 and text.startswith(new, begin):
            raise Refusal(
                Reason.ALREADY_APPLIED,
                "The new text already stands there: this edit has been applied. Nothing was changed.",
            )
        lead = new.find(old, lead + 1)


def _check_indentation(text: str, splice: Splice, old: Sequence[str], new: Sequence[str]) -> None:
    """A single old line that begins inside the file's indentation says little about how further lines are meant."""
    lead = lead_of(text, splice.start)
    single = bool(old[0].strip()) and not any(line.strip() for line in old[1:])
    whole = not rest_of_line(text, splice.end).strip() or old[-1] == ""
    indents = new[0][:1] in {" ", "\t"} and old[0][:1] not in {"", " ", "\t"}
    further = [line for line in new[1:] if line.strip()]
    if lead and (indents or (further and single and whole and not _stands_level(lead, new[0], further))):
        raise Refusal(
            Reason.INDENTATION,
            "The old text begins behind the indentation of its line, so how the lines of the new text are to be "
            "indented is not clear. Send whole lines with their indentation.",
        )


def _stands_level(lead: str, first: str, further: Sequence[str]) -> bool:
    """Whether further lines are indented as in the file: the next one like the first, which opens nothing."""
    if not all(line.startswith(lead) for line in further) or further[0][len(lead) :][:1] in {" ", "\t"}:
        return False
    return bool(_STATEMENT.search(first.rstrip())) and bool(_BEGINNING.match(further[0].strip()))


def script_of(old: str, new: str) -> Script:
    """The edit as lines; it says whether each text ends with a line break only where they differ in that."""
    old_lines, new_lines = old.split("\n"), new.split("\n")
    if old.endswith("\n"):
        old_lines.pop()
    if new.endswith("\n") or not new:
        new_lines.pop()
    script = Script.between(old_lines, new_lines)
    if not new or old.endswith("\n") == new.endswith("\n"):
        return script
    return replace(script, base_open=not old.endswith("\n"), new_open=not new.endswith("\n"))


def in_original(draft: Draft, spec: EditSpec) -> Found | None:
    """The edit by its place in the original, where earlier edits have changed lines around it.

    Raises Refusal where an earlier edit has changed the very same lines in another way.
    """
    if not draft.spans or spec.replace_all:
        return None
    text = draft.original
    splices = _exact_splices(text, spec)
    if len(splices) != 1:
        return None
    found = [piece for piece in _pieces(text, splices[0]) if not draft.has_made(piece)]
    moved = [draft.moved(piece) for piece in found]
    if not moved or any(splice is None for splice in moved):
        raise Refusal(
            Reason.UNCLEAR,
            "An earlier edit of this call has changed the same lines. Join the two edits into one.",
        )
    return Found(tuple(splice for splice in moved if splice is not None))


def _pieces(text: str, splice: Splice) -> Iterator[Splice]:
    """The parts of a splice that change something, by lines."""
    old, new = Lines.split(text[splice.start : splice.end]), Lines.split(splice.text)
    a = [line + ending for line, ending in zip(old.texts, old.endings, strict=True)]
    b = [line + ending for line, ending in zip(new.texts, new.endings, strict=True)]
    for i1, i2, j1, j2 in differing(a, b):
        yield Splice(splice.start + old.start(i1), splice.start + old.start(i2), "".join(b[j1:j2]))
