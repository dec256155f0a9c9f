"""Any beginning of the log of any run, folded and driven on, comes to rest, and nothing that ended is done again."""

import asyncio
import random
import tempfile
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.app.pursuit import Pursuit, Wish
from aura.core import events as ev
from aura.core.errors import ModelError, ModelErrorKind
from aura.core.limits import Limits, Spend, StopReason
from aura.core.models import Completion, Request
from aura.core.run import Terms
from aura.core.tools import Tool
from aura.core.turn import Turn, apply, fold
from aura.hookspecs import ToolSetup
from aura.models.scripted import ScriptedModel
from aura.testing import (
    FakeClock,
    FakeModel,
    FakeRunner,
    MemoryLog,
    Props,
    Stage,
    call,
    read_conversation,
    reply,
)
from aura.tools import make_tools

FOLDER = Path(__file__).parents[1] / "scripts"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
LIMITS = Limits(steps=6, turns=4, seconds=7200.0, cost=5.0)
TERMS = Terms(lifetime=86_400.0, outage=3600.0)
NUMBERS = count()
Player = Callable[[Request], Any]


def set_stage(folder: Path, model: Any, log: MemoryLog) -> Stage:
    """A session with the real tools in a folder; one whose log has events is resumed."""
    workspace, session = folder / "workspace", folder / "workspace-session"
    for place in (workspace, session):
        place.mkdir(exist_ok=True)
    runner, clock = FakeRunner(), FakeClock(log.records[-1].at if log.records else 1_000.0)
    tools: tuple[Tool, ...] = make_tools(ToolSetup(workspace, session, runner))
    return Stage(model, tools, props=Props(clock=clock, runner=runner, log=log, workspace=workspace))


@cache
def record_run(name: str) -> tuple[ev.Recorded, ...]:
    """The log of a conversation that is pursued as a goal, over turns, to its rest."""
    conversation = read_conversation(FOLDER / f"{name}.yaml")
    log = MemoryLog()

    async def run(folder: Path) -> None:
        stage = set_stage(folder, ScriptedModel(conversation.script), log)
        for path, text in conversation.files.items():
            (stage.props.workspace / path).write_text(text, encoding="utf-8")
        pursuit = Pursuit(stage.session)
        pursuit.begin(Wish(conversation.prompts[0].say, LIMITS, TERMS))
        assert not (await pursuit.drive()).phase.is_active

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))
    return tuple(log.records)


def make_id() -> str:
    """An id for a call that no process has given before."""
    return f"again-{next(NUMBERS)}"


def finishes() -> Player:
    """A model that looks, clears its list and is done."""
    begun = count()

    def play(request: Request) -> Completion:
        if not request.tools:
            return reply("so far")
        if next(begun) == 0:
            return reply("", call("TodoWrite", id=make_id(), todos=[]))
        return reply("", call("Done", id=make_id(), summary="all of it"))

    return play


def talks() -> Player:
    """A model that never calls a tool."""
    return lambda request: reply("I am thinking about it.")


def wanders() -> Player:
    """A model that goes on for ever, each time with something else."""

    def play(request: Request) -> Completion:
        if not request.tools:
            return reply("so far")
        number = make_id()
        return reply("", call("Bash", id=number, command=f"echo {number}"))

    return play


def fails(seed: int) -> Player:
    """A model whose provider fails most of the time, in many ways, none of which is for good."""
    chance = random.Random(seed)
    done = finishes()
    kinds = (
        ModelErrorKind.OVERLOADED,
        ModelErrorKind.QUOTA,
        ModelErrorKind.NETWORK,
        ModelErrorKind.RATE_LIMIT,
    )

    def play(request: Request) -> Any:
        if chance.random() < 0.7:
            return ModelError(chance.choice(kinds), "It is down.", retry_after=chance.choice((None, 900.0)))
        return done(request)

    return play


PLAYERS: tuple[Callable[[int], Player], ...] = (
    lambda seed: finishes(),
    lambda seed: talks(),
    lambda seed: wanders(),
    fails,
)


async def go_on(folder: Path, log: MemoryLog, player: Player) -> Turn:
    """Resume and drive to the rest, in a process of its own as it were."""
    stage = set_stage(folder, FakeModel(player, repeat=True), log)
    if stage.turn.run.name:
        await Pursuit(stage.session).drive()
    return stage.turn


def cut(log: MemoryLog, length: int) -> MemoryLog:
    """What a process that died then had written."""
    left = MemoryLog()
    left.records = list(log.records[:length])
    return left


def check(records: list[ev.Recorded], unknown: set[str]) -> None:
    """Every call is begun at most once and answered once, unknown where its process died; no spend is forgotten."""
    events = [one.event for one in records]
    finished = [event for event in events if isinstance(event, ev.ToolFinished)]
    ids = [event.call.id for event in finished]
    begun = [event.call.id for event in events if isinstance(event, ev.ToolStarted)]
    assert len(ids) == len(set(ids))
    assert len(begun) == len(set(begun))
    assert set(begun) <= set(ids)
    assert {event.call.id for event in finished if event.outcome == "unknown"} == unknown
    turn, before = Turn(), Spend()
    for event in events:
        turn = apply(turn, event)
        # A turn that the provider never answered is taken back from the counts, whoever looks.
        is_taken_back = isinstance(event, ev.TurnStopped) and event.reason is StopReason.PROVIDER
        for name in ("tokens", "cost", "seconds", *(() if is_taken_back else ("steps", "turns"))):
            assert getattr(turn.spend, name) >= getattr(before, name)
        before = turn.spend


def test_the_scripts_make_runs_of_many_kinds() -> None:
    phases = {fold(one.event for one in record_run(name)).run.phase for name in SCRIPTS}
    assert len(phases) >= 4


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_run_at_rest_is_at_rest_in_the_next_process(name: str, tmp_path: Path) -> None:
    log = MemoryLog()
    log.records = list(record_run(name))
    before = fold(log.events)
    after = asyncio.run(go_on(tmp_path, log, finishes()))
    assert after.run == before.run
    assert [event.type for event in log.events[len(record_run(name)) :]] == ["session_resumed"]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(SCRIPTS),
    st.lists(st.floats(0, 1), min_size=1, max_size=3),
    st.sampled_from(PLAYERS),
    st.integers(0, 2**16),
)
def test_any_beginning_of_a_run_goes_on_to_its_rest(
    name: str, places: list[float], make: Callable[[int], Player], seed: int
) -> None:
    """Cut, resumed and cut again; what is there at the end began with all that was there at each cut."""
    log = MemoryLog()
    log.records = list(record_run(name))
    unknown: set[str] = set()
    least = 0
    with tempfile.TemporaryDirectory() as folder:
        for place in places:
            log = cut(log, max(1, least, round(place * len(log.records))))
            least = len(log.records)
            unknown |= set(fold(log.events).rest.pending.calls)
            before = list(log.records)
            turn = asyncio.run(go_on(Path(folder), log, make(seed)))
            assert log.records[: len(before)] == before
            assert turn == fold(log.events)
            assert not turn.run.name or not turn.run.phase.is_active
            assert not turn.rest.pending.calls
    check(log.records, unknown)
