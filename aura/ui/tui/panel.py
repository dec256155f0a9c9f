"""The side panel: todos, budget, injectors, changed files, checks, and what plugins show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.style import Style
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aura.core.durations import show_duration
from aura.core.evidence import Ledger
from aura.core.limits import name_cost
from aura.core.text import clean
from aura.core.todos import Todo
from aura.runs.report import Changed, sum_changes
from aura.ui.look import Look
from aura.ui.tui.gauges import Gauge, count_over, draw_bar, draw_sparks, foresee, make_gauges, name_mark
from aura.ui.tui.painted import Painted
from aura.ui.tui.snapshot import Snapshot
from aura.ui.tui.spans import LONGEST, Span, cut, cut_left, ground_of, line, measure, tidy

WIDTH = 36  # cells, with the edge
MANY = 8  # items of a list from which on it is shortened
MOST = 12  # lines of a list
SPARKS = 16  # steps
KINDS = {"created": "A", "modified": "M", "deleted": "D", "renamed": "R"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the panel: pieces at its left and right, and the limit that a click on it is about."""

    left: Sequence[Span] = ()
    right: Sequence[Span] = ()
    limit: str = ""


class SidePanel(Painted, ScrollView, can_focus=False):
    """Sections in a fixed order, painted as lines; `scroll_page` and the wheel move what is too long."""

    ALLOW_SELECT = False
    DEFAULT_CSS = f"""
    SidePanel {{ width: {WIDTH}; height: 100%; overflow: hidden auto; scrollbar-size-vertical: 0; }}
    """

    class LimitWanted(Message):
        """A gauge was clicked: its limit is to be raised; `name` is a field of `Limits`."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self) -> None:
        super().__init__()
        self._limits: list[str] = []
        self._blank = Strip([])
        self._changes: tuple[Ledger, tuple[Changed, ...]] = (Ledger(), ())

    def repaint(self) -> None:
        """Paint all lines, and touch the screen only if one differs."""
        if self.snapshot is None or not self.is_attached or not self.display:
            return
        ledger = self.snapshot.turn.ledger
        known = self._changes[0]
        if ledger.entries is not known.entries or ledger.found is not known.found:
            self._changes = (ledger, sum_changes(ledger.changes))
        width = self.outer_size.width or WIDTH
        rows = compose_panel(self.snapshot, self._changes[1], self._look, width - 2)
        ground = ground_of(self._look)
        edge = (f"{self._look.signs.guide} ", self._look.style("faint"))
        strips = [line([edge, *row.left], width, ground, row.right) for row in rows]
        self._limits = [row.limit for row in rows]
        blank = line([edge], width, ground)
        if strips == self._lines and blank == self._blank:
            return
        self._lines, self._blank = strips, blank
        if self.virtual_size.height != len(strips):
            self.virtual_size = Size(width, len(strips))
        self.refresh()

    def on_show(self) -> None:
        """Paint what happened while it was hidden."""
        self.repaint()

    def render_line(self, y: int) -> Strip:
        """One line from the cache; the first and the last tell how much there is above and below."""
        top, height = int(self.scroll_offset.y), self.size.height
        place, below = y + top, len(self._lines) - top - height
        if y == 0 and top > 0:
            return self._point(self._look.signs.arrow_up, top + 1)
        if y == height - 1 and below > 0:
            return self._point(self._look.signs.arrow_down, below + 1)
        return self._lines[place] if place < len(self._lines) else self._blank

    def _point(self, arrow: str, lines: int) -> Strip:
        """The line that says how many lines are out of sight."""
        told = (f"{self._look.signs.guide} {arrow} {lines} more lines", self._look.style("muted"))
        return line([told], self._blank.cell_length, ground_of(self._look))

    def on_click(self, event: Click) -> None:
        """A click on a gauge asks for more of its limit."""
        place = event.y + int(self.scroll_offset.y)
        if event.y == 0 and place > 0:
            self.scroll_page(-1)
        elif event.y == self.size.height - 1 and place + 1 < len(self._lines):
            self.scroll_page(1)
        elif place < len(self._limits) and self._limits[place]:
            self.post_message(self.LimitWanted(self._limits[place]))

    def scroll_page(self, pages: int) -> None:
        """Scroll up (negative) or down by pages."""
        self.scroll_relative(y=pages * max(1, self.size.height - 1), animate=False)


def compose_panel(snapshot: Snapshot, changes: Sequence[Changed], look: Look, width: int) -> list[Row]:
    """All lines of the panel in `width` cells; a blank one between two sections."""
    sections = (
        list(_compose_todos(snapshot.turn.todos, look, width)),
        list(_compose_budget(snapshot, look, width)),
        list(_compose_injectors(snapshot, look, width)),
        list(_compose_changes(changes, look, width)),
        list(_compose_checks(snapshot, look, width)),
        *(list(_compose_foreign(panel.title, panel.lines, look, width)) for panel in snapshot.panels),
    )
    rows: list[Row] = []
    for section in sections:
        rows += [Row(), *section] if rows and section else section
    return rows


def _head(title: str, look: Look, beside: str = "") -> Row:
    return Row([(title, look.style("user")), (f" {beside}" if beside else "", look.style("muted"))])


# --- todos ---


def _compose_todos(todos: tuple[Todo, ...], look: Look, width: int) -> Iterator[Row]:
    if not todos:
        yield _head("Todo", look, "none yet")
        return
    yield _head("Todo", look, f"{count_over(todos)}/{len(todos)}")
    shown = arrange_todos(todos)
    for todo in shown[:MOST]:
        yield Row(_compose_todo(todo, look, width))
    if len(shown) > MOST:
        yield Row([(f"  {len(shown) - MOST} more · /todo".replace("·", look.signs.dot), look.style("muted"))])


def arrange_todos(todos: tuple[Todo, ...]) -> tuple[Todo, ...]:
    """The items as they are; of a long list, what is in work first and what is over last."""
    if len(todos) <= MANY:
        return todos
    order = ("in_progress", "blocked", "pending", "completed", "cancelled")
    return tuple(sorted(todos, key=lambda todo: order.index(todo.status)))


def _compose_todo(todo: Todo, look: Look, width: int) -> list[Span]:
    signs, muted = look.signs, look.style("muted")
    sign, style, word = {
        "completed": (signs.ok, look.style("good"), ""),
        "in_progress": (signs.active, look.style("accent"), ""),
        "blocked": (signs.denied, look.style("warn"), " blocked"),
        "cancelled": ("-", muted, " cancelled"),
    }.get(todo.status, (signs.waiting, look.style("text"), ""))
    text = cut(tidy(todo.content), width - 2 - len(word), look)
    return [(f"{sign} ", style), (text, style), (word, muted)]


# --- budget ---


def _compose_budget(snapshot: Snapshot, look: Look, width: int) -> Iterator[Row]:
    first = foresee(snapshot)
    left = ""
    if first is not None and first.seconds:
        left = f"{look.signs.dot} ~ {show_duration(first.seconds)} left at this pace"
    elif first is not None:
        left = f"{look.signs.dot} {first.limit}: nothing left"
    yield _head("Budget", look, left)
    gauges = make_gauges(snapshot)
    room = max(len(gauge.number) for gauge in gauges) + 1
    for gauge in gauges:
        is_first = first is not None and first.limit == gauge.of
        yield _compose_gauge(gauge, look, width, room, is_first=is_first)
    if snapshot.turn.window.unpriced:
        yield Row([("cost unknown: no price is known", look.style("warn"))])
    if any(snapshot.costs):
        last = f" {name_cost(snapshot.costs[-1])}"
        sparks = draw_sparks(snapshot.costs[-SPARKS:], look)
        yield Row(
            [
                ("cost/step ", look.style("muted")),
                (sparks, look.style("injector")),
                (last, look.style("muted")),
            ]
        )


def _compose_gauge(gauge: Gauge, look: Look, width: int, room: int, *, is_first: bool) -> Row:
    """`cost  ▸! ████▊     $1.84/$5.00`; the number is always there, the bar while there is a limit."""
    mark, style = name_mark(gauge, look, is_first=is_first)
    left: list[Span] = [(f"{gauge.label:<6}", look.style("muted")), (f"{mark:<3}", style)]
    bar = width - measure(left) - room
    if gauge.share is not None and bar >= 3:
        left += draw_bar(gauge.share, bar, look, gauge.role)
    number = look.style(gauge.role if gauge.alarm else "text")
    return Row(left, [(gauge.number, number)], gauge.limit if gauge.share is not None else "")


# --- what happened ---


def _compose_injectors(snapshot: Snapshot, look: Look, width: int) -> Iterator[Row]:
    if not snapshot.fired:
        return
    yield _head("Injectors", look)
    for name, step in sorted(snapshot.fired, key=lambda one: -one[1])[:MANY]:
        when = f"step {step}"
        text = cut(tidy(name), width - 3 - len(when), look)
        yield Row([(f"{look.signs.injector} {text}", look.style("injector"))], [(when, look.style("muted"))])


def _compose_changes(changes: Sequence[Changed], look: Look, width: int) -> Iterator[Row]:
    if not changes:
        return
    added, removed = sum(one.added for one in changes), sum(one.removed for one in changes)
    files = "file" if len(changes) == 1 else "files"
    yield _head("Changed", look, f"{len(changes)} {files} {_say_lines(added, removed, look)}")
    for one in changes[-MANY:]:
        lines = _say_lines(one.added, one.removed, look)
        path = cut_left(tidy(one.path), width - 3 - measure([(lines, Style())]), look)
        kind = KINDS.get(one.kind, "M")
        yield Row(
            [(f"{kind} ", look.style("muted")), (path, look.style("text"))], [(lines, look.style("muted"))]
        )
    if len(changes) > MANY:
        yield Row([(f"  {len(changes) - MANY} more", look.style("muted"))])


def _say_lines(added: int, removed: int, look: Look) -> str:
    return f"+{added} {look.signs.minus}{removed}"


def _compose_checks(snapshot: Snapshot, look: Look, width: int) -> Iterator[Row]:
    if not snapshot.checks:
        return
    yield _head("Checks", look)
    for command, code, step in snapshot.checks[-MANY:]:
        if code is None:
            sign, style, word = look.signs.running, look.style("accent"), "running"
        elif code == 0:
            sign, style, word = look.signs.ok, look.style("good"), f"passed step {step}"
        else:
            sign, style, word = look.signs.failed, look.style("bad"), f"exit {code} step {step}"
        text = cut(tidy(command), width - 3 - len(word), look)
        yield Row([(f"{sign} {text}", style)], [(word, look.style("muted"))])


def _compose_foreign(title: str, lines: Sequence[str], look: Look, width: int) -> Iterator[Row]:
    """A section of a plugin."""
    yield _head(cut(tidy(title), width, look), look)
    for text in lines:
        plain = clean(text[:LONGEST]).expandtabs(4).replace("\n", " ")
        yield Row([(cut(plain, width, look), look.style("text"))])
