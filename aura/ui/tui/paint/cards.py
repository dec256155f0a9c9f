"""Cards of tool calls: one line each, and below it what matters of the outcome."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.segment import Segment

from aura.core.attempts import Outcome
from aura.core.durations import tell_duration
from aura.core.evidence import FileChange
from aura.ui.blocks import CardGroup, ToolCard
from aura.ui.cells import Line, join_sides, tidy, tidy_line
from aura.ui.look import Look, Role
from aura.ui.tui.paint.calls import name_detail, name_verb, render_facts, render_size, render_value
from aura.ui.tui.paint.changes import FOLDED, render_diff
from aura.ui.tui.paint.lines import (
    INDENT,
    MARGIN,
    guide,
    indent,
    joined,
    quote,
    quote_ends,
    quote_rows,
)

RUNNING = 2  # lines of a running command
REASONS = 3  # lines of a refusal or an error
REASON_SHARE = 2  # of its line, the part that the reason for a refusal may take
NOTHING = ("content", "edits", "patch", "todos")  # arguments that the diff or the list below shows already


def paint_card(card: ToolCard, look: Look, width: int, *, expanded: bool, now: float) -> list[Line]:
    """One call; an empty line follows when there is more than its own line."""
    below = _paint_whole(card, look, width) if expanded else _paint_preview(card, look, width)
    is_open = expanded or (bool(below) and card.outcome == "ok")
    lines = [_paint_head(card, look, width, is_open=is_open, now=now), *below]
    return [*lines, []] if below and card.outcome is not None else lines


def _paint_head(card: ToolCard, look: Look, width: int, *, is_open: bool, now: float) -> Line:
    sign, role = sign_of(card.outcome, look)
    left = joined(
        (f"  {look.signs.opened if is_open else look.signs.closed} ", look.style("muted")),
        (f"{sign} ", look.style(role)),
        (name_verb(card.call), look.style("strong")),
        (f" {name_detail(card.call, [change.path for change in card.changes])}", look.style("text")),
    )
    return join_sides(left, render_facts(card, look, now, width // REASON_SHARE), width, look.signs.ellipsis)


def sign_of(outcome: Outcome | None, look: Look) -> tuple[str, Role]:
    """The sign of how a call stands, and its role."""
    signs = look.signs
    match outcome:
        case None:
            return signs.running, "accent"
        case "ok":
            return signs.ok, "good"
        case "denied":
            return signs.denied, "bad"
        case "unknown" | "cancelled":
            return signs.paused, "warn"
        case _:
            return signs.failed, "bad"


def _paint_preview(card: ToolCard, look: Look, width: int) -> list[Line]:
    """What is shown without being asked for: of a success nothing but its changes."""
    if card.outcome is None:
        return quote_rows(_last_rows(card.output, RUNNING), look, width)
    if card.outcome == "ok":
        return _paint_changes(card.changes, look, width, rows=FOLDED)
    if card.outcome == "denied":
        fits = len(tidy_line(card.reason, 300)) <= width // REASON_SHARE
        return [] if fits else quote(tidy_line(card.reason, 300), look, width, "bad")[:REASONS]
    if card.command is not None:
        rows = _last_rows(card.command.tail, 1) or _last_rows(card.result, 1)
        return quote_rows(rows, look, width, "bad")
    text = card.call.problem or card.display or card.result
    role: Role = "bad" if card.outcome in ("error", "invalid") else "warn"
    return quote("\n".join(_first_rows(text, REASONS)), look, width, role)[:REASONS]


def _last_rows(text: str, count: int) -> list[str]:
    """The last lines of a text that are not empty."""
    rows = [row for row in tidy(text[-4000:]).rstrip().split("\n")[-4 * count :] if row.strip()]
    return rows[-count:]


def _first_rows(text: str, count: int) -> list[str]:
    rows = [row for row in tidy(text[:4000]).strip().split("\n")[: 4 * count] if row.strip()]
    return rows[:count]


def _paint_changes(
    changes: tuple[FileChange, ...], look: Look, width: int, *, rows: int | None
) -> list[Line]:
    """The diffs of all files; each with its name when there are several."""
    lines: list[Line] = []
    shown = changes if rows is None else changes[:REASONS]
    for change in shown:
        if len(changes) > 1:
            name = [MARGIN, MARGIN, Segment(tidy_line(f"{change.kind} {change.path}"), look.style("strong"))]
            lines.append(
                join_sides(name, render_size(change.added, change.removed, look), width, look.signs.ellipsis)
            )
        lines += indent(render_diff(change.diff, look, max(width - INDENT, 1), rows=rows))
    if len(shown) < len(changes):
        names = ", ".join(change.path for change in changes[len(shown) :])
        lines += quote(f"and {len(changes) - len(shown)} more: {tidy_line(names)}", look, width)
    return lines


def _paint_whole(card: ToolCard, look: Look, width: int) -> list[Line]:
    """All there is to a call: its arguments, what it changed, the beginning and the end of what it gave back."""
    lines = _paint_arguments(card, look, width)
    if card.reason:
        told = f"refused: {card.reason}" if card.outcome == "denied" else card.reason
        lines += quote(told, look, width, "warn")
    lines += _paint_changes(card.changes, look, width, rows=None)
    text = card.output if card.outcome is None else card.display or card.result
    if text.strip() and not (card.changes and card.outcome == "ok"):
        rows = tidy(text).strip("\n").split("\n")
        lines += quote_ends(rows, look, width)
    keys = f" {look.signs.dot} ".join(("Enter fold", "y copy", "o pager"))
    return [*lines, *guide([[Segment(keys, look.style("muted"))]], look)]


def _paint_arguments(card: ToolCard, look: Look, width: int) -> list[Line]:
    """The arguments one by one; a single short one stands in the card's own line already."""
    if card.call.problem:
        return quote(f"{card.call.problem}\n{card.call.raw}", look, width)
    lines: list[Line] = []
    detail = name_detail(card.call)
    for name, value in card.call.arguments.items():
        if name in NOTHING and (card.changes or name == "todos"):
            continue
        if value == detail and len(detail) < width // 2:
            continue  # the card's own line says it
        if name == "edits" and isinstance(value, list):
            lines += _paint_edits(value, look, width)
            continue
        rows = tidy(render_value(value)).strip("\n").split("\n")
        begin = f"{tidy_line(str(name), 40)}: "
        lines += quote(begin + rows[0], look, width) if len(rows) == 1 else quote(begin, look, width)
        lines += quote_ends([f"  {row}" for row in rows], look, width) if len(rows) > 1 else []
    return lines + _paint_todos(card, look, width)


