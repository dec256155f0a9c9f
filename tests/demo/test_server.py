"""The demo server: both wire forms over real HTTP, several clients at once, and faults when they are asked for."""

import asyncio
import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from aura.core.errors import ConfigError
from aura.core.messages import MODEL, Image, Message, Text, Thinking, ToolCall, ToolResult, tool_message, user
from aura.core.models import ToolSpec
from aura.demo.anthropic import Messages
from aura.demo.chat import Chat
from aura.demo.server import EVERY, Fault, Server, serve, serving
from aura.demo.wire import Malformed
from aura.models.script_yaml import parse_script

CALLING = """
name: tester
piece: 6
replies:
  - think: I wonder about this
    say: Let me look at it.
    call:
      - {tool: Bash, with: {command: "echo ü"}}
      - {tool: Read, with: {path: x.py}}
    usage: {input: 100, cache_read: 40, output: 20, thinking: 5}
  - when: {seen: 1+}
    say: "seen {{ seen }}: {{ last }}"
"""
HELLO: dict[str, Any] = {"model": "any", "messages": [{"role": "user", "content": "hello"}]}
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"


class Client:
    """A connection that stays open."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", int(server.url.rsplit(":", 1)[1]), timeout=30
        )

    def post(
        self, path: str, body: object, headers: Mapping[str, str] | None = None
    ) -> http.client.HTTPResponse:
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        self.connection.request("POST", path, data, dict(headers or {}))
        return self.connection.getresponse()

    def json(self, path: str, body: object) -> tuple[int, Any]:
        answer = self.post(path, body)
        return answer.status, json.loads(answer.read())

    def events(self, path: str, body: Mapping[str, Any]) -> list[Any]:
        answer = self.post(path, {**body, "stream": True})
        assert answer.status == 200
        assert answer.getheader("Content-Type") == "text/event-stream"
        return read_events(answer.read())


def read_events(data: bytes) -> list[Any]:
    lines = [line for line in data.decode().split("\n") if line.startswith("data: ")]
    return [line[6:] if line == "data: [DONE]" else json.loads(line[6:]) for line in lines]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(parse_script(CALLING)) as running:
        yield running


def joined(events: Sequence[Any], key: str) -> str:
    deltas = [event["choices"][0]["delta"] for event in events[:-1] if event["choices"]]
    return "".join(delta.get(key) or "" for delta in deltas)


def test_chat_streams_text_thinking_calls_usage_and_done(server: Server) -> None:
    events = Client(server).events(CHAT, {**HELLO, "stream_options": {"include_usage": True}})
    assert events[-1] == "[DONE]"
    assert joined(events, "content") == "Let me look at it."
    assert joined(events, "reasoning_content") == "I wonder about this"
    calls: dict[int, dict[str, str]] = {}
    for event in events[:-1]:
        for choice in event["choices"]:
            for piece in choice["delta"].get("tool_calls", ()):
                call = calls.setdefault(
                    piece["index"], {"id": piece.get("id", ""), "name": "", "arguments": ""}
                )
                call["name"] += piece["function"].get("name", "")
                call["arguments"] += piece["function"]["arguments"]
    assert calls == {
        0: {"id": "call_1_1", "name": "Bash", "arguments": '{"command": "echo ü"}'},
        1: {"id": "call_1_2", "name": "Read", "arguments": '{"path": "x.py"}'},
    }
    reasons = [choice["finish_reason"] for event in events[:-1] for choice in event["choices"]]
    assert [reason for reason in reasons if reason] == ["tool_calls"]
    usage = events[-2]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (100, 20, 120)
    assert usage["prompt_tokens_details"]["cached_tokens"] == 40


def test_chat_gives_usage_only_when_asked(server: Server) -> None:
    events = Client(server).events(CHAT, HELLO)
    assert not [event for event in events[:-1] if "usage" in event]


def test_chat_without_streaming(server: Server) -> None:
    status, reply = Client(server).json(CHAT, HELLO)
    message = reply["choices"][0]["message"]
    assert status == 200 and reply["object"] == "chat.completion"
    assert (message["content"], message["reasoning_content"]) == ("Let me look at it.", "I wonder about this")
    assert [call["function"]["name"] for call in message["tool_calls"]] == ["Bash", "Read"]
    assert reply["choices"][0]["finish_reason"] == "tool_calls"
    assert reply["usage"]["total_tokens"] == 120


def test_messages_streams_blocks_one_after_the_other(server: Server) -> None:
    events = Client(server).events(MESSAGES, {**HELLO, "max_tokens": 100})
    assert events[0]["type"] == "message_start" and events[-1]["type"] == "message_stop"
    opened = [event["content_block"]["type"] for event in events if event["type"] == "content_block_start"]
    assert opened == ["thinking", "text", "tool_use", "tool_use"]
    depth, place = 0, -1
    texts: dict[int, str] = {}
    for event in events:
        depth += (event["type"] == "content_block_start") - (event["type"] == "content_block_stop")
        assert depth in (0, 1)
        place += event["type"] == "content_block_start"
        if event["type"] == "content_block_delta":
            assert event["index"] == place
            delta = event["delta"]
            text = delta.get("text") or delta.get("thinking") or delta.get("partial_json") or ""
            texts[place] = texts.get(place, "") + text
    assert texts[0] == "I wonder about this" and texts[1] == "Let me look at it."
    assert json.loads(texts[2]) == {"command": "echo ü"} and json.loads(texts[3]) == {"path": "x.py"}
    ending = events[-2]
    assert ending["delta"]["stop_reason"] == "tool_use"
    assert ending["usage"] == {
        "input_tokens": 60,
        "output_tokens": 20,
        "cache_read_input_tokens": 40,
        "cache_creation_input_tokens": 0,
    }


def test_messages_without_streaming(server: Server) -> None:
    status, reply = Client(server).json(MESSAGES, HELLO)
    assert status == 200 and reply["stop_reason"] == "tool_use"
    assert [block["type"] for block in reply["content"]] == ["thinking", "text", "tool_use", "tool_use"]
    assert reply["content"][2]["input"] == {"command": "echo ü"}


def test_the_model_is_listed(server: Server) -> None:
    client = Client(server)
    client.connection.request("GET", "/v1/models")
    listed = json.loads(client.connection.getresponse().read())
    assert [(entry["id"], entry["context_length"]) for entry in listed["data"]] == [("tester", 200_000)]


def test_other_paths_and_bodies_are_refused_and_the_connection_goes_on(server: Server) -> None:
    client = Client(server)
    assert client.json("/v1/embeddings", {})[0] == 404
    for body in ("", "[]", "5", "{", '{"messages": 3}', '{"messages": [{"role": "robot"}]}'):
        assert client.json(CHAT, body)[0] == 400
    assert client.json(CHAT, HELLO)[0] == 200
    assert server.connections == 1


def test_one_connection_serves_many_requests(server: Server) -> None:
    client = Client(server)
    for _ in range(5):
        client.events(
            CHAT, {**HELLO, "messages": [{"role": "assistant", "content": "x"}, *HELLO["messages"]]}
        )
    assert (server.connections, server.requests, len(server.asked)) == (1, 5, 5)


def test_several_clients_are_served_at_once(server: Server) -> None:
    body = {**HELLO, "messages": [{"role": "assistant", "content": "x"}, {"role": "user", "content": "y"}]}

    def ask(_: int) -> str:
        return joined(Client(server).events(CHAT, body), "content")

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(24))) == {"seen 1: y"}
    assert server.connections == 24


def test_a_long_history_is_served(server: Server) -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "start"}]
    for place in range(300):
        call = {"id": f"c{place}", "type": "function", "function": {"name": "Bash", "arguments": "{}"}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append(
            {"role": "tool", "tool_call_id": f"c{place}", "content": f"result {place} " + "x" * 2000}
        )
    events = Client(server).events(CHAT, {"messages": messages})
    assert joined(events, "content").startswith("seen 300: result 299")


def test_a_body_in_chunks_is_read(server: Server) -> None:
    client = Client(server)
    data = json.dumps(HELLO).encode()
    client.connection.request("POST", CHAT, iter([data[:10], data[10:]]), encode_chunked=True)
    assert client.connection.getresponse().status == 200


ERRORS = """
- error: {kind: rate_limit, retry_after: 7}
- error: {kind: overloaded, status: 529}
- error: {kind: quota, message: no more money}
- error: context_overflow
- error: network
- {say: 0123456789abcdef0123456789abcdef, cut: 1}
- say: fine
"""


def test_errors_of_the_script_are_http_errors() -> None:
    with serving(parse_script(ERRORS)) as running:
        client = Client(running)
        answer = client.post(CHAT, HELLO)
        assert (answer.status, answer.getheader("Retry-After")) == (429, "7")
        assert json.loads(answer.read())["error"]["code"] == "rate_limit_exceeded"
        status, body = client.json(MESSAGES, HELLO)
        assert (status, body["error"]["type"]) == (529, "overloaded_error")
        status, body = client.json(CHAT, HELLO)
        assert (status, body["error"]["code"], body["error"]["message"]) == (
            429,
            "insufficient_quota",
            "no more money",
        )
        status, body = client.json(CHAT, HELLO)
        assert (status, body["error"]["code"]) == (400, "context_length_exceeded")
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            client.post(CHAT, HELLO)
        answer = Client(running).post(CHAT, {**HELLO, "stream": True})
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            answer.read()
        assert Client(running).json(CHAT, HELLO)[1]["choices"][0]["message"]["content"] == "fine"


def test_what_the_script_has_no_reply_for_is_a_400_that_says_what_was_shown() -> None:
    with serving(parse_script("- say: once")) as running:
        client = Client(running)
        client.json(CHAT, HELLO)
        status, body = client.json(CHAT, HELLO)
    assert status == 400
    assert "no reply at step 1 for the text 'hello'" in body["error"]["message"]


def test_a_fault_with_a_status_does_not_use_up_a_reply() -> None:
    faults = {1: Fault(status=503, headers={"Retry-After": "1", "X-Test": "yes"}, body='{"error": "busy"}')}
    with serving(parse_script("- say: hi"), faults=faults) as running:
        client = Client(running)
        answer = client.post(CHAT, HELLO)
        assert (answer.status, answer.getheader("X-Test"), answer.read()) == (
            503,
            "yes",
            b'{"error": "busy"}',
        )
        assert client.json(CHAT, HELLO)[0] == 200


def test_pieces_of_one_byte_are_the_same_stream() -> None:
    with (
        serving(parse_script(CALLING)) as plain,
        serving(parse_script(CALLING), faults={EVERY: Fault(piece=1)}) as slow,
    ):
        assert Client(plain).events(CHAT, HELLO) == Client(slow).events(CHAT, HELLO)


@pytest.mark.parametrize("cut_at", [0, 1, 100, 300])
def test_a_stream_is_cut_at_a_byte(cut_at: int) -> None:
    faults = {2: Fault(cut_at=cut_at), 3: Fault(cut_at=cut_at, clean=True)}
    streamed = {
        **HELLO,
        "messages": [{"role": "assistant", "content": "x"}, *HELLO["messages"]],
        "stream": True,
    }
    with serving(parse_script(CALLING), faults=faults) as running:
        whole = Client(running).post(CHAT, streamed).read()
        dropped = Client(running).post(CHAT, streamed)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            dropped.read()
        short = Client(running).post(CHAT, streamed).read()
    assert len(whole) > 300
    assert len(short) == cut_at


async def test_it_serves_inside_an_event_loop_without_blocking_it() -> None:
    async with serve(parse_script("- say: hi"), keep=False) as running:
        status, _ = await asyncio.to_thread(Client(running).json, CHAT, HELLO)
        assert status == 200
        assert running.asked == []


def test_a_port_that_is_taken_is_an_error(server: Server) -> None:
    other = Server(server.model)
    with pytest.raises(OSError, match="in use"):
        other.start(int(server.url.rsplit(":", 1)[1]))


def test_a_wrong_script_is_refused_before_anything_listens() -> None:
    with pytest.raises(ConfigError), serving("/nowhere/script.yaml"):
        pass


def test_chat_requests_are_decoded_whole() -> None:
    body = {
        "messages": [
            {"role": "system", "content": "be"},
            {"role": "developer", "content": [{"type": "text", "text": "good"}]},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "look"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                ],
            },
            {
                "role": "assistant",
                "content": "yes",
                "reasoning_content": "hm",
                "tool_calls": [
                    {"id": "1", "function": {"name": "Bash", "arguments": '{"a": 1}'}},
                    {"id": "2", "function": {"name": "Bash", "arguments": "{broken"}},
                ],
            },
            {"role": "tool", "tool_call_id": "1", "content": "out"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "Bash", "description": "runs", "parameters": {"x": 1}}}
        ],
    }
    request = Chat(body, 1).decode(body)
    assert request.system == "be\n\ngood"
    assert request.tools == [ToolSpec("Bash", "runs", {"x": 1})]
    seen, reply, result = request.messages
    assert seen == user("look", images=(Image("image/png", "AAAA"),))
    assert reply.parts[:3] == (Thinking("hm"), Text("yes"), ToolCall("1", "Bash", {"a": 1}))
    assert reply.tool_calls[1].raw == "{broken" and reply.tool_calls[1].problem
    assert result == tool_message(ToolResult("1", "out"))


def test_messages_requests_are_decoded_whole() -> None:
    body = {
        "system": [{"type": "text", "text": "be good"}],
        "messages": [
            {"role": "user", "content": "start"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "s"},
                    {"type": "tool_use", "id": "1", "name": "Bash", "input": {"a": 1}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "1",
                        "content": [{"type": "text", "text": "out"}],
                        "is_error": True,
                    },
                    {"type": "text", "text": "go on"},
                ],
            },
        ],
        "tools": [{"name": "Bash", "description": "runs", "input_schema": {"x": 1}}],
    }
    request = Messages(body, 1).decode(body)
    assert request.system == "be good"
    assert request.tools == [ToolSpec("Bash", "runs", {"x": 1})]
    assert list(request.messages) == [
        user("start"),
        Message("assistant", (Thinking("hm"), ToolCall("1", "Bash", {"a": 1})), MODEL),
        tool_message(ToolResult("1", "out", is_error=True)),
        user("go on"),
    ]
    with pytest.raises(Malformed, match="video"):
        Messages(body, 1).decode({"messages": [{"role": "user", "content": [{"type": "video"}]}]})
