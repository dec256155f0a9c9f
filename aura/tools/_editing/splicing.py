"""Changed lines as splices of the text they stand in, with the line endings that belong there."""

from collections.abc import Sequence
from dataclasses import dataclass

from aura.tools._editing.lines import Lines
from aura.tools._editing.merging import LineChange
from aura.tools._editing.outcomes import Reason, Refusal
from aura.tools._editing.placing import Script
from aura.tools.textfile import Splice


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines of a text that follow each other; `is_last` if the text ends with them, `near` is an ending to use
    where none of them has one.
    """

    lines: Lines
    is_last: bool
    near: str


def line_splices(
    stretch: Stretch, changes: Sequence[LineChange], script: Script, *, reaches_end: bool
) -> list[Splice]:
    """A splice for each change, and for a final line ending that the script adds or takes away.

    A changed line takes the ending of the line it replaces, an added one that of its neighbours. Where the
    sender does not say otherwise, a file without a final line ending stays without; `reaches_end` tells that the
    old text's last line is the file's.
    """
    lines = stretch.lines
    count = len(lines.texts)
    was_open = stretch.is_last and bool(count) and not lines.endings[-1]
    at_end = changes[-1] if changes and stretch.is_last and changes[-1].high == count else None
    splices = [_splice(stretch, change) for change in changes if change is not at_end]
    if script.new_open is not None and script.base_open != script.new_open:
        if not reaches_end or script.base_open is not was_open:
            raise Refusal(
                Reason.UNCLEAR, "Only one of the two texts ends with a line break. End both the same way."
            )
        at_end = at_end or LineChange(count - 1, count, (lines.texts[-1],))
    if at_end:
        splices.append(_final_splice(stretch, at_end, script))
    return splices


def _splice(stretch: Stretch, change: LineChange) -> Splice:
    lines = stretch.lines
    endings = _endings(stretch, change)
    text = "".join(line + ending for line, ending in zip(change.new, endings, strict=True))
    return Splice(lines.start(change.low), lines.start(change.high), text)


def _endings(stretch: Stretch, change: LineChange) -> list[str]:
    """Of the lines replaced; for added ones the last of them, or that of the line before or behind."""
    lines = stretch.lines
    around = (change.high - 1, change.high, change.high - 2)
    near = next((e for i in around if 0 <= i < len(lines.endings) and (e := lines.endings[i])), stretch.near)
    taken = [ending or near for ending in lines.endings[change.low : change.high]][: len(change.new)]
    return taken + [near] * (len(change.new) - len(taken))


def _final_splice(stretch: Stretch, change: LineChange, script: Script) -> Splice:
    """The change that reaches the end of the text."""
    lines = stretch.lines
    end = lines.start(len(lines.texts))
    was_open = bool(lines.endings) and not lines.endings[-1]
    is_open = script.new_open if script.new_open is not None else was_open
    start = lines.start(change.low)
    if not change.new:
        gone = len(lines.endings[change.low - 1]) if is_open and change.low else 0
        return Splice(start - gone, end, "")
    endings = _endings(stretch, change)
    text = "".join(line + ending for line, ending in zip(change.new, endings, strict=True))
    if is_open:
        text = text[: len(text) - len(endings[-1])]
    if change.low == len(lines.texts) and was_open:
        text = endings[0] + text
    return Splice(start, end, text)
