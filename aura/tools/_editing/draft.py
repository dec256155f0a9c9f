"""A text under change: the original, the current state, and which parts of the original were replaced."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aura.tools._editing.exact import Plain
from aura.tools._editing.lines import Lines, break_after, count_breaks, differing, line_end, line_start
from aura.tools._editing.outcomes import Edited, Place, Tolerance
from aura.tools._editing.placing import Ground
from aura.tools.textfile import Splice, TextFile

_CONTEXT = 3


@dataclass(frozen=True, slots=True)
class Span:
    """Original characters start to end now read text; `edits` made it so."""

    start: int
    end: int
    text: str
    edits: frozenset[int]


class Draft:
    """The text as left by the edits so far. Offsets are in the current text unless said otherwise."""

    def __init__(self, file: TextFile) -> None:
        self.file = file
        self.original = file.full
        self.text = self.original
        self.spans: list[Span] = []
        self._how: dict[int, tuple[Tolerance, ...]] = {}
        self._ground: Ground | None = None
        self._plain: dict[bool, tuple[str, Plain]] = {}

    def replace(self, splices: Sequence[Splice], edit: int, how: Iterable[Tolerance] = ()) -> None:
        """Put splices (ascending, apart) into the current text and remember whose they are."""
        self._how[edit] = tuple(how)
        self._replace([(splice, edit) for splice in splices])

    def replace_all(self, parts: Sequence[tuple[Sequence[Splice], Iterable[Tolerance]]]) -> None:
        """Put the splices of several edits in at once; all are offsets of the text as it is now."""
        self._how.update({edit: tuple(how) for edit, (_, how) in enumerate(parts)})
        owned = [(splice, edit) for edit, (splices, _) in enumerate(parts) for splice in splices]
        self._replace(sorted(owned, key=lambda item: (item[0].start, item[0].end)))

    def _replace(self, owned: Sequence[tuple[Splice, int]]) -> None:
        changing = [item for item in owned if self.text[item[0].start : item[0].end] != item[0].text]
        self.spans = self._compose(changing)
        self.text = _patched(self.text, 0, len(self.text), [splice for splice, _ in changing])

    def is_untouched(self, start: int, end: int) -> bool:
        """Whether these characters all stand as they did in the original."""
        delta = 0
        for span in self.spans:
            begin = span.start + delta
            if begin < end and start < begin + len(span.text):
                return False
            delta += len(span.text) - (span.end - span.start)
        return True

    def moved(self, splice: Splice) -> Splice | None:
        """A splice of the original in offsets of the current text; None if an edit has touched its place."""
        delta = 0
        for span in self.spans:
            if span.start == span.end == splice.start == splice.end:
                return None
            if span.start >= splice.end:
                break
            if span.end > splice.start:
                return None
            delta += len(span.text) - (span.end - span.start)
        return Splice(splice.start + delta, splice.end + delta, splice.text)

    def has_made(self, splice: Splice) -> bool:
        """Whether the current text already has what a splice of the original would make."""
        delta = 0
        for span in self.spans:
            if span.start <= splice.start and splice.end <= span.end:
                before = self.original[span.start : splice.start]
                behind = self.original[splice.end : span.end]
                return span.text == before + splice.text + behind
            delta += len(span.text) - (span.end - span.start)
        return False

    @property
    def ground(self) -> Ground:
        """The current text made ready for searching."""
        if self._ground is None or self._ground.text is not self.text:
            self._ground = Ground(self.text)
        return self._ground

    def plain(self, *, lone: bool) -> Plain:
        """The current text with LF for its line endings; with `lone` for single carriage returns, too."""
        text, found = self._plain.get(lone, ("", None))
        if found is None or text is not self.text:
            found = Plain(self.text, lone=lone)
            self._plain[lone] = (self.text, found)
        return found

    def finish(self) -> Edited:
        """The outcome; raises NotEncodable if the file's encoding has no bytes for a new character."""
        splices = [Splice(span.start, span.end, span.text) for span in self.spans]
        content = self.file.splice(splices)
        diff, added, removed = self._diff()
        return Edited(content, self._places(), diff, added, removed)

    def _compose(self, owned: Sequence[tuple[Splice, int]]) -> list[Span]:
        """The spans after these splices, overlapping and touching ones joined."""
        result: list[Span] = []
        old, new = 0, 0  # the next span, the next splice
        delta = 0  # what the spans so far added to the original's length
        while old < len(self.spans) or new < len(owned):
            low, high, original, first_old, first_new = -1, -1, 0, old, new
            while True:  # grow one group: everything that overlaps or touches [low, high)
                span = self.spans[old] if old < len(self.spans) else None
                splice = owned[new][0] if new < len(owned) else None
                at_span = span.start + delta if span else -1
                take_span = span is not None and (splice is None or at_span <= splice.start)
                begin = at_span if take_span else splice.start if splice else -1
                if begin < 0 or (low >= 0 and begin > high):
                    break
                if low < 0:
                    low, original = begin, begin - delta
                if take_span and span is not None:
                    high = max(high, at_span + len(span.text))
                    delta += len(span.text) - (span.end - span.start)
                    old += 1
                elif splice is not None:
                    high = max(high, splice.end)
                    new += 1
            text = _patched(self.text, low, high, [splice for splice, _ in owned[first_new:new]])
            edits = {edit for _, edit in owned[first_new:new]}
            edits.update(*(span.edits for span in self.spans[first_old:old]))
            result.append(Span(original, high - delta, text, frozenset(edits)))
        return result

    def _places(self) -> tuple[Place, ...]:
        reach: dict[int, tuple[int, int]] = {}
        delta = place = breaks = 0
        for span in self.spans:
            start = span.start + delta
            end = start + len(span.text)
            delta += len(span.text) - (span.end - span.start)
            first = breaks = breaks + count_breaks(self.text, place, start)
            breaks = last = breaks + count_breaks(self.text, start, end)
            place = end
            whole = span.end == len(self.original) or self.original[span.end - 1 : span.end] in {"\n", "\r"}
            if span.text and whole and self.text[end - 1] in "\r\n":
                last -= 1
            if not span.text and whole and start == line_start(self.text, start):
                last = first - 1
            for edit in span.edits:
                low, high = reach.get(edit, (first, last))
                reach[edit] = (min(low, first), max(high, last))
        return tuple(
            Place(edit, reach[edit][0] + 1, reach[edit][1] + 1, how)
            for edit, how in sorted(self._how.items())
            if edit in reach
        )

    def _diff(self) -> tuple[str, int, int]:
        hunks: list[str] = []
        added = removed = 0
        line = place = shift = 0  # line and offset counted so far in the original; lines won so far
        for start, end, text in self._regions():
            line += count_breaks(self.original, place, start)
            place = start
            old, new = Lines.split(self.original[start:end]), Lines.split(text)
            shown, plus, minus = _hunks(old, new, line, line + shift)
            hunks += shown
            added, removed, shift = added + plus, removed + minus, shift + plus - minus
        return "".join(hunks), added, removed

    def _regions(self) -> list[tuple[int, int, str]]:
        """Whole lines of the original around the spans, with context, and what they read now."""
        areas: list[tuple[int, int, list[Span]]] = []
        for span in self.spans:
            start, end = _lines_before(self.original, span.start), _lines_behind(self.original, span.end)
            if areas and start <= areas[-1][1]:
                areas[-1][2].append(span)
                areas[-1] = (areas[-1][0], max(end, areas[-1][1]), areas[-1][2])
            else:
                areas.append((start, end, [span]))
        return [
            (
                start,
                end,
                _patched(
                    self.original, start, end, [Splice(span.start, span.end, span.text) for span in spans]
                ),
            )
            for start, end, spans in areas
        ]


