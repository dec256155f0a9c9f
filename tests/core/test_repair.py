"""Any run of messages becomes a request that every provider accepts, and nothing a person said is lost."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from aura.core.messages import MODEL, Message, Text, ToolCall, ToolResult, tool_message, user
from aura.core.repair import UNKNOWN, find_unanswered, repair
from tests.core import worlds


def assert_valid(messages: tuple[Message, ...]) -> None:
    """Each call is answered once, right behind its message, in order; ids are unique; nothing is empty."""
    ids: Counter[str] = Counter()
    position = 0
    while position < len(messages):
        message = messages[position]
        position += 1
        assert message.parts
        assert message.role != "tool"
        if message.role == "user":
            continue
        calls = [call.id for call in message.tool_calls]
        ids.update(calls)
        answers = messages[position : position + len(calls)]
        assert [answer.role for answer in answers] == ["tool"] * len(calls)
        assert [answer.results[0].call_id for answer in answers] == calls
        assert all(len(answer.results) == 1 for answer in answers)
        position += len(calls)
    assert all(count == 1 for count in ids.values())
    assert "" not in ids


@given(worlds.messages)
def test_everything_becomes_valid(messages: list[Message]) -> None:
    assert_valid(repair(messages))


@given(worlds.messages)
def test_repairing_twice_is_repairing_once(messages: list[Message]) -> None:
    once = repair(messages)
    assert repair(once) == once


@given(worlds.messages)
def test_what_was_said_is_kept_in_order(messages: list[Message]) -> None:
    def said(role: str, of: tuple[Message, ...] | list[Message]) -> list[str]:
        return [message.text for message in of if message.role == role and message.text.strip()]

    repaired = repair(messages)
    assert said("user", repaired) == said("user", messages)
    assert said("assistant", repaired) == said("assistant", messages)
    assert sum(len(m.tool_calls) for m in repaired) == sum(len(m.tool_calls) for m in messages)


@st.composite
def valid(draw: st.DrawFn) -> list[Message]:
    """A conversation as it is when nothing went wrong."""
    messages = [user("go")]
    for number in range(draw(st.integers(1, 4))):
        calls = [ToolCall(f"c{number}-{place}", "Read") for place in range(draw(st.integers(0, 3)))]
        messages.append(Message("assistant", (Text("so"), *calls), MODEL))
        messages += [tool_message(ToolResult(call.id, f"result of {call.id}")) for call in calls]
        if draw(st.booleans()):
            messages.append(user("mind this"))
    return messages


@given(valid(), st.data())
def test_every_prefix_shuffle_and_repetition_is_repaired(
    messages: list[Message], data: st.DataObject
) -> None:
    assert repair(messages) == tuple(messages)
    prefix = messages[: data.draw(st.integers(0, len(messages)))]
    assert_valid(repair(prefix))
    assert repair(prefix)[: len(prefix)] == tuple(prefix)
    assert_valid(repair(data.draw(st.permutations(messages))))
    doubled = [*messages, *data.draw(st.lists(st.sampled_from(messages), max_size=4))]
    assert_valid(repair(doubled))


def test_a_call_without_an_answer_gets_one_that_says_so() -> None:
    asked = Message("assistant", (ToolCall("1", "Bash"), ToolCall("2", "Read")), MODEL)
    repaired = repair([user("go"), asked, tool_message(ToolResult("2", "text"))])
    assert [(m.results[0].call_id, m.results[0].content) for m in repaired[2:]] == [
        ("1", UNKNOWN),
        ("2", "text"),
    ]
    assert repaired[2].results[0].is_error


def test_words_between_a_call_and_its_result_come_behind_it() -> None:
    asked = Message("assistant", (ToolCall("1", "Bash"),), MODEL)
    repaired = repair([asked, user("stop it"), tool_message(ToolResult("1", "done"))])
    assert [message.role for message in repaired] == ["assistant", "tool", "user"]


def test_one_id_used_twice_keeps_each_result_with_its_call() -> None:
    first = Message("assistant", (ToolCall("1", "Read"),), MODEL)
    both = Message("assistant", (ToolCall("1", "Read"), ToolCall("1", "Grep")), MODEL)
    answers = [tool_message(ToolResult("1", text)) for text in ("a", "b", "c")]
    repaired = repair([first, answers[0], both, *answers[1:]])
    names = [call.id for message in repaired for call in message.tool_calls]
    found = [(m.results[0].call_id, m.results[0].content) for m in repaired if m.role == "tool"]
    assert names == ["1", "1-2", "1-3"]
    assert found == [("1", "a"), ("1-2", "b"), ("1-3", "c")]


def test_blank_messages_are_left_out() -> None:
    assert repair([user(""), user("  \n"), Message("assistant", (Text("\n"),), MODEL)]) == ()


@given(worlds.messages)
def test_the_unanswered_calls_are_those_of_the_newest_reply(messages: list[Message]) -> None:
    replies = [place for place, message in enumerate(messages) if message.role == "assistant"]
    found = find_unanswered(messages)
    newest = messages[replies[-1]].tool_calls if replies else ()
    given_back = (
        {result.call_id for message in messages[replies[-1] :] for result in message.results}
        if replies
        else set()
    )
    assert {call.id for call in found} == {call.id for call in newest} - given_back
