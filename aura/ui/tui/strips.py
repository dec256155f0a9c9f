"""Two lines for windows that are too narrow for the side panel: the plan, and the budget."""

from textual.strip import Strip

from aura.core.durations import show_duration
from aura.core.todos import Todo
from aura.ui.look import Look
from aura.ui.tui.gauges import Gauge, count_over, draw_bar, foresee, make_gauges, name_mark
from aura.ui.tui.painted import Painted
from aura.ui.tui.snapshot import Snapshot
from aura.ui.tui.spans import Span, cut, line, measure, tidy

BARS = (10, 8, 6, 5, 4, 3, 0)  # cells of a bar, the longest first
SHORT = {"tokens": "tok", "cost": "$", "steps": "step"}


class Strips(Painted):
    """A plan strip once there are todos, a budget strip once something was spent."""

    DEFAULT_CSS = "Strips { height: 0; }"

    def paint(self, snapshot: Snapshot, width: int) -> list[Strip]:
        """The strips there is something to show in."""
        return paint_strips(snapshot, self.look, width)

    def repaint(self) -> None:
        """Paint; the height follows the number of lines."""
        before = len(self._lines)
        super().repaint()
        if len(self._lines) != before:
            self.styles.height = len(self._lines)


def paint_strips(snapshot: Snapshot, look: Look, width: int) -> list[Strip]:
    """At most two lines of `width` cells."""
    base = look.style("bar")
    strips = []
    first = foresee(snapshot)
    if snapshot.turn.todos:
        left = f"~ {show_duration(first.seconds)} left " if first is not None and first.seconds else ""
        tail = [(left, look.style("muted"))]
        plan = _compose_plan(snapshot.turn.todos, look, width - measure(tail))
        strips.append(line(plan, width, base, tail))
    if snapshot.turn.steps:
        nearest = first.limit if first is not None else ""
        strips.append(line(_compose_budget(snapshot, look, width, nearest), width, base))
    return strips


def _compose_plan(todos: tuple[Todo, ...], look: Look, width: int) -> list[Span]:
    """` ▶ 3/5 Guard close() with a lock   Ctrl+T plan`: the item in work, or what is next."""
    over = count_over(todos)
    active = next((todo for todo in todos if todo.status == "in_progress"), None)
    following = next((todo for todo in todos if todo.status == "pending"), None)
    count = f"{over + (active is not None)}/{len(todos)}"  # the item in work is the third of five
    accent, strong, muted = look.style("accent"), look.style("strong"), look.style("muted")
    key = ("   Ctrl+T plan", muted)
    if active is not None:
        head, text = (f" {look.signs.active} {count} ", accent), (tidy(active.content), strong)
    elif following is not None:
        head, text = (f" {look.signs.waiting} {count} ", muted), (f"next: {tidy(following.content)}", muted)
    else:
        blocked = any(todo.status == "blocked" for todo in todos)
        sign, word = (look.signs.denied, "blocked") if blocked else (look.signs.ok, "nothing left to do")
        role = look.style("warn" if blocked else "good")
        head, text = (f" {sign} {count} ", role), (word, muted)
    room = width - measure([head, key]) - 1
    if room < 12:
        return [head, (cut(text[0], width - measure([head]) - 1, look), text[1])]
    return [head, (cut(text[0], room, look), text[1]), key]


def _compose_budget(snapshot: Snapshot, look: Look, width: int, nearest: str) -> list[Span]:
    """The gauges, with bars as long as there is room for them; without room, those that matter least go."""
    gauges = [gauge for gauge in make_gauges(snapshot) if gauge.label != "ctx"]  # the status line tells it
    while True:
        spans = list[Span]()
        for bar in BARS:
            spans = [span for gauge in gauges for span in _compose_gauge(gauge, look, bar, nearest)]
            if measure(spans) <= width:
                return spans
        if len(gauges) == 1:
            return spans
        gauges.pop(_find_least(gauges))


def _compose_gauge(gauge: Gauge, look: Look, bar: int, nearest: str) -> list[Span]:
    label = SHORT.get(gauge.label, gauge.label)
    number = gauge.number.replace("$", "") if label == "$" else gauge.number
    share = gauge.share
    mark, style = name_mark(gauge, look, is_first=gauge.of == nearest)
    spans = [(f" {label} ", look.style("muted")), (number, look.style("text")), (mark, style)]
    if bar and share is not None:
        spans += [(" ", style), *draw_bar(share, bar, look, gauge.role)]
    return [*spans, (" ", style)]


def _find_least(gauges: list[Gauge]) -> int:
    """The place of the gauge that matters least: one without a limit, else the emptiest."""
    shares = [-1.0 if gauge.share is None else gauge.share for gauge in gauges]
    return shares.index(min(shares))
