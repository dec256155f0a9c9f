"""What each block of a conversation says in plain lines, to the eye and to the ear."""

from collections.abc import Iterator

from aura.core.evidence import FileChange
from aura.core.text import clean, shorten
from aura.runs.report import render_count, render_report
from aura.ui import blocks as bl
from aura.ui.cards import REVIEWED
from aura.ui.ending import render_ending_text
from aura.ui.look import Role
from aura.ui.render import name_ending, render_call, strip_mark
from aura.ui.repl.sheet import Sheet, Span

SPEAKER = "aura: "  # before a reply, for somebody who listens
WIDEST_CARD = 100
CALL_WIDTH = 72
DETAIL = 90
DIFF_LINES = 60  # of a change that is shown for approval
OUTPUT_LINES = 40  # of a person's own command
LEVELS: dict[str, Role] = {"info": "muted", "warning": "warn", "error": "bad"}


def tell(body: bl.Body, sheet: Sheet, step: int) -> str:
    """A finished block as it is printed, with a line feed at its end; empty when there is nothing to say.

    `step` is the step it belongs to (0: none).
    """
    match body:
        case bl.Prose():
            return _tell_prose(body, sheet)
        case bl.Thought() | bl.StepRule():
            return ""
        case bl.CommandLog():
            return _tell_command(body, sheet)
        case bl.Ending():
            return _tell_ending(body, sheet)
        case bl.CardGroup():
            return "".join(_say(sheet, "tool", step, spans) for spans in _group(body))
        case _:
            speaker, spans = _spans(body, sheet)
            return _say(sheet, speaker, step if speaker in ("tool", "note") else 0, spans) if spans else ""


def _say(sheet: Sheet, speaker: str, step: int, spans: list[Span]) -> str:
    """One line: who speaks where somebody listens, else the step in brackets. Further lines stand apart from it."""
    spans = [(piece.replace("\n", "\n    "), role) for piece, role in spans]
    if sheet.spoken:
        number = f"step {step}: " if step and speaker == "tool" else ""
        return sheet.line((f"{speaker}: {number}", "strong"), *spans)
    if speaker == "you":
        return sheet.line(("you> ", "user"), *spans)
    return sheet.line((f"[{step}] ", "muted"), *spans) if step else sheet.line(*spans)


def _tell_prose(body: bl.Prose, sheet: Sheet) -> str:
    source = body.text
    if body.fence:  # it goes on with a fence that began in an earlier piece
        source = f"{body.fence}\n{source}"
    text = sheet.prose(source)
    if not text:
        return ""
    if body.interrupted:
        text += sheet.line(("(stopped here)", "muted"))
    return f"{SPEAKER}{text}" if sheet.spoken else text


def _tell_command(body: bl.CommandLog, sheet: Sheet) -> str:
    """A person's command or shell line and what came of it."""
    if body.open:
        return ""
    told = _say(sheet, "you", 0, [(shorten(body.line, 400), "text")]) if body.line else ""
    for said in body.said if body.run is None else ():
        told += _say(sheet, "note", 0, [(clean(said).rstrip("\n"), "text")])
    if body.run is not None:
        lines = clean(body.run.tail).rstrip("\n").split("\n") if body.run.tail.strip() else []
        if len(lines) > OUTPUT_LINES:
            hidden = len(lines) - OUTPUT_LINES
            told += sheet.line((f"({hidden} lines before are not shown)", "muted"))
        told += sheet.write(sheet.text((f"  {line}", "text")) for line in lines[-OUTPUT_LINES:])
        good = body.run.exit_code == 0
        told += _say(sheet, "note", 0, [(name_ending(body.run), "good" if good else "bad")])
    return told


def _tell_ending(body: bl.Ending, sheet: Sheet) -> str:
    """The card at the end of what ran unattended, or of what did not end well."""
    if sheet.spoken:
        lines = clean(render_report(body.report)).replace(" · ", ", ").split("\n")
        return "".join(sheet.line((f"note: {' '.join(line.split())}", "text")) for line in lines)
    return sheet.write(render_ending_text(body.report, sheet.look, min(sheet.width - 1, WIDEST_CARD)))


def _spans(body: bl.Body, sheet: Sheet) -> tuple[str, list[Span]]:
    """Who speaks and what is said, of blocks that are one line."""
    match body:
        case bl.Said():
            images = f" ({body.images} pictures)" if body.images else ""
            return "you", [(f"{clean(body.text)}{images}", "text")]
        case bl.ToolCard():
            return "tool", _card(body)
        case bl.Injection():
            name = body.origin.removeprefix("injector:")
            times = f" x{len(body.texts)}" if len(body.texts) > 1 else ""
            said = shorten(strip_mark(body.texts[-1][1]), DETAIL) if body.texts else ""
            lead = "" if sheet.spoken else "note "
            return "note", [(f"{lead}{shorten(name, 30)}{times}: ", "injector"), (said, "text")]
        case bl.Note():
            word = "" if body.level == "info" else f"{body.level}: "
            return "note", [(word + clean(body.text), LEVELS.get(body.level, "text"))]
        case bl.CheckLine():
            run, role = body.check.run, "good" if body.check.passed else "bad"
            said = f"check by aura: {shorten(run.command, 60)} {name_ending(run)}"
            return "note", [(said, "good" if role == "good" else "bad")]
        case bl.Inquiry():
            return "note", _inquiry(body)
        case bl.Failure():
            said = f"model {body.model} failed ({body.kind}, try {body.attempt}): {clean(body.sentence)}"
            return "note", [(said, "bad")]
        case bl.Shortened():
            counts = f"{render_count(body.before)} to {render_count(body.after)} tokens"
            return "note", [(f"context shortened from {counts}: {shorten(body.reason, DETAIL)}", "muted")]
        case _:
            return "", []


