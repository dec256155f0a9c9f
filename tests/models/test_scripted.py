"""Scripted models: which reply is chosen, how it streams, and what is said when nothing fits."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.errors import ConfigError, ModelError, ModelErrorKind
from aura.core.messages import MODEL, Message, Text, Thinking, ToolCall, ToolResult, tool_message, user
from aura.core.models import (
    Completion,
    Delta,
    Finish,
    Model,
    Request,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolSpec,
    Usage,
)
from aura.models.open import open_model
from aura.models.script_yaml import load_script, parse_script
from aura.models.scripted import ScriptedModel, cut_up

BASH = ToolSpec("Bash", "Run a command", {"type": "object"})
READ = ToolSpec("Read", "Read a file", {"type": "object"})


class Talk:
    """One conversation with a model."""

    def __init__(self, model: Model, tools: Sequence[ToolSpec] = (BASH, READ), system: str = "") -> None:
        self.model = model
        self.tools = tools
        self.system = system
        self.messages: list[Message] = []
        self.deltas: list[Delta] = []

    async def answer(self) -> Completion:
        self.deltas = []
        async for piece in self.model.stream(Request(self.system, list(self.messages), self.tools)):
            if isinstance(piece, Completion):
                self.messages.append(piece.message)
                return piece
            self.deltas.append(piece)
        raise AssertionError("the stream ended without a completion")

    async def say(self, text: str) -> Completion:
        self.messages.append(user(text))
        return await self.answer()

    async def results(self, *contents: str, is_error: bool = False) -> Completion:
        calls = self.messages[-1].tool_calls
        for call, content in zip(calls, contents, strict=True):
            self.messages.append(tool_message(ToolResult(call.id, content, is_error=is_error)))
        return await self.answer()


def talk(script: str, tools: Sequence[ToolSpec] = (BASH, READ), system: str = "") -> Talk:
    return Talk(ScriptedModel(parse_script(script, "test.yaml")), tools, system)


class RecordingClock:
    """A clock whose sleeps take no time and are written down."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def test_replies_without_a_condition_are_played_in_order_once() -> None:
    chat = talk("- say: one\n- say: two")
    assert (await chat.say("a")).message.text == "one"
    assert (await chat.say("b")).message.text == "two"
    with pytest.raises(ModelError) as caught:
        await chat.say("c")
    assert caught.value.kind is ModelErrorKind.BAD_REQUEST
    assert not caught.value.retryable
    assert "the text 'c'" in caught.value.sentence
    assert "Left: none" in caught.value.sentence


async def test_a_reply_streams_in_small_pieces_and_ends_in_one_completion() -> None:
    chat = talk(
        """
        piece: 5
        replies:
          - think: I think so
            say: Hello there
            call: [{tool: Bash, with: {command: ls}}]
        """
    )
    done = await chat.say("hi")
    thoughts = [piece.text for piece in chat.deltas if isinstance(piece, ThinkingDelta)]
    texts = [piece.text for piece in chat.deltas if isinstance(piece, TextDelta)]
    calls = [piece for piece in chat.deltas if isinstance(piece, ToolCallDelta)]
    assert thoughts == ["I thi", "nk so"]
    assert texts == ["Hello", " ther", "e"]
    assert {(piece.index, piece.name) for piece in calls} == {(0, "Bash")}
    assert json.loads("".join(piece.arguments for piece in calls)) == {"command": "ls"}
    assert done.message.parts == (
        Thinking("I think so"),
        Text("Hello there"),
        ToolCall("call-1-1", "Bash", {"command": "ls"}),
    )
    assert done.finish is Finish.TOOL_CALLS
    assert done.cost == 0
    assert done.usage.estimated


