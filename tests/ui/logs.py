"""Logs to read blocks from."""

from pathlib import Path

from aura.core import events as ev
from aura.core.limits import StopReason
from aura.core.messages import MODEL, Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion
from aura.store.faults import LOG_NAME
from aura.store.layout import INSERT, connect_writer, make_file, make_tables
from aura.store.rows import make_row
from aura.ui.archive import Archive, fold
from aura.ui.blocks import Block


def write_log(folder: Path, events: list[ev.Event]) -> Archive:
    """A session's log with these events."""
    folder.mkdir(exist_ok=True)
    make_file(folder / LOG_NAME)
    connection = connect_writer(folder / LOG_NAME)
    connection.execute("BEGIN IMMEDIATE")
    make_tables(connection)
    turn = 0
    for seq, event in enumerate(events, 1):
        assert ev.is_durable(event)
        row = make_row(seq, float(seq), event, turn)
        turn = row.turn
        connection.execute(INSERT, (1, *row))
    connection.execute("COMMIT")
    connection.close()
    return Archive(folder)


def step(number: int, *names: str, text: str = "Some words.\n\nAnd more.") -> list[ev.Event]:
    calls = [ToolCall(f"c{number}.{place}", name) for place, name in enumerate(names)]
    message = Message("assistant", (Text(text), *calls), MODEL)
    done: list[ev.Event] = [ev.ToolStarted(call) for call in calls]
    done += [ev.ToolFinished(call, ToolResult(call.id, f"result of {call.id}"), "ok", 0.1) for call in calls]
    return [
        ev.StepStarted(number, "m"),
        ev.ModelReplied(Completion(message, cost=0.1)),
        *done,
        ev.StepEnded(number, 1.0),
    ]


def session(steps: int, *, auto: bool = True) -> list[ev.Event]:
    """A session of turns with five steps each."""
    events: list[ev.Event] = [ev.SessionStarted("s", "/w", "0")]
    if auto:
        events.append(ev.AutoSwitched(on=True, by="human"))
    for number in range(1, steps + 1):
        if number % 5 == 1:
            events.append(ev.TurnStarted(number // 5 + 1, user(f"do part {number}")))
        events += step(number, *("Read", "Read", "Bash")[: number % 4])
        if number % 7 == 0:
            events.append(ev.Injected(user("remember", "injector:todo")))
        if number % 5 == 0:
            events.append(ev.TurnStopped(StopReason.MAX_STEPS, "5 steps"))
    return events


def whole(events: list[ev.Event]) -> list[Block]:
    return fold(ev.Recorded(seq, float(seq), event) for seq, event in enumerate(events, 1))
