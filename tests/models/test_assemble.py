"""Pieces → one message, however the stream was cut; no call of a broken stream is ever handed over."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.errors import ModelError, ModelErrorKind
from aura.core.messages import Text, Thinking, ToolCall
from aura.core.models import Completion, Finish, TextDelta, ThinkingDelta, ToolCallDelta, Usage
from aura.models.assemble import (
    CUT_AT_LIMIT,
    Assembly,
    CallPiece,
    FinishReport,
    Piece,
    ThinkingSeal,
    UsageReport,
    mend,
)

END = FinishReport()


def assemble(*pieces: Piece, finish: Finish = Finish.STOP) -> Completion:
    count = itertools.count(1)
    assembly = Assembly(lambda: f"new{next(count)}")
    for piece in (*pieces, FinishReport(finish)):
        assembly.add(piece)
    return assembly.finish("m")


def calls_of(*pieces: Piece, finish: Finish = Finish.STOP) -> list[tuple[str, str, Any]]:
    done = assemble(*pieces, finish=finish).message.tool_calls
    assert not [call for call in done if call.problem]
    return [(call.id, call.name, call.arguments) for call in done]


def problems_of(*pieces: Piece, finish: Finish = Finish.STOP) -> list[str]:
    return [call.problem for call in assemble(*pieces, finish=finish).message.tool_calls]


# --- text and thinking --------------------------------------------------------------------------------------


def test_text_and_thinking_keep_their_order() -> None:
    done = assemble(
        ThinkingDelta("a"),
        ThinkingDelta("b"),
        ThinkingSeal({"signature": "S"}),
        ThinkingDelta("c"),
        TextDelta("x"),
        TextDelta("y"),
        ThinkingDelta("d"),
        TextDelta("z"),
    )
    assert done.message.parts == (
        Thinking("ab", {"signature": "S", "model": "m"}),
        Thinking("c"),
        Text("xy"),
        Thinking("d"),
        Text("z"),
    )
    assert done.finish is Finish.STOP


def test_a_seal_without_text_is_a_part_of_its_own() -> None:
    parts = assemble(ThinkingSeal({"redacted": "R"}), ThinkingDelta("b")).message.parts
    assert parts == (Thinking("", {"redacted": "R", "model": "m"}), Thinking("b"))


def test_empty_pieces_leave_nothing_behind() -> None:
    assert assemble(TextDelta(""), ThinkingDelta("")).message.parts == ()


def test_halves_of_a_character_become_one() -> None:
    assert assemble(TextDelta("a\ud83d"), TextDelta("\ude42b")).message.text == "a🙂b"
    assert mend("x\ud83dy") == "x\ufffdy"
    assert mend("plain ü 🙂") == "plain ü 🙂"


def test_deltas_are_what_is_shown() -> None:
    assembly = Assembly()
    assert assembly.add(TextDelta("a")) == TextDelta("a")
    assert assembly.add(TextDelta("")) is None
    assert assembly.add(ThinkingSeal({})) is None
    assert assembly.add(CallPiece(0, "i", "f", "{")) == ToolCallDelta(0, "f", "{")
    assert assembly.add(CallPiece(1, "j", "g", "")) == ToolCallDelta(1, "g", "")
    assert assembly.add(CallPiece(0, "", "", "}")) == ToolCallDelta(0, "f", "}")


def test_usage_is_the_last_report() -> None:
    done = assemble(UsageReport(Usage(1, 1)), UsageReport(Usage(10, 2)))
    assert done.usage == Usage(10, 2)


# --- which piece belongs to which call ----------------------------------------------------------------------


def test_parallel_calls_by_index() -> None:
    assert calls_of(
        CallPiece(0, "a", "f", ""),
        CallPiece(1, "b", "g", '{"x"'),
        CallPiece(0, "", "", '{"y":'),
        CallPiece(1, "", "", ": 1}"),
        CallPiece(0, "", "", "2}"),
    ) == [("a", "f", {"y": 2}), ("b", "g", {"x": 1})]


def test_two_calls_on_one_index_are_told_apart_by_id() -> None:
    assert calls_of(
        CallPiece(0, "a", "f", '{"p":'),
        CallPiece(0, "a", "", "1}"),
        CallPiece(0, "b", "f", '{"p":'),
        CallPiece(0, "b", "", "2}"),
    ) == [("a", "f", {"p": 1}), ("b", "f", {"p": 2})]


def test_two_whole_calls_on_one_index_with_one_name() -> None:
    assert calls_of(CallPiece(0, "a", "f", "{}"), CallPiece(0, "b", "f", "{}")) == [
        ("a", "f", {}),
        ("b", "f", {}),
    ]


def test_a_name_repeated_with_every_piece_is_one_name() -> None:
    assert calls_of(
        CallPiece(0, "a", "f", '{"p"'), CallPiece(0, "a", "f", ": 1"), CallPiece(0, "a", "f", "}")
    ) == [("a", "f", {"p": 1})]


def test_a_name_in_fragments_is_joined() -> None:
    assert calls_of(
        CallPiece(0, "a", "web_", ""), CallPiece(0, "a", "fetch", ""), CallPiece(0, "", "", "{}")
    ) == [("a", "web_fetch", {})]


def test_a_growing_name_is_replaced() -> None:
    assert calls_of(CallPiece(0, "a", "web", ""), CallPiece(0, "a", "web_fetch", "{}")) == [
        ("a", "web_fetch", {})
    ]


def test_an_id_made_up_anew_for_every_piece_does_not_begin_a_call() -> None:
    assert calls_of(
        CallPiece(0, "id1", "f", ""), CallPiece(0, "id2", "", '{"p":'), CallPiece(0, "id3", "", "1}")
    ) == [("id1", "f", {"p": 1})]


def test_calls_without_an_index() -> None:
    assert calls_of(
        CallPiece(None, "a", "f", '{"p":'),
        CallPiece(None, "", "", "1}"),
        CallPiece(None, "b", "g", "{}"),
        CallPiece(None, "a", "", ""),
    ) == [("a", "f", {"p": 1}), ("b", "g", {})]


def test_whole_calls_with_neither_index_nor_id() -> None:
    done = calls_of(CallPiece(None, "", "f", '{"p": 1}'), CallPiece(None, "", "f", '{"p": 2}'))
    assert done == [("new1", "f", {"p": 1}), ("new2", "f", {"p": 2})]


def test_whole_calls_on_one_index_without_ids() -> None:
    pieces = (
        CallPiece(0, "", "read", '{"p": 1}'),
        CallPiece(0, "", "list", ""),
        CallPiece(0, "", "stop", "{}"),
    )
    assert calls_of(*pieces) == [("new1", "read", {"p": 1}), ("new2", "list", {}), ("new3", "stop", {})]


def test_missing_and_duplicate_ids_are_made_unique() -> None:
    done = calls_of(CallPiece(0, "", "f", "{}"), CallPiece(1, "x", "g", "{}"), CallPiece(2, "x", "h", "{}"))
    assert [call[0] for call in done] == ["new1", "x", "new2"]


def test_one_id_and_index_for_two_different_whole_calls() -> None:
    done = calls_of(CallPiece(0, "f", "f", '{"p": 1}'), CallPiece(0, "f", "f", '{"p": 2}'))
    assert done == [("f", "f", {"p": 1}), ("new1", "f", {"p": 2})]


def test_a_call_sent_again_whole_is_not_run_twice() -> None:
    assert calls_of(CallPiece(0, "a", "f", '{"p": 1}'), CallPiece(0, "a", "f", '{"p": 1}')) == [
        ("a", "f", {"p": 1})
    ]


def test_whole_arguments_replace_pieces() -> None:
    assert calls_of(CallPiece(0, "a", "f", '{"p":'), CallPiece(0, "", "", '{"p": 1}', whole=True)) == [
        ("a", "f", {"p": 1})
    ]
    assert calls_of(CallPiece(0, "a", "f", ""), CallPiece(0, "a", "f", '{"p": 1}', whole=True)) == [
        ("a", "f", {"p": 1})
    ]


def test_an_empty_object_to_begin_with_is_replaced() -> None:
    assert calls_of(CallPiece(0, "a", "f", "{}"), CallPiece(0, "", "", '{"p": 1}')) == [("a", "f", {"p": 1})]


def test_opaque_values_of_a_call_are_kept() -> None:
    call = assemble(CallPiece(0, "a", "f", "{}", opaque={"format": "gemini", "thought_signature": "S"}))
    assert call.message.tool_calls[0].opaque == {"format": "gemini", "thought_signature": "S"}


# --- arguments ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", ["", "  ", "{}", "null"])
def test_no_arguments(raw: str) -> None:
    assert calls_of(CallPiece(0, "a", "f", raw)) == [("a", "f", {})]


def test_arguments_encoded_twice_and_raw_line_breaks_are_read() -> None:
    assert calls_of(CallPiece(0, "a", "f", json.dumps('{"p": 1}'))) == [("a", "f", {"p": 1})]
    assert calls_of(CallPiece(0, "a", "f", '{"p": "x\ny"}')) == [("a", "f", {"p": "x\ny"})]


@pytest.mark.parametrize(
    "raw", ['{"p": 1', "[1]", "3", '"text"', "{'p': 1}", '{"p": NaN}', '{"a": 1}{"b": 2}']
)
def test_arguments_that_cannot_be_used_say_why_and_are_kept(raw: str) -> None:
    (call,) = assemble(CallPiece(0, "a", "f", raw)).message.tool_calls
    assert call.problem
    assert call.raw == raw
    assert call.arguments == {}


def test_a_call_without_a_name_is_a_problem() -> None:
    assert problems_of(CallPiece(0, "a", "", "{}")) == ["the call names no tool"]


def test_the_output_limit_inside_a_call() -> None:
    pieces = (CallPiece(0, "a", "f", '{"p": 1}'), CallPiece(1, "b", "g", '{"text": "abc'))
    done = assemble(*pieces, finish=Finish.LENGTH)
    assert [call.problem for call in done.message.tool_calls] == ["", CUT_AT_LIMIT]
    assert done.message.tool_calls[1].raw == '{"text": "abc'
    assert done.finish is Finish.LENGTH


def test_the_output_limit_before_the_arguments() -> None:
    assert problems_of(CallPiece(0, "a", "f", ""), finish=Finish.LENGTH) == [CUT_AT_LIMIT]


def test_the_content_filter_inside_a_call() -> None:
    (problem,) = problems_of(CallPiece(0, "a", "f", '{"p'), finish=Finish.CONTENT_FILTER)
    assert "content filter" in problem


def test_lone_surrogates_in_arguments_can_be_written_down() -> None:
    (call,) = assemble(CallPiece(0, "a", "f", '{"p": "\\ud83d\\ude42 \\ud83d"}')).message.tool_calls
    assert call.arguments == {"p": "🙂 \ufffd"}
    json.dumps(call.arguments, ensure_ascii=False).encode()


def test_deeply_nested_arguments_do_no_harm() -> None:
    (problem,) = problems_of(CallPiece(0, "a", "f", '{"a":' * 100_000))
    assert "not valid JSON" in problem


# --- the end ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "with_call", "expected"),
    [
        (Finish.STOP, True, Finish.TOOL_CALLS),
        (Finish.TOOL_CALLS, False, Finish.STOP),
        (Finish.TOOL_CALLS, True, Finish.TOOL_CALLS),
        (Finish.LENGTH, True, Finish.LENGTH),
        (Finish.CONTENT_FILTER, False, Finish.CONTENT_FILTER),
    ],
)
def test_the_finish_fits_the_message(said: Finish, with_call: bool, expected: Finish) -> None:
    pieces: Sequence[Piece] = [CallPiece(0, "a", "f", "{}")] if with_call else [TextDelta("x")]
    assert assemble(*pieces, finish=said).finish is expected


def test_a_stream_without_an_end_is_cut_and_hands_over_no_call() -> None:
    assembly = Assembly()
    for piece in (TextDelta("so "), TextDelta("far"), CallPiece(0, "a", "f", "{}")):
        assembly.add(piece)
    with pytest.raises(ModelError) as caught:
        assembly.finish("m")
    assert caught.value.kind is ModelErrorKind.CUT
    assert caught.value.partial == "so far"
    assert caught.value.retryable


def test_an_end_without_a_reason_counts_only_when_the_calls_are_whole() -> None:
    def finish(arguments: str) -> Completion:
        assembly = Assembly()
        for piece in (TextDelta("x"), CallPiece(0, "a", "f", arguments), FinishReport(sure=False)):
            assembly.add(piece)
        return assembly.finish("m")

    assert finish('{"p": 1}').finish is Finish.TOOL_CALLS
    for arguments in ("", '{"p": 1'):
        with pytest.raises(ModelError):
            finish(arguments)


def test_a_reason_is_not_taken_back_by_an_end_without_one() -> None:
    assembly = Assembly()
    for piece in (TextDelta("x"), FinishReport(Finish.LENGTH), FinishReport(sure=False)):
        assembly.add(piece)
    assert assembly.finish("m").finish is Finish.LENGTH


# --- properties ---------------------------------------------------------------------------------------------

words = st.text(min_size=1, max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
arguments = st.dictionaries(words, values, max_size=3)
parts = st.lists(
    st.one_of(
        words.map(Text),
        words.map(Thinking),
        st.builds(ToolCall, st.just(""), st.sampled_from(["read", "list", "web_fetch"]), arguments),
    ),
    max_size=6,
)


def split(draw: st.DrawFn, text: str) -> list[str]:
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=5)))
    return [text[start:end] for start, end in itertools.pairwise([0, *places, len(text)])]


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Text | Thinking | ToolCall], list[Piece]]:
    """A message, and one of the many ways in which a provider may stream it."""
    message = draw(parts)
    index_style = draw(st.sampled_from(["count", "none", "zero"]))
    repeats_id, repeats_name = draw(st.booleans()), draw(st.booleans())
    pieces: list[Piece] = []
    count = 0
    for part in message:
        match part:
            case Text(text):
                pieces += [TextDelta(piece) for piece in split(draw, text)]
            case Thinking(text):
                pieces += [ThinkingDelta(piece) for piece in split(draw, text)]
                pieces.append(ThinkingSeal({}))
            case ToolCall():
                index = {"count": count, "none": None, "zero": 0}[index_style]
                count += 1
                for place, piece in enumerate(["", *split(draw, json.dumps(part.arguments))]):
                    call_id = f"id{count}" if place == 0 or repeats_id else ""
                    name = part.name if place == 0 or repeats_name else ""
                    pieces.append(CallPiece(index, call_id, name, piece))
    return message, pieces


def merged(message: Sequence[Text | Thinking | ToolCall]) -> list[Any]:
    """What a message looks like once neighbouring texts are one."""
    done: list[Any] = []
    for part in message:
        if isinstance(part, Text) and done and isinstance(done[-1], str):
            done[-1] += part.text
        elif isinstance(part, Text):
            done.append(part.text)
        elif isinstance(part, Thinking):
            done.append(("thought", part.text))
        else:
            done.append((part.name, part.arguments))
    return done


@given(streams())
def test_any_stream_of_a_message_gives_that_message(
    stream: tuple[list[Text | Thinking | ToolCall], list[Piece]],
) -> None:
    message, pieces = stream
    done = assemble(*pieces).message.parts
    found = [
        part.text
        if isinstance(part, Text)
        else ("thought", part.text)
        if isinstance(part, Thinking)
        else (part.name, part.arguments)
        for part in done
        if isinstance(part, (Text, Thinking, ToolCall))
    ]
    assert found == merged(message)
    ids = [part.id for part in done if isinstance(part, ToolCall)]
    assert len(set(ids)) == len(ids)


@given(streams(), st.data())
def test_no_call_leaves_a_stream_that_broke_off(
    stream: tuple[list[Text | Thinking | ToolCall], list[Piece]], data: st.DataObject
) -> None:
    pieces = stream[1]
    assembly = Assembly()
    for piece in pieces[: data.draw(st.integers(0, len(pieces)))]:
        assembly.add(piece)
    with pytest.raises(ModelError) as caught:
        assembly.finish("m")
    assert caught.value.kind is ModelErrorKind.CUT


@given(
    st.lists(
        st.builds(
            CallPiece,
            st.none() | st.integers(0, 2),
            st.sampled_from(["", "a", "b"]),
            st.sampled_from(["", "f", "g"]),
            st.text('{}":1,', max_size=6),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_whatever_arrives_every_call_has_its_own_id_and_usable_arguments_or_a_problem(
    pieces: list[CallPiece],
) -> None:
    done = assemble(*pieces).message.tool_calls
    assert len({call.id for call in done}) == len(done)
    for call in done:
        assert call.id
        assert call.problem or (isinstance(call.arguments, dict) and call.name)
