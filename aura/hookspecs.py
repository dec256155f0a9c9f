"""Every point where a plugin may speak, and what it may say there.

Hooks are synchronous: values in, values out. A hook returns None to keep quiet, or the one type of its timing; it may
leave out arguments that it does not need. The `order` of a plugin, then the order of loading, decides who is asked
first; of several injections between two model calls only the first is delivered. Once a limit is reached, only the
injection that comes with `disable_tools` is.

A call passes three hooks: `before_tool` before it is judged, `rewrite_result` when its result is there and before it is
logged, and `after_tool` when its whole step is over and part of the conversation.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pluggy

from aura.core.errors import ModelError
from aura.core.events import Event
from aura.core.messages import Message, ToolCall, ToolResult
from aura.core.models import Model, ModelInfo
from aura.core.tools import CommandRunner, Tool
from aura.core.turn import Turn

PROJECT = "aura"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Lifetime = Literal["step", "turn", "session"]


@dataclass(frozen=True, slots=True)
class Injection:
    """What a plugin says to the model, and for how long the model sees it: one step, the turn, or the session."""

    text: str
    lifetime: Lifetime = "session"
    notice: str = ""


@dataclass(frozen=True, slots=True)
class BeforeChat:
    """Said before a model call: an injection, a line for people, and whether tools are off in this step."""

    injection: Injection | None = None
    notice: str = ""
    disable_tools: bool = False


@dataclass(frozen=True, slots=True)
class AfterResponse:
    """Said after a reply: an objection to stopping here (the model is called again with it)."""

    objection: Injection | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class BeforeTool:
    """Said before a call runs: a reason to deny it, or other arguments (they are validated and judged again).

    `by` names the plugins that said it; aura fills it in.
    """

    deny: str = ""
    arguments: Mapping[str, Any] | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class AfterTool:
    """Said after a call, when its step is over: an injection, or a reason to stop the turn as stalled."""

    injection: Injection | None = None
    stalled: str = ""


@dataclass(frozen=True, slots=True)
class OnError:
    """Said after a model call failed for good: try once more (three times a turn at most)."""

    retry: bool = False
    notice: str = ""


@dataclass(frozen=True, slots=True)
class BeforeStop:
    """Said when the turn would end by itself: an objection."""

    objection: Injection


@dataclass(frozen=True, slots=True)
class BeforeCompaction:
    """Said before older messages are summarised: skip it (ignored on overflow), or add words to the instructions."""

    skip: bool = False
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class ToolSetup:
    """What a plugin may need to make its tools: places, the command runner, its own settings."""

    workspace: Path
    session_dir: Path
    runner: CommandRunner
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelFamily:
    """A family of models: `prefix` begins their names (`script:`); `open` makes the model of a full name."""

    prefix: str
    open: Callable[[str], Model]


@dataclass(frozen=True, slots=True)
class PanelSource:
    """A section of the side panel: its title, and a function that makes its lines from where the session stands.

    `render` returns lines (or one text) without colours, or None to show nothing; it is called after events, at most
    twice a second, in a thread beside the session, and must be quick.
    """

    title: str
    render: Callable[[Turn], Iterable[str] | str | None]


@dataclass(frozen=True, slots=True)
class StatusSource:
    """An item of the status line: a function that makes its few words; None or an empty text shows nothing.

    It is called as that of a `PanelSource`.
    """

    render: Callable[[Turn], str | None]


class Hooks:
    """The hook specifications; a plugin implements any of them with `@hookimpl`."""

    @hookspec
    def before_chat(self, turn: Turn, model: ModelInfo) -> BeforeChat | None:
        """Before each model call; `model` is the one that will be asked."""

    @hookspec
    def after_response(self, turn: Turn, reply: Message) -> AfterResponse | None:
        """After a reply that asks for no tools (in `turn` the reply is already the last message)."""

    @hookspec
    def before_tool(self, turn: Turn, call: ToolCall) -> BeforeTool | None:
        """Before a call is judged; it may deny or rewrite, never widen a permission."""

    @hookspec
    def rewrite_result(self, turn: Turn, call: ToolCall, result: ToolResult) -> str | None:
        """When a call has its result and before that is logged: another content for the model."""

    @hookspec
    def after_tool(self, turn: Turn, call: ToolCall, result: ToolResult) -> AfterTool | None:
        """When a step is over, for each of its calls, also a refused one (`turn` holds all of its results)."""

    @hookspec
    def on_error(self, turn: Turn, error: ModelError) -> OnError | None:
        """After a model call failed and every retry and fallback is spent."""

    @hookspec
    def before_stop(self, turn: Turn) -> BeforeStop | None:
        """When the model owes nothing and the turn would end."""

    @hookspec
    def before_compaction(self, turn: Turn, forced: bool) -> BeforeCompaction | None:  # noqa: FBT001 - passed by name
        """Before older messages are summarised; `forced` when the context has overflowed."""

    @hookspec
    def transform_messages(self, turn: Turn, messages: Sequence[Message]) -> Sequence[Message] | None:
        """Change what this one model call sees; the log keeps the original."""

    @hookspec
    def on_event(self, event: Event) -> None:
        """Watch every event, durable and passing."""

    @hookspec
    def register_tools(self, setup: ToolSetup) -> Iterable[Tool] | None:
        """Offer tools to the model."""

    @hookspec
    def register_commands(self) -> Iterable[Any] | None:
        """Offer slash commands (`aura.api.Command`)."""

    @hookspec
    def register_models(self) -> Iterable[ModelFamily] | None:
        """Offer model families by the prefix of their names."""

    @hookspec
    def register_panels(self) -> Iterable[PanelSource] | None:
        """Offer sections of the side panel."""

    @hookspec
    def register_status(self) -> Iterable[StatusSource] | None:
        """Offer items of the status line."""
