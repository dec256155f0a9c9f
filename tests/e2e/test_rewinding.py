"""A session in an engine process goes back, from its face, from a command, and after its engine was killed."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aura.core.turn import fold
from aura.store.rows import read_events
from tests.e2e.conftest import Program, call
from tests.e2e.engines import Desk, Told, engine_of, happens, is_alive, own_environment

pytestmark = pytest.mark.slow


@pytest.fixture
async def desk(program: Program, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Faces on the program's sessions."""
    async with own_environment(program, monkeypatch) as desk:
        yield desk


def texts(folder: Path) -> list[str]:
    """The conversation as the log has it, without empty texts."""
    turn = fold(one.event for one in read_events(folder))
    return [one.text for one in turn.messages if one.text and one.role != "tool"]


async def test_a_session_in_an_engine_goes_back_and_stays_there(desk: Desk, program: Program) -> None:
    model = program.script(
        [
            {"call": [call("Write", path="a.txt", content="1\n")]},
            {"say": "one"},
            {"call": [call("Write", path="b.txt", content="2\n")]},
            {"say": "two"},
            {"say": "three"},
        ]
    )
    session = await desk.open(flags={"model": model})
    told = Told(session)
    for count, prompt in enumerate(("first", "second"), 1):
        await session.submit(prompt)
        await told.until("turn_stopped", count)
        await happens(lambda: not session.is_running, "rest")
    folder = Path(session.facts.folder)
    points = await session.query("points")
    assert [one["text"] for one in points if one["kind"] == "prompt"] == ["first", "second"]
    second = next(one for one in points if one["text"] == "second")
    assert await session.rewind(second["to"], files=True) == "second"
    await told.until("rewound")
    assert (program.workspace / "a.txt").exists()
    assert not (program.workspace / "b.txt").exists()
    engine = engine_of(session)
    os.kill(engine, signal.SIGKILL)
    await happens(lambda: not is_alive(engine), "the end of the engine")
    assert texts(folder) == ["first", "one"]

    again = await desk.open(resume=session.id, flags={"model": model})
    assert not again.turn.todos
    assert again.turn.rest.trail.stretches == ((1, second["to"]),)
    redo = (await again.query("points"))[-1]
    assert redo["kind"] == "rewind"
    command = ("rewind", session.id, "--to", str(redo["to"]), "--files", "--yes", "--json")
    done = await asyncio.to_thread(program, *command)
    assert done.code == 0, done.err
    assert json.loads(done.out)["to"] == redo["to"]
    assert (program.workspace / "b.txt").read_text() == "2\n"
    assert texts(folder)[-2:] == ["second", "two"]
    await again.leave(keep=False)
