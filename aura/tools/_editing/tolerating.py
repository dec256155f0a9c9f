"""The tolerant ladder: what an old text that stands nowhere as sent may mean, if only one thing."""

from collections.abc import Sequence
from dataclasses import dataclass

from aura.tools._editing import nearest
from aura.tools._editing.draft import Draft
from aura.tools._editing.ellipsis import is_ellipsis, segments
from aura.tools._editing.exact import find_all, unified, with_endings
from aura.tools._editing.finding import Found, ambiguous, find_exact, script_of
from aura.tools._editing.folding import ONE_TO_ONE, Substitutions, carry, fold
from aura.tools._editing.merging import LineChange, Merged, merge
from aura.tools._editing.outcomes import EditSpec, Reason, Refusal, Tolerance
from aura.tools._editing.placing import Alignment, Ground, Script
from aura.tools._editing.rewriting import rewritings
from aura.tools._editing.splicing import Stretch, line_splices
from aura.tools.textfile import Splice

LARGEST = 10_000_000  # characters of a text up to which lines are compared one by one
_AGREEING = 0.5  # the least part of the lines around a change that must be as sent
_RIVAL = 0.34  # what a second place may have of that at most


def find_tolerantly(draft: Draft, spec: EditSpec) -> Found:
    """The one tolerant reading of an edit; raises Refusal with the nearest lines if there is none, or two."""
    old, new = unified(spec.old), unified(spec.new)
    if len(draft.text) > LARGEST:
        raise Refusal(
            Reason.NOT_FOUND,
            "The old text does not stand in the file as sent, and the file is too large to look for what comes close.",
        )
    found = _by_lines(draft, old, new) or _by_characters(draft, old, new)
    if found:
        return found
    found = _by_rewriting(draft, spec, old, new)
    if found:
        return found
    found = _by_segments(draft, old, new)
    if found:
        return found
    _check_not_applied(draft, old, new)
    return _by_context(draft, old, new)


def made(draft: Draft, script: Script, merged: Merged, last: int | None) -> Found:
    """The merged changes as splices; `last` is the file's line that the old text ends with."""
    reaches_end = last == len(draft.ground.keys) - 1
    stretch = Stretch(draft.ground.lines, is_last=True, near="\n")
    splices = line_splices(stretch, merged.changes, script, reaches_end=reaches_end)
    if not any(draft.text[splice.start : splice.end] != splice.text for splice in splices):
        raise Refusal(Reason.NO_CHANGE, "The file already reads as the new text says. Nothing was changed.")
    return Found(tuple(splices), merged.tolerances)


def _by_lines(draft: Draft, old: str, new: str) -> Found | None:
    """All lines in place, blanks and look-alike characters aside."""
    base = old.removesuffix("\n").split("\n")
    places = draft.ground.whole(base)
    if not places:
        return None
    if len(places) > 1:
        raise _several(draft.ground, places)
    script = script_of(old, new)
    _check_not_made(draft.ground, places[0], script)
    return made(draft, script, merge(draft.ground, script, places[0]), places[0].at[-1])


def _check_not_made(ground: Ground, place: Alignment, script: Script) -> None:
    """An edit that adds to the old text may be sent twice: then the new text stands there already."""
    new = script.new
    if not any(map(str.isalnum, "".join(new))) or len(new) <= len(script.base):
        return
    taken = {index for index in place.at if index is not None}
    for other in ground.whole(new):
        if taken <= {index for index in other.at if index is not None}:
            raise Refusal(
                Reason.ALREADY_APPLIED,
                "The new text already stands there: this edit has been applied. Nothing was changed.",
            )


def _several(ground: Ground, places: Sequence[Alignment]) -> Refusal:
    starts = [next(place for place in alignment.at if place is not None) for alignment in places]
    return ambiguous(ground.text, [ground.lines.start(start) for start in starts])


def _by_characters(draft: Draft, old: str, new: str) -> Found | None:
    """A part of a line, look-alike characters aside."""
    if draft.text.isascii() and old.isascii():
        return None
    view = draft.plain(lone=True)
    starts = find_all(view.text.translate(ONE_TO_ONE), old.translate(ONE_TO_ONE), overlapping=True)
    if not starts:
        return None
    if len(starts) > 1:
        raise ambiguous(draft.text, [view.own(start) for start in starts])
    start, end = starts[0], starts[0] + len(old)
    own = view.text[start:end]
    text = carry(old, new, own, Substitutions.learn([(old, own)], view.text))
    if text is None:
        raise Refusal(
            Reason.UNCLEAR,
            "The file has other characters that look alike (quotes, dashes, blanks), and it is not clear which the "
            "new text means. Copy them from the file.",
        )
    splice = Splice(
        view.own(start), view.own(end), with_endings(draft.text, view.own(start), view.own(end), text)
    )
    if draft.text[splice.start : splice.end] == splice.text:
        raise Refusal(Reason.NO_CHANGE, "The file already reads as the new text says. Nothing was changed.")
    return Found((splice,), (Tolerance.CHARACTERS,))


