"""The conversation read from events is the one that is folded from them."""

from hypothesis import given

from aura.core import events as ev
from aura.core.said import SAID, find_said
from aura.core.turn import fold
from tests.core import worlds


@given(worlds.histories)
def test_it_is_the_conversation_of_the_turn(events: list[ev.Event]) -> None:
    said = [message for message in map(find_said, events) if message is not None]
    messages = fold(event for event in events if not isinstance(event, ev.Compacted)).messages
    assert said == list(messages)
    assert all(event.type in SAID for event in events if find_said(event) is not None)


@given(worlds.histories)
def test_a_summary_moves_no_message(events: list[ev.Event]) -> None:
    said = [message for message in map(find_said, events) if message is not None]
    messages = fold(events).messages
    assert len(said) == len(messages)
    for message, whole in zip(messages, said, strict=True):
        assert message == whole or not message.parts or message.text == whole.text
