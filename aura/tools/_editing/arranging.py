"""The hunks of a patch put in their places: each where it fits, all in their order, or none."""

from collections.abc import Sequence
from itertools import pairwise

from aura.tools._editing.consistency import Sent, first_doubtful
from aura.tools._editing.draft import Draft
from aura.tools._editing.finding import Found, ambiguous
from aura.tools._editing.fitting import Fit, fits
from aura.tools._editing.hunks import Hunk
from aura.tools._editing.outcomes import Reason, Refusal
from aura.tools._editing.scopes import under_headers


class HunkRefusal(Exception):
    """A refusal with the number of the hunk it is about, from 0."""

    def __init__(self, number: int, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.number = number
        self.refusal = refusal


def arrange(draft: Draft, hunks: Sequence[Hunk]) -> list[Found]:
    """What each hunk changes, in offsets of the draft's text; raises HunkRefusal."""
    options: list[list[Fit]] = []
    lacks_signs = any(hunk.lacks_signs for hunk in hunks)
    for number, hunk in enumerate(hunks):
        try:
            options.append(fits(draft, hunk, lacks_signs=lacks_signs))
        except Refusal as refusal:
            raise HunkRefusal(number, refusal) from None
    found: list[Found] = []
    chosen = _chosen(draft.text, hunks, options)
    for number, fit in enumerate(chosen):
        try:
            found.append(fit.found(draft))
        except Refusal as refusal:
            raise HunkRefusal(number, refusal) from None
    sent = [
        Sent(fit.script.base, [line for group in fit.script.groups for line in group.new], made.tolerances)
        for fit, made in zip(chosen, found, strict=True)
    ]
    doubtful = first_doubtful(sent, draft.text)
    if doubtful:
        raise HunkRefusal(*doubtful)
    return found


def _chosen(text: str, hunks: Sequence[Hunk], options: Sequence[list[Fit]]) -> list[Fit]:
    """One place for each hunk: by the line numbers, by the order, by the headers, in this turn."""
    if all(len(places) == 1 and not places[0].is_by_number for places in options):
        chosen = [places[0] for places in options]
        _check_apart(chosen)
        return chosen
    narrowed = _in_order(_by_numbers(text, hunks, options))
    for number, places in enumerate(narrowed):
        if not places:
            sentence = "The hunk fits only above the one before it. Send the hunks in the order of the file."
            raise HunkRefusal(number, Refusal(Reason.UNCLEAR, sentence))
        if len(places) > 1:
            narrowed[number] = under_headers(text, hunks[number].headers, places)
    narrowed = _in_order(narrowed)
    for number, places in enumerate(narrowed):
        if len(places) != 1:
            raise HunkRefusal(number, ambiguous(text, [fit.at for fit in options[number]]))
    return [places[0] for places in narrowed]


def _check_apart(chosen: Sequence[Fit]) -> None:
    """No two hunks may change the same lines."""
    order = sorted(range(len(chosen)), key=lambda number: (chosen[number].low, chosen[number].high))
    for first, second in pairwise(order):
        if chosen[second].low < chosen[first].high:
            sentence = "Two hunks change the same lines. Join them into one."
            raise HunkRefusal(max(first, second), Refusal(Reason.UNCLEAR, sentence))


def _by_numbers(text: str, hunks: Sequence[Hunk], options: Sequence[list[Fit]]) -> list[list[Fit]]:
    """Where hunks with one place only stand as far from their line numbers as each other, so do the rest."""
    numbers = _line_numbers(text, sorted({fit.at for places in options for fit in places}))
    shifts = {
        numbers[places[0].at] - hunk.start
        for hunk, places in zip(hunks, options, strict=True)
        if hunk.start is not None and len(places) == 1 and not places[0].is_by_number
    }
    shift = next(iter(shifts)) if len(shifts) == 1 else None if shifts else 0
    narrowed: list[list[Fit]] = []
    for number, (hunk, places) in enumerate(zip(hunks, options, strict=True)):
        if places[0].is_by_number and shifts != {0}:
            sentence = (
                "A hunk adds lines with nothing but a line number to say where. Send some lines around them."
            )
            raise HunkRefusal(number, Refusal(Reason.AMBIGUOUS, sentence))
        wanted = None if hunk.start is None or shift is None else hunk.start + shift
        narrowed.append([fit for fit in places if numbers[fit.at] == wanted] or list(places))
    return narrowed


def _line_numbers(text: str, offsets: Sequence[int]) -> dict[int, int]:
    """The line each offset lies in, from 1, as git counts: a lone CR ends a line only where there is no LF."""
    mark = "\n" if "\n" in text else "\r"
    found: dict[int, int] = {}
    place, number = 0, 1
    for offset in offsets:
        number += text.count(mark, place, offset)
        found[offset] = number
        place = offset
    return found


def _in_order(options: Sequence[list[Fit]]) -> list[list[Fit]]:
    """The places of each hunk that leave places for all others, each below the one before."""
    result = [list(places) for places in options]
    reach = 0
    for number, places in enumerate(result):
        result[number] = [fit for fit in places if fit.low >= reach]
        reach = min((fit.high for fit in result[number]), default=reach)
    limit = max((fit.high for fit in result[-1]), default=0)
    for number in range(len(result) - 1, -1, -1):
        result[number] = [fit for fit in result[number] if fit.high <= limit]
        limit = max((fit.low for fit in result[number]), default=limit)
    return result
