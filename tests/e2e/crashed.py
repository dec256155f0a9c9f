"""A run over turns that is killed and goes on: its script, the kills, and what has to hold of its log."""

import json
import random
import signal
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from aura.agent.continuation import continue_text
from aura.core.events import (
    Checkpointed,
    Event,
    ModelReplied,
    Recorded,
    RunStarted,
    SessionResumed,
    ToolFinished,
    ToolStarted,
    TurnStarted,
    TurnStopped,
)
from aura.core.limits import Spend
from aura.core.run import Phase
from aura.core.turn import Turn, apply, fold
from aura.runs.advance import Hold, NextTurn, Rest, advance
from aura.store.faults import LOG_NAME, Fault, StoreFault
from aura.store.rows import read_events
from tests.e2e.conftest import Ran, call
from tests.e2e.fixtures.warm import WarmProgram, warm

GOAL = "do the work"
ROUNDS = 3  # each: an edit, a command that counts
SPENT = ("tokens", "cost", "seconds")
LOOK = "sh state.sh"
STATE = """\
edits=$(grep -c '^value' a.txt)
runs=$(wc -l < ran.txt)
echo "state=$edits-$runs."
"""
CHECK = f'test "$(wc -l < ran.txt)" -eq {ROUNDS}\n'
SETTINGS = {
    "auto": {"max_steps": 5, "checks": ["sh check.sh"]},
    "retry": {"attempts": 1},
}


def look() -> dict[str, Any]:
    """A call that shows how far the work is."""
    return call("Bash", command=LOOK)


def write_todos(first: str, second: str) -> dict[str, Any]:
    """A call that writes the list."""
    items = [("1", "change the lines", first), ("2", "count the runs", second)]
    return call(
        "TodoWrite", todos=[{"id": n, "content": text, "status": status} for n, text, status in items]
    )


def replies() -> list[dict[str, Any]]:
    """A model that looks after any doubt, and does what the state says is next.

    Before the third round its provider fails once; before the last command it claims to be done, which a check refuses.
    """
    edits = [
        call("Edit", path="a.txt", edits=[{"old": f"line {n}\n", "new": f"value {n}\n"}])
        for n in range(ROUNDS)
    ]
    runs = [call("Bash", command=f"echo {n} >> ran.txt; {LOOK}") for n in range(ROUNDS)]
    claim = [write_todos("completed", "completed"), call("Done", summary="All of it.")]
    doubts = ("may have taken effect", "Not run", "[aura]")
    done: list[dict[str, Any]] = [
        {"when": {"tools_off": True}, "say": "So far so good."},
        *({"when": {"contains": doubt}, "say": "I look.", "call": [look()]} for doubt in doubts),
        {"when": {"user_contains": GOAL, "seen": 0}, "call": [look()]},
        {"when": {"tool": "Done"}, "call": [look()]},
        {"when": {"tool": "Edit"}, "call": [look()]},
        {"when": {"contains": "state=0-0."}, "call": [write_todos("in_progress", "pending"), edits[0]]},
        {
            "when": {"contains": "state=2-2.", "history_contains": "The provider had failed"},
            "call": [edits[2]],
        },
        {"when": {"contains": "state=2-2."}, "error": {"kind": "quota", "retry_after": 0.04}},
        {"when": {"contains": "state=3-2.", "history_contains": "Not accepted"}, "call": [runs[2]]},
        {"when": {"contains": "state=3-2."}, "call": claim},
    ]
    for number in range(ROUNDS):
        done += [
            {"when": {"contains": f"state={number}-{number}."}, "call": [edits[number]]},
            {"when": {"contains": f"state={number + 1}-{number}."}, "call": [runs[number]]},
        ]
    return [*done, {"when": {"contains": f"state={ROUNDS}-{ROUNDS}."}, "call": claim}]