def tell_briefly(body: bl.Body) -> list[str]:
    """What was done, in a few words each; nothing for what is not work."""
    match body:
        case bl.ToolCard():
            return ["".join(text for text, _ in _card(body))]
        case bl.CardGroup():
            return ["".join(text for text, _ in spans) for spans in _group(body)]
        case bl.Injection():
            return [f"note {body.origin.removeprefix('injector:')}"]
        case bl.CheckLine():
            return [f"check {shorten(body.check.run.command, 40)} {name_ending(body.check.run)}"]
        case _:
            return []


def _plan(todos: object) -> str:
    """A todo list that a call hands in: how much of it is closed, and what is under way."""
    items = [one for one in todos if isinstance(one, dict)] if isinstance(todos, list | tuple) else []
    closed = sum(str(one.get("status")) in ("completed", "cancelled") for one in items)
    now = next((str(one.get("content", "")) for one in items if one.get("status") == "in_progress"), "")
    return f"{closed}/{len(items)} closed" + (f", now: {shorten(now, 60)}" if now else "")


def _card(card: bl.ToolCard) -> list[Span]:
    """A call and what came of it."""
    name, _, rest = render_call(card.call, CALL_WIDTH).partition(" ")
    if card.call.name == "TodoWrite" and card.outcome == "ok":
        rest = _plan(card.call.arguments.get("todos"))
    spans: list[Span] = [(name, "strong"), (f" {rest}" if rest else "", "text")]
    if card.command is not None:
        good = card.outcome == "ok" and card.command.exit_code == 0
        spans += [(" ... ", "muted"), (name_ending(card.command), "good" if good else "bad")]
        if not good and (last := _last_line(card.command.tail)):
            spans.append((f": {last}", "text"))
    elif card.outcome not in ("ok", None):
        why = card.reason or card.result
        word = {"error": "failed", "denied": "refused"}.get(card.outcome, card.outcome)
        spans.append((f" ... {word}: {shorten(why, DETAIL)}", "bad"))
    if card.outcome == "ok" and card.reason.startswith(REVIEWED):
        spans.append((f" ({shorten(card.reason, DETAIL)})", "muted"))
    for change in card.changes[:3]:
        if card.changes[1:]:
            spans.append((f" {shorten(change.path, 40)}", "text"))
        spans += [(f" +{change.added}", "good"), (f" -{change.removed}", "bad")]
    if len(card.changes) > 3:
        spans.append((f" and {len(card.changes) - 3} more files", "muted"))
    return spans


def _group(group: bl.CardGroup) -> Iterator[list[Span]]:
    """Quiet reads in one line: how many of each, and what the first ones were about."""
    counts: dict[str, int] = {}
    about = []
    for card in group.cards:
        name, _, rest = render_call(card.call, 40).partition(" ")
        counts[name] = counts.get(name, 0) + 1
        about.append(rest)
    names = ", ".join(f"{name} x{count}" if count > 1 else name for name, count in counts.items())
    more = f" and {len(about) - 4} more" if len(about) > 4 else ""
    yield [(names, "strong"), (f" {', '.join(one for one in about[:4] if one)}{more}", "text")]


def _inquiry(body: bl.Inquiry) -> list[Span]:
    """A question that was asked, and what was answered; the options are told while it waits."""
    if body.answer is None:
        return []
    who = {"human": "you", "time": "nobody in time; taken", "nobody": "nobody"}.get(body.by, body.by)
    said = shorten(body.answer.text, DETAIL) if body.answer.answered else "(no answer)"
    return [(f"asked: {shorten(body.question.text, DETAIL)} ", "text"), (f"{who}: {said}", "accent")]


def _last_line(text: str) -> str:
    lines = [line for line in clean(text).splitlines() if line.strip()]
    return shorten(lines[-1], DETAIL) if lines else ""


def tell_change(change: FileChange, sheet: Sheet) -> str:
    """A change to a file, its diff cut with a word about what is not shown."""
    what = {"created": "new file", "deleted": "delete", "renamed": "rename"}.get(change.kind, "change")
    counts = f"+{change.added} -{change.removed}"
    told = sheet.line((f"{what} {shorten(change.path, DETAIL)} ", "strong"), (counts, "muted"))
    lines = clean(change.diff).splitlines()
    while lines and lines[0].startswith(
        ("---", "+++")
    ):  # the names of the file; a changed line never comes first
        lines.pop(0)
    for line in lines[:DIFF_LINES]:
        role: Role = "good" if line.startswith("+") else "bad" if line.startswith("-") else "muted"
        told += sheet.line((f"  {line}", role))
    if len(lines) > DIFF_LINES:
        told += sheet.line((f"  ({len(lines) - DIFF_LINES} more lines)", "muted"))
    return told
