"""All nine at once: never two nudges at a boundary, and none against a limit."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aura.config.paths import shipped_plugins
from aura.core import events as ev
from aura.core.attempts import Outcome
from aura.core.limits import StopReason
from aura.core.messages import MODEL, Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion
from aura.core.todos import Todo
from aura.core.turn import Turn, fold
from aura.plugins import Circumstances, Plugins, Said, Sources

PLUGINS = Plugins(Sources(shipped=shipped_plugins()), Circumstances(Path("/nowhere")))
OPEN = ev.TodosChanged((Todo("1", "write it"),), "model")
AUTO = ev.AutoSwitched(on=True, by="human")
ENFORCED = ev.DoneSwitched(required=True, by="human")
LIMIT = ev.LimitReached(StopReason.MAX_STEPS, "steps: 50 of 50")
REPLY = Message("assistant", (Text("I stop here."),), MODEL)


def begin(*events: ev.Event) -> Turn:
    return fold([*events, ev.TurnStarted(1, user("go"))])


def origins(said: Said) -> list[str]:
    return [event.message.origin for event in said.events if isinstance(event, ev.Injected)]


def step(turn: Turn, path: str, outcome: Outcome = "ok") -> tuple[Turn, Said]:
    """One step with one call, and what was said to it."""
    call = ToolCall(f"c{len(turn.messages)}", "Edit", {"path": path})
    result = ToolResult(call.id, "text", is_error=outcome != "ok")
    turn = fold(
        [
            ev.StepStarted(turn.steps + 1, "m"),
            ev.ModelReplied(Completion(Message("assistant", (call,), MODEL))),
            ev.ToolFinished(call, result, outcome),
        ],
        turn,
    )
    return turn, PLUGINS.after_tools(turn, [(call, result)])


def test_open_todos_come_before_done() -> None:
    turn = begin(AUTO, OPEN, ENFORCED)
    assert origins(PLUGINS.after_response(turn, REPLY)) == ["injector:todo-not-finished"]
    assert origins(PLUGINS.after_response(begin(ENFORCED), REPLY)) == ["injector:done-reminder"]


def test_failures_come_before_repetition() -> None:
    turn = begin()
    spoken = []
    for path in ("a", "b", "c", "c"):
        turn, said = step(turn, path, "error")
        turn = fold(said.events, turn)
        spoken.append(origins(said))
    assert spoken == [[], [], ["injector:failure-circuit-breaker"], ["injector:loop-detection"]]


def test_at_a_limit_nobody_asks_to_go_on() -> None:
    turn = begin(AUTO, OPEN, ENFORCED)
    for _ in range(20):
        turn, _ = step(turn, "same", "error")
    turn = fold([LIMIT], turn)
    said = PLUGINS.before_chat(turn)
    assert (origins(said), said.disable_tools) == (["injector:max-steps"], True)
    assert PLUGINS.after_response(turn, REPLY) == Said()
    assert step(turn, "same", "error")[1] == Said()


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["ok", "error", "denied"])), max_size=25),
    st.booleans(),
    st.booleans(),
)
def test_never_two_injections_between_two_model_calls(
    calls: list[tuple[str, Outcome]], auto: bool, limited: bool
) -> None:
    turn = begin(ev.AutoSwitched(auto, "human"), OPEN)
    for path, outcome in calls:
        before = PLUGINS.before_chat(turn)
        assert len(origins(before)) <= 1
        turn, after = step(fold(before.events, turn), path, outcome)
        assert len(origins(after)) <= 1
        assert not (origins(after) and after.stalled)
        turn = fold(after.events, turn)
        assert not (origins(after) and origins(PLUGINS.before_chat(turn)))
    if limited:
        turn = fold([LIMIT], turn)
        assert origins(PLUGINS.before_chat(turn)) == ["injector:max-steps"]
