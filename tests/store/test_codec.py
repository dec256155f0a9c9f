"""Events survive JSON exactly; what cannot be read is said and skipped."""

import dataclasses
import importlib
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.core.events import (
    AutoSwitched,
    Event,
    NoticeShown,
    Recorded,
    SessionStarted,
    ToolStarted,
    TurnStarted,
    TurnStopped,
)
from aura.core.limits import StopReason
from aura.core.messages import Message, Text, ToolCall, user
from aura.core.models import TextDelta
from aura.store import codec
from tests.store.samples import EVERY, NUMBERS, TEXTS, events

jsonschema: Any = importlib.import_module("jsonschema")  # it comes with litellm, without types
SCHEMA = jsonschema.Draft202012Validator(codec.schema())


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def parse(line: str) -> dict[str, Any]:
    """As the strictest reader would."""
    assert line.splitlines() == [line]
    line.encode("utf-8")
    fields: dict[str, Any] = json.loads(line, parse_constant=refuse)
    json.dumps(fields, ensure_ascii=False).encode("utf-8")
    return fields


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
@settings(max_examples=40)
@given(data=st.data())
def test_every_event_comes_back_exactly(kind: type, data: st.DataObject) -> None:
    event: Event = data.draw(events(kind))
    text = codec.encode(event)
    parse(text)
    back = codec.decode(event.type, text)
    assert back == event
    assert repr(back) == repr(event), "also 1 and 1.0, tuples and lists, -0.0"


@settings(max_examples=200)
@given(event=st.one_of([events(kind) for kind in EVERY]), seq=st.integers(0), at=st.floats(0, 1e11))
def test_lines_come_back_and_fit_the_schema(event: Event, seq: int, at: float) -> None:
    recorded = Recorded(seq, at, event)
    line = codec.encode_recorded(recorded)
    fields = parse(line)
    assert list(fields)[:4] == ["v", "seq", "at", "type"]
    SCHEMA.validate(fields)
    assert codec.decode_recorded(line) == recorded
    assert codec.decode_recorded(line.encode()) == recorded


def test_the_schema_notices_what_is_wrong() -> None:
    line = parse(codec.encode_recorded(Recorded(1, 1.0, AutoSwitched(on=True, by="model"))))
    for wrong in ({"on": "yes"}, {"type": "auto"}, {"seq": None}, {"v": 2}):
        assert not SCHEMA.is_valid({**line, **wrong}), wrong
    for name in ("v", "seq", "at", "type", "on", "by"):
        assert not SCHEMA.is_valid({key: value for key, value in line.items() if key != name}), name


def test_no_field_of_an_event_hides_one_of_the_line() -> None:
    for kind in EVERY:
        names = {field.name for field in dataclasses.fields(kind)}
        assert "type" in names
        assert not names & {"v", "seq", "at", "escaped"}, kind


@given(value=st.one_of(NUMBERS, TEXTS, st.sampled_from([math.inf, -math.inf, 10**5000, -(10**5000)])))
def test_numbers_that_json_lacks_are_kept(value: object) -> None:
    event = ToolStarted(ToolCall("1", "x", {"a": value, "\ud800": [value, "\\NaN", "\\0x1f"]}))
    back = codec.decode(event.type, codec.encode(event))
    assert isinstance(back, ToolStarted)
    assert back.call.arguments["a"] == value
    assert type(back.call.arguments["a"]) is type(value)
    assert back == event


def test_not_a_number_is_kept() -> None:
    event = ToolStarted(ToolCall("1", "x", {"a": math.nan}))
    text = codec.encode(event)
    parse(text)
    back = codec.decode(event.type, text)
    assert isinstance(back, ToolStarted)
    assert math.isnan(back.call.arguments["a"])


@pytest.mark.parametrize("rare", ["", "\x00", "é\u2028", "\ud83d"], ids=ascii)
def test_ten_million_characters_are_kept(rare: str) -> None:
    event = TurnStarted(1, user((rare + "x" * 9_999) * 1_000))
    text = codec.encode(event)
    parse(text)
    assert codec.decode(event.type, text) == event


class Odd:
    def __str__(self) -> str:
        return "odd"


def test_what_is_no_json_is_kept_as_well_as_can_be() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    deep: Any = "bottom"
    for _ in range(5000):
        deep = [deep]
    arguments = {
        "odd": Odd(),
        "set": {2, 1},
        "tuple": (1, 2),
        "loop": loop,
        "deep": deep,
        "bytes": b"x",
        "key": {(1, 2): 3},
    }
    back = codec.decode("tool_started", codec.encode(ToolStarted(ToolCall("1", "x", arguments))))
    assert isinstance(back, ToolStarted)
    kept = back.call.arguments
    assert (kept["odd"], kept["set"], kept["tuple"]) == ("odd", [1, 2], [1, 2])
    assert kept["bytes"] == "b'x'"
    assert kept["key"] == {"(1, 2)": 3}
    assert kept["loop"] == [1, "(nested too deeply to be kept)"]
    assert "nested too deeply" in repr(kept["deep"])


