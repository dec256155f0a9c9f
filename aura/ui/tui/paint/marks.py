"""The short ones: rules between steps, notes, what injectors said, checks, failures, what was shortened."""

import time

from rich.segment import Segment

from aura.core.durations import tell_duration
from aura.core.limits import name_cost
from aura.runs.report import render_count
from aura.ui.blocks import CheckLine, Failure, Injection, Note, Shortened, StepRule
from aura.ui.cells import Line, crop, join_sides, measure, tidy, tidy_line, wrap
from aura.ui.look import Look, Role
from aura.ui.render import strip_mark
from aura.ui.tui.paint.lines import INDENT, guide, hang, joined, quote, quote_rows

LISTED = 4  # steps an injector's line names


def paint_step(body: StepRule, look: Look, width: int) -> list[Line]:
    """The line that begins a step."""
    muted, faint, rule = look.style("muted"), look.style("faint"), look.signs.rule
    end = "now"
    if not body.open:
        cost = "$?" if body.cost is None else name_cost(body.cost)
        end = f"{_name_time(body.at)} {look.signs.dot} {cost}"
    left = f"step {body.step} "
    between = max(width - INDENT - 2 - len(left) - len(end) - 1, 1)
    return [
        [
            Segment(" " * INDENT),
            Segment(f"{rule} ", faint),
            Segment(left, muted),
            Segment(f"{rule * between} ", faint),
            Segment(end, muted),
        ]
    ]


def _name_time(at: float) -> str:
    try:
        return time.strftime("%H:%M:%S", time.localtime(at))
    except (OverflowError, ValueError, OSError):
        return "--:--:--"


def paint_injection(body: Injection, look: Look, width: int, *, expanded: bool) -> list[Line]:
    """What an injector told the model: how it begins, and expanded all of it."""
    muted = look.style("muted")
    count = f" {look.signs.times}{len(body.texts)}" if len(body.texts) > 1 else ""
    left: Line = joined(
        (f"  {look.signs.opened} " if expanded else "  ", muted),
        (f"{look.signs.injector} {tidy_line(body.origin, 40)}{count}", look.style("injector")),
    )
    text = body.texts[-1][1] if body.texts else ""
    left.append(Segment(f"{'  ' if count else ' '}{tidy_line(strip_mark(text), 400)}", muted))
    steps = list(dict.fromkeys(step for step, _ in body.texts))
    right: Line = []
    if len(steps) > 1:
        shown = ", ".join(str(step) for step in steps[-LISTED:])
        more = f"{look.signs.ellipsis} " if len(steps) > LISTED else ""
        right = [Segment(f"steps {more}{shown}", muted)]
    lines = [join_sides(left, right, width, look.signs.ellipsis)]
    if not expanded:
        return lines
    for step, told in body.texts:
        where = f"step {step}, " if len(body.texts) > 1 else ""
        lines += quote(f'{where}injected as user message: "{told.strip()}"', look, width)
    return [*lines, []]


def paint_note(body: Note, look: Look, width: int) -> list[Line]:
    """A line for people; a warning and an error say so."""
    signs = look.signs
    sign, word, role = signs.dot, "", "muted"
    if body.level == "warning":
        sign, word, role = signs.flag, "warning: ", "warn"
    elif body.level == "error":
        sign, word, role = signs.failed, "error: ", "bad"
    style = look.style("bad" if role == "bad" else "warn" if role == "warn" else "muted")
    origin = "" if body.origin in ("", "aura") else f"{tidy_line(body.origin, 40)}: "
    lines = wrap([Segment(f"{word}{origin}{tidy(body.text).strip()}", style)], max(width - 4, 1))
    return hang(lines, [Segment(f"  {sign} ", style)], 4)


def paint_check(body: CheckLine, look: Look, width: int, *, expanded: bool) -> list[Line]:
    """A check that aura ran; how it ended, and of a failure the last line."""
    run = body.check.run
    sign, role = _sign_of(passed=body.check.passed, look=look)
    how = (
        "passed"
        if body.check.passed
        else "killed"
        if run.exit_code is None
        else f"failed exit {run.exit_code}"
    )
    left = joined(
        (f"  {look.signs.opened if expanded else look.signs.closed} ", look.style("muted")),
        (f"{sign} ", look.style(role)),
        ("check by aura ", look.style("strong")),
        (tidy_line(run.command, 600), look.style("text")),
    )
    right = [Segment(f"{tell_duration(run.seconds)} {how}", look.style(role))]
    lines = [join_sides(left, right, width, look.signs.ellipsis)]
    rows = [row for row in tidy(run.tail).rstrip().split("\n") if row.strip()]
    shown = rows if expanded else [] if body.check.passed else rows[-1:]
    below = quote_rows(shown, look, width, "muted" if body.check.passed else "bad")
    return [*lines, *below, []] if below else lines


def _sign_of(*, passed: bool, look: Look) -> tuple[str, Role]:
    return (look.signs.ok, "good") if passed else (look.signs.failed, "bad")


def paint_failure(body: Failure, look: Look, width: int, *, now: float) -> list[Line]:
    """A model call that failed, and when the next try comes."""
    bad, muted = look.style("bad"), look.style("muted")
    left = joined(
        (f"  {look.signs.failed} ", bad),
        (f"model {tidy_line(body.model, 60)} failed", bad),
        (f" ({tidy_line(body.kind, 40)}, try {body.attempt})", muted),
    )
    if not body.retry_at:
        after = ("no further try", "bad")
    elif body.retry_at > now:
        wait = tell_duration(body.retry_at - now + 0.999, tenths=False)
        after = (f"{look.signs.running} next try in {wait}", "accent")
    else:
        after = (f"{look.signs.running} trying again", "accent")
    right = [Segment(after[0], look.style("bad" if after[1] == "bad" else "accent"))]
    if measure(left) + measure(right) + 2 > width:
        head = [crop(left, width, look.signs.ellipsis), *guide([right], look)]
    else:
        head = [join_sides(left, right, width, look.signs.ellipsis)]
    return [*head, *quote(body.sentence.strip(), look, width, "text"), []]


def paint_shortened(body: Shortened, look: Look, width: int, *, expanded: bool) -> list[Line]:
    """The context was compacted: from how much to how much; expanded what stands for the older part."""
    left = joined(
        (f"  {look.signs.opened if expanded else look.signs.closed} ", look.style("muted")),
        (f"{look.signs.undo} ", look.style("injector")),
        ("context shortened", look.style("strong")),
        (f" {tidy_line(body.reason, 300)}", look.style("muted")),
    )
    sizes = f"{render_count(body.before)} to {render_count(body.after)} tokens"
    lines = [join_sides(left, [Segment(sizes, look.style("muted"))], width, look.signs.ellipsis)]
    if not expanded:
        return lines
    for name, text in (("kept word for word:", body.pinned), ("summary of the rest:", body.summary)):
        if text.strip():
            lines += quote(name, look, width, "strong")
            lines += quote(text.strip("\n"), look, width)
    return [*lines, []]