def _paint_edits(edits: list[Any], look: Look, width: int) -> list[Line]:
    """What was to be replaced, and with what."""
    lines: list[Line] = []
    for edit in edits:
        if not isinstance(edit, Mapping):
            continue
        for sign, name in (("-", "old"), ("+", "new")):
            rows = tidy(render_value(edit.get(name, ""))).split("\n")
            lines += quote_ends([f"{sign} {row}" for row in rows], look, width)
    return lines


def _paint_todos(card: ToolCard, look: Look, width: int) -> list[Line]:
    todos = card.call.arguments.get("todos")
    if card.call.name != "TodoWrite" or not isinstance(todos, list):
        return []
    signs = {"completed": look.signs.ok, "in_progress": look.signs.active, "blocked": look.signs.paused}
    items = [todo for todo in todos if isinstance(todo, dict)]
    rows = [
        f"{signs.get(str(todo.get('status')), look.signs.waiting)} {tidy_line(str(todo.get('content', '')))}"
        for todo in items
    ]
    return quote_rows(rows, look, width, "text")


def paint_group(group: CardGroup, look: Look, width: int, *, expanded: bool, now: float) -> list[Line]:
    """Quiet reads in one line; expanded each has its own."""
    counts = Counter(name_verb(card.call) for card in group.cards)
    details = dict.fromkeys(name_detail(card.call).partition(" in ")[0] for card in group.cards)
    told = f" {look.signs.dot} ".join(
        f"{verb} {look.signs.times}{count}" if count > 1 and len(counts) > 1 else verb
        for verb, count in counts.items()
    )
    what = ", ".join(detail for detail in details if detail)
    same = len(counts) == 1 and len(group.cards) > 1
    left = joined(
        (f"  {look.signs.opened if expanded else look.signs.closed} ", look.style("muted")),
        (f"{look.signs.ok} ", look.style("good")),
        (told, look.style("strong")),
        (f"  {what}" if len(counts) > 1 else f" {what}", look.style("text")),
    )
    right = f"{f'({len(group.cards)} files)  ' if same else ''}{tell_duration(sum(c.seconds for c in group.cards))}"
    head = join_sides(left, [Segment(right, look.style("muted"))], width, look.signs.ellipsis)
    if not expanded:
        return [head]
    rows = [_paint_head(card, look, max(width - INDENT, 1), is_open=False, now=now) for card in group.cards]
    return [head, *indent(rows), []]
