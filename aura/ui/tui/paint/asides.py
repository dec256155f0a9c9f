"""What people did beside the conversation: commands, shell lines, answers to questions."""

from collections.abc import Sequence

from rich.segment import Segment

from aura.core.durations import tell_duration
from aura.ui.answers import SKIPPED, TALK
from aura.ui.blocks import CommandLog, Inquiry
from aura.ui.cells import Line, join_sides, tidy, tidy_line, wrap
from aura.ui.look import Look
from aura.ui.tui.paint.lines import (
    guide,
    hang,
    joined,
    name_more,
    quote,
    quote_ends,
    room_behind_guide,
)

SHOWN = 24  # lines of what a command said
SHELL_SHOWN = 12  # lines of what a shell line printed
PUT_OFF = {SKIPPED: "you skipped it", TALK: "you want to talk about it first"}


def paint_command(body: CommandLog, look: Look, width: int, *, expanded: bool) -> list[Line]:
    """A command or a shell line and what it printed; an empty line follows."""
    is_shell = body.run is not None or body.open or body.line.startswith("!")
    head = _paint_line(body, look, width) if body.line else []
    text = "\n".join(tidy(said).strip("\n") for said in body.said)
    if not text.strip():
        return [*head, []]
    if expanded:
        whole = [row for line in text.split("\n") for row in _wrap_row(line, look, width)]
        return [*head, *(quote_ends(text.split("\n"), look, width) if is_shell else guide(whole, look)), []]
    if is_shell:
        printed = text.split("\n")
        hidden = len(printed) - SHELL_SHOWN
        more = [[Segment(name_more(hidden, "line", look), look.style("muted"))]] if hidden > 0 else []
        return [*head, *guide(more, look), *quote_ends(printed[-SHELL_SHOWN:], look, width), []]
    rows = [row for line in text.split("\n")[: SHOWN + 1] for row in _wrap_row(line, look, width)]
    hidden = max(text.count("\n") + 1 - SHOWN, len(rows) - SHOWN)
    if hidden > 1:
        rows = [*rows[:SHOWN], [Segment(name_more(hidden, "line", look), look.style("muted"))]]
    return [*head, *guide(rows, look), []]


def _paint_line(body: CommandLog, look: Look, width: int) -> list[Line]:
    right: Line = []
    if body.run is not None:
        code = body.run.exit_code
        how = "killed" if code is None else f"exit {code}"
        role = look.style("muted" if code == 0 else "bad")
        sign = look.signs.ok if code == 0 else look.signs.failed
        right = [Segment(f"{tell_duration(body.run.seconds)} {sign} {how}", role)]
    elif body.open:
        right = [Segment(f"{look.signs.running} running", look.style("accent"))]
    left = joined(
        (f"  {look.signs.prompt} ", look.style("user")), (tidy_line(body.line, 600), look.style("user"))
    )
    return [join_sides(left, right, width, look.signs.ellipsis)]


def _wrap_row(line: str, look: Look, width: int) -> Sequence[Line]:
    return wrap([Segment(line, look.style("text"))], room_behind_guide(width))


def paint_inquiry(body: Inquiry, look: Look, width: int) -> list[Line]:
    """A question with its options, and the answer as soon as there is one; an empty line follows."""
    signs, question, answer = look.signs, body.question, body.answer
    sign, style = signs.hand, look.style("accent")
    if answer is not None:
        sign, style = signs.ok if answer.answered else signs.waiting, look.style("strong")
    word = "aura asks: " if answer is None else "asked: "
    text = [Segment(word, style), Segment(tidy(question.text).strip(), look.style("text"))]
    mark = [Segment(f"  {sign} ", style)]
    cells = 4 + (answer is None and not sign.isascii())  # the hand is two cells wide
    lines = hang(wrap(text, max(width - cells, 1)), mark, cells)
    chosen = () if answer is None else answer.chosen or (answer.text,)
    for number, option in enumerate(question.options, 1):
        is_chosen = option.label in chosen
        role = look.style("strong" if is_chosen else "muted")
        left = f"{signs.prompt if is_chosen else ' '} {number} {tidy_line(option.label, 200)}"
        row = [Segment(left, role)]
        if option.detail:
            row.append(Segment(f"   {tidy_line(option.detail, 400)}", look.style("muted")))
        lines += hang(wrap(row, max(width - 8, 1)), [Segment("    ")], 8)
    if answer is not None:
        lines += _paint_answer(body, look, width)
    return [*lines, []]


def _paint_answer(body: Inquiry, look: Look, width: int) -> list[Line]:
    answer = body.answer
    assert answer is not None
    by = tidy_line(body.by, 60)
    if answer in PUT_OFF:
        return quote(PUT_OFF[answer], look, width, "user")
    if not answer.answered:
        told = tidy_line(answer.text, 400)
        return quote(
            f"nobody answered{f' ({by})' if by else ''}{f': {told}' if told else ''}", look, width, "warn"
        )
    labels = ", ".join(answer.chosen)
    words = ": ".join(part for part in (labels, "" if answer.text == labels else answer.text) if part)
    who = "you" if by in ("", "human", "you") else by
    return quote(f"{who}: {words or '(an empty answer)'}", look, width, "user")
