"""Gauges: how far each limit is used up, as a bar and always as a number, a sign and a colour."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from rich.style import Style

from aura.core.durations import show_duration
from aura.core.limits import name_cost
from aura.core.permissions import Mode
from aura.core.todos import Todo
from aura.runs.report import render_count
from aura.ui.forecast import Forecast, forecast, measure
from aura.ui.look import Look, Role
from aura.ui.tui.snapshot import Snapshot
from aura.ui.tui.spans import Span

WARN = 0.80  # parts of a limit
ALARM = 0.95


@dataclass(frozen=True, slots=True)
class Gauge:
    """One limit: `limit` is its name in `Limits` (empty: it cannot be raised), `of` its name in a forecast.

    `used` and `bound` are printed, `share` is the used part (None: the limit is off).
    """

    label: str
    limit: str
    of: str
    used: str
    bound: str = ""
    share: float | None = None

    @property
    def number(self) -> str:
        """Used, and of how much."""
        return f"{self.used}/{self.bound}" if self.bound else self.used

    @property
    def role(self) -> Role:
        """The colour of its bar."""
        share = self.share or 0.0
        return "bad" if share >= ALARM else "warn" if share >= WARN else "good"

    @property
    def alarm(self) -> str:
        """The sign beside the colour."""
        share = self.share or 0.0
        return "!!" if share >= ALARM else "!" if share >= WARN else ""


def make_gauges(snapshot: Snapshot) -> tuple[Gauge, ...]:
    """Steps, tokens, cost, time and context; the rarer limits only where they are on."""
    turn, limits, spent = snapshot.turn, snapshot.turn.limits, snapshot.turn.window
    gauges = [
        _gauge("steps", "steps", turn.steps, limits.steps, _plain),
        _gauge("tokens", "tokens", spent.tokens, limits.tokens, _count),
    ]
    if limits.tokens_in:
        gauges.append(_gauge("in", "tokens_in", spent.input, limits.tokens_in, _count, "tokens in"))
    if limits.tokens_out:
        gauges.append(_gauge("out", "tokens_out", spent.output, limits.tokens_out, _count, "tokens out"))
    share = spent.cost / limits.cost if limits.cost else None
    bound = f"${limits.cost:.2f}" if limits.cost else ""
    gauges.append(Gauge("cost", "cost", "cost", render_cost(snapshot), bound, share))
    gauges.append(_gauge("time", "seconds", snapshot.seconds, limits.seconds, show_duration))
    if limits.turn_seconds:
        bound_of_turn = limits.turn_seconds
        gauges.append(
            _gauge(
                "turn",
                "turn_seconds",
                snapshot.turn_seconds,
                bound_of_turn,
                show_duration,
                "time of this turn",
            )
        )
    context, window = turn.counters.context_tokens, snapshot.facts.window
    gauges.append(_gauge("ctx", "", context, window, _count, "context"))
    return tuple(gauges)


def _gauge(
    label: str, limit: str, used: float, bound: float, render: Callable[[float], str], of: str = ""
) -> Gauge:
    """A gauge of two numbers; a bound of 0 is none."""
    if not bound:
        return Gauge(label, limit, of or label, render(used))
    return Gauge(label, limit, of or label, render(used), render(bound), used / bound)


def _plain(number: float) -> str:
    return str(int(number))


def _count(number: float) -> str:
    return render_count(int(number))


def render_cost(snapshot: Snapshot) -> str:
    """What is known of the cost; the word, or a `+?`, says that some of it is not."""
    spent = snapshot.turn.window
    if not spent.cost and (spent.unpriced or not snapshot.facts.priced):
        return "unknown"
    return f"{name_cost(spent.cost)}{'+?' if spent.unpriced else ''}"


def foresee(snapshot: Snapshot) -> Forecast | None:
    """The limit that ends the running work first; a step that takes longer than those before it counts already."""
    if not snapshot.is_busy:
        return None
    turn, times = snapshot.turn, snapshot.times
    window = replace(turn.window, seconds=snapshot.seconds)
    running = snapshot.turn_seconds - turn.pace.seconds
    if times and running > sum(times) / len(times):
        times = (*times, running)
    rates = measure(window, snapshot.costs, times)
    return forecast(turn.limits, window, rates, steps=turn.steps, turn_seconds=snapshot.turn_seconds)


def draw_bar(share: float, width: int, look: Look, role: Role) -> list[Span]:
    """A bar of `width` cells, filled to `share` (0.0 to 1.0)."""
    bars = look.signs.bars
    eighths = round(min(1.0, max(0.0, share)) * width * len(bars))
    if share > 0 and not eighths:
        eighths = 1
    full, rest = divmod(eighths, len(bars))
    filled = bars[-1] * full + (bars[rest - 1] if rest else "")
    ground = look.style("gauge")
    empty = " " if ground.bgcolor is not None else look.signs.dot
    return [
        (filled, ground + look.style(role)),
        (empty * (width - len(filled)), ground + look.style("faint")),
    ]


def draw_sparks(values: Sequence[float], look: Look) -> str:
    """One sign for each value, the highest of them full; the numbers stand beside it."""
    sparks, top = look.signs.sparks, max(values, default=0.0)
    if top <= 0:
        return sparks[0] * len(values)
    return "".join(sparks[min(len(sparks) - 1, int(max(0.0, value) / top * len(sparks)))] for value in values)


def name_mode(snapshot: Snapshot, look: Look) -> Span:
    """AUTO while aura goes on by itself, else the permission mode; the word a click switches."""
    if snapshot.turn.auto:
        return f"{look.signs.auto} AUTO", look.style("accent")
    word, style = name_permission(snapshot, look)
    if snapshot.turn.switches.mode is Mode.AUTO:  # not to be taken for auto mode, which is off
        return f"permission {word}", style
    return word, style


def name_permission(snapshot: Snapshot, look: Look) -> Span:
    """The permission mode in a word; the one that holds nothing back is loud."""
    mode = snapshot.turn.switches.mode
    if mode is Mode.YOLO:
        return f"{look.signs.flag} {mode.value}", look.style("bad") + Style(bold=True)
    return mode.value, look.style("muted")


def name_mark(gauge: Gauge, look: Look, *, is_first: bool) -> Span:
    """The signs beside a gauge: the limit that is reached first, and how near one is."""
    first = look.signs.closed if is_first else ""
    return f"{first}{gauge.alarm}", look.style(gauge.role if gauge.alarm else "accent")


def count_over(todos: Iterable[Todo]) -> int:
    """How many items are done with: completed or cancelled."""
    return sum(todo.status in ("completed", "cancelled") for todo in todos)
