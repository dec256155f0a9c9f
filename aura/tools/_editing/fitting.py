"""The places where a hunk fits in a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from aura.tools._editing import nearest
from aura.tools._editing.draft import Draft
from aura.tools._editing.exact import Plain, ending_around, find_all, with_endings
from aura.tools._editing.finding import Found
from aura.tools._editing.hunks import Hunk
from aura.tools._editing.lines import Lines
from aura.tools._editing.merging import LineChange, merge
from aura.tools._editing.outcomes import Reason, Refusal
from aura.tools._editing.placing import Alignment, Group, Script
from aura.tools._editing.splicing import Stretch, line_splices
from aura.tools._editing.tolerating import choose, made, not_found
from aura.tools.textfile import MARK, Splice


@dataclass(frozen=True, slots=True)
class Fit:
    """A place of a hunk: where its first line begins, and between which offsets it changes the text.

    An exact place has its lines in `stretch`, a tolerant one an `alignment`, one that needs neither a `splice`; that
    one may stand on nothing but a line number.
    """

    script: Script
    at: int
    low: int
    high: int
    stretch: Stretch | None = None
    alignment: Alignment | None = None
    splice: Splice | None = None
    is_by_number: bool = False

    def found(self, draft: Draft) -> Found:
        """What the hunk changes here; raises Refusal where that is not clear."""
        if self.splice is not None:
            return Found((self.splice,))
        if self.alignment is not None:
            merged = merge(draft.ground, self.script, self.alignment)
            return made(draft, self.script, merged, self.alignment.at[-1])
        assert self.stretch is not None
        changes = [LineChange(group.low, group.high, group.new) for group in self.script.groups]
        splices = line_splices(self.stretch, changes, self.script, reaches_end=self.stretch.is_last)
        if not any(draft.text[splice.start : splice.end] != splice.text for splice in splices):
            raise Refusal(Reason.NO_CHANGE, "The hunk changes nothing. Nothing was changed.")
        return Found(tuple(splices))


def fits(draft: Draft, hunk: Hunk) -> list[Fit]:
    """All places of a hunk: exact ones, else tolerant ones. Raises Refusal if there is none."""
    scripts = list(hunk.scripts())
    if not scripts[0].base:
        return [_bare_fit(draft, hunk, scripts[0])]
    for script in scripts:
        found = _exact_fits(draft, script)
        ending = [fit for fit in found if fit.stretch and fit.stretch.is_last]
        if found:
            return ending if hunk.is_at_end and ending else found
    plain = [_without_returns(script) for script in scripts]
    for script in plain:
        places = draft.ground.whole(script.base)
        if places:
            return [_tolerant_fit(draft, script, place) for place in places]
    script = plain[1] if len(plain) > 1 else plain[0]
    new = script.new
    if sum(map(str.isalnum, "".join(new))) > 7 and len(draft.ground.whole(new)) == 1:
        raise Refusal(
            Reason.ALREADY_APPLIED,
            "The old lines are not in the file, but the new ones are: this hunk has been applied already. "
            "Nothing was changed.",
            nearest.nearest(draft.ground, new),
        )
    place = choose(draft.ground, script)
    if place is None:
        raise not_found(draft.ground, script.base)
    return [_tolerant_fit(draft, script, place)]


def _bare_fit(draft: Draft, hunk: Hunk, script: Script) -> Fit:
    """A hunk that only adds lines and names none: into an empty file, at the end where it says so, or by number."""
    text = draft.text
    new = "\n".join(_bare(line) for group in script.groups for line in group.new)
    if text.removeprefix(MARK) and not hunk.is_at_end:
        lines = draft.ground.lines
        if hunk.start is None or not 0 < hunk.start <= len(lines.texts) or script.new_open:
            raise Refusal(
                Reason.AMBIGUOUS,
                "A hunk adds lines without any line around them, so nobody can say where they belong. Send some of "
                "the lines above and below.",
            )
        start = lines.start(hunk.start - 1)
        new = with_endings(text, start, start, new + "\n")
        return Fit(script, start, start, start, splice=Splice(start, start, new), is_by_number=True)
    start = len(text)
    if text.removeprefix(MARK) and text[-1] not in "\r\n":
        new = "\n" + new + ("\n" if script.new_open is False else "")
    elif not script.new_open:
        new += "\n"
    return Fit(script, start, start, start, splice=Splice(start, start, with_endings(text, start, start, new)))


def _tolerant_fit(draft: Draft, script: Script, alignment: Alignment) -> Fit:
    lines = draft.ground.lines
    placed = [place for place in alignment.at if place is not None]
    inside = [
        place
        for group in script.groups
        for place in alignment.at[max(group.low - (group.low == group.high), 0) : max(group.high, 1)]
        if place is not None
    ]
    low, high = (min(inside), max(inside) + 1) if inside else (placed[0], placed[-1] + 1)
    if script.groups and script.groups[0].low == script.groups[0].high and script.groups[0].low:
        low = min(low + 1, high)
    return Fit(script, lines.start(placed[0]), lines.start(low), lines.start(high), alignment=alignment)


def _exact_fits(draft: Draft, script: Script) -> list[Fit]:
    """The places where the old lines stand as sent, line endings aside."""
    text = draft.text
    knowing = any("\r" in line for line in script.base) or any(line.startswith(MARK) for line in script.base)
    foreign = "\r" in text or text.startswith(MARK)
    if knowing or not foreign:
        found = _fits_in(text, Plain(text, 0), script)
        if found or not (foreign or knowing):
            return found
    plain = _without_returns(script)
    return _fits_in(text, draft.plain(lone=False), plain) or _fits_in(text, draft.plain(lone=True), plain)


def _fits_in(text: str, view: Plain, script: Script) -> list[Fit]:
    found = (_exact_fit(text, view, script, start) for start in _starts(view.text, "\n".join(script.base)))
    return [fit for fit in found if fit is not None]


def _starts(text: str, block: str) -> list[int]:
    """The offsets at which a block of whole lines stands."""
    if not block:
        return [0] * text.startswith("\n") + [start + 1 for start in find_all(text, "\n\n", overlapping=True)]
    return [
        start
        for start in find_all(text, block, overlapping=True)
        if (start == 0 or text[start - 1] == "\n") and text[start + len(block) : start + len(block) + 1] in {"", "\n"}
    ]


def _exact_fit(text: str, view: Plain, script: Script, start: int) -> Fit | None:
    bounds = list(accumulate((len(line) + 1 for line in script.base), initial=start))
    starts = [view.own(bound) for bound in bounds[:-1]]
    ends = [view.own(bound + len(line)) for bound, line in zip(bounds, script.base, strict=False)]
    behind = [*starts[1:], view.own(min(bounds[-1], len(view.text)))]
    endings = [text[end:after] for end, after in zip(ends, behind, strict=True)]
    if script.base_open is not None and script.base_open is bool(endings[-1]):
        return None
    lines = Lines(list(script.base), starts, endings)
    stretch = Stretch(lines, behind[-1] == len(text), ending_around(text, starts[0], behind[-1]))
    low, high = script.groups[0].low, script.groups[-1].high
    return Fit(script, starts[0], lines.start(low), lines.start(high), stretch)


def _without_returns(script: Script) -> Script:
    """The script without carriage returns and byte order marks."""
    groups = tuple(Group(group.low, group.high, _all_bare(group.new)) for group in script.groups)
    return Script(_all_bare(script.base), groups, script.base_open, script.new_open)


def _all_bare(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(_bare(line) for line in lines)


def _bare(line: str) -> str:
    return line.removeprefix(MARK).removesuffix("\r")
