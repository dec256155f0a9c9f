"""History: a value that shares storage and never lets two owners see each other's messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.messages import HUMAN, MODEL, History, Image, Message, Text, Thinking, ToolCall, is_empty, user
from tests.core import worlds


@given(st.lists(st.tuples(st.integers(0, 20), st.text(max_size=3)), max_size=40))
def test_extending_any_value_leaves_all_others_as_they_were(appends: list[tuple[int, str]]) -> None:
    values: list[tuple[History, list[str]]] = [(History(), [])]
    for which, text in appends:
        history, texts = values[which % len(values)]
        values.append((history.append(user(text)), [*texts, text]))
    for history, texts in values:
        assert [message.text for message in history] == texts
        assert len(history) == len(texts)
        assert [message.text for message in reversed(history)] == texts[::-1]


@given(st.lists(st.text(max_size=2), max_size=8), st.slices(8), st.integers(-9, 9))
def test_it_is_read_like_a_tuple(texts: list[str], part: slice, place: int) -> None:
    longer = History([user(text) for text in texts])
    history = longer
    longer.append(user("not mine"))
    plain = tuple(user(text) for text in texts)
    assert history[part] == plain[part]
    assert (history == History(plain), hash(history)) == (True, hash(History(plain)))
    if -len(texts) <= place < len(texts):
        assert history[place] == plain[place]
    else:
        with pytest.raises(IndexError):
            history[place]


def test_extending_an_old_value_twice() -> None:
    old = History([user("a")])
    one, two = old.append(user("b")), old.append(user("c"))
    assert [message.text for message in one.append(user("d"))] == ["a", "b", "d"]
    assert [message.text for message in two] == ["a", "c"]
    assert [message.text for message in old] == ["a"]


def test_appending_to_the_newest_copies_nothing() -> None:
    history = History()
    storage = history.append(user("a"))._items
    for _ in range(3):
        history = history.append(user("b"))
    assert history._items is history.append(user("c"))._items
    assert storage is not None


@pytest.mark.parametrize(
    ("parts", "empty"),
    [
        ((), True),
        ((Text(" \n"),), True),
        ((Thinking("hm"),), True),
        ((Text("a"),), False),
        ((ToolCall("1", "Read"),), False),
    ],
)
def test_thinking_alone_is_no_answer(parts: tuple[Text | Thinking | ToolCall, ...], empty: bool) -> None:
    assert is_empty(Message("assistant", parts, MODEL)) is empty


@given(worlds.messages, st.lists(st.tuples(st.integers(0, 16), worlds.messages), max_size=4))
def test_an_outline_keeps_places_the_words_of_people_and_what_is_new(
    first: list[Message], rest: list[tuple[int, list[Message]]]
) -> None:
    history, plain, outlined = History(first), list(first), 0
    for upto, more in rest:
        replies = [at for at, message in enumerate(plain) if message.role == "assistant"]
        outlined = max(outlined, min(upto, replies[-1] if replies else 0))
        before, history = history, history.outline(upto)
        kept = tuple(before)
        for message in more:
            history = history.append(message)
        assert tuple(before) == kept
        plain += more
    assert [(one.role, one.origin) for one in history] == [(one.role, one.origin) for one in plain]
    assert history[outlined:] == tuple(plain[outlined:])
    for one, whole in zip(history[:outlined], plain, strict=False):
        assert one.text == (whole.text if whole.origin == HUMAN else "")
        assert not (one.tool_calls or one.results)


def test_an_outline_lets_go_of_old_pictures() -> None:
    picture = Image("image/png", "AAAA")
    history = History([user("look", images=(picture,)), Message("assistant", (Text("a"),), MODEL)])
    assert history.outline(1)[0] == user("look")
    assert history.outline(0) is history
