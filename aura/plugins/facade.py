"""The plugins of a session, as the loop, the tools and the commands see them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aura.core.errors import ModelError
from aura.core.events import Event, Injected, NoticeShown
from aura.core.messages import Message, ToolCall, ToolResult
from aura.core.repair import repair
from aura.core.tools import Tool
from aura.core.turn import Turn
from aura.hookspecs import BeforeCompaction, BeforeTool, ModelFamily, ToolSetup
from aura.plugins.loading import Loaded, Settings, describe_changes, load
from aura.plugins.panel import Boundary, Circumstances, Panel, Said, fired, has_spoken
from aura.plugins.relay import Plugged
from aura.plugins.shown import Shown
from aura.plugins.sources import Problem, Sources


class Plugins:
    """Every plugin of a session behind one typed face; no failure of a plugin gets past it.

    `settings` maps the name of a plugin to its own settings and `disabled`, `condition`, `once`, `order`; wrong ones
    raise `ConfigError` here and in `reload`. A broken plugin is left out and reported (`problems`, and a notice).
    `shown` is what plugins show in the interface.
    What there is to record about plugins comes with `before_chat`, `after_tools` and `on_error`, or from `drain`.
    """

    def __init__(
        self, sources: Sources, circumstances: Circumstances, settings: Settings | None = None
    ) -> None:
        self.sources = sources
        self.circumstances = circumstances
        self.loaded = Loaded()
        self._settings: Settings = settings or {}
        self._panel = Panel((), lambda: self.circumstances)
        self.shown = Shown(self._panel)
        self.reload()

    @property
    def plugged(self) -> tuple[Plugged, ...]:
        """The plugins in use, in the order in which they are asked, with those that were unplugged."""
        return self.loaded.plugged

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong or odd when the plugins were read."""
        return self.loaded.problems

    @property
    def runs_commands(self) -> bool:
        """Whether a condition runs commands, so that asking may take long: then ask from a thread."""
        manifests = (each.candidate.manifest for each in self.plugged if not each.unplugged)
        return any(each.condition is not None and each.condition.commands for each in manifests)

    def before_chat(self, turn: Turn) -> Said:
        """Before a model call. At a limit only an injection that comes with `disable_tools` passes."""
        panel, at_limit = self._panel, turn.pace.limit is not None
        boundary = Boundary(is_open=at_limit or not has_spoken(turn), nudge=False)
        disable_tools = False
        model = self.circumstances.model()
        for plugged, answer, scene in panel.answers(
            "before_chat", turn, lambda: {"turn": turn, "model": model}
        ):
            passes = boundary.is_open and (answer.disable_tools or not at_limit)
            speaks = passes if answer.injection is not None else bool(answer.notice)
            if not (speaks or answer.disable_tools) or not panel.confirms(plugged, scene):
                continue
            disable_tools = disable_tools or answer.disable_tools
            if speaks or answer.injection is None:
                boundary.deliver(plugged, answer.injection, answer.notice)
        return Said((*boundary.events, *panel.drain()), disable_tools=disable_tools)

    def after_response(self, turn: Turn, reply: Message) -> Said:
        """After a reply without tool calls; the events are to be recorded only if the turn goes on."""
        panel = self._panel
        boundary = Boundary(is_open=turn.pace.limit is None, nudge=True)
        said = panel.answers("after_response", turn, lambda: {"turn": turn, "reply": reply})
        for plugged, answer, scene in said:
            speaks = boundary.is_open if answer.objection is not None else bool(answer.notice)
            if speaks and panel.confirms(plugged, scene):
                boundary.deliver(plugged, answer.objection, answer.notice)
        return _object(boundary)

    def before_stop(self, turn: Turn) -> Said:
        """When the turn would end by itself; the events are to be recorded only if the turn goes on."""
        panel = self._panel
        boundary = Boundary(is_open=turn.pace.limit is None, nudge=True)
        for plugged, answer, scene in panel.answers("before_stop", turn, lambda: {"turn": turn}):
            if boundary.is_open and panel.confirms(plugged, scene):
                boundary.deliver(plugged, answer.objection)
        return _object(boundary)

    def after_tools(self, turn: Turn, answered: Sequence[tuple[ToolCall, ToolResult]]) -> Said:
        """When a step is over: every plugin is asked for each of its calls, the first injection wins.

        A reason to stop as stalled outranks every injection.
        """
        panel = self._panel
        if turn.pace.limit is not None:
            return Said(panel.drain())
        said = [one for call, result in answered for one in panel.answers_to(turn, call, result)]
        said.sort(key=lambda one: panel.plugged.index(one[0]))
        for plugged, answer, scene in said:
            if answer.stalled and panel.confirms(plugged, scene):
                return Said((*fired(plugged), *panel.drain()), stalled=answer.stalled)
        boundary = Boundary(is_open=True, nudge=True)
        for plugged, answer, scene in said:
            if boundary.is_open and answer.injection is not None and panel.confirms(plugged, scene):
                boundary.deliver(plugged, answer.injection)
        return Said((*boundary.events, *panel.drain()))

    def before_tool(self, turn: Turn, call: ToolCall) -> BeforeTool | None:
        """A reason to deny a call, or other arguments for it; each plugin sees what the one before made of it."""
        panel, authors = self._panel, list[str]()
        current = call
        said = panel.answers("before_tool", turn, lambda: {"turn": turn, "call": current})
        for plugged, answer, scene in said:
            if not (answer.deny or answer.arguments is not None) or not panel.confirms(plugged, scene):
                continue
            panel.pending += fired(plugged)
            if answer.deny:
                return BeforeTool(deny=answer.deny, by=plugged.name)
            current = replace(current, arguments=dict(answer.arguments))
            authors.append(plugged.name)
        return BeforeTool(arguments=current.arguments, by=", ".join(authors)) if authors else None

    def rewrite(self, turn: Turn, call: ToolCall, result: ToolResult) -> str | None:
        """Another content for the model, before the result is logged; each plugin sees what the one before wrote."""
        panel, current = self._panel, result
        said = panel.answers("rewrite_result", turn, lambda: {"turn": turn, "call": call, "result": current})
        for plugged, answer, scene in said:
            if answer != current.content and panel.confirms(plugged, scene):
                panel.pending += fired(plugged)
                current = replace(current, content=answer)
        return current.content if current is not result else None

    def on_error(self, turn: Turn, error: ModelError) -> tuple[bool, tuple[Event, ...]]:
        """Whether a plugin asks for another try, and what is to be recorded; the caller bounds the tries."""
        panel, retry = self._panel, False
        events: list[Event] = []
        for plugged, answer, scene in panel.answers("on_error", turn, lambda: {"turn": turn, "error": error}):
            if not (answer.retry or answer.notice) or not panel.confirms(plugged, scene):
                continue
            retry = retry or answer.retry
            if answer.notice:
                events.append(NoticeShown(answer.notice, origin=plugged.origin))
            events += fired(plugged)
        return retry, (*events, *panel.drain())

    def before_compaction(self, turn: Turn, forced: bool) -> BeforeCompaction | None:  # noqa: FBT001 - as the hook
        """Whether a plugin wants it skipped, and all their instructions, one a line."""
        panel, skip = self._panel, False
        instructions: list[str] = []
        said = panel.answers("before_compaction", turn, lambda: {"turn": turn, "forced": forced})
        for plugged, answer, scene in said:
            if (answer.skip or answer.instructions) and panel.confirms(plugged, scene):
                panel.pending += fired(plugged)
                skip = skip or answer.skip
                instructions += [answer.instructions] if answer.instructions else []
        return BeforeCompaction(skip, "\n".join(instructions)) if skip or instructions else None

    def transform_messages(self, turn: Turn, messages: Sequence[Message]) -> Sequence[Message]:
        """What one model call sees: each plugin changes what the one before made; the result is a valid request."""
        panel, current = self._panel, messages
        said = panel.answers("transform_messages", turn, lambda: {"turn": turn, "messages": current})
        for plugged, answer, scene in said:
            if panel.confirms(plugged, scene):
                panel.pending += fired(plugged)
                current = answer
        return messages if current is messages else repair(current) or messages

    def on_event(self, event: Event) -> None:
        """Show an event to those who watch; one that raises is unplugged, and reported later."""
        for plugged in self._panel.watchers():
            self._panel.ask(plugged, "on_event", {"event": event})

    def tools(self, setup: ToolSetup) -> tuple[Tool, ...]:
        """The tools that plugins offer, in load order; of two with one name the later stays."""
        panel = self._panel
        found: dict[str, Tool] = {}
        for plugged in panel.plugged:
            own = replace(setup, config=plugged.settings)
            for tool in panel.offers(
                plugged, "register_tools", {"setup": own}, ("spec", "effect", "validate")
            ):
                found[tool.spec.name] = tool
        return tuple(found.values())

    def commands(self, of: Plugged | None = None) -> tuple[Any, ...]:
        """The slash commands that plugins offer, or one of them."""
        panel = self._panel
        wanted = ("name", "help", "usage", "run")
        asked = panel.plugged if of is None else (of,)
        return tuple(each for one in asked for each in panel.offers(one, "register_commands", {}, wanted))

    def model_families(self) -> tuple[ModelFamily, ...]:
        """The model families that plugins offer."""
        panel = self._panel
        wanted = ("prefix", "open")
        return tuple(
            each for one in panel.plugged for each in panel.offers(one, "register_models", {}, wanted)
        )

    def drain(self) -> tuple[Event, ...]:
        """What there is to record about plugins since it was asked last."""
        return self._panel.drain()

    def reload(self, settings: Settings | None = None) -> str:
        """Read every plugin again and say what changed; one whose files are the same goes on as it is.

        Raises `ConfigError` for a wrong setting, and then nothing has changed. Tools, commands and models are to be
        asked for again.
        """
        wanted = self._settings if settings is None else settings
        before = self.loaded
        self.loaded = load(self.sources, wanted, before.plugged)
        self._settings = wanted
        pending = [*self._panel.pending]
        pending += [NoticeShown(each.sentence, each.level) for each in self.loaded.new_problems(before)]
        self._panel = Panel(self.loaded.plugged, lambda: self.circumstances)
        self._panel.pending = pending
        self.shown = Shown(self._panel)
        return describe_changes(before, self.loaded)


def _object(boundary: Boundary) -> Said:
    """What was said to the end of a turn."""
    objection = any(isinstance(event, Injected) for event in boundary.events)
    return Said(tuple(boundary.events), objection=objection)
