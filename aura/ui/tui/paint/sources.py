"""What a body is as plain text: to copy, and for dumps."""

from aura.core.text import clean
from aura.runs.report import render_report
from aura.ui import blocks as bl
from aura.ui.tui.paint.calls import name_detail, name_verb


def source_of(body: bl.Body) -> str:
    """The text of a body without marks and colours: Markdown as it was written, a call with what it gave back."""
    return clean(_tell(body)).strip("\n")


def _tell(body: bl.Body) -> str:
    match body:
        case bl.Said() | bl.Prose() | bl.Thought() | bl.Note():
            return body.text
        case bl.StepRule():
            return f"step {body.step}"
        case bl.ToolCard():
            return _tell_card(body)
        case bl.CardGroup():
            return "\n".join(_name(card) for card in body.cards)
        case bl.Injection():
            return "\n\n".join(text for _, text in body.texts)
        case bl.CommandLog():
            return "\n".join(part for part in (body.line, *body.said) if part)
        case bl.CheckLine():
            return f"{body.check.run.command}\n{body.check.run.tail}"
        case bl.Inquiry():
            return _tell_inquiry(body)
        case bl.Failure():
            return f"{body.model}: {body.sentence}"
        case bl.Shortened():
            return "\n\n".join(part for part in (body.pinned, body.summary) if part)
        case bl.Ending():
            return render_report(body.report)


def _name(card: bl.ToolCard) -> str:
    return (
        f"{name_verb(card.call)} {name_detail(card.call, [change.path for change in card.changes])}".rstrip()
    )


def _tell_card(card: bl.ToolCard) -> str:
    command = card.call.arguments.get("command")
    head = f"$ {command}" if isinstance(command, str) and card.call.name == "Bash" else _name(card)
    diffs = "".join(change.diff for change in card.changes)
    return "\n".join(part for part in (head, diffs or card.display or card.result or card.output) if part)


def _tell_inquiry(body: bl.Inquiry) -> str:
    rows = [body.question.text]
    rows += [f"{number}. {option.label}" for number, option in enumerate(body.question.options, 1)]
    if body.answer is not None:
        rows.append(f"> {', '.join(body.answer.chosen) or body.answer.text}")
    return "\n".join(rows)