@given(st.text(), st.text(max_size=40), st.integers(0, 9))
def test_pieces_put_together_are_the_message(text: str, argument: str, size: int) -> None:
    message = Message(
        "assistant", (Thinking(text), Text(text), ToolCall("1", "Bash", {"command": argument})), MODEL
    )
    pieces = list(cut_up(message, size))
    assert "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)) == text
    assert "".join(piece.text for piece in pieces if isinstance(piece, ThinkingDelta)) == text
    arguments = "".join(piece.arguments for piece in pieces if isinstance(piece, ToolCallDelta))
    assert json.loads(arguments) == {"command": argument}
    assert not size or all(len(piece.text) <= size for piece in pieces if isinstance(piece, TextDelta))


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ("{tool: Bash}", True),
        ("{tool: Read}", False),
        ("{tool: Bash, contains: 1 failed}", True),
        ("{tool: Bash, contains: [1 failed, in x.py]}", True),
        ("{tool: Bash, contains: [1 failed, in y.py]}", False),
        ("{contains: 1 failed}", True),
        ("{contains: go on}", False),
        ("{tool: Bash, lacks: 2 failed}", True),
        ("{tool: Bash, lacks: [2 failed, x.py]}", False),
        ("{matches: '^(\\d) failed'}", True),
        ("{matches: '^(\\d) passed'}", False),
        ("{is_error: false}", True),
        ("{is_error: true}", False),
        ("{user_contains: go on}", True),
        ("{user_contains: stop}", False),
        ("{system_contains: careful}", True),
        ("{system_contains: careless}", False),
        ("{history_contains: [go on, x.py]}", True),
        ("{history_contains: y.py}", False),
        ("{offers: Read}", True),
        ("{offers: [Read, Write]}", False),
        ("{tools_off: false}", True),
        ("{tools_off: true}", False),
        ("{seen: 1}", True),
        ("{seen: 0}", False),
        ("{seen: 1+}", True),
        ("{seen: 2+}", False),
        ("{tool: Bash, contains: 1 failed, user_contains: stop}", False),
    ],
)
async def test_conditions(when: str, *, fits: bool) -> None:
    chat = talk(f"- {{when: {when}, say: this one}}\n- say: otherwise", system="be careful")
    call = ToolCall("1", "Bash", {"command": "t"})
    chat.messages = [user("go on"), Message("assistant", (call,), MODEL)]
    done = await chat.results("1 failed in x.py")
    assert done.message.text == ("this one" if fits else "otherwise")


async def test_no_tools_offered_is_a_condition_too() -> None:
    chat = talk("- {when: {tools_off: true}, say: wrapped up}\n- say: otherwise", tools=())
    assert (await chat.say("go")).message.text == "wrapped up"


async def test_a_condition_looks_at_every_result_of_the_last_step_only() -> None:
    chat = talk(
        """
        - call: [{tool: Read, with: {path: a}}, {tool: Bash, with: {command: b}}]
        - when: {tool: Read, contains: alpha}
          say: found
          call: [{tool: Bash, with: {command: c}}]
          once: true
        - say: not found
        """
    )
    await chat.say("go")
    assert (await chat.results("alpha", "beta")).message.text == "found"
    assert (await chat.results("gamma")).message.text == "not found"


async def test_what_the_user_says_after_a_result_does_not_hide_the_result() -> None:
    chat = talk("- call: {tool: Bash, with: {command: t}}\n- {when: {tool: Bash, contains: ok}, say: seen}")
    await chat.say("go")
    chat.messages += [tool_message(ToolResult("call-1-1", "ok")), user("a reminder")]
    assert (await chat.answer()).message.text == "seen"


async def test_a_condition_may_be_about_what_the_user_just_said() -> None:
    chat = talk("- {when: {matches: 'rename (\\w+)'}, say: 'Renaming {{ match[1] }}.'}")
    assert (await chat.say("please rename alpha")).message.text == "Renaming alpha."


async def test_conditions_come_before_replies_in_their_turn_and_repeat_unless_once() -> None:
    chat = talk(
        "- say: plain\n- {when: {user_contains: ping}, say: pong}\n- {when: {user_contains: x}, once: true, say: y}"
    )
    texts = [(await chat.say(text)).message.text for text in ("ping", "ping", "x", "x")]
    assert texts == ["pong", "pong", "y", "plain"]


