"""Runs inside a program: their handles, in an event loop and without one."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from aura.api import (
    Agent,
    AuraError,
    ConfigError,
    configure,
    run_autonomous,
    run_in_background,
    start_autonomous,
)
from aura.core import events as ev
from aura.core.limits import Limits, StopReason
from aura.core.run import Phase
from aura.core.tools import Tool
from aura.testing import FakeModel, call


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one, which is the current folder."""
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


class Builder:
    """Makes an agent with a model that plays a part."""

    def __init__(self, *acts: Any, resume: str = "") -> None:
        self.model = FakeModel(*acts)
        self.resume = resume

    def __call__(self, extras: Sequence[Tool]) -> Agent:
        return Agent(self.model, tools=list(extras), resume=self.resume)


def done(summary: str = "All works.") -> Any:
    """A reply that claims to be done."""
    return call("Done", summary=summary)


def test_a_goal_is_pursued_and_its_result_comes_back(workspace: Path) -> None:
    result = run_autonomous(Builder(call("Write", path="a.txt", content="a"), done()), "write a")
    assert (result.phase, result.reason, result.detail) == (Phase.DONE, StopReason.DONE, "All works.")
    assert result.is_done
    assert result.report.changed[0].path == "a.txt"
    assert (workspace / "a.txt").read_text(encoding="utf-8") == "a"
    again = Builder(resume=result.id)
    stored = run_autonomous(again)
    assert (stored.id, stored.phase, stored.detail) == (result.id, Phase.DONE, "All works.")
    assert not again.model.requests, "what is done is not done again"


async def test_events_status_metrics_and_usage() -> None:
    async with await start_autonomous(Builder(call("Write", path="a.txt", content="a"), done()), "go") as run:
        kinds = [event.type async for event in run.events()]
        assert {"turn_started", "tool_finished", "done_accepted", "checkpointed"} <= set(kinds)
        status = run.status()
        assert (status.phase, status.turns, status.steps) == (Phase.DONE, 1, 2)
        assert status.text == "done: turn 1, 2 steps"
        assert run.metrics()["tool_calls"] == 2
        assert run.metrics()["tokens_used"] == run.usage()["spent"]["input"] + run.usage()["spent"]["output"]
        assert run.usage()["limits"]["turns"] == 50


async def test_paused_steered_and_gone_on_with() -> None:
    reached, release = asyncio.Event(), asyncio.Event()

    async def slow(request: Any) -> Any:
        reached.set()
        await release.wait()
        return call("Write", path="a.txt", content="a")

    builder = Builder(slow, done())
    async with await start_autonomous(builder, "go") as run:
        await reached.wait()
        pausing = asyncio.create_task(run.pause())
        await asyncio.sleep(0)
        release.set()
        await pausing
        assert run.status().phase is Phase.PAUSED
        assert len(builder.model.requests) == 1, "it stops between two steps"
        result = await run.result()
        assert (result.phase, result.is_done) == (Phase.PAUSED, False)
        await run.resume("and hurry")
        result = await run.result()
        assert result.is_done
        assert "and hurry" in builder.model.requests[-1].messages[-1].text


async def test_cancelled_keeps_what_was_produced(workspace: Path) -> None:
    reached = asyncio.Event()

    async def hang(request: Any) -> Any:
        reached.set()
        return await asyncio.Event().wait()

    async with await start_autonomous(Builder(call("Write", path="a.txt", content="a"), hang), "go") as run:
        await reached.wait()
        await run.cancel()
        result = await run.result()
        assert result.phase is Phase.CANCELLED
        assert (workspace / "a.txt").exists()


def test_without_an_event_loop() -> None:
    with run_in_background(Builder(call("Write", path="a.txt", content="a"), done()), "go") as run:
        kinds = [event.type for event in run.events()]
        assert run.result(timeout=20).is_done
        assert run.status().phase is Phase.DONE
        assert not kinds or kinds[-1] == "checkpointed"
        assert run.id
    with pytest.raises(AuraError, match="was closed"):
        run.pause()
    with pytest.raises(AuraError, match="was closed"):
        next(run.events())
    run.close()


def test_whoever_asks_while_the_run_is_closed_elsewhere_gets_an_answer() -> None:
    run = run_in_background(Builder(call("Write", path="a.txt", content="a"), done()), "go")
    start = threading.Barrier(5)
    ended: list[str] = []

    def ask() -> None:
        start.wait()
        try:
            run.result(timeout=20)
            ended.append("result")
        except AuraError as error:
            ended.append(error.sentence)

    def close() -> None:
        start.wait()
        run.close()
        ended.append("closed")

    threads = [threading.Thread(target=what) for what in (ask, ask, ask, close, close)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(ended) == len(threads), "nobody waits for ever"
    assert set(ended) <= {"result", "closed", "The run was closed; begin or resume it anew."}


def test_a_failure_to_begin_leaves_no_thread() -> None:
    with pytest.raises(AuraError, match="no run in this session"):
        run_in_background(Builder())
    assert "aura run" not in [thread.name for thread in threading.enumerate()]


def test_wrong_options_are_one_sentence() -> None:
    with pytest.raises(ConfigError, match="no mode 'slow'"):
        configure("slow")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="is not a time"):
        configure(max_duration="soon")
    with pytest.raises(ConfigError, match="cannot be read"):
        configure(speed=3)
    assert configure(max_duration="1w").max_duration == 604_800
    with pytest.raises(ConfigError, match="the tools it is handed"):
        run_autonomous(lambda extras: Agent(FakeModel(done())), "go")


async def test_the_program_may_refuse_a_status_and_allow_others() -> None:
    async def refuse(state: str, detail: str) -> str:
        return "say which file" if not detail else ""

    acts = [call("SetStatus", state="reading"), call("SetStatus", state="reading", detail="a.py"), done()]
    options = configure(states=("reading",), on_status=refuse, limits=Limits(steps=9, turns=2))
    async with await start_autonomous(Builder(*acts), "go", options) as run:
        told = [event async for event in run.events() if isinstance(event, ev.ToolFinished)]
        assert [one.result.is_error for one in told] == [True, False, False]
        assert "say which file" in told[0].result.content
        assert run.status().state == "reading"
