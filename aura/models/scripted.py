r"""A model that plays a script: for tests, the demo, and bug reports.

A script is a YAML file: a list of replies, or a mapping with `replies` and what the model claims to be::

    name: fix-the-tests      # default: the file's name
    window: 32000            # tokens; default 200,000
    prices: {input: 0.000002, output: 0.00001}   # USD per token; default: it costs nothing
    piece: 16                # characters per piece of the stream
    delay: 0.01              # seconds before each piece; default 0
    replies:
      - say: Let me look.                      # no `when`: played in its turn, once
        call: [{tool: Bash, with: {command: pytest -q}}]
      - when: {tool: Bash, matches: '(\d+) failed in (\S+)'}
        think: Something is broken.
        say: "{{ match[1] }} tests fail."
        call: [{tool: Read, with: {path: "{{ match[2] }}"}}]
      - when: {user_contains: hello}
        error: {kind: rate_limit, retry_after: 2}   # also: {kind: overloaded, status: 529, message: …}
      - say: This arrives in part.
        cut: true                              # or a number: the stream breaks after so many pieces

For each request the first reply whose `when` holds is played; if none does, the next one without a `when`; if there
is none left, the call fails with `bad_request` and says what was shown and what was left: a script never improvises.
`once: true` spends a reply (replies without `when`, errors and cut streams always are).

Conditions of `when`; all that are given must hold, a list means all of its texts:

- `tool: NAME`, `is_error: true|false`: among the newest results is one of that tool, or one that failed
- `contains`, `lacks`, `matches`: the text of that result (without `tool` and `is_error`: of any newest result, or
  what the user said since the last reply) has the text, does not have it, matches the regular expression
- `user_contains`, `system_contains`, `history_contains`: the last user text, the system text, any message
- `offers: NAME`: the tool is offered; `tools_off: true`: no tool is
- `seen: 3`, `seen: 3+`: the conversation already has so many replies, or more

A reply has `think`, `say`, `call` (a list of `tool`, `with`, and `raw` for arguments that are not JSON), `finish`
(`stop`, `tool_calls`, `length`, `content_filter`), `usage` (default: estimated from the lengths), `delay` in seconds
before it starts. Templates in texts and arguments: `{{ match[1] }}`, `{{ match[name] }}`, `{{ last }}`,
`{{ user }}`, `{{ seen }}`; with `int` in front (`"{{ int match[1] }}"`) an argument becomes a number.
"""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from aura.core.clock import Clock, SystemClock
from aura.core.errors import ModelError, ModelErrorKind
from aura.core.messages import MODEL, Message, Part, Text, Thinking, ToolCall
from aura.core.models import (
    Completion,
    Delta,
    Finish,
    ModelInfo,
    Request,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
)
from aura.models.script import (
    Call,
    Chosen,
    Reply,
    Script,
    Shown,
    choose,
    describe_reply,
    describe_shown,
    fill,
    look,
)
from aura.models.script_yaml import load_script

CHARS_PER_TOKEN = 4  # a rule of thumb for English and code; marked as an estimate
LISTED = 3  # replies that an error names


