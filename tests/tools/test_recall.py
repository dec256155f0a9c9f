"""Recall: what was said is found in the view, and behind it in the log."""

from pathlib import Path
from typing import Any

import pytest

from aura.core import events as ev
from aura.core.errors import ToolError
from aura.core.messages import MODEL, Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion
from aura.core.turn import fold
from aura.tools.recall import make_recall
from tests.tools.fakes import make_context


def step(number: int) -> list[ev.Event]:
    """A reply with a call, and its result."""
    call = ToolCall(f"c{number}", "Bash", {"command": f"echo number-{number}."})
    reply = Message("assistant", (Text(f"I print number-{number}."), call), MODEL)
    result = ToolResult(call.id, f"out: number-{number}.")
    return [ev.ModelReplied(Completion(reply)), ev.ToolFinished(call, result, "ok")]


def talk(steps: int, *, kept: int = 0) -> list[ev.Event]:
    """A conversation of so many steps, of which all but the newest `kept` are summarised (0: none)."""
    events: list[ev.Event] = [ev.TurnStarted(1, user("count, please"))]
    events += [event for number in range(steps) for event in step(number)]
    if kept:
        events.append(ev.Compacted("They counted.", "", 1 + 2 * (steps - kept), 10, 5, "due"))
    return events


async def recall(folder: Path, events: list[ev.Event], **arguments: Any) -> str:
    """What the tool answers; the log is read by types, as on the disk."""
    turn = fold(events)
    log = [ev.Recorded(seq, 0.0, event) for seq, event in enumerate(events, 1)]
    tool = make_recall(lambda: turn, lambda types: (one for one in log if one.event.type in types))
    output = await tool(make_context(folder), tool.validate(arguments))
    return output.content


async def test_what_a_summary_stands_for_is_found_in_the_log(tmp_path: Path) -> None:
    found = await recall(tmp_path, talk(9, kept=2), query=r"out: number-3\b")
    assert found == "[message 9, tool] …out: number-3.…"


async def test_the_answer_is_the_same_with_and_without_a_summary(tmp_path: Path) -> None:
    for query in ("number-1\\.", "COUNT", "number-8", "nothing like it"):
        plain = await recall(tmp_path, talk(9), query=query, limit=99)
        short = await recall(tmp_path, talk(9, kept=2), query=query, limit=99)
        assert sorted(short.split("\n\n")) == sorted(plain.split("\n\n"))


async def test_the_newest_come_first_and_no_more_than_asked_for(tmp_path: Path) -> None:
    found = (await recall(tmp_path, talk(9, kept=2), query="out:", limit=4)).split("\n\n")
    assert [part.partition("out: ")[2] for part in found] == [f"number-{n}.…" for n in (8, 7, 6, 5)]


async def test_nothing_found_and_what_is_no_expression(tmp_path: Path) -> None:
    assert (
        await recall(tmp_path, talk(3), query="zebra") == "Nothing in the 7 messages of this session matches."
    )
    with pytest.raises(ToolError, match="cannot be read"):
        await recall(tmp_path, talk(1), query="(")