def prepare(folder: Path) -> tuple[WarmProgram, str]:
    """The files before the run, and its model."""
    program = warm(folder, settings=SETTINGS, soon=True)
    lines = [f"line {number}\n" for number in range(ROUNDS)]
    texts = {"a.txt": "top\n" + "".join(lines) + "end", "state.sh": STATE, "check.sh": CHECK, "ran.txt": ""}
    for name, text in texts.items():
        (program.workspace / name).write_text(text, encoding="utf-8")
    script = {"replies": replies(), "prices": {"input": 0.000002, "output": 0.00001}, "piece": 400}
    path = program.home / "script.yaml"
    path.write_text(yaml.safe_dump(script), encoding="utf-8")
    return program, f"script:{path}"


def begin(program: WarmProgram, model: str) -> Ran:
    """Begin the run."""
    return program("run", "--auto", "-o", "json", "--model", model, GOAL)


@dataclass(frozen=True)
class Whole:
    """How the run ends when nothing happens to it; `places` is how many there are to kill it at, by kind."""

    files: dict[str, bytes]
    turn: Turn
    places: dict[str, int]


def run_whole(folder: Path) -> Whole:
    """Run it undisturbed, twice: the first one has what the second needs loaded."""
    for program, model in (prepare(folder / "first"), prepare(folder / "second")):
        program.count = str(folder / "places.json")
        ran = begin(program, model)
        assert ran.result["reason"] == "done", (ran.result, ran.err)
    places = json.loads(Path(program.count).read_text(encoding="utf-8"))
    history = read_history(program)
    check_history(history, ())
    turn = fold(one.event for one in history)
    assert files_of(program)["ran.txt"] == b"0\n1\n2\n"
    assert files_of(program)["a.txt"] == b"top\nvalue 0\nvalue 1\nvalue 2\nend"
    assert turn.number >= 4, "it takes several turns"
    points = [one.event for one in history if isinstance(one.event, Checkpointed)]
    assert any(point.phase is Phase.WAITING for point in points), "it waits for its provider"
    places["time"] = int(1000 * (history[-1].at - history[0].at)) + 150
    return Whole(files_of(program), turn, places)


def files_of(program: WarmProgram) -> dict[str, bytes]:
    """What is in the workspace."""
    return {path.name: path.read_bytes() for path in program.workspace.iterdir()}


def read_history(program: WarmProgram) -> list[Recorded]:
    """The log of the session with the run; empty when none was begun."""
    histories = []
    for path in program.home.rglob(LOG_NAME):
        try:
            events = list(read_events(path.parent))
        except StoreFault as problem:
            if problem.kind is not Fault.EMPTY:
                raise
            continue  # killed before its first event
        assert [one.seq for one in events] == list(range(1, len(events) + 1)), "a gap"
        if any(isinstance(one.event, RunStarted) for one in events):
            histories.append(events)
    assert len(histories) <= 1, "the run went on in its own session"
    return histories[0] if histories else []


@dataclass
class Story:
    """One run that is killed at places that chance chooses, until it comes to its end."""

    program: WarmProgram
    model: str
    whole: Whole
    chance: random.Random
    kills: list[dict[str, Any]] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)

    def play(self, deaths: int) -> int:
        """Kill it up to so many times, let it come to its end, check it; how often it died."""
        history: list[Recorded] = []
        for _ in range(deaths):
            self.program.fault = self._choose_fault(has_begun=bool(history))
            if not self._go(history):
                break  # it came to its end before its place
            self.kills.append(self.program.fault)
            history = self._look(history)
        else:
            self.program.fault = {}
            assert not self._go(history)
        self._check(history)
        return len(self.kills)

    def _choose_fault(self, *, has_begun: bool) -> dict[str, Any]:
        kind = self.chance.choice(
            ("before", "after", "statement", "statement", "call", "call", "call", "time")
        )
        total = self.whole.places[kind]
        if has_begun and self.chance.random() < 0.5:
            total //= 4  # soon after it went on: where the process before is tidied up
        number = self.chance.randint(1, max(1, total))
        pause = self.chance.choice((0.0, 0.02)) if kind in ("before", "after") else 0.0
        return {"kind": kind, "number": number, "pause": pause, "half": self.chance.random() < 0.5}

    def _go(self, history: list[Recorded]) -> bool:
        """One process: the run is begun, or goes on where it was; whether it was killed (else it ended well)."""
        if history:
            name = getattr(history[0].event, "session", "")
            ways = (("run", "--auto", "-c"), ("run", "--auto", "-r", name), ("resume", name, "--foreground"))
            ran = self.program(*self.chance.choice(ways), "-o", "json", "--model", self.model)
        else:
            ran = begin(self.program, self.model)
        assert ran.code in (0, -signal.SIGKILL), (ran, self.kills)
        return ran.code != 0

    def _look(self, before: list[Recorded]) -> list[Recorded]:
        """What a dead process left: all that was there before, and calls whose end nobody knows."""
        history = read_history(self.program)
        assert history[: len(before)] == before, self.kills
        self.unknown |= set(fold(one.event for one in history).rest.pending.calls if history else ())
        return history

    def _check(self, before: list[Recorded]) -> None:
        history = read_history(self.program)
        assert history[: len(before)] == before, self.kills
        turn, whole = fold(one.event for one in history), self.whole.turn
        assert files_of(self.program) == self.whole.files, self.kills
        assert (turn.stop, turn.run.phase, turn.run.goal) == (whole.stop, Phase.DONE, GOAL), self.kills
        assert (turn.todos, turn.done.accepted, turn.run.reason, turn.run.detail) == (
            whole.todos,
            whole.done.accepted,
            whole.run.reason,
            whole.run.detail,
        ), self.kills
        assert not turn.rest.pending.calls
        check_history(history, self.unknown)


