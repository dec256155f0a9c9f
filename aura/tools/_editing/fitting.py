"""The places where a hunk fits in a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from aura.tools._editing import nearest
from aura.tools._editing.draft import Draft
from aura.tools._editing.exact import Plain, ending_around, find_all, has_lone_returns, with_endings
from aura.tools._editing.finding import Found
from aura.tools._editing.hunks import Hunk
from aura.tools._editing.lines import Lines
from aura.tools._editing.merging import LineChange, merge
from aura.tools._editing.outcomes import NearLine, Reason, Refusal
from aura.tools._editing.placing import Alignment, Group, Script
from aura.tools._editing.splicing import Stretch, line_splices
from aura.tools._editing.tolerating import LARGEST, choose, made, not_found
from aura.tools.textfile import MARK, Splice

_TELLING = 7  # letters or digits beyond which new lines that are there already are no coincidence


@dataclass(frozen=True, slots=True)
class Fit:
    """A place of a hunk: where its first line begins, and between which offsets it changes the text.

    An exact place begins at `start` of a `view`, a tolerant one has an `alignment`; one that needs neither has a
    `splice`, and may stand on nothing but a line number.
    """

    script: Script
    at: int
    low: int
    high: int
    view: Plain | None = None
    start: int = 0
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
        stretch = self._stretch(draft.text)
        changes = [LineChange(group.low, group.high, group.new) for group in self.script.groups]
        splices = line_splices(stretch, changes, self.script, reaches_end=stretch.is_last)
        if not any(draft.text[splice.start : splice.end] != splice.text for splice in splices):
            raise Refusal(Reason.NO_CHANGE, "The hunk changes nothing. Nothing was changed.")
        return Found(tuple(splices))

    def _stretch(self, text: str) -> Stretch:
        """The lines of an exact place with their own endings."""
        base, view = self.script.base, self.view
        assert view is not None
        bounds = list(accumulate((len(line) + 1 for line in base), initial=self.start))
        starts = [view.own(bound) for bound in bounds[:-1]]
        ends = [view.own(bound + len(line)) for bound, line in zip(bounds, base, strict=False)]
        behind = [*starts[1:], view.own(min(bounds[-1], len(view.text)))]
        endings = [text[end:after] for end, after in zip(ends, behind, strict=True)]
        knows = any(
            "\r" in line for group in self.script.groups for line in group.new
        )  # its lines bring their CR
        near = "\n" if knows else ending_around(text, starts[0], behind[-1])
        return Stretch(Lines(list(base), starts, endings), behind[-1] == len(text), near)


def fits(draft: Draft, hunk: Hunk, *, lacks_signs: bool = False) -> list[Fit]:
    """All places of a hunk: exact ones, else tolerant ones. Raises Refusal if there is none.

    With `lacks_signs` some hunk of the patch has context lines without the blank that marks them.
    """
    script, unsigned = hunk.script(), hunk.unsigned_script()
    if not script.base:
        return [_bare_fit(draft, hunk, script)]
    found = _exact_fits(draft, script)
    if not found and unsigned is not None:
        found = _exact_fits(draft, unsigned)
        if found and not (lacks_signs or hunk.shows_indentation):
            raise Refusal(
                Reason.INDENTATION,
                "All context lines of a hunk are indented by one blank less than the file: either they lack the blank "
                "that marks them, or all lines are indented wrongly. Send the hunk with a blank before each of them.",
            )
    if found:
        _check_not_applied(found)
        ending = [
            fit for fit in found if fit.view and fit.start + _length(fit.script.base) >= len(fit.view.text)
        ]
        return ending if hunk.is_at_end and ending else found
    if len(draft.text) > LARGEST:
        raise Refusal(
            Reason.NOT_FOUND,
            "The old lines do not stand in the file as sent, and it is too large to look for what comes close.",
        )
    script = _without_returns(script)
    places = draft.ground.whole(script.base)
    if places:
        return [_tolerant_fit(draft, script, place) for place in places]
    new = script.new
    if sum(map(str.isalnum, "".join(new))) > _TELLING and len(draft.ground.whole(new)) == 1:
        raise _already_applied(nearest.nearest(draft.ground, new))
    place = choose(draft.ground, script)
    if place is None:
        raise not_found(draft.ground, script.base)
    return [_tolerant_fit(draft, script, place)]


def _check_not_applied(found: Sequence[Fit]) -> None:
    """A hunk that only adds lines above or below others may be sent twice: then they stand there already."""
    if len(found) != 1 or found[0].view is None:
        return
    script, view, start = found[0].script, found[0].view, found[0].start
    if len(script.groups) != 1 or script.groups[0].low != script.groups[0].high:
        return
    group = script.groups[0]
    if group.low in {0, len(script.base)} and sum(map(str.isalnum, "".join(group.new))) > _TELLING:
        begin = start - (_length(group.new) if group.low == 0 else 0)
        if begin >= 0 and view.text.startswith("\n".join(script.new), begin):
            raise _already_applied(())


def _already_applied(near: tuple[NearLine, ...]) -> Refusal:
    return Refusal(
        Reason.ALREADY_APPLIED,
        "The new lines already stand there: this hunk has been applied. Nothing was changed.",
        near,
    )


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
        sent = "".join(line + "\n" for line in script.new)
        new = sent if "\r" in sent else with_endings(text, start, start, new + "\n")
        return Fit(script, start, start, start, splice=Splice(start, start, new), is_by_number=True)
    start = len(text)
    if text.removeprefix(MARK) and text[-1] not in "\r\n":
        new = "\n" + new + ("\n" if script.new_open is False else "")
    elif not script.new_open:
        new += "\n"
    return Fit(
        script, start, start, start, splice=Splice(start, start, with_endings(text, start, start, new))
    )


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
    knowing = any("\r" in line or line.startswith(MARK) for line in (*script.base, *script.new))
    foreign = "\r" in text or text.startswith(MARK)
    if knowing or not foreign:
        found = _fits_in(text, Plain(text, literal=True), script)
        if found or not (foreign or knowing):
            return found
    plain = _without_returns(script)
    found = _fits_in(text, draft.plain(lone=False), plain)
    if found or not has_lone_returns(text):
        return found
    return _fits_in(text, draft.plain(lone=True), plain)


def _fits_in(text: str, view: Plain, script: Script) -> list[Fit]:
    first, last = script.groups[0].low, script.groups[-1].high
    length, size = _length(script.base), len(view.text)
    low, high = _length(script.base[:first]), _length(script.base[:last])
    found: list[Fit] = []
    for start in _starts(view.text, "\n".join(script.base)):
        is_open = start + length > size
        if script.base_open in {None, is_open}:
            bounds = view.own(start), view.own(start + low), view.own(min(start + high, size))
            found.append(Fit(script, *bounds, view=view, start=start))
    return found


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _starts(text: str, block: str) -> list[int]:
    """The offsets at which a block of whole lines stands."""
    if not block:
        return [0] * text.startswith("\n") + [start + 1 for start in find_all(text, "\n\n", overlapping=True)]
    return [
        start
        for start in find_all(text, block, overlapping=True)
        if (start == 0 or text[start - 1] == "\n")
        and text[start + len(block) : start + len(block) + 1] in {"", "\n"}
    ]


def _without_returns(script: Script) -> Script:
    """The script without carriage returns and byte order marks."""
    groups = tuple(Group(group.low, group.high, _all_bare(group.new)) for group in script.groups)
    return Script(_all_bare(script.base), groups, script.base_open, script.new_open)


def _all_bare(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(_bare(line) for line in lines)


def _bare(line: str) -> str:
    return line.removeprefix(MARK).removesuffix("\r")
