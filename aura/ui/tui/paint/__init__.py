"""Bodies of blocks as strips: what each kind of block looks like."""

from textual.strip import Strip

from aura.runs.report import Report
from aura.ui import blocks as bl
from aura.ui.cells import Line
from aura.ui.ending import name_next, render_ending_lines
from aura.ui.ending import render_ending as render_card
from aura.ui.look import Look
from aura.ui.tui.paint.asides import paint_command, paint_inquiry
from aura.ui.tui.paint.cards import paint_card, paint_group
from aura.ui.tui.paint.lines import to_strips
from aura.ui.tui.paint.markdown import paint_prose
from aura.ui.tui.paint.marks import (
    paint_check,
    paint_failure,
    paint_injection,
    paint_note,
    paint_shortened,
    paint_step,
)
from aura.ui.tui.paint.sizes import estimate
from aura.ui.tui.paint.sources import source_of
from aura.ui.tui.paint.speech import paint_said, paint_thought

__all__ = ["estimate", "paint", "paint_lines", "render_ending", "source_of"]


def paint(body: bl.Body, look: Look, width: int, *, expanded: bool, now: float) -> list[Strip]:
    """The strips of a body, none wider than `width` cells; `now` is Unix time, for what still runs.

    The empty line that separates it from what follows is part of it.
    """
    return to_strips(paint_lines(body, look, width, expanded=expanded, now=now), width)


def paint_lines(body: bl.Body, look: Look, width: int, *, expanded: bool, now: float) -> list[Line]:
    """The same as lines of segments."""
    match body:
        case bl.Prose():
            return paint_prose(body, look, width)
        case bl.ToolCard():
            return paint_card(body, look, width, expanded=expanded, now=now)
        case bl.CardGroup():
            return paint_group(body, look, width, expanded=expanded, now=now)
        case bl.Said():
            return paint_said(body, look, width, expanded=expanded)
        case bl.Thought():
            return paint_thought(body, look, width, expanded=expanded)
        case bl.StepRule():
            return paint_step(body, look, width)
        case bl.Injection():
            return paint_injection(body, look, width, expanded=expanded)
        case bl.Note():
            return paint_note(body, look, width)
        case bl.CommandLog():
            return paint_command(body, look, width, expanded=expanded)
        case bl.CheckLine():
            return paint_check(body, look, width, expanded=expanded)
        case bl.Inquiry():
            return paint_inquiry(body, look, width)
        case bl.Failure():
            return paint_failure(body, look, width, now=now)
        case bl.Shortened():
            return paint_shortened(body, look, width, expanded=expanded)
        case bl.Ending():
            return paint_ending(body, look, width, expanded=expanded)


def paint_ending(body: bl.Ending, look: Look, width: int, *, expanded: bool) -> list[Line]:
    """The card at the end of a turn; an empty line follows."""
    brief = bool(body.context.get("brief"))
    keys = str(body.context.get("keys", name_next(body.report, look.signs)))
    return [*render_card(body.report, look, width, keys=keys, is_brief=brief, expanded=expanded), []]


def render_ending(report: Report, look: Look, width: int) -> list[str]:
    """The same card as lines to print on the normal screen."""
    return render_ending_lines(report, look, width)
