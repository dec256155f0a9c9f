"""An injector made of YAML alone: when to speak, and what to say."""

import difflib
import json
import string
from collections.abc import Callable
from dataclasses import dataclass

from aura.core.errors import ConfigError
from aura.core.messages import Message, ToolCall, ToolResult
from aura.core.todos import render_todos
from aura.core.turn import Turn
from aura.hookspecs import AfterResponse, AfterTool, BeforeChat, Injection, hookimpl
from aura.plugins.manifest import Manifest, When

LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Moment:
    """What a placeholder may speak of: the turn, and the call and its result after a tool."""

    turn: Turn
    call: ToolCall | None = None
    result: ToolResult | None = None


def _arguments(moment: Moment) -> str:
    arguments = moment.call.arguments if moment.call is not None else {}
    return json.dumps(dict(arguments), ensure_ascii=False, default=str)[:LONGEST]


PLACEHOLDERS: dict[str, tuple[str, Callable[[Moment], str]]] = {
    "todos": ("the open todos, one a line", lambda m: render_todos(m.turn.open_todos)),
    "all_todos": ("the whole todo list, one item a line", lambda m: render_todos(m.turn.todos)),
    "open": ("how many todos are open", lambda m: str(len(m.turn.open_todos))),
    "step": ("the number of model calls in this turn so far", lambda m: str(m.turn.steps)),
    "max_steps": ("the limit of model calls in a turn", lambda m: str(m.turn.limits.steps)),
    "turn": ("the number of this turn", lambda m: str(m.turn.number)),
    "model": ("the name of the model", lambda m: m.turn.switches.model),
    "context": ("tokens in the context", lambda m: str(m.turn.counters.context_tokens)),
    "tokens": ("tokens spent in the session", lambda m: str(m.turn.spend.tokens)),
    "cost": ("known cost of the session in USD", lambda m: f"{m.turn.spend.cost:.2f}"),
    "elapsed": ("active seconds of the session", lambda m: f"{m.turn.spend.seconds:.0f}"),
    "tool_calls": ("tool calls of the session", lambda m: str(m.turn.counters.tool_calls)),
    "tool_errors": ("failed tool calls of the session", lambda m: str(m.turn.counters.tool_errors)),
    "tool": ("the name of the tool that was called", lambda m: m.call.name if m.call else ""),
    "arguments": ("the arguments of that call as JSON", _arguments),
    "result": ("what that call returned", lambda m: m.result.content[:LONGEST] if m.result else ""),
}
OF_A_CALL = ("tool", "arguments", "result")


def check_message(message: str, when: When) -> None:
    """Raise `ConfigError` if a message has a placeholder that does not exist at that time."""
    try:
        parts = list(string.Formatter().parse(message))
    except ValueError as error:
        raise ConfigError(
            f"`message` has a stray brace ({error}); write {{{{ or }}}} for a brace itself."
        ) from None
    for _, name, layout, conversion in parts:
        if name is None:
            continue
        if name not in PLACEHOLDERS or layout or conversion:
            near = difflib.get_close_matches(name, PLACEHOLDERS, n=1)
            hint = f"did you mean {{{near[0]}}}?" if near else f"known are {', '.join(PLACEHOLDERS)}."
            raise ConfigError(f"`message` has no placeholder {{{name}}}; {hint}")
        if name in OF_A_CALL and when != "after_tool":
            raise ConfigError(f"`message` can use {{{name}}} with `when: after_tool` only.")


def fill_message(message: str, moment: Moment) -> str:
    """The message with its placeholders filled in."""
    names = {name for _, name, _, _ in string.Formatter().parse(message) if name}
    return message.format(**{name: PLACEHOLDERS[name][1](moment) for name in names})


@dataclass(frozen=True)
class DeclaredBeforeChat:
    """Speaks before a model call, and may switch tools off for it."""

    manifest: Manifest

    @hookimpl
    def before_chat(self, turn: Turn) -> BeforeChat:
        """The message."""
        return BeforeChat(_inject(self.manifest, Moment(turn)), disable_tools=not self.manifest.tools)


@dataclass(frozen=True)
class DeclaredAfterResponse:
    """Objects to the end of a turn."""

    manifest: Manifest

    @hookimpl
    def after_response(self, turn: Turn, reply: Message) -> AfterResponse:
        """The message."""
        return AfterResponse(_inject(self.manifest, Moment(turn)))


@dataclass(frozen=True)
class DeclaredAfterTool:
    """Speaks after a step with tool calls."""

    manifest: Manifest

    @hookimpl
    def after_tool(self, turn: Turn, call: ToolCall, result: ToolResult) -> AfterTool:
        """The message."""
        return AfterTool(_inject(self.manifest, Moment(turn, call, result)))


def _inject(manifest: Manifest, moment: Moment) -> Injection:
    return Injection(fill_message(manifest.message, moment), manifest.lifetime)


KINDS: dict[When, Callable[[Manifest], object]] = {
    "before_chat": DeclaredBeforeChat,
    "after_response": DeclaredAfterResponse,
    "after_tool": DeclaredAfterTool,
}


def make_declared(manifest: Manifest) -> object:
    """The plugin that a manifest with `when` describes."""
    assert manifest.when is not None
    try:
        check_message(manifest.message, manifest.when)
    except ConfigError as error:
        raise ConfigError(f"The plugin {manifest.name!r}: {error.sentence}") from None
    return KINDS[manifest.when](manifest)