class ScriptedModel:
    """Plays a script; it keeps which replies are spent, so one object serves one conversation.

    `played` holds the places of the replies that were played, in order, counted from 0.
    """

    def __init__(self, script: Script, *, clock: Clock | None = None) -> None:
        self.script = script
        self.played: list[int] = []
        self._spent: set[int] = set()
        self._clock = clock or SystemClock()

    @classmethod
    def load(cls, path: str | Path, *, clock: Clock | None = None) -> "ScriptedModel":
        """The model of a script file; raises `ConfigError` when the file is missing or wrong."""
        return cls(load_script(path), clock=clock)

    @property
    def info(self) -> ModelInfo:
        """What the script claims to be; its prices are 0 unless it names them."""
        prices = self.script.prices
        return ModelInfo(
            name=f"script:{self.script.name}",
            window=self.script.window,
            max_output=self.script.max_output,
            input_price=prices.get("input", 0.0),
            output_price=prices.get("output", 0.0),
            cache_read_price=prices.get("cache_read", prices.get("input", 0.0)),
            cache_write_price=prices.get("cache_write", prices.get("input", 0.0)),
            capabilities=frozenset({"tools", "thinking", "vision", "parallel_tools"}),
        )

    @property
    def left(self) -> tuple[int, ...]:
        """The places of the replies that were never played."""
        done = set(self.played)
        return tuple(place for place in range(len(self.script.replies)) if place not in done)

    async def stream(self, request: Request) -> AsyncIterator[Delta | Completion]:
        """Play the reply that fits the request; raises `ModelError` when the script says so or when nothing fits."""
        shown = look(request)
        chosen = choose(self.script, self._spent, shown)
        if chosen is None:
            raise ModelError(ModelErrorKind.BAD_REQUEST, self._describe_gap(shown), status=400)
        reply = chosen.reply
        self.played.append(chosen.place)
        if reply.when is None or reply.once:
            self._spent.add(chosen.place)
        if reply.delay:
            await self._clock.sleep(reply.delay)
        if reply.error is not None:
            raise _make_error(reply)
        completion = self._complete(request, chosen, shown)
        pieces = list(cut_up(completion.message, self.script.piece))
        end = len(pieces) if reply.cut is None else min(reply.cut or len(pieces) // 2, len(pieces))
        for piece in pieces[:end]:
            if self.script.delay:
                await self._clock.sleep(self.script.delay)
            yield piece
        if reply.cut is not None:
            text = "".join(piece.text for piece in pieces[:end] if isinstance(piece, TextDelta))
            raise ModelError(ModelErrorKind.CUT, "The script cut the stream here.", partial=text)
        yield completion

    def _complete(self, request: Request, chosen: Chosen, shown: Shown) -> Completion:
        reply = chosen.reply
        try:
            parts: list[Part] = [Thinking(fill(reply.think, chosen, shown))] if reply.think else []
            parts += [Text(fill(reply.say, chosen, shown))] if reply.say else []
            calls = [self._make_call(call, place, chosen, shown) for place, call in enumerate(reply.calls)]
        except (LookupError, ValueError) as error:
            raise ModelError(
                ModelErrorKind.BAD_REQUEST,
                f"The script {self.script.name}, reply {chosen.place + 1}: the template {error} has nothing to show.",
                status=400,
            ) from None
        message = Message("assistant", (*parts, *calls), MODEL)
        usage = reply.usage or estimate(request, message)
        finish = reply.finish or (Finish.TOOL_CALLS if calls else Finish.STOP)
        return Completion(message, usage, finish, self.info.name, self._price(usage))

    def _make_call(self, call: Call, place: int, chosen: Chosen, shown: Shown) -> ToolCall:
        name = call.id or f"call-{shown.seen + 1}-{place + 1}"
        if call.raw:
            raw = fill(call.raw, chosen, shown)
            return ToolCall(name, call.tool, raw=raw, problem="the arguments are not valid JSON")
        return ToolCall(name, call.tool, fill(call.arguments, chosen, shown))

    def _price(self, usage: Usage) -> float:
        info = self.info
        plain = max(usage.input - usage.cache_read - usage.cache_write, 0)
        return (
            plain * (info.input_price or 0)
            + usage.cache_read * (info.cache_read_price or 0)
            + usage.cache_write * (info.cache_write_price or 0)
            + usage.output * (info.output_price or 0)
        )

    def _describe_gap(self, shown: Shown) -> str:
        """What was shown and what was expected, the replies for the same tool first."""
        left = [place for place in range(len(self.script.replies)) if place not in self._spent]
        tools = {name for name, _ in shown.results}
        replies = self.script.replies
        left.sort(key=lambda place: getattr(replies[place].when, "tool", "") not in tools)
        named = "; ".join(describe_reply(place, replies[place]) for place in left[:LISTED])
        more = f"; and {len(left) - LISTED} more" if len(left) > LISTED else ""
        return (
            f"The script {self.script.name} has no reply at step {shown.seen + 1} for {describe_shown(shown)}. "
            f"Left: {named or 'none'}{more}."
        )


def cut_up(message: Message, size: int) -> Iterator[Delta]:
    """A message as a stream of pieces of at most `size` characters (0: each part whole), in order."""
    index = 0
    for part in message.parts:
        if isinstance(part, ToolCall):
            arguments = part.raw if part.problem else json.dumps(part.arguments, ensure_ascii=False)
            yield ToolCallDelta(index, part.name, "")
            yield from (ToolCallDelta(index, part.name, piece) for piece in _slices(arguments, size))
            index += 1
        elif isinstance(part, Thinking):
            yield from (ThinkingDelta(piece) for piece in _slices(part.text, size))
        elif isinstance(part, Text):
            yield from (TextDelta(piece) for piece in _slices(part.text, size))


def estimate(request: Request, message: Message) -> Usage:
    """Token counts guessed from lengths, at four characters a token."""
    sent = len(request.system) + sum(_measure(part) for entry in request.messages for part in entry.parts)
    sent += sum(len(tool.name) + len(tool.description) + 200 for tool in request.tools)
    thought = sum(len(part.text) for part in message.parts if isinstance(part, Thinking))
    received = sum(_measure(part) for part in message.parts)
    return Usage(
        input=sent // CHARS_PER_TOKEN,
        output=received // CHARS_PER_TOKEN,
        thinking=thought // CHARS_PER_TOKEN,
        estimated=True,
    )


def _measure(part: Any) -> int:
    if isinstance(part, ToolCall):
        return len(part.name) + len(part.raw) + sum(len(str(value)) for value in part.arguments.values())
    return len(getattr(part, "text", "")) + len(getattr(part, "content", ""))


def _slices(text: str, size: int) -> Iterator[str]:
    step = size or max(len(text), 1)
    return (text[start : start + step] for start in range(0, len(text), step))


def _make_error(reply: Reply) -> ModelError:
    error = reply.error
    assert error is not None
    said = error.message or f"The script answers with the error {error.kind}."
    return ModelError(error.kind, said, status=error.status, retry_after=error.retry_after)
