"""How many lines a body will take, guessed without painting it."""

from aura.ui import blocks as bl
from aura.ui.tui.paint.changes import FOLDED
from aura.ui.tui.paint.speech import SHOWN

LARGE_CARD = 6  # lines of the card at the end of a run


def estimate(body: bl.Body, width: int) -> int:
    """About how many lines the body takes in so many cells, folded; never less than one."""
    room = max(width - 4, 8)
    match body:
        case bl.Prose():
            return count_lines(body.text.strip("\n"), room) + 1
        case bl.Said():
            return min(count_lines(body.text, room), SHOWN + 1) + 1
        case bl.Thought():
            return 4 if body.open else 1
        case bl.ToolCard():
            return _estimate_card(body)
        case bl.Note():
            return count_lines(body.text, room)
        case bl.CommandLog():
            return min(sum(count_lines(said, room) for said in body.said), SHOWN + 1) + 2
        case bl.Inquiry():
            return count_lines(body.question.text, room) + len(body.question.options) + 2
        case bl.Failure():
            return 2 + count_lines(body.sentence, room)
        case bl.Ending():
            return LARGE_CARD
        case bl.CheckLine():
            return 1 if body.check.passed else 3
        case _:
            return 1


def count_lines(text: str, width: int) -> int:
    """About how many lines a text takes."""
    return text.count("\n") + 1 + len(text) // (width * 2)


def _estimate_card(card: bl.ToolCard) -> int:
    if card.outcome is None:
        return 3 if card.output else 1
    if card.outcome == "ok":
        rows = sum(min(change.added + change.removed + 2, FOLDED + 1) for change in card.changes[:3])
        return rows + 2 if rows else 1
    return 1 if card.outcome == "denied" else 3