async def test_templates_are_filled_from_what_was_shown() -> None:
    chat = talk(
        """
        - call: {tool: Bash, with: {command: t}}
        - when: {matches: '(?P<file>\\S+):(\\d+)'}
          say: "{{ match[file] }} at {{match[2]}}, after {{ seen }}: {{ last }} ({{ user }})"
          call: {tool: Read, with: {path: "{{ match[1] }}", offset: "{{ int match[2] }}", tags: ["{{ match[0] }}"]}}
        """
    )
    await chat.say("go")
    done = await chat.results("x.py:12")
    assert done.message.text == "x.py at 12, after 1: x.py:12 (go)"
    assert done.message.tool_calls[0].arguments == {"path": "x.py", "offset": 12, "tags": ["x.py:12"]}


async def test_a_template_that_captured_nothing_is_an_error_that_names_it() -> None:
    chat = talk("- {when: {matches: 'a(b)?'}, say: '{{ match[1] }}'}")
    with pytest.raises(ModelError, match=r"match\[1\]"):
        await chat.say("a")


async def test_the_error_for_a_gap_shows_what_came_and_what_was_expected() -> None:
    chat = talk(
        """
        - call: {tool: Bash, with: {command: t}}
        - {when: {tool: Read, contains: alpha}, say: x}
        - {when: {tool: Bash, contains: 3 passed}, say: y}
        """
    )
    await chat.say("go")
    with pytest.raises(ModelError) as caught:
        await chat.results("ImportError: no module " + "x" * 500, is_error=True)
    sentence = caught.value.sentence
    assert "test.yaml" in sentence and "step 2" in sentence
    assert "an error of Bash: 'ImportError" in sentence
    assert sentence.index("3 passed") < sentence.index("alpha")
    assert len(sentence) < 600


@pytest.mark.parametrize(
    ("kind", "status"), [("rate_limit", 429), ("overloaded", 503), ("context_overflow", 400), ("network", 0)]
)
async def test_errors(kind: str, status: int) -> None:
    chat = talk(f"- error: {{kind: {kind}, retry_after: 2.5, message: as asked}}\n- say: better")
    with pytest.raises(ModelError, match="as asked") as caught:
        await chat.say("go")
    error = caught.value
    assert (error.kind, error.status, error.retry_after) == (ModelErrorKind(kind), status, 2.5)
    assert (await chat.answer()).message.text == "better"


async def test_an_error_with_a_condition_happens_once_unless_told_otherwise() -> None:
    chat = talk("- {when: {user_contains: go}, error: overloaded}\n- say: better")
    with pytest.raises(ModelError):
        await chat.say("go")
    assert (await chat.answer()).message.text == "better"
    chat = talk("- {when: {user_contains: go}, error: overloaded, once: false}\n- say: better")
    for _ in range(3):
        with pytest.raises(ModelError):
            await chat.say("go")


@pytest.mark.parametrize(
    ("cut", "partial"), [("true", "abcdef"), ("1", "abc"), ("4", "abcdefghijkl"), ("99", "abcdefghijkl")]
)
async def test_a_cut_stream_gives_what_came_before_the_cut(cut: str, partial: str) -> None:
    chat = talk(f"piece: 3\nreplies:\n- {{say: abcdefghijkl, cut: {cut}}}\n- say: whole")
    with pytest.raises(ModelError) as caught:
        await chat.say("go")
    assert caught.value.kind is ModelErrorKind.CUT
    assert (
        caught.value.partial
        == partial
        == "".join(piece.text for piece in chat.deltas if isinstance(piece, TextDelta))
    )
    assert (await chat.answer()).message.text == "whole"


