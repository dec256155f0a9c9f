"""Bytes → reply, in every wire format: whole, in pieces, cut at any byte, damaged, and with errors inside."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.core.errors import ModelError, ModelErrorKind
from aura.core.messages import Message, Text, Thinking, ToolCall
from aura.core.models import (
    Completion,
    Finish,
    ModelInfo,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
    price,
)
from aura.models.endpoint import Endpoint
from aura.models.reply import Reply
from tests.models.wire.formats import (
    ARGUMENTS,
    BY_NAME,
    SECOND,
    TEXT,
    WIRES,
    Wire,
    chat_call,
    chat_chunk,
    chat_events,
    frame,
    sse,
)

SSE = "text/event-stream"
EVERY = [pytest.param(wire, id=wire.name) for wire in WIRES]
TEXTUAL = [pytest.param(wire, id=wire.name) for wire in WIRES if wire.name != "bedrock"]
STREAMED = [pytest.param(wire, id=wire.name) for wire in WIRES if wire.type == SSE]


def play(pieces: Iterable[bytes], type: str = SSE, status: int = 200) -> tuple[list[Any], Completion]:
    """Everything a reply yields for these bytes, and its completion."""
    endpoint = Endpoint(ModelInfo("prov/model"), key_name="PROV_KEY", api_key="secret-key")
    reply = Reply(endpoint, status, {"content-type": type})
    out: list[Any] = []
    for piece in pieces:
        out += reply.feed(piece)
    out += reply.close(input_tokens=7)
    done = out.pop()
    assert isinstance(done, Completion)
    return out, done


def attempt(pieces: Iterable[bytes], type: str) -> Completion | ModelError:
    try:
        return play(pieces, type)[1]
    except ModelError as error:
        return error


def fail(pieces: Iterable[bytes], type: str = SSE, status: int = 200) -> ModelError:
    with pytest.raises(ModelError) as caught:
        play(pieces, type, status)
    return caught.value


def parts_of(message: Message) -> list[Any]:
    """The parts without their ids, which some providers leave to aura."""
    return [
        (part.name, part.arguments, part.problem) if isinstance(part, ToolCall) else part
        for part in message.parts
    ]


def check(wire: Wire, done: Completion) -> None:
    opaque = {**wire.opaque, "model": "prov/model"} if wire.opaque else {}
    assert parts_of(done.message) == [
        Thinking(wire.thought, opaque),
        Text(TEXT),
        ("read", ARGUMENTS, ""),
        ("list", SECOND, ""),
    ]
    assert done.finish is Finish.TOOL_CALLS
    assert done.usage == wire.usage
    ids = [call.id for call in done.message.tool_calls]
    assert all(ids) and len(set(ids)) == 2


# --- whole and in pieces ------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", EVERY)
def test_a_reply_is_read(wire: Wire) -> None:
    out, done = play(wire.events, wire.type)
    check(wire, done)
    assert "".join(one.text for one in out if isinstance(one, TextDelta)) == TEXT
    assert "".join(one.text for one in out if isinstance(one, ThinkingDelta)) == wire.thought
    shown = "".join(one.arguments for one in out if isinstance(one, ToolCallDelta) and one.index == 0)
    assert json.loads(shown) == ARGUMENTS


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000, 1_000_000])
@pytest.mark.parametrize("wire", EVERY)
def test_pieces_of_any_size_make_the_same_reply(wire: Wire, size: int) -> None:
    body = wire.body
    _, done = play((body[at : at + size] for at in range(0, len(body), size)), wire.type)
    check(wire, done)


@settings(max_examples=60)
@given(st.sampled_from(WIRES), st.data())
def test_any_two_cuts_make_the_same_reply(wire: Wire, data: st.DataObject) -> None:
    body = wire.body
    first, second = sorted(data.draw(st.integers(0, len(body))) for _ in range(2))
    _, done = play([body[:first], body[first:second], body[second:]], wire.type)
    check(wire, done)


@pytest.mark.slow
@pytest.mark.parametrize("wire", EVERY)
def test_every_place_to_cut_makes_the_same_reply(wire: Wire) -> None:
    body = wire.body
    for at in range(len(body)):
        _, done = play([body[:at], body[at:]], wire.type)
        check(wire, done)


@pytest.mark.parametrize("ending", [b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 5, 1_000_000])
@pytest.mark.parametrize("wire", STREAMED)
def test_other_line_endings(wire: Wire, size: int, ending: bytes) -> None:
    body = wire.body.replace(b"\n", ending)
    _, done = play((body[at : at + size] for at in range(0, len(body), size)), wire.type)
    check(wire, done)


@pytest.mark.parametrize("wire", TEXTUAL)
def test_a_byte_order_mark_is_stepped_over(wire: Wire) -> None:
    check(wire, play([b"\xef\xbb", b"\xbf", wire.body], wire.type)[1])


@pytest.mark.parametrize("wire", STREAMED)
def test_comments_between_events_lose_nothing(wire: Wire) -> None:
    events = (b": keep-alive\n\n:\n" + event + b": OPENROUTER PROCESSING\n\n" for event in wire.events)
    check(wire, play(events, wire.type)[1])


@pytest.mark.parametrize("wire", STREAMED)
def test_ids_retries_and_missing_blank_lines_do_no_harm(wire: Wire) -> None:
    body = b"retry: 3000\n" + wire.body.replace(b"\n\ndata", b"\ndata").replace(b"data: ", b"id: 7\ndata:")
    check(wire, play([body], wire.type)[1])


@pytest.mark.parametrize("wire", STREAMED)
def test_a_wrong_content_type_does_not_matter(wire: Wire) -> None:
    check(wire, play(wire.events, "text/plain; charset=utf-8")[1])


@pytest.mark.parametrize("wire", TEXTUAL)
def test_a_last_line_without_its_end_counts(wire: Wire) -> None:
    check(wire, play([wire.body.rstrip(b"\n")], wire.type)[1])


@pytest.mark.parametrize("name", ["openai", "openrouter", "groq", "deepseek", "mistral", "cohere"])
def test_a_missing_done_mark_is_fine(name: str) -> None:
    wire = BY_NAME[name]
    check(wire, play(wire.events[:-1])[1])


def test_an_event_over_several_data_lines() -> None:
    lines = json.dumps(chat_chunk({"content": "hi"}, "stop"), indent=1).split("\n")
    _, done = play(["".join(f"data: {line}\n" for line in lines).encode() + b"\n"])
    assert done.message.text == "hi"


def test_broken_utf8_is_replaced_and_does_no_more_harm() -> None:
    body = sse(chat_chunk({"content": "a-b"}, "stop"))[0].replace(b"a-b", b"a\xff\xc3b")
    assert play([body])[1].message.text == "a\ufffd\ufffdb"


# --- cut ----------------------------------------------------------------------------------------------------


def check_cut(wire: Wire, at: int) -> None:
    """A body that ends properly after `at` bytes: the reply is whole, or it is an error that may be repeated."""
    begin = sum(map(len, wire.events[: wire.finished_at]))
    outcome = attempt([wire.body[:at]], wire.type)
    if isinstance(outcome, ModelError):
        assert at < begin + len(wire.events[wire.finished_at]), f"whole at {at}, yet {outcome}"
        assert outcome.kind is ModelErrorKind.CUT, at
        assert TEXT.startswith(outcome.partial)
        assert outcome.sentence.startswith("prov/model failed")
    else:
        assert at > begin, f"made up an end at {at}"
        done = outcome
        calls = done.message.tool_calls
        assert [(call.name, call.arguments) for call in calls] == [("read", ARGUMENTS), ("list", SECOND)]
        assert done.message.text == TEXT


@pytest.mark.parametrize("wire", EVERY)
def test_a_body_that_ends_too_early_is_never_taken_for_whole(wire: Wire) -> None:
    ends = [sum(map(len, wire.events[:count])) for count in range(len(wire.events) + 1)]
    for end in ends:
        for at in (end - 2, end - 1, end, end + 1, end + 9):
            if 0 <= at <= len(wire.body):
                check_cut(wire, at)


@pytest.mark.slow
@pytest.mark.parametrize("wire", EVERY)
def test_every_byte_a_body_can_end_at(wire: Wire) -> None:
    for at in range(len(wire.body) + 1):
        check_cut(wire, at)


def test_a_cut_before_the_token_counts_leaves_an_estimate() -> None:
    wire = BY_NAME["openai"]
    _, done = play(wire.events[:-2])
    assert done.usage.estimated
    assert done.usage.input == 7
    assert done.usage.output > 10
    assert done.cost is None


def test_an_end_mark_alone_does_not_make_half_a_call_whole() -> None:
    events = sse(chat_chunk({"content": "x"}), chat_call(0, "a", "f", ""), ending=b"data: [DONE]\n\n")
    assert fail(events).kind is ModelErrorKind.CUT
    events = sse(chat_chunk({"content": "x"}), ending=b"data: [DONE]\n\n")
    assert play(events)[1].message.text == "x"


# --- what is not a reply ------------------------------------------------------------------------------------


@pytest.mark.parametrize("type", ["text/html", SSE, ""])
def test_a_web_page_is_named_as_one(type: str) -> None:
    page = b"<!DOCTYPE html>\n<html><head><title>Sign in &amp; go</title></head><body>hello</body></html>"
    error = fail([page], type)
    assert error.kind is ModelErrorKind.BAD_REPLY
    assert "web page" in error.sentence and "Sign in & go" in error.sentence and "api_base" in error.sentence


def test_nothing_at_all() -> None:
    assert fail([], "application/json", 204).kind is ModelErrorKind.BAD_REPLY
    assert "empty reply (204" in fail([], "application/json", 204).sentence
    assert fail([]).kind is ModelErrorKind.CUT


@pytest.mark.parametrize(
    "body", [b"ok", b'{"hello": "world"}', b"[1, 2]", b"data: {}\n\n", b"event: x\n\n", b"\xff\xfe"]
)
def test_forms_nobody_knows(body: bytes) -> None:
    assert fail([body], "application/octet-stream").kind in {ModelErrorKind.BAD_REPLY, ModelErrorKind.CUT}


def test_a_damaged_event_is_not_left_out() -> None:
    good, bad = sse(chat_chunk({"content": "a"})), b'data: {"choices": [{"delta": {"content": "b"\n\n'
    error = fail([*good, bad, *sse(chat_chunk({}, "stop"))])
    assert error.kind is ModelErrorKind.BAD_REPLY
    assert error.partial == "a"


def test_a_binary_stream_is_known_by_its_first_byte() -> None:
    check(BY_NAME["bedrock"], play(BY_NAME["bedrock"].events, "")[1])


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"error": {"message": "Invalid API key", "code": "invalid_api_key"}}, ModelErrorKind.AUTH),
        ({"error": {"message": "Insufficient credits", "code": 402}}, ModelErrorKind.QUOTA),
        ({"choices": None, "base_resp": {"status_code": 2013, "status_msg": "context window exceeds limit"}},
         ModelErrorKind.CONTEXT_OVERFLOW),
        ({"code": 1261, "msg": "Prompt exceeds max length", "success": False}, ModelErrorKind.CONTEXT_OVERFLOW),
        ({"code": 17, "msg": "whatever"}, ModelErrorKind.BAD_REPLY),
    ],
)  # fmt: skip
def test_errors_that_come_with_status_200(value: Any, kind: ModelErrorKind) -> None:
    for indent in (None, 2):
        assert fail([json.dumps(value, indent=indent).encode()], "application/json").kind is kind


def test_a_damaged_binary_frame_is_noticed() -> None:
    wire = BY_NAME["bedrock"]
    body = bytearray(wire.body)
    body[len(wire.events[0]) + 40] ^= 1
    assert fail([bytes(body)], wire.type).kind is ModelErrorKind.BAD_REPLY


@pytest.mark.parametrize(
    "value",
    [
        {"choices": [{"delta": 3}]},
        {"choices": [{"delta": {"tool_calls": [{"function": {"name": 3}}]}}]},
        {"choices": 5},
        {"type": "content_block_delta", "delta": []},
        {"type": "response.output_item.done", "item": 7},
        {"candidates": [{"content": {"parts": [1]}}]},
        {"choices": [{"delta": {"content": 17}}]},
    ],
)
def test_nonsense_in_a_known_form_is_an_error_and_no_crash(value: Any) -> None:
    assert fail(sse(value)).kind in {ModelErrorKind.BAD_REPLY, ModelErrorKind.CUT}


@settings(max_examples=150)
@given(st.sampled_from(WIRES), st.data())
def test_changed_bytes_end_in_a_reply_or_a_model_error(wire: Wire, data: st.DataObject) -> None:
    body = bytearray(wire.body)
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    outcome = attempt([bytes(body)], wire.type)
    if isinstance(outcome, ModelError):
        assert outcome.sentence
    else:
        for call in outcome.message.tool_calls:
            assert call.problem or isinstance(call.arguments, dict)


# --- errors inside a stream ---------------------------------------------------------------------------------

START = sse(chat_chunk({"role": "assistant", "content": "so far"}))


@pytest.mark.parametrize(
    ("value", "kind", "status"),
    [
        ({"error": {"message": "Rate limit reached", "code": 429}}, ModelErrorKind.RATE_LIMIT, 429),
        (
            {"error": {"message": "Upstream error", "code": 502, "metadata": {}}},
            ModelErrorKind.OVERLOADED,
            502,
        ),
        ({"error": "something went wrong"}, ModelErrorKind.OVERLOADED, 0),
        (
            {"error": {"message": "The server had an error", "type": "server_error"}},
            ModelErrorKind.OVERLOADED,
            0,
        ),
        (
            {
                "error": {
                    "message": "Failed to call a function. Please adjust your prompt.",
                    "type": "invalid_request_error",
                    "code": "tool_use_failed",
                    "failed_generation": "<function=f{>",
                    "status_code": 400,
                }
            },
            ModelErrorKind.BAD_REPLY,
            400,
        ),
        ({"object": "error", "message": "boom", "code": 500, "error": None}, ModelErrorKind.OVERLOADED, 500),
        (
            {"error": {"code": "context_length_exceeded", "message": "too long"}},
            ModelErrorKind.CONTEXT_OVERFLOW,
            0,
        ),
        (
            {"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]},
            ModelErrorKind.OVERLOADED,
            502,
        ),
        (
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "insufficient_system_resource"}]},
            ModelErrorKind.OVERLOADED,
            503,
        ),
    ],
)
def test_errors_inside_a_chat_stream(value: Any, kind: ModelErrorKind, status: int) -> None:
    error = fail([*START, *sse(value)])
    assert (error.kind, error.status, error.partial) == (kind, status, "so far")


def test_a_named_error_event_and_a_bare_error_line() -> None:
    body = b'event: error\ndata: {"message": "Overloaded, try again later"}\n\n'
    assert fail([*START, body]).kind is ModelErrorKind.OVERLOADED
    body = b'error: {"code": 500, "message": "slot unavailable", "type": "server_error"}\n\n'
    assert fail([*START, body]).kind is ModelErrorKind.OVERLOADED
    assert fail([*START, b"event: error\ndata: plain words\n\n"]).partial == "so far"


def test_anthropic_overloaded_inside_the_stream() -> None:
    wire = BY_NAME["anthropic"]
    value = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    error = fail([*wire.events[:9], *sse(value, named=True)])
    assert error.kind is ModelErrorKind.OVERLOADED
    assert error.retryable


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("throttlingException", ModelErrorKind.RATE_LIMIT),
        ("modelStreamErrorException", ModelErrorKind.OVERLOADED),
        ("serviceUnavailableException", ModelErrorKind.OVERLOADED),
        ("validationException", ModelErrorKind.BAD_REQUEST),
    ],
)
def test_bedrock_exceptions_inside_the_stream(name: str, kind: ModelErrorKind) -> None:
    wire = BY_NAME["bedrock"]
    body = b"".join(wire.events[:6]) + frame(name, {"message": "Something happened"}, "exception")
    assert fail([body], wire.type).kind is kind


def test_responses_that_fail() -> None:
    def failed(code: str, message: str) -> tuple[bytes, ...]:
        response = {"status": "failed", "error": {"code": code, "message": message}}
        return sse({"type": "response.failed", "response": response}, named=True)

    assert fail(failed("rate_limit_exceeded", "Rate limit reached")).kind is ModelErrorKind.RATE_LIMIT
    assert fail(failed("server_error", "oops")).kind is ModelErrorKind.OVERLOADED
    assert fail(failed("insufficient_quota", "You exceeded your current quota")).kind is ModelErrorKind.QUOTA
    events = sse(
        {"type": "error", "code": "context_length_exceeded", "message": "exceeds the context window"},
        named=True,
    )
    assert fail(events).kind is ModelErrorKind.CONTEXT_OVERFLOW


def test_an_error_after_the_end_does_not_take_the_reply_back() -> None:
    events = sse(chat_chunk({"content": "x"}, "stop"), {"error": {"message": "late", "code": 500}})
    assert play(events)[1].message.text == "x"


def test_gemini_refusals_and_malformed_calls() -> None:
    blocked = sse({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 5}})
    assert fail(blocked).kind is ModelErrorKind.CONTENT_FILTER
    empty = sse({"candidates": [{"finishReason": "SAFETY", "index": 0}]})
    assert fail(empty).kind is ModelErrorKind.CONTENT_FILTER
    part = {"content": {"parts": [{"text": "so"}]}, "finishReason": "RECITATION"}
    assert play(sse({"candidates": [part]}))[1].finish is Finish.CONTENT_FILTER
    bad = sse({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "call: print("}]})
    assert fail(bad).kind is ModelErrorKind.BAD_REPLY


# --- particular dialects ------------------------------------------------------------------------------------


def test_lm_studio_says_the_arguments_only_when_they_are_done() -> None:
    item = {"type": "function_call", "id": "fc", "call_id": "c1", "name": "read", "arguments": ""}
    done = {**item, "arguments": '{"p": 1}'}
    usage = {"input_tokens": 5, "output_tokens": 3}
    events = sse(
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.function_call_arguments.done", "output_index": 0, "arguments": '{"p": 1}'},
        {"type": "response.output_item.done", "output_index": 0, "item": done},
        {"type": "response.completed", "response": {"status": "completed", "output": [], "usage": usage}},
    )
    _, reply = play(events)
    assert [(call.id, call.name, call.arguments) for call in reply.message.tool_calls] == [
        ("c1", "read", {"p": 1})
    ]


def test_a_response_that_only_comes_at_the_end() -> None:
    output = [
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "hello"}]},
        {"type": "function_call", "call_id": "c1", "name": "read", "arguments": "{}"},
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
    ]
    events = sse({"type": "response.completed", "response": {"status": "completed", "output": output}})
    _, reply = play(events)
    assert reply.message.text == "hello"
    assert [call.name for call in reply.message.tool_calls] == ["read"]


@pytest.mark.parametrize(
    ("reason", "finish"), [("max_output_tokens", Finish.LENGTH), ("content_filter", Finish.CONTENT_FILTER)]
)
def test_an_incomplete_response(reason: str, finish: Finish) -> None:
    events = sse(
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "so"},
        {"type": "response.incomplete", "response": {"incomplete_details": {"reason": reason}, "output": []}},
    )
    assert play(events)[1].finish is finish


def test_reasoning_details_are_merged_and_kept_for_sending_back() -> None:
    def chunk(*details: dict[str, Any], **delta: Any) -> dict[str, Any]:
        return chat_chunk({"content": "", "reasoning_details": list(details), **delta})

    events = sse(
        chunk({"type": "reasoning.text", "text": "I ", "index": 0, "format": "a"}, reasoning="I "),
        chunk({"type": "reasoning.text", "text": "see", "index": 0, "format": "a"}, reasoning="see"),
        chunk({"type": "reasoning.text", "signature": "SIG", "index": 0, "format": "a"}),
        chat_chunk({"content": "Hello"}),
        chunk({"type": "reasoning.encrypted", "data": "ENC", "index": 1, "id": "rs_1"}),
        chat_chunk({}, "stop"),
    )
    _, done = play(events)
    (thought,) = [part for part in done.message.parts if isinstance(part, Thinking)]
    assert thought.text == "I see"
    assert thought.opaque["reasoning_details"] == [
        {"type": "reasoning.text", "text": "I see", "index": 0, "format": "a", "signature": "SIG"},
        {"type": "reasoning.encrypted", "data": "ENC", "index": 1, "id": "rs_1"},
    ]
    assert done.message.text == "Hello"


def test_redacted_thinking_is_kept() -> None:
    block = {"type": "redacted_thinking", "data": "RURB"}
    events = sse(
        {"type": "message_start", "message": {"usage": {"input_tokens": 3}}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": "Hi"}},
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        named=True,
    )
    _, done = play(events)
    assert done.message.parts == (
        Thinking("", {"format": "anthropic", "redacted": "RURB", "model": "prov/model"}),
        Text("Hi"),
    )


def test_server_side_calls_with_their_result_are_no_calls_and_without_it_are() -> None:
    def blocks(*kinds: dict[str, Any]) -> tuple[bytes, ...]:
        values: list[dict[str, Any]] = [{"type": "message_start", "message": {}}]
        for index, block in enumerate(kinds):
            values.append({"type": "content_block_start", "index": index, "content_block": block})
            if block["type"] == "server_tool_use":
                delta = {"type": "input_json_delta", "partial_json": '{"query": "x"}'}
                values.append({"type": "content_block_delta", "index": index, "delta": delta})
            values.append({"type": "content_block_stop", "index": index})
        values.append(
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}
        )
        return sse(*values, named=True)

    use = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    result = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
    text = {"type": "text", "text": "found"}
    assert play(blocks(use, result, text))[1].message.parts == (Text("found"),)
    (call,) = play(blocks(use))[1].message.tool_calls
    assert (call.name, call.arguments) == ("web_search", {"query": "x"})


def test_gemini_signatures_are_kept_on_calls_and_text() -> None:
    parts = [
        {"text": "Hi", "thoughtSignature": "VEVYVA=="},
        {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "Q0FMTA=="},
    ]
    _, done = play(sse({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}))
    thought = done.message.parts[1]
    assert isinstance(thought, Thinking)
    assert thought.opaque["thought_signature"] == "VEVYVA=="
    assert done.message.tool_calls[0].opaque == {"format": "gemini", "thought_signature": "Q0FMTA=="}


def test_perplexity_repeats_the_whole_message_beside_the_delta() -> None:
    def chunk(delta: str, whole: str, finish: str | None = None) -> dict[str, Any]:
        value = chat_chunk({"role": "assistant", "content": delta}, finish)
        value["choices"][0]["message"] = {"role": "assistant", "content": whole}
        return value

    assert play(sse(chunk("a", "a"), chunk("b", "ab"), chunk("", "ab", "stop")))[1].message.text == "ab"


def test_two_calls_on_one_index_as_cerebras_sends_them() -> None:
    events = sse(
        chat_call(0, "call_1", "read", '{"p": 1}'),
        chat_call(0, "call_2", "read", '{"p": 2}'),
        chat_chunk({}, "tool_calls"),
    )
    calls = play(events)[1].message.tool_calls
    assert [(call.id, call.arguments) for call in calls] == [("call_1", {"p": 1}), ("call_2", {"p": 2})]


def test_arguments_as_an_object_and_a_legacy_function_call() -> None:
    value = chat_chunk(
        {"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {"p": 1}}}]}, "stop"
    )
    assert play(sse(value))[1].message.tool_calls[0].arguments == {"p": 1}
    value = chat_chunk({"function_call": {"name": "f", "arguments": "{}"}}, "function_call")
    assert play(sse(value))[1].message.tool_calls[0].name == "f"


def test_the_output_limit_in_each_format() -> None:
    for value in (
        [chat_chunk({"content": "x"}, "length")],
        [{"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "MAX_TOKENS"}]}],
        [{"message": {"content": "x"}, "done": True, "done_reason": "length"}],
        [{"type": "content-delta", "delta": {"message": {"content": {"text": "x"}}}},
         {"type": "message-end", "delta": {"finish_reason": "MAX_TOKENS"}}],
        [{"type": "message_start", "message": {}},
         {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "x"}},
         {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}}],
    ):  # fmt: skip
        _, done = play(sse(*value))
        assert (done.message.text, done.finish) == ("x", Finish.LENGTH)


# --- replies that are not streamed --------------------------------------------------------------------------


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "value",
    [
        {
            "object": "chat.completion",
            "choices": [
                {
                    "index": 0,
                    "message": {
                        "role": "assistant",
                        "content": "hello",
                        "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": '{"p": 1}'}}],
                    },
                    "finish_reason": "tool_calls",
                }
            ],
            "usage": {"prompt_tokens": 5, "completion_tokens": 3},
        },
        {
            "type": "message",
            "content": [
                {"type": "text", "text": "hello"},
                {"type": "tool_use", "id": "c1", "name": "f", "input": {"p": 1}},
            ],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 5, "output_tokens": 3},
        },
        [
            {"candidates": [{"content": {"parts": [{"text": "hel"}]}}]},
            {
                "candidates": [
                    {
                        "content": {
                            "parts": [
                                {"text": "lo"},
                                {"functionCall": {"name": "f", "args": {"p": 1}, "id": "c1"}},
                            ]
                        },
                        "finishReason": "STOP",
                    }
                ],
                "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 3},
            },
        ],
        {
            "object": "response",
            "status": "completed",
            "output": [
                {"type": "message", "content": [{"type": "output_text", "text": "hello"}]},
                {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"p": 1}'},
            ],
            "usage": {"input_tokens": 5, "output_tokens": 3},
        },
        {
            "output": {
                "message": {
                    "content": [
                        {"text": "hello"},
                        {"toolUse": {"toolUseId": "c1", "name": "f", "input": {"p": 1}}},
                    ]
                }
            },
            "stopReason": "tool_use",
            "usage": {"inputTokens": 5, "outputTokens": 3},
        },
        {
            "id": "x",
            "finish_reason": "TOOL_CALL",
            "message": {
                "content": [{"type": "text", "text": "hello"}],
                "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": '{"p": 1}'}}],
            },
            "usage": {"tokens": {"input_tokens": 5, "output_tokens": 3}},
        },
    ],
)
def test_a_reply_in_one_document(value: Any, indent: int | None) -> None:
    body = json.dumps(value, indent=indent).encode()
    _, done = play([body[:40], body[40:]], "application/json")
    assert done.message.text == "hello"
    assert [(call.id, call.name, call.arguments) for call in done.message.tool_calls] == [
        ("c1", "f", {"p": 1})
    ]
    assert done.usage == Usage(5, 3)


# --- counts and prices --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": None, "completion_tokens": None},
        {"prompt_tokens": -5, "completion_tokens": -1},
        {"prompt_tokens": 10**12, "completion_tokens": True},
        {"prompt_tokens": "many"},
    ],
)
def test_missing_and_absurd_counts_become_an_estimate(usage: Any) -> None:
    _, done = play(sse(chat_chunk({"content": "twelve chars"}, "stop", usage=usage)))
    assert done.usage == Usage(7, 3, estimated=True)


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 9_000_000, "completion_tokens": 3}, Usage(7, 3, estimated=True)),
        ({"prompt_tokens": 20, "completion_tokens": 9_000_000}, Usage(7, 3, estimated=True)),
        ({"prompt_tokens": 20, "completion_tokens": 0}, Usage(20, 3, estimated=True)),
        ({"prompt_tokens": 0, "completion_tokens": 4}, Usage(7, 4, estimated=True)),
        ({"prompt_tokens": 150_000, "completion_tokens": 4}, Usage(150_000, 4)),
    ],
)
def test_counts_that_no_model_of_that_size_can_have_are_not_believed(
    usage: dict[str, int], counted: Usage
) -> None:
    info = ModelInfo("prov/model", window=100_000, max_output=8_000)
    body = Reply(Endpoint(info), 200, {"content-type": SSE})
    out: list[Any] = list(body.feed(sse(chat_chunk({"content": "twelve chars"}, "stop", usage=usage))[0]))
    out += body.close(input_tokens=7)
    done = out[-1]
    assert isinstance(done, Completion)
    assert done.usage == counted


def test_more_from_the_cache_than_there_was_is_not_believed() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 90}}
    assert play(sse(chat_chunk({"content": "x"}, "stop", usage=usage)))[1].usage == Usage(10, 2, 10)


def test_xai_counts_thinking_beside_the_output() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 2,
        "total_tokens": 42,
        "completion_tokens_details": {"reasoning_tokens": 30},
    }
    assert play(sse(chat_chunk({"content": "x"}, "stop", usage=usage)))[1].usage == Usage(10, 32, thinking=30)


def test_prices() -> None:
    usage = Usage(input=100, output=10, cache_read=60, cache_write=30)
    assert price(ModelInfo("m"), usage) is None
    assert price(ModelInfo("m", input_price=1.0), usage) is None
    assert price(ModelInfo("m", input_price=1.0, output_price=2.0), usage) == 120.0
    full = ModelInfo("m", 0, 0, 1.0, 2.0, 0.1, 1.25)
    assert price(full, usage) == pytest.approx(10 + 6 + 37.5 + 20)
    assert price(ModelInfo("m", input_price=0.0, output_price=0.0), usage) == 0.0


def test_a_cost_named_by_the_provider_counts_when_aura_knows_no_price() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "cost": 0.25}
    assert play(sse(*chat_events(usage=usage)))[1].cost == 0.25