def check_history(history: list[Recorded], unknown: Collection[str]) -> None:
    """What has to hold of any log of this run; `unknown` are the calls that were running when a process died."""
    check_calls([one.event for one in history], unknown)
    check_checkpoints(history)


def check_calls(events: list[Event], unknown: Collection[str]) -> None:
    """Every call is answered once, begun at most once, and unknown only where its process died."""
    finished = [event for event in events if isinstance(event, ToolFinished)]
    asked = [
        one.id
        for event in events
        if isinstance(event, ModelReplied)
        for one in event.completion.message.tool_calls
    ]
    begun = [event.call.id for event in events if isinstance(event, ToolStarted)]
    assert sorted(one.call.id for one in finished) == sorted(asked)
    assert len(begun) == len(set(begun))
    assert sorted(one.call.id for one in finished if one.outcome == "unknown") == sorted(unknown)
    counted = [one.command.command for one in finished if one.command and ">> ran.txt" in one.command.command]
    assert len(counted) == len(set(counted)), "a command that ended is not run again"


def check_checkpoints(history: list[Recorded]) -> None:
    """What a checkpoint says comes next, by the rule and in the log; what was spent never gets less."""
    turn, spend, taken = Turn(), Spend(), Spend()
    for place, one in enumerate(history):
        turn = apply(turn, one.event)
        check_grows(
            spend, turn.spend, SPENT if isinstance(one.event, TurnStopped) else (*SPENT, "steps", "turns")
        )
        spend = turn.spend
        if isinstance(one.event, Checkpointed):
            check_grows(taken, one.event.spend, SPENT)
            taken = one.event.spend
            check_next(turn, one, history[place + 1 :])


def check_next(turn: Turn, one: Recorded, rest: list[Recorded]) -> None:
    """The rule, asked again at the checkpoint, says what then happened."""
    assert isinstance(one.event, Checkpointed)
    following = advance(turn, one.at, continue_text, 0.0)
    after = next((later for later in rest if isinstance(later.event, TurnStarted | Checkpointed)), None)
    if isinstance(following, NextTurn):
        assert after is not None
        if isinstance(after.event, TurnStarted):
            assert after.event.message.text == following.prompt == one.event.prompt
    elif isinstance(following, Hold):
        assert one.event.phase is Phase.WAITING
        assert after is not None
        assert after.at >= following.until == one.event.wake
    else:
        assert isinstance(following, Rest)
        assert (following.phase, after) == (one.event.phase, None)


def check_grows(before: Spend, after: Spend, names: Iterable[str]) -> None:
    """Nothing of what was spent is forgotten."""
    for name in names:
        assert getattr(after, name) >= getattr(before, name) - 1e-9, name


def count_resumes(history: list[Recorded]) -> int:
    """How many processes went on with it."""
    return sum(isinstance(one.event, SessionResumed) for one in history)
