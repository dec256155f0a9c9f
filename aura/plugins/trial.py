"""A plugin on trial: a session made of events, without a model, to see when a plugin speaks and what it says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aura.core import events as ev
from aura.core.attempts import Outcome
from aura.core.errors import PluginError
from aura.core.evidence import FileChange
from aura.core.limits import StopReason
from aura.core.messages import MODEL, Message, Part, Text, ToolCall, ToolResult, user
from aura.core.models import Completion, ModelInfo, Usage
from aura.core.passing import PanelsShown
from aura.core.todos import Todo, TodoStatus
from aura.core.turn import Turn, fold
from aura.hookspecs import BeforeTool
from aura.plugins.facade import Plugins
from aura.plugins.manifest import read_manifest
from aura.plugins.panel import Circumstances, Said
from aura.plugins.sources import Sources


class Trial:
    """One plugin in a session of its own; `turn` is where the session stands, `said` what was said last.

    `folder` is the plugin's folder and `settings` are its own. Methods that tell what happened return the trial
    itself. Methods named like a hook ask the plugin, record what it said as the loop would, and return its text
    (empty: it kept quiet); `show` returns what it shows people. `commands` answers the commands of conditions. A
    plugin that cannot be loaded or that fails raises `PluginError`, a wrong setting `ConfigError`.
    """

    def __init__(self, folder: Path | str, **settings: Any) -> None:
        place = Path(folder).resolve()
        self.model = ModelInfo("trial/model", window=100_000, capabilities=frozenset({"tools"}))
        self.commands: dict[str, bool] = {}
        self.turn = Turn()
        self.said = Said()
        self._answered: tuple[tuple[ToolCall, ToolResult], ...] = ()
        name = read_manifest(place).name
        circumstances = Circumstances(place, lambda: self.model, lambda command: self.commands[command])
        self.plugins = Plugins(Sources(folders=[place]), circumstances, {name: settings} if settings else {})
        for problem in self.plugins.problems:
            raise PluginError(problem.sentence)
        self.happen(ev.SessionStarted("trial", str(place), "0"))

    def happen(self, *events: ev.Event) -> "Trial":
        """Any events."""
        self.turn = fold(events, self.turn)
        return self

    def prompt(self, text: str = "Go.") -> "Trial":
        """A person says something, which begins a turn."""
        return self.happen(ev.TurnStarted(self.turn.number + 1, user(text)))

    def auto(self) -> "Trial":
        """Auto mode goes on."""
        return self.happen(ev.AutoSwitched(on=True, by="human"))

    def todos(self, *contents: str, status: TodoStatus = "pending") -> "Trial":
        """The todo list is replaced by items of one status; their ids count from 1."""
        items = tuple(Todo(str(number), text, status) for number, text in enumerate(contents, start=1))
        return self.happen(ev.TodosChanged(items, "model"))

    def reply(self, text: str = "", *calls: ToolCall, tokens: int = 1_000) -> "Trial":
        """A step in which the model answers; `tokens` is what the context then holds."""
        parts: tuple[Part, ...] = (Text(text), *calls) if text else calls
        completion = Completion(Message("assistant", parts, MODEL), Usage(input=tokens))
        number = self.turn.steps + 1
        return self.happen(ev.StepStarted(number, self.model.name), ev.ModelReplied(completion))

    def call(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        result: str = "ok",
        *,
        outcome: Outcome = "ok",
        changed: str = "",
        seen: str = "",
        waiting: bool = False,
    ) -> "Trial":
        """A step with one tool call; `changed` is a file it edited, `seen` one that it showed to the model."""
        call = ToolCall(f"call-{len(self.turn.messages)}", name, arguments or {})
        answer = ToolResult(call.id, result, is_error=outcome != "ok")
        after = f"version {len(self.turn.messages)}"
        changes = (FileChange(changed, "modified", added=1, after=after),) if changed else ()
        known = {path: after for path in (changed, seen) if path}
        finished = ev.ToolFinished(call, answer, outcome, 1.0, changes=changes, seen=known, waiting=waiting)
        self.reply("", call).happen(ev.ToolStarted(call), finished, ev.StepEnded(self.turn.steps, 1.0))
        self._answered = ((call, answer),)
        return self

    def steps(self, count: int) -> "Trial":
        """Steps with one successful call each, all different."""
        for _ in range(count):
            self.call("Read", {"path": f"file-{len(self.turn.messages)}"}, f"text {len(self.turn.messages)}")
        return self

    def limit(self, detail: str = "steps: 50 of 50", reason: StopReason = StopReason.MAX_STEPS) -> "Trial":
        """A limit is reached."""
        return self.happen(ev.LimitReached(reason, detail))

    def stop(self, reason: StopReason = StopReason.END_TURN) -> "Trial":
        """The turn ends."""
        return self.happen(ev.TurnStopped(reason))

    def before_chat(self) -> str:
        """What the plugin says before the next model call."""
        return self._hear(self.plugins.before_chat(self.turn))

    def after_response(self) -> str:
        """What it objects to the last reply."""
        last = self.turn.rest.last
        if last is None:
            raise PluginError("There is no reply yet; call reply(…) first.")
        return self._hear(self.plugins.after_response(self.turn, last.message))

    def after_tool(self) -> str:
        """What it says to the last call."""
        return self._hear(self.plugins.after_tools(self.turn, self._answered))

    def before_stop(self) -> str:
        """What it objects to the end of the turn."""
        return self._hear(self.plugins.before_stop(self.turn))

    def before_tool(self, name: str, arguments: Mapping[str, Any] | None = None) -> BeforeTool | None:
        """What it says to a call that is about to run."""
        answer = self.plugins.before_tool(self.turn, ToolCall("call", name, arguments or {}))
        self._hear(Said())
        return answer

    def rewrite_result(self, name: str, result: str, arguments: Mapping[str, Any] | None = None) -> str:
        """What the model is to read instead of a result; the result itself when the plugin keeps quiet."""
        call = ToolCall("call", name, arguments or {})
        answer = self.plugins.rewrite(self.turn, call, ToolResult("call", result))
        self._hear(Said())
        return result if answer is None else answer

    def show(self) -> PanelsShown:
        """What the interface would show of it now: sections in `panels`, status items in `status`."""
        shown = self.plugins.shown.render(self.turn)
        self._hear(Said())
        return shown

    @property
    def notices(self) -> tuple[str, ...]:
        """The lines for people that came with what was said last."""
        return tuple(event.text for event in self.said.events if isinstance(event, ev.NoticeShown))

    def _hear(self, said: Said) -> str:
        events = (*said.events, *self.plugins.drain())
        for event in events:
            if isinstance(event, ev.PluginUnplugged):
                raise PluginError(f"The plugin {event.plugin!r} failed in {event.hook}: {event.error}")
        self.said = said
        self.happen(*events)
        return "\n".join(event.message.text for event in events if isinstance(event, ev.Injected))