async def test_usage_finish_and_prices() -> None:
    chat = talk(
        """
        prices: {input: 0.001, output: 0.01, cache_read: 0.0001}
        replies:
          - {say: x, finish: length, usage: {input: 100, cache_read: 60, output: 10}}
        """
    )
    done = await chat.say("go")
    assert done.usage == Usage(input=100, cache_read=60, output=10)
    assert done.finish is Finish.LENGTH
    assert done.cost == pytest.approx(40 * 0.001 + 60 * 0.0001 + 10 * 0.01)


async def test_arguments_that_cannot_be_read() -> None:
    chat = talk("- call: {tool: Bash, raw: '{\"command\": '}")
    call = (await chat.say("go")).message.tool_calls[0]
    assert call.problem and call.raw == '{"command": ' and call.arguments == {}


async def test_delays_are_waited_for_by_the_clock() -> None:
    clock = RecordingClock()
    script = parse_script("delay: 0.5\npiece: 2\nreplies:\n- {say: abcd, delay: 3}")
    await Talk(ScriptedModel(script, clock=clock)).say("go")
    assert clock.slept == [3, 0.5, 0.5]


async def test_played_and_left_name_the_replies() -> None:
    model = ScriptedModel(parse_script("- say: a\n- {when: {user_contains: x}, say: b}\n- say: c"))
    await Talk(model).say("x")
    await Talk(model).say("y")
    assert model.played == [1, 0]
    assert model.left == (2,)


async def test_a_long_history_costs_next_to_nothing() -> None:
    call = "call: {tool: Bash, with: {command: t}}"
    chat = talk(f"- {{when: {{tool: Bash, contains: ok}}, {call}}}\n- {call}")
    await chat.say("go")
    for _ in range(300):
        await chat.results("ok " * 100)
    assert len(chat.messages) == 602
    assert len({call.id for message in chat.messages for call in message.tool_calls}) == 301


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "a mapping is expected"),
        ("[]", "at least one reply"),
        ("replies: 3", "a list is expected"),
        ("- say: [a", "line"),
        ("- saj: x", "replies[1]: there is no `saj` here; did you mean `say`"),
        ("- say: a\n- 5", "replies[2]: a mapping is expected"),
        ("- when: {tol: x}\n  say: a", "replies[1].when: there is no `tol` here; did you mean `tool`"),
        ("- when: {tool: x}", "a reply needs one of"),
        ("- say: 5", "a text is expected"),
        ("- {say: a, when: {matches: '('}}", "no regular expression"),
        ("- {say: a, when: {seen: soon}}", "a whole number"),
        ("- {say: a, when: {is_error: 1}}", "true or false"),
        ("- error: {status: 500}", "needs its `kind`"),
        ("- error: exploded", "'exploded' is none of rate_limit"),
        ("- {say: a, finish: soon}", "'soon' is none of stop"),
        ("- {say: a, delay: -1}", "a number from 0 up"),
        ("- {say: a, usage: {inputs: 1}}", "did you mean `input`"),
        ("- call: [{with: {}}]", "the name of its `tool`"),
        ("- call: {tool: x, with: [1]}", "a mapping of arguments"),
        ("- say: '{{ match[1] }}'", "needs a `matches`"),
        ("- {say: '{{ match[2] }}', when: {matches: '(a)'}}", "needs a `matches` with that group"),
        ("- say: '{{ secret }}'", "is no template"),
        ("- call: {tool: x, with: {a: ['{{ nope }}']}}", "is no template"),
    ],
)
def test_a_wrong_script_is_refused_with_its_place(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_script(text, "broken.yaml")
    assert complaint in caught.value.sentence
    assert "broken.yaml" in caught.value.sentence


def test_a_script_file_is_opened_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text("- say: hello from a file", encoding="utf-8")
    model = open_model(f"script:{path}")
    assert model.info.name == "script:one.yaml"
    done = asyncio.run(Talk(model).say("hi"))
    assert done.message.text == "hello from a file"


def test_a_missing_script_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_script(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="script:FILE"):
        open_model("script:")