def test_nesting_that_json_can_hold_is_kept() -> None:
    deep: Any = "bottom"
    for _ in range(300):
        deep = [deep]
    event = ToolStarted(ToolCall("1", "x", {"a": deep}))
    assert codec.decode(event.type, codec.encode(event)) == event


def test_fields_of_a_later_version_are_left_out() -> None:
    later = '{"v":2,"on":true,"by":"model","why":{"x":1}}'
    assert codec.decode("auto_switched", later) == AutoSwitched(on=True, by="model")


def test_fields_of_a_later_version_may_have_defaults() -> None:
    earlier = '{"v":1,"session":"s","workspace":"/w","version":"0"}'
    assert codec.decode("session_started", earlier) == SessionStarted("s", "/w", "0")


def test_whole_numbers_become_what_the_field_holds() -> None:
    back = codec.decode("turn_stopped", '{"v":1,"reason":"done","seconds":3}')
    assert repr(back) == repr(TurnStopped(StopReason.DONE, "", 3.0))


def test_events_can_be_filled_without_their_constructors() -> None:
    for kind in EVERY:
        assert not hasattr(kind, "__post_init__"), kind
        assert hasattr(kind, "__slots__"), kind


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("holodeck_entered", '{"v":9,"deck":1}'),
        ("turn_stopped", '{"v":1,"reason":"enlightened"}'),
        ("turn_stopped", '{"v":1}'),
        ("turn_started", '{"v":1,"number":"one","message":{"role":"user","parts":[],"origin":"human"}}'),
        (
            "turn_started",
            '{"v":1,"number":1,"message":{"role":"user","parts":[{"type":"smell"}],"origin":"x"}}',
        ),
        ("turn_started", '{"v":1,"number":1,"message":null}'),
        ("tool_started", '{"v":1,"call":{"id":"1","name":"x","arguments":[]}}'),
        ("auto_switched", '{"v":1,"on":1,"by":"x"}'),
        ("auto_switched", "[]"),
        ("auto_switched", '{"v":1,"on":tr'),
        ("auto_switched", ""),
        ("auto_switched", "[" * 100_000),
    ],
)
def test_what_cannot_be_read_becomes_a_notice(kind: str, data: str) -> None:
    event = codec.decode(kind, data)
    assert isinstance(event, NoticeShown)
    assert kind in event.text
    assert event.level == "warning"


def test_a_line_that_cannot_be_read_keeps_its_place() -> None:
    recorded = codec.decode_recorded('{"v":9,"seq":12,"at":5.5,"type":"holodeck_entered"}')
    assert (recorded.seq, recorded.at) == (12, 5.5)
    assert isinstance(recorded.event, NoticeShown)
    for line in ("", "nonsense", "[]", '{"seq":"x"}', b"\xff\xfe", "\x00" * 50):
        assert isinstance(codec.decode_recorded(line).event, NoticeShown)


def test_rows_become_lines_without_being_read() -> None:
    event = TurnStopped(StopReason.DONE, "fine")
    assert codec.join_line(7, 1.5, event.type, codec.encode(event)) == codec.encode_recorded(
        Recorded(7, 1.5, event)
    )


def test_a_row_of_another_version_becomes_a_line_of_this_one() -> None:
    line = codec.join_line(7, 1.5, "turn_stopped", '{"v":0,"reason":"done"}')
    assert codec.decode_recorded(line) == Recorded(7, 1.5, TurnStopped(StopReason.DONE))


def test_texts_are_changed_everywhere_and_nowhere_else() -> None:
    message = Message("user", (Text("a key: hunter22\x9b"),), "human")
    line = codec.encode_recorded(Recorded(1, 2.0, TurnStarted(1, message)))
    changed = codec.change_texts(line, lambda text: text.replace("hunter22", "[secret]"))
    parse(changed)
    back = codec.decode_recorded(changed)
    assert back == Recorded(1, 2.0, TurnStarted(1, user("a key: [secret]\x9b")))


def test_the_form_is_the_documented_one() -> None:
    line = codec.encode_recorded(Recorded(0, 1760000000.5, TextDelta("hé\n")))
    assert line == '{"v":1,"seq":0,"at":1760000000.5,"type":"text_delta","text":"hé\\n"}'


@pytest.mark.parametrize("fast", [True, False], ids=["pydantic's parser", "Python's parser"])
def test_both_parsers_read_the_same(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    import pydantic_core

    if not fast:
        monkeypatch.delitem(sys.modules, "pydantic_core")
    else:
        assert sys.modules["pydantic_core"] is pydantic_core
    event = ToolStarted(ToolCall("1", "x", {"a": [1, 1.0, 0.1, 10**30, -0.0, "é\x00", None, True, {}]}))
    assert repr(codec.decode(event.type, codec.encode(event))) == repr(event)
