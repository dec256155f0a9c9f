"""Where a session stands, as the line below the prompt and as sentences for somebody who listens."""

from aura.core.durations import show_duration
from aura.core.facts import Facts
from aura.core.limits import name_cost, standings
from aura.core.text import shorten
from aura.core.todos import Todo
from aura.core.turn import Turn
from aura.runs.report import render_count
from aura.ui.look import Role
from aura.ui.repl.sheet import Span

KEYS = {"working": "Ctrl+C stop", "idle": "Ctrl+A auto · /help", "asking": "Ctrl+C says no"}


def draw_gauges(turn: Turn, facts: Facts | None, state: str, seconds: float, width: int) -> list[Span]:
    """The line of gauges, not wider than the terminal; `seconds` is the active time since the limits were set."""
    auto: list[Span] = [("AUTO", "accent")] if turn.auto else [(f"{turn.switches.mode}", "text")]
    if state not in ("working", "asking", "idle"):
        auto.append((f" {state}", "warn"))
    limit = f"/{turn.limits.steps}" if turn.limits.steps else ""
    parts: list[tuple[str, Role]] = []
    if turn.steps:
        parts.append((f"step {turn.steps}{limit}", _role(turn.steps, turn.limits.steps)))
    if turn.todos:
        parts.append((f"todo {_count_closed(turn.todos)}/{len(turn.todos)}", "text"))
    if queue := len(turn.rest.queue):
        parts.append((f"{queue} queued", "accent"))
    parts += _draw_spend(turn, seconds)
    if facts is not None and state == "idle":
        parts.append((shorten(facts.model, 30), "muted"))
    if keys := KEYS.get(state):
        parts.append((keys, "muted"))
    line = auto
    for index, (text, role) in enumerate(parts):
        mark = " " if index == 0 and turn.steps else " · "
        if sum(len(piece) for piece, _ in line) + len(mark) + len(text) >= width:
            break
        line += [(mark, "muted"), (text, role)]
    return line


def _draw_spend(turn: Turn, seconds: float) -> list[tuple[str, Role]]:
    limits, window = turn.limits, turn.window
    tokens = render_count(window.tokens)
    tokens += f"/{render_count(limits.tokens)}" if limits.tokens else " tok"
    cost = "$?" if window.unpriced and not window.cost else name_cost(window.cost)
    cost += f"/${limits.cost:g}" if limits.cost else ""
    time = show_duration(seconds) + (f"/{show_duration(limits.seconds)}" if limits.seconds else "")
    if not window.tokens and not seconds:
        return []
    return [
        (tokens, _role(window.tokens, limits.tokens)),
        (cost, _role(window.cost, limits.cost)),
        (time, _role(seconds, limits.seconds)),
    ]


def _role(used: float, limit: float) -> Role:
    share = used / limit if limit else 0.0
    return "bad" if share >= 0.95 else "warn" if share >= 0.8 else "text"


def _count_closed(todos: tuple[Todo, ...]) -> int:
    return sum(not todo.is_open for todo in todos)


def find_current(todos: tuple[Todo, ...]) -> Todo | None:
    """The item that is worked on, else the first one that is due."""
    active = (todo for todo in todos if todo.status == "in_progress")
    return next(active, next((todo for todo in todos if todo.is_open), None))


def say_status(turn: Turn, facts: Facts | None, state: str, seconds: float) -> str:
    """The gauges as sentences."""
    doing = {"working": "aura is working", "asking": "aura waits for your answer", "idle": "aura is idle"}
    said = [f"{doing.get(state, f'aura is {state}')}, auto mode is {'on' if turn.auto else 'off'}"]
    if facts is not None:
        said[0] += f", permission mode is {turn.switches.mode}, the model is {facts.model}"
    if turn.todos:
        current = find_current(turn.todos)
        what = f": now {shorten(current.content, 200)}" if current else ""
        said.append(f"{_count_closed(turn.todos)} of {len(turn.todos)} todos are closed{what}")
    limited = set()
    for standing in standings(turn.limits, turn.window, steps=turn.steps, turn_seconds=turn.pace.seconds):
        limited.add(standing.name)
        used = seconds if standing.name == "time" else standing.used
        said.append(f"{_speak(standing.name, used)} used, of {_speak(standing.name, standing.limit)}")
    window = turn.window
    if "cost" not in limited:
        unknown = ", and some calls of unknown price" if window.unpriced else ""
        said.append(f"{_speak('cost', window.cost)} spent{unknown}")
    if "tokens" not in limited:
        said.append(f"{_speak('tokens', window.tokens)} used")
    if turn.rest.queue:
        said.append(f"{len(turn.rest.queue)} messages wait")
    return ". ".join(one[:1].upper() + one[1:] if index else one for index, one in enumerate(said)) + "."


def say_limits(turn: Turn) -> str:
    """What auto mode means for this session, in a sentence or two."""
    limits = standings(turn.limits, turn.window, steps=turn.steps, turn_seconds=turn.pace.seconds)
    until = ", ".join(_speak(one.name, one.limit) for one in limits)
    stops = (
        f"It goes on by itself until it is done, for at most {until}." if until else "It goes on by itself."
    )
    return f"{stops} Nobody is asked; what is not permitted is refused. Ctrl+A or /auto off ends it."


def _speak(name: str, amount: float) -> str:
    """An amount with its unit as a word."""
    match name:
        case "cost":
            return f"{amount:.2f} dollars"
        case "time" | "time of this turn":
            minutes, rest = divmod(int(amount), 60)
            hours, minutes = divmod(minutes, 60)
            parts = ((hours, "hours"), (minutes, "minutes"), (0 if hours else rest, "seconds"))
            return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 seconds"
        case _:
            number = int(amount)
            if number >= 1_000_000:
                return f"{number / 1_000_000:.1f} million {name}"
            return f"{number // 1_000} thousand {name}" if number >= 10_000 else f"{number} {name}"