def _patched(text: str, low: int, high: int, splices: Sequence[Splice]) -> str:
    pieces: list[str] = []
    for splice in splices:
        pieces += [text[low : splice.start], splice.text]
        low = splice.end
    pieces.append(text[low:high])
    return "".join(pieces)


def _lines_before(text: str, offset: int) -> int:
    start = line_start(text, offset)
    for _ in range(_CONTEXT):
        if start == 0:
            break
        before = start - 2 if text[start - 2 : start] == "\r\n" else start - 1
        start = line_start(text, before)
    return start


def _lines_behind(text: str, offset: int) -> int:
    for _ in range(_CONTEXT + 1):
        offset = break_after(text, line_end(text, offset))
    return offset


def _hunks(old: Lines, new: Lines, old_line: int, new_line: int) -> tuple[list[str], int, int]:
    a = [text + ending for text, ending in zip(old.texts, old.endings, strict=True)]
    b = [text + ending for text, ending in zip(new.texts, new.endings, strict=True)]
    changes = differing(a, b)
    plain = {ending for ending in old.endings + new.endings if ending} in ({"\n"}, {"\r\n"}, {"\r"}, set())
    hunks: list[str] = []
    for group in _grouped(changes):
        low, high = max(group[0][0] - _CONTEXT, 0), min(group[-1][1] + _CONTEXT, len(a))
        new_low, new_high = group[0][2] - (group[0][0] - low), group[-1][3] + (high - group[-1][1])
        body: list[str] = []
        place = low
        for i1, i2, j1, j2 in [*group, (high, high, new_high, new_high)]:
            body += [_shown(" ", text, plain=plain) for text in a[place:i1]]
            body += [_shown("-", text, plain=plain) for text in a[i1:i2]]
            body += [_shown("+", text, plain=plain) for text in b[j1:j2]]
            place = i2
        head = (
            f"@@ -{_span(old_line + low, high - low)} +{_span(new_line + new_low, new_high - new_low)} @@\n"
        )
        hunks += [head, *body]
    added = sum(j2 - j1 for _, _, j1, j2 in changes)
    return hunks, added, sum(i2 - i1 for i1, i2, _, _ in changes)


def _grouped(changes: list[tuple[int, int, int, int]]) -> list[list[tuple[int, int, int, int]]]:
    groups: list[list[tuple[int, int, int, int]]] = []
    for change in changes:
        if groups and change[0] - groups[-1][-1][1] <= 2 * _CONTEXT:
            groups[-1].append(change)
        else:
            groups.append([change])
    return groups


def _span(start: int, count: int) -> str:
    return f"{start + 1 if count else start},{count}"


def _shown(sign: str, line: str, *, plain: bool) -> str:
    body = line.rstrip("\r\n")
    ending = line[len(body) :]
    body += "" if plain else ending.replace("\r", "␍").replace("\n", "")
    return f"{sign}{body}\n" + ("" if ending else "\\ No newline at end of file\n")