def _by_rewriting(draft: Draft, spec: EditSpec, old: str, new: str) -> Found | None:
    """The edit unwrapped: first where an unwrapped form stands exactly, then line by line."""
    forms = list(rewritings(old, new))
    for form in forms:
        if form.old == form.new:
            raise Refusal(Reason.NO_CHANGE, "Old and new text are the same. Nothing was changed.")
    for form in forms:
        found = find_exact(draft, EditSpec(form.old, form.new, spec.replace_all))
        if found:
            return Found(found.splices, (form.tolerance, *found.tolerances))
    for form in forms:
        found = _by_lines(draft, form.old, form.new)
        if found:
            return Found(found.splices, (form.tolerance, *found.tolerances))
    return None


# Ellipses


@dataclass(frozen=True, slots=True)
class _Placed:
    """A segment at a place: the file's lines it takes, and how its own lines lie on them."""

    low: int
    high: int
    alignment: Alignment


def _by_segments(draft: Draft, old: str, new: str) -> Found | None:
    """Parts around ellipses, each in its only place in their order; what lies between them stays."""
    old_lines, new_lines = old.removesuffix("\n").split("\n"), new.removesuffix("\n").split("\n")
    if not any(is_ellipsis(line) for line in old_lines):
        return None
    found = segments(old_lines, new_lines)
    if found is None:
        raise Refusal(
            Reason.ELLIPSIS,
            "The old text leaves lines out with an ellipsis, and the new text does not leave out the same ones. "
            "Send both in full.",
            nearest.nearest(draft.ground, [line for line in old_lines if not is_ellipsis(line)]),
        )
    options = [_placed(draft.ground, segment.old) for segment in found]
    feasible = _feasible(options)
    changes: list[LineChange] = []
    tolerances: list[Tolerance] = [Tolerance.ELLIPSIS]
    for segment, places in zip(found, feasible, strict=True):
        if segment.old == segment.new and places:
            continue
        if not places:
            raise Refusal(
                Reason.NOT_FOUND,
                "A part of the old text beside an ellipsis is not in the file, or not in this order.",
                nearest.nearest(draft.ground, segment.old),
            )
        if len(places) > 1:
            raise _several(draft.ground, [place.alignment for place in places])
        script = Script.between(segment.old, segment.new)
        merged = merge(draft.ground, script, places[0].alignment)
        changes += merged.changes
        tolerances += merged.tolerances
    ends = {place.high - 1 for place in feasible[-1]}
    whole = script_of(old, new)
    script = Script((), (), whole.base_open, whole.new_open)
    merged = Merged(tuple(changes), tuple(dict.fromkeys(tolerances)))
    return made(draft, script, merged, ends.pop() if len(ends) == 1 else None)


def _placed(ground: Ground, lines: Sequence[str]) -> list[_Placed]:
    found = []
    for alignment in ground.whole(lines):
        places = [place for place in alignment.at if place is not None]
        found.append(_Placed(places[0], places[-1] + 1, alignment))
    return found


def _feasible(options: Sequence[Sequence[_Placed]]) -> list[list[_Placed]]:
    """The places of each segment that leave places for all others, in order."""
    result = [list(places) for places in options]
    reach = 0
    for number, places in enumerate(result):
        result[number] = [place for place in places if place.low >= reach]
        reach = min((place.high for place in result[number]), default=reach)
    limit = max((place.high for place in result[-1]), default=0)
    for number in range(len(result) - 1, -1, -1):
        result[number] = [place for place in result[number] if place.high <= limit]
        limit = max((place.low for place in result[number]), default=limit)
    return result


# What stands there already, and changed context


def _check_not_applied(draft: Draft, old: str, new: str) -> None:
    lines = new.removesuffix("\n").split("\n")
    if sum(map(str.isalnum, new)) < 8 or len(draft.ground.whole(lines)) != 1:
        return
    if fold(old) in fold(new) and "\n" not in new:
        return
    raise Refusal(
        Reason.ALREADY_APPLIED,
        "The old text is not in the file, but the new text is: this edit has been applied already. "
        "Nothing was changed.",
        nearest.nearest(draft.ground, lines),
    )


def _by_context(draft: Draft, old: str, new: str) -> Found:
    """The lines that change in their only place, although some lines around them have changed."""
    ground = draft.ground
    base = old.removesuffix("\n").split("\n")
    script = script_of(old, new)
    found = choose(ground, script)
    if found is None:
        raise not_found(ground, base)
    return made(draft, script, merge(ground, script, found), found.at[-1])


def choose(ground: Ground, script: Script) -> Alignment | None:
    """The place where the lines that change stand and most lines around them, if no other comes close."""
    places = sorted(ground.partial(script), key=lambda place: -place.evidence)
    if not places or places[0].evidence < _AGREEING:
        return None
    if len(places) > 1 and places[1].evidence > places[0].evidence * _RIVAL:
        raise _several(ground, places)
    return places[0]


def not_found(ground: Ground, base: Sequence[str]) -> Refusal:
    """The refusal of an old text that is not there, with the lines that come closest."""
    near = nearest.nearest(ground, base)
    hint = "The nearest lines are shown." if near else "Nothing in the file comes close. Read it again."
    return Refusal(Reason.NOT_FOUND, f"The old text is not in the file. {hint}", near)
