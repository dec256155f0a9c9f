"""Three hundred steps in a window of forty thousand tokens."""

import random
from collections.abc import Iterator
from itertools import pairwise

from aura.core import events as ev
from aura.core.evidence import FileChange
from aura.core.limits import Limits, StopReason
from aura.core.models import Request
from aura.core.todos import Todo
from aura.core.tools import Effect, ToolOutput
from aura.testing import Act, FakeModel, FakeTool, Props, Stage, call, count_usage, reply
from aura.tools.done import make_done
from tests.core.test_repair import assert_valid

WINDOW = 40_000
STEPS = 300
GOAL = "Rename the setting `colour` to `color` everywhere; never touch the folder vendor."
CHANCE = random.Random(7)


def work() -> Iterator[Act]:
    """Reads of all sizes, edits now and then, a test, and at last a claim."""
    for number in range(STEPS - 2):
        if number % 7 == 6:
            yield reply(f"Now file {number}.", call("Edit", path=f"file {number}"))
        elif number % 5 == 4:
            yield reply("", *[call("Read", path=f"file {number} {part}") for part in range(3)])
        else:
            yield reply("", call("Read", path=f"file {number}"))
    yield call("TodoWrite")
    yield call("Done", summary="It is renamed.")


async def test_it_finishes_and_never_forgets_what_it_was_asked() -> None:
    acts = work()
    summaries: list[Request] = []
    todos = (Todo("1", "rename the setting", "in_progress"),)

    def act(request: Request) -> Act:
        if "hand-over note" in request.system:
            summaries.append(request)
            return f"Summary {len(summaries)}: renamed in the files so far."
        return next(acts)

    def read(path: str) -> str:
        return "x" * CHANCE.choice([200, 2_000, 6_000, 12_000])

    def edit(path: str) -> ToolOutput:
        return ToolOutput("edited", changes=(FileChange(path, "modified", after=path),))

    def close_todos() -> ToolOutput:
        return ToolOutput("written", todos=(Todo("1", "rename the setting", "completed"),))

    tools = [
        FakeTool("Read", does=read),
        FakeTool("Edit", Effect.WRITE, edit),
        FakeTool("TodoWrite", Effect.NONE, close_todos),
        make_done(),
    ]
    begin: list[ev.Event] = [
        ev.AutoSwitched(on=True, by="human"),
        ev.TodosChanged(todos, "human"),
        ev.LimitsSet(Limits(steps=STEPS + 10)),
    ]
    model = FakeModel(act, repeat=True, window=WINDOW)
    stage = Stage(model, tools, begin, props=Props())
    stage.loop.system = "You are aura. " + "Rules. " * 400
    turn = await stage.prompt(GOAL)

    assert (turn.stop, turn.rest.detail, turn.steps) == (StopReason.DONE, "It is renamed.", STEPS)
    compactions = stage.of(ev.Compacted)
    assert len(compactions) == len(summaries) >= 5
    for event in compactions:
        assert event.tokens_after < event.tokens_before * 0.8
        assert event.tokens_before < WINDOW
        assert "[>] 1: rename the setting" in event.pinned
    requests = [request for request in model.requests if request not in summaries]
    assert len(requests) == STEPS
    for request in requests:
        messages = tuple(request.messages)
        assert_valid(messages)
        assert sum(GOAL in message.text for message in messages) == 1
        assert count_usage(request, reply().message).input <= WINDOW
    for one, other in pairwise(requests):
        kept = len(one.messages) <= len(other.messages)
        assert not kept or tuple(other.messages[: len(one.messages)]) == tuple(one.messages)
    spent = sum(event.completion.usage.input for event in stage.of(ev.ModelReplied)) + sum(
        event.spend.input for event in compactions
    )
    assert turn.spend.input == spent
