"""What people said, and what the model thought."""

from rich.segment import Segment
from rich.style import Style

from aura.core.durations import tell_duration
from aura.ui.blocks import Said, Thought
from aura.ui.cells import Line, tidy, tidy_line, wrap
from aura.ui.look import Look
from aura.ui.tui.paint.lines import INDENT, first_words, hang, indent, joined, name_more

SHOWN = 24  # lines of a long prompt that are shown folded
TAIL = 3  # lines of what is being thought
ANCHOR = (
    1500  # characters; what is being thought is wrapped from a multiple of this, so that lines stay still
)


def paint_said(body: Said, look: Look, width: int, *, expanded: bool) -> list[Line]:
    """What a person said, behind the prompt's sign; an empty line follows."""
    style, muted = look.style("user"), look.style("muted")
    mark: Line = [Segment(f"  {look.signs.prompt} ", style)]
    pieces = [Segment(tidy(body.text.strip("\n").rstrip()), style)]
    if body.how == "steer":
        pieces.insert(0, Segment("steer: ", muted))
    elif body.origin not in ("", "human"):
        pieces.insert(0, Segment(f"{tidy_line(body.origin, 40)}: ", muted))
    lines = wrap(pieces, max(width - 2 * INDENT, 1))
    more = len(lines) - SHOWN
    if more > 1 and not expanded:
        lines = [*lines[:SHOWN], [Segment(name_more(more, "line", look), look.style("muted"))]]
    if body.images:
        count = "1 image" if body.images == 1 else f"{body.images} images"
        lines.append([Segment(f"[{count}]", muted)])
    return [*hang(lines, mark, 2 * INDENT), []]


def paint_thought(body: Thought, look: Look, width: int, *, expanded: bool) -> list[Line]:
    """What the model thought: one line folded, the end of it while it goes on, all of it expanded."""
    muted = look.style("muted")
    style = muted + Style(italic=True)
    room = max(width - 2 * INDENT, 1)
    if body.open:
        head: Line = joined((f"  {look.signs.running} ", look.style("accent")), ("thinking", muted))
        text = body.text if expanded else _take_tail(body.text)
        lines = [line for line in wrap([Segment(tidy(text.strip()), style)], room) if line[0].text]
        return [head, *indent(lines if expanded else lines[-TAIL:], 2 * INDENT)]
    length = f"thought for {tell_duration(body.seconds, tenths=False)}" if body.seconds else "thought"
    if expanded:
        head = joined((f"  {look.signs.opened} ", muted), (length, muted))
        return [head, *indent(wrap([Segment(tidy(body.text.strip()), style)], room), 2 * INDENT), []]
    begin = f"{length} {look.signs.dot} "
    words = first_words(body.text, room - len(begin), look)
    return [joined((f"  {look.signs.closed} ", muted), (begin, muted), (words, style))]


def _take_tail(text: str) -> str:
    """The end of a text, long enough for its last lines; its beginning moves only now and then."""
    if len(text) <= 2 * ANCHOR:
        return text
    begin = (len(text) // ANCHOR - 1) * ANCHOR
    return text[text.find(" ", begin) + 1 :]
