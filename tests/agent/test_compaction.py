"""Making room: where to cut, what survives word for word, and that it never blocks the work."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.agent.compaction import Compactor, is_due, pin, plan, render_transcript, summarise_plainly
from aura.agent.context import (
    CHARS_PER_TOKEN,
    DENSEST,
    Conversation,
    estimate_context,
    estimate_message,
    find_density,
)
from aura.core import events as ev
from aura.core.errors import ModelError, ModelErrorKind
from aura.core.evidence import CommandRun, FileChange
from aura.core.limits import Limits, Spend
from aura.core.messages import HUMAN, MODEL, Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion, Usage
from aura.core.recorder import Recorder
from aura.core.todos import Todo
from aura.core.tools import Question
from aura.core.turn import Turn, fold
from aura.testing import FakeModel, reply
from tests.core import worlds


def step(number: int, *sizes: int, words: str = "so", tokens: int = 0) -> list[ev.Event]:
    """A reply with a call for each size, answered by that many characters."""
    calls = [ToolCall(f"c{number}-{place}", "Read", {"path": f"{number}"}) for place in range(len(sizes))]
    message = Message("assistant", (Text(words), *calls), MODEL)
    results = [
        ev.ToolFinished(call, ToolResult(call.id, "x" * size), "ok")
        for call, size in zip(calls, sizes, strict=True)
    ]
    return [ev.StepStarted(number, "m"), ev.ModelReplied(Completion(message, Usage(input=tokens))), *results]


conversations = st.lists(
    st.one_of(
        st.builds(lambda text: [ev.Steered(user(text))], st.text(st.characters(codec="ascii"), max_size=900)),
        st.builds(lambda sizes: step(0, *sizes), st.lists(st.integers(0, 4000), max_size=3)),
    ),
    min_size=1,
    max_size=14,
).map(
    lambda parts: fold(
        [ev.TurnStarted(1, user("Please fix it.")), *[event for part in parts for event in part]]
    )
)
windows = st.sampled_from([1_000, 4_000, 8_000, 32_000])


def compact(turn: Turn, window: int, summary: str = "They looked around.") -> Turn | None:
    made = plan(turn, window)
    if made is None:
        return None
    return fold([ev.Compacted(summary, made.pinned, made.kept_from, made.tokens_before, 1, "due")], turn)


@given(conversations, windows)
def test_a_call_is_never_split_from_its_results(turn: Turn, window: int) -> None:
    made = plan(turn, window)
    if made is None:
        return
    kept = turn.messages[made.kept_from :]
    asked = {call.id for message in made.dropped for call in message.tool_calls}
    assert not kept or kept[0].role != "tool"
    assert {m.results[0].call_id for m in made.dropped if m.role == "tool"} == asked
    assert sum(len(m.tool_calls) for m in kept) == sum(len(m.results) for m in kept)


@given(conversations, windows)
def test_it_makes_progress_or_says_that_it_cannot(turn: Turn, window: int) -> None:
    made = plan(turn, window)
    if made is not None:
        assert made.kept_from > turn.view.start
        assert made.dropped == turn.messages[turn.view.start : made.kept_from]
        assert made.dropped
    else:
        kept = sum(estimate_message(message) for message in turn.messages)
        assert kept <= window * 0.5 or not any(m.results for m in turn.messages)


@given(conversations, windows)
def test_it_comes_to_an_end(turn: Turn, window: int) -> None:
    """Each time there is less to drop, until nothing is."""
    for _ in range(len(turn.messages) + 1):
        after = compact(turn, window)
        if after is None:
            return
        assert after.view.start > turn.view.start
        turn = after
    pytest.fail("there is always more to drop")


@given(conversations, windows)
def test_the_words_of_people_survive(turn: Turn, window: int) -> None:
    """All of them while they fit; the first ones in any case."""
    after = compact(turn, window)
    if after is None:
        return
    shown = "\n".join(message.text for message in Conversation().select(after))
    spoken = [message.text for message in turn.messages if message.origin == HUMAN and message.text.strip()]
    assert "Please fix it." in shown
    room = max(2_000, int(window * 0.2 * CHARS_PER_TOKEN))
    if sum(map(len, spoken)) <= room:
        assert all(text in shown for text in spoken)


@given(worlds.histories, windows)
def test_any_state_has_a_plan_or_none(events: list[ev.Event], window: int) -> None:
    turn = fold(events)
    made = plan(turn, window)
    assert made is None or made.pinned


@given(st.lists(st.text(st.sampled_from("ab\n"), max_size=1500), max_size=40), st.integers(0, 3000))
def test_what_is_pinned_has_a_bound(texts: list[str], tokens: int) -> None:
    turn = fold([ev.TurnStarted(1, user("first"))] + [ev.Steered(user(text)) for text in texts])
    pinned = pin(turn, len(turn.messages), tokens)
    room = max(2_000, int(tokens * CHARS_PER_TOKEN))
    assert "first" in pinned
    assert len(pinned) <= room + 110 * (len(texts) + 1) + 300
    if sum(len(text) for text in [*texts, "first"]) <= room:
        assert all(text in pinned for text in texts)


def test_long_words_are_cut_in_the_middle_and_it_is_said() -> None:
    text = "BEGIN" + "x" * 20_000 + "END"
    turn = fold([ev.TurnStarted(1, user(text)), ev.Steered(user("keep this"))])
    pinned = pin(turn, 2, 1_000)
    assert "BEGIN" in pinned
    assert "END" in pinned
    assert "characters left out" in pinned
    assert "keep this" in pinned


def test_of_very_many_words_the_first_and_the_newest_stay() -> None:
    many = [ev.Steered(user(f"word {number} {'y' * 300}")) for number in range(60)]
    turn = fold([ev.TurnStarted(1, user("the goal")), *many])
    pinned = pin(turn, len(turn.messages), 1_000)
    assert "the goal" in pinned
    assert "word 59" in pinned
    assert "word 20 " not in pinned
    assert "messages left out" in pinned


def test_limits_checks_todos_and_questions_are_pinned() -> None:
    turn = fold(
        [
            ev.LimitsSet(Limits(steps=20, cost=2.5)),
            ev.ChecksSet(("pytest -q",)),
            ev.TodosChanged((Todo("1", "write it", "in_progress", "half done"),), "model"),
            ev.TurnStarted(1, user("go")),
            ev.QuestionAsked("q1", Question("Which database?")),
        ]
    )
    pinned = pin(turn, 1, 1_000)
    for words in (
        "cost in USD 2.5",
        "step 0 of 20",
        "pytest -q",
        "[>] 1: write it (half done)",
        "Which database?",
    ):
        assert words in pinned


def test_the_newest_results_stay_even_if_they_are_large() -> None:
    turn = fold([ev.TurnStarted(1, user("go")), *step(1, 100), *step(2, 5_000, 5_000)])
    made = plan(turn, 8_000)
    assert made is not None
    assert turn.messages[made.kept_from].tool_calls
    assert len(turn.messages) - made.kept_from == 3


def test_results_that_fill_the_window_alone_go() -> None:
    turn = fold([ev.TurnStarted(1, user("go")), *step(1, 20_000, 20_000)])
    made = plan(turn, 8_000)
    assert made is not None
    assert made.kept_from == len(turn.messages)


def test_text_that_is_dense_is_cut_more() -> None:
    """A provider that counts a token for each character leaves less room than the lengths say."""
    steps = [event for number in range(1, 11) for event in step(number, 2_000)]

    def cut(counted: int) -> int:
        turn = fold([ev.TurnStarted(1, user("go")), *steps, *step(11, 0, tokens=counted)])
        made = plan(turn, 16_000)
        assert made is not None
        return made.kept_from

    assert cut(counted=5_000) < cut(counted=15_000) < 1 + 2 * 11


@given(worlds.histories)
def test_density_has_bounds(events: list[ev.Event]) -> None:
    assert 1.0 <= find_density(fold(events)) <= DENSEST


def test_the_estimate_starts_from_what_the_provider_counted() -> None:
    turn = fold([ev.TurnStarted(1, user("go")), *step(1, 3_600, tokens=500)])
    assert 1_500 <= estimate_context(turn) <= 1_520
    after = fold([ev.Compacted("s", "p", len(turn.messages), 1_500, 90, "due")], turn)
    assert estimate_context(after) == 90
    assert estimate_context(fold([ev.Steered(user("x" * 36))], after)) == 90 + 14


def test_when_it_is_due() -> None:
    turn = fold([ev.TurnStarted(1, user("go")), *step(1, tokens=800)])
    assert is_due(turn, 1_000, 0.8)
    assert not is_due(turn, 1_100, 0.8)
    assert not is_due(turn, 0, 0.8)


class Written:
    """A recorder whose events can be read."""

    def __init__(self, turn: Turn) -> None:
        self.events: list[ev.Event] = []
        self.record = Recorder(turn, self.events.append)


def long_turn(size: int = 2_000) -> Turn:
    return fold([ev.TurnStarted(1, user("go")), *[event for n in range(1, 9) for event in step(n, size)]])


async def test_the_summary_and_its_cost_are_recorded() -> None:
    written = Written(long_turn())
    model = FakeModel(reply("Found the cause.", usage=Usage(input=70, output=9), cost=0.5))
    assert await Compactor(written.record, lambda: model).compact(4_000, "due", "mind the names")
    (event,) = written.events
    assert isinstance(event, ev.Compacted)
    assert event.summary == "Summary of what happened before:\nFound the cause."
    assert event.spend == Spend(input=70, output=9, cost=0.5)
    assert event.tokens_after < event.tokens_before
    assert model.requests[0].system.endswith("mind the names")
    assert not model.requests[0].tools
    assert "call Read" in model.requests[0].messages[0].text


@pytest.mark.parametrize("failure", [ModelError(ModelErrorKind.NETWORK, "No network."), " "])
async def test_without_a_model_the_records_speak(failure: ModelError | str) -> None:
    written = Written(long_turn())
    assert await Compactor(written.record, lambda: FakeModel(failure)).compact(4_000, "due")
    event = written.events[-1]
    assert isinstance(event, ev.Compacted)
    assert "made by aura from its records" in event.summary


async def test_an_earlier_note_is_handed_on() -> None:
    written = Written(long_turn())
    model = FakeModel("The first note.", "The second note.")
    compactor = Compactor(written.record, lambda: model)
    assert await compactor.compact(4_000, "due")
    for event in [event for n in range(20, 26) for event in step(n, 3_000)]:
        written.record(event)
    assert await compactor.compact(4_000, "due")
    assert "The first note." in model.requests[1].messages[0].text


async def test_what_does_not_help_is_not_done_at_every_step() -> None:
    """What people said and the notes fill the window: after two vain tries a lot has to be added first."""
    written = Written(fold([ev.TurnStarted(1, user("word " * 4_000)), *step(1, 1_900), *step(2, 1_900)]))
    model = FakeModel("x" * 90_000, repeat=True)
    compactor = Compactor(written.record, lambda: model)
    done = []
    for number in range(10, 22):
        done.append(await compactor.compact(1_000, "due"))
        for event in step(number, 1_900):
            written.record(event)
    assert done[:2] == [True, True]
    assert not any(one and other for one, other in pairwise(done[2:]))
    assert any(done[2:])


def test_the_records_name_files_commands_and_last_words() -> None:
    edited = ev.ToolFinished(
        ToolCall("e", "Edit"), ToolResult("e", ""), "ok", changes=(FileChange("a.py", "modified", after="1"),)
    )
    ran = ev.ToolFinished(
        ToolCall("b", "Bash"), ToolResult("b", ""), "error", command=CommandRun("pytest -q", 1)
    )
    turn = fold([ev.TurnStarted(1, user("go")), *step(1, 10, words="I will look."), edited, ran])
    said = summarise_plainly(turn, turn.messages)
    for words in ("a.py", "Ran `pytest -q` → exit 1", "You said: I will look.", "1 tool calls"):
        assert words in said


@settings(max_examples=50)
@given(conversations, st.integers(100, 5_000))
def test_a_transcript_fits_and_keeps_the_newest(turn: Turn, room: int) -> None:
    text = render_transcript(turn.messages, room)
    assert len(text) <= room + 2 * len(turn.messages) + 60
    last = turn.messages[-1]
    said = last.text or "".join(result.content for result in last.results)
    assert said[: min(room, 700) // 2] in text
