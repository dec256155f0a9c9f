"""Text in cells: made safe, wrapped, cut and put side by side; shared by every face.

A line is a list of segments without line breaks; what comes from outside passes `tidy` on its way in.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from rich.style import Style

from aura.core.text import clean, find_end

Line = list[Segment]

TAB = 4
SAFE = re.compile(r"[\x20-\x7e\n]*\Z")
# characters of one cell: most of what is written in the West, arrows, mathematics, boxes
NARROW = re.compile(
    "[\n -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u2190-\u2319\u2500-\u25fc]*"
)
SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
BREAKS = re.compile("\n?[\u2028\u2029\x0b\x0c]")
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\uffa0\ufff0-\ufff8]"
)
MARKS = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
PILES = re.compile(f"({MARKS}{{3}}){MARKS}+")


def tidy(text: str) -> str:
    """The text as it may reach a screen: clean, tabs as spaces, and nothing whose width depends on its neighbours.

    Line feeds stay. Variation selectors go, as terminals do not agree on what they do; of piled up accents three stay.
    """
    if SAFE.match(text):
        return text
    text = clean(BREAKS.sub("\n", text))
    if not text.isascii():
        text = UNSEEN.sub(lambda match: f"<U+{ord(match.group()):04X}>", SELECTORS.sub("", text))
        text = PILES.sub(r"\1", text)
    return text.expandtabs(TAB) if "\t" in text else text


def tidy_line(text: str, longest: int = 2000) -> str:
    """The text on one line, safe; of a very long one the first `longest` characters."""
    return " ".join(tidy(text[:longest]).split())


def measure(line: Iterable[Segment]) -> int:
    """Cells that a line takes."""
    return sum(cell_len(segment.text) for segment in line)


def fit(text: str, width: int) -> tuple[str, str]:
    """The text in two parts: what fits into `width` cells, and the rest."""
    if len(text) <= width and (text.isascii() or cell_len(text) <= width):
        return text, ""
    if text.isascii():
        return text[:width], text[width:]
    used = 0
    for index, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > width:
            return text[:index], text[index:]
    return text, ""


def cut(text: str, width: int, ellipsis: str) -> str:
    """The text in at most `width` cells; the ellipsis says that there was more."""
    kept, rest = fit(text, max(width, 0))
    if not rest:
        return kept
    if width <= cell_len(ellipsis):
        return kept
    kept = fit(text, width - cell_len(ellipsis))[0]
    return text[: find_end(text, len(kept))].rstrip() + ellipsis


def cut_left(text: str, width: int, ellipsis: str) -> str:
    """The end of the text in at most `width` cells: the last part of a path says most."""
    if cell_len(text) <= width:
        return text
    room = max(width - cell_len(ellipsis), 0)
    start, used = len(text), 0
    while start and used + get_character_cell_size(text[start - 1]) <= room:
        start -= 1
        used += get_character_cell_size(text[start])
    return cut(ellipsis + text[start:], width, "")


def crop(line: Sequence[Segment], width: int, ellipsis: str = "") -> Line:
    """The line in at most `width` cells; the ellipsis takes the style of what it stands for."""
    if measure(line) <= width:
        return list(line)
    room = width - cell_len(ellipsis)
    if room < 0:
        room, ellipsis = max(width, 0), ""
    kept: Line = []
    for text, style, _ in line:
        part, rest = fit(text, room)
        room -= cell_len(part)
        if rest:
            kept.append(Segment(text[: find_end(text, len(part))] + ellipsis, style))
            break
        kept.append(Segment(part, style))
    return kept


def pad(line: Line, width: int, style: Style | None = None) -> Line:
    """The line with spaces at its end up to `width` cells."""
    missing = width - measure(line)
    return [*line, Segment(" " * missing, style)] if missing > 0 else line


def join_sides(left: Sequence[Segment], right: Sequence[Segment], width: int, ellipsis: str) -> Line:
    """One line: facts at its right edge, and the rest at the left, which is cut first.

    What is at the right gets at most three fifths of the line.
    """
    if not right:
        return crop(left, width, ellipsis)
    end = crop(right, width * 3 // 5, ellipsis)
    taken = measure(end)
    begin = crop(left, width - taken - 2, ellipsis)
    return [*begin, Segment(" " * (width - taken - measure(begin))), *end]


def wrap(pieces: Sequence[Segment], width: int, rest: int | None = None) -> list[Line]:
    """The pieces as lines of at most `width` cells, the later ones of at most `rest` (None: the same).

    Breaks at spaces where it can, anywhere where it must, and at every line feed. There is always one line.
    """
    rest = width if rest is None else rest
    if len(pieces) == 1:
        text, style, _ = pieces[0]
        return [[Segment(text[begin:end], style)] for begin, end in break_text(text, width, rest)]
    text = "".join(piece.text for piece in pieces)
    return list(_slice(pieces, break_text(text, width, rest)))


def wrap_text(text: str, style: Style, width: int) -> list[Line]:
    """Plain text as lines; it is made safe first."""
    return wrap([Segment(tidy(text), style)], width)


def chop(line: Sequence[Segment], width: int) -> list[Line]:
    """The line as lines of exactly `width` cells but for the last: what is a program is not broken at spaces."""
    if measure(line) <= width:
        return [list(line)]
    text = "".join(segment.text for segment in line)
    spans, begin = [], 0
    while begin < len(text):
        end = begin + max(len(fit(text[begin : begin + width * 8], max(width, 1))[0]), 1)
        spans.append((begin, end))
        begin = end
    return list(_slice(line, spans))


def break_text(text: str, width: int, rest: int | None = None) -> list[tuple[int, int]]:
    """Where lines of at most `width` cells (later ones: `rest`) begin and end in the text."""
    width = max(width, 1)
    rest = width if rest is None else max(rest, 1)
    spans: list[tuple[int, int]] = []
    begin, length = 0, len(text)
    is_narrow = NARROW.fullmatch(text) is not None
    while True:
        end = text.find("\n", begin)
        end = length if end < 0 else end
        room = rest if spans else width
        if is_narrow:
            _break_narrow(text, (begin, end), (room, rest), spans)
        else:
            _break_wide(text, (begin, end), (room, rest), spans)
        if end == length:
            return spans
        begin = end + 1


def _break_narrow(
    text: str, span: tuple[int, int], room: tuple[int, int], spans: list[tuple[int, int]]
) -> None:
    """Break one line of text in which each character is one cell."""
    begin, end = span
    width, rest = room
    while end - begin > width:
        space = text.rfind(" ", begin, begin + width + 1)
        head = text[begin:space].strip() if space > begin else ""
        if head:
            spans.append((begin, begin + len(text[begin:space].rstrip())))
            begin = _skip_spaces(text, space, end)
        else:
            spans.append((begin, begin + width))
            begin += width
        width = rest
    spans.append((begin, end))


def _skip_spaces(text: str, begin: int, end: int) -> int:
    while begin < end and text[begin] == " ":
        begin += 1
    return begin


def _break_wide(
    text: str, span: tuple[int, int], room: tuple[int, int], spans: list[tuple[int, int]]
) -> None:
    """Break one line of text with characters of no, one or two cells; between wide ones it may break anywhere."""
    begin, end = span
    width, rest = room
    used, index, chance = 0, begin, -1
    while index < end:
        character = text[index]
        size = get_character_cell_size(character)
        if used + size > width and index > begin:
            stop = chance if chance > begin and character != " " else index
            spans.append((begin, begin + len(text[begin:stop].rstrip(" "))))
            begin = index = _skip_spaces(text, stop, end)
            used, chance, width = 0, -1, rest
            continue
        used += size
        index += 1
        if (character == " " and text[begin:index].strip()) or size == 2:
            chance = index
    spans.append((begin, end))


def _slice(pieces: Sequence[Segment], spans: Iterable[tuple[int, int]]) -> Iterator[Line]:
    """The parts of the pieces that lie in each span of their joined text; spans are in order."""
    place, number = 0, 0  # where the piece `number` begins
    for begin, end in spans:
        line: Line = []
        while number < len(pieces) and place + len(pieces[number].text) <= begin:
            place += len(pieces[number].text)
            number += 1
        here, at = place, number
        while at < len(pieces) and here < end:
            text, style, _ = pieces[at]
            part = text[max(begin - here, 0) : end - here]
            if part:
                line.append(Segment(part, style))
            here += len(text)
            at += 1
        yield line or [Segment("", None)]
