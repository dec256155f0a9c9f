"""Going back: the conversation is that of the prefix, whatever lies between, and nothing that was spent is lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.limits import StopReason
from aura.core.messages import MODEL, History, Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion, Usage
from aura.core.repair import repair
from aura.core.rewind_rules import make_rewound
from aura.core.rewound import Trail
from aura.core.said import find_said
from aura.core.todos import Todo
from aura.core.turn import Turn, apply, fold
from tests.core import worlds

SHORTEN = "shorten"
GO_BACK = "go back"
turns = st.tuples(st.sampled_from([SHORTEN, GO_BACK, GO_BACK]), st.integers(0, 1_000))
listed = st.builds(ev.TodosChanged, worlds.todos, st.just("model"))
looked = st.builds(
    lambda call, sha: ev.ToolFinished(call, ToolResult(call.id, "seen"), "ok", seen={"a": sha}),
    worlds.calls,
    st.sampled_from(["1", "2", ""]),
)
kinds = st.sampled_from(
    [worlds.durable, worlds.durable, listed, looked, turns]
)  # each as often as it stands here
moves = st.lists(kinds.flatmap(lambda kind: kind), min_size=10, max_size=30)


def conversation(turn: Turn) -> object:
    """What a rewind brings back."""
    over = {at: "over" if life in ("step", "turn") else life for at, life in turn.lifetimes.items()}
    counted = turn.counters.context_tokens, turn.counters.context_upto
    return tuple(turn.messages), turn.todos, turn.view, over, turn.rest.seen, turn.goal.title, counted


def write(steps: list[object]) -> list[ev.Event]:
    """A log with rewinds and compactions in it, as sessions write them."""
    log: list[ev.Event] = [ev.SessionStarted("s", "/w", "0")]
    for step in steps:
        if not isinstance(step, tuple):
            log.append(step)  # type: ignore[arg-type]
            continue
        now = fold(log)
        if step[0] == SHORTEN:
            kept = now.view.start + step[1] % (len(now.messages) - now.view.start + 1)
            log.append(ev.Compacted("so far", "", kept, 10, 5, "test"))
        else:
            to = 1 + step[1] % len(log)
            log.append(make_rewound(now, fold(log[:to]), (to, len(log) + 1), "human"))
    return log


@settings(max_examples=150)
@given(moves)
def test_a_rewound_log_is_its_prefix_in_conversation(steps: list[object]) -> None:
    log = write(steps)
    turn = Turn()
    for place, event in enumerate(log):
        before, turn = turn, apply(turn, event)
        if isinstance(event, ev.Rewound):
            assert conversation(turn) == conversation(fold(log[: event.to]))
            assert turn.spend == before.spend
            assert (turn.ledger, turn.limits, turn.switches) == (
                before.ledger,
                before.limits,
                before.switches,
            )
            assert turn.counters.tool_calls == before.counters.tool_calls
            assert turn.number == before.number
            assert turn.stop is not None
            assert not turn.rest.pending.calls
            assert turn == fold(log[: place + 1])
    assert turn == fold(log)
    asked = repair(turn.messages[turn.view.start :])
    assert repair(asked) == asked


def find_live(rewinds: list[tuple[int, int]], last: int) -> set[int]:
    """The places that the conversation is made of, worked out backwards from the end."""
    live: set[int] = set()
    while last > 0:
        seq, to = max((one for one in rewinds if one[0] <= last), default=(1, 0))
        live |= set(range(seq, last + 1))
        last = to
    return live


@settings(max_examples=150)
@given(moves)
def test_what_is_live_of_a_log_is_what_the_conversation_was_made_of(steps: list[object]) -> None:
    log = write(steps)
    trail = fold(log).rest.trail
    live = {place for place in range(1, len(log) + 1) if trail.holds(place)}
    rewinds = [(place, event.to) for place, event in enumerate(log, 1) if isinstance(event, ev.Rewound)]
    assert live == find_live(rewinds, len(log))
    said = [find_said(event) for place, event in enumerate(log, 1) if place in live]
    messages = fold(log).messages
    told = [message for message in said if message is not None]
    assert [one.role for one in told] == [one.role for one in messages]
    assert [one.text for one in told if one.origin == "human"] == [
        one.text for one in messages if one.origin == "human"
    ]


def test_there_and_back_again() -> None:
    log: list[ev.Event] = [ev.SessionStarted("s", "/w", "0")]
    for number, words in enumerate(("first", "second"), 1):
        reply = Completion(Message("assistant", (Text(f"{words} done"),), MODEL), Usage(100, 10), cost=0.5)
        log += [
            ev.TurnStarted(number, user(words)),
            ev.StepStarted(1, "m"),
            ev.ModelReplied(reply),
            ev.TodosChanged((Todo(words, words, "pending"),), "model"),
            ev.TurnStopped(StopReason.END_TURN),
        ]
    whole = fold(log)
    log.append(make_rewound(whole, fold(log[:6]), (6, 12), "human"))
    back = fold(log)
    assert log[-1].messages == ()  # type: ignore[union-attr]
    assert [one.text for one in back.messages] == ["first", "first done"]
    assert [one.id for one in back.todos] == ["first"]
    assert back.spend.cost == 1.0
    assert back.spend.turns == 2
    assert back.rest.trail == Trail(((1, 6),), 12)
    log.append(make_rewound(back, fold(log[:11]), (11, 13), "human"))
    again = fold(log)
    assert conversation(again) == conversation(whole)
    assert again.rest.trail == Trail(((1, 11),), 13)
    assert again.rest.trail.find_stretch(12) == (1, 11)


def test_a_call_without_its_answer_is_a_request_all_the_same() -> None:
    call = ToolCall("c", "Bash", {"command": "ls"})
    log: list[ev.Event] = [
        ev.SessionStarted("s", "/w", "0"),
        ev.TurnStarted(1, user("go")),
        ev.ModelReplied(Completion(Message("assistant", (call,), MODEL), Usage())),
        ev.ToolStarted(call),
        ev.TurnStopped(StopReason.CANCELLED),
    ]
    turn = fold(
        [*log, make_rewound(fold(log), fold(log[:3]), (3, 6), "human"), ev.TurnStarted(2, user("more"))]
    )
    assert [one.role for one in repair(tuple(turn.messages))] == ["user", "assistant", "tool", "user"]


def test_a_history_that_is_cut_leaves_the_longer_one_alone() -> None:
    whole = History().append(user("a")).append(user("b"))
    short = whole.cut(1).append(user("c"))
    assert [one.text for one in whole] == ["a", "b"]
    assert [one.text for one in short] == ["a", "c"]
    assert whole.cut(9) == whole
    assert len(whole.cut(-1)) == 0
