"""The plugins of a session as they are asked: in order, gated, and unplugged when they fail."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from aura.core.conditions import Scene
from aura.core.events import Event, Injected, NoticeShown, PluginFired, PluginUnplugged
from aura.core.messages import ToolCall, ToolResult, user
from aura.core.models import ModelInfo
from aura.core.turn import Turn
from aura.hookspecs import Injection
from aura.plugins.relay import HOOKS, Plugged, Unfit

INJECTOR = "injector:"

Result = TypeVar("Result")


def _unknown_model() -> ModelInfo:
    return ModelInfo("")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What conditions may ask beyond the turn.

    `model` gives the model in use. `bash` runs a command of a condition and says whether it ended with exit code 0
    (None: commands cannot be run here, and a plugin whose condition has one keeps quiet).
    """

    workspace: Path
    model: Callable[[], ModelInfo] = _unknown_model
    bash: Callable[[str], bool] | None = None

    def scene(self, turn: Turn) -> Scene:
        """What conditions are evaluated against at this point."""
        return Scene(turn, self.exists, self.bash or _refuse_command, self.model())

    def exists(self, path: str) -> bool:
        """Whether a file or folder is there; relative paths start at the workspace."""
        try:
            return (self.workspace / Path(path).expanduser()).exists()
        except (OSError, RuntimeError, ValueError):
            return False


def _refuse_command(command: str) -> bool:
    raise AssertionError(f"nothing here can run {command!r}")


@dataclass(frozen=True, slots=True)
class Said:
    """What the plugins said at one boundary.

    `events` is to be recorded as it is: at most one injection, then notices and what became of plugins. `objection`
    is whether that injection objects to the end of the turn, `disable_tools` whether tools are off in this step,
    `stalled` why the turn has to stop (empty: it has not).
    """

    events: tuple[Event, ...] = ()
    disable_tools: bool = False
    stalled: str = ""
    objection: bool = False


@dataclass(slots=True)
class Boundary:
    """What is gathered at one boundary; `is_open` until one injection has been taken."""

    is_open: bool
    nudge: bool
    events: list[Event] = field(default_factory=list)

    def deliver(self, plugged: Plugged, injection: Injection | None, notice: str = "") -> None:
        """Take what a plugin said, whole; the injection closes the boundary."""
        if injection is not None:
            self.is_open = False
            message = user(f"[aura: {plugged.name}] {injection.text}", plugged.origin)
            self.events.append(Injected(message, injection.lifetime, nudge=self.nudge))
        lines = (notice, injection.notice if injection is not None else "")
        self.events += [NoticeShown(line, origin=plugged.origin) for line in lines if line]
        self.events += fired(plugged)


def fired(plugged: Plugged) -> tuple[Event, ...]:
    """The event that keeps a plugin with `once` from speaking again."""
    return (PluginFired(plugged.name),) if plugged.candidate.manifest.once else ()


def has_spoken(turn: Turn) -> bool:
    """Whether an injector has already spoken since the last reply, result or prompt."""
    return len(turn.messages) > 0 and turn.messages[-1].origin.startswith(INJECTOR)


class Panel:
    """Asks plugins one by one; `pending` holds what there is to record about them."""

    def __init__(self, plugged: Sequence[Plugged], circumstances: Callable[[], Circumstances]) -> None:
        self.plugged = tuple(plugged)
        self.pending: list[Event] = []
        self._circumstances = circumstances
        self._by_hook = {hook: tuple(each for each in self.plugged if hook in each.callers) for hook in HOOKS}

    def answers(
        self, hook: str, turn: Turn, arguments: Callable[[], Mapping[str, Any]]
    ) -> Iterator[tuple[Plugged, Any, Scene]]:
        """What the plugins that may speak now answer, in order; commands of conditions have not run yet.

        `arguments` is called anew for each plugin, so that a later one sees what became of an earlier answer.
        """
        if not self._by_hook[hook]:
            return
        scene = self._circumstances().scene(turn)
        for plugged in self._by_hook[hook]:
            if self._may_speak(plugged, hook, scene):
                answer = self.ask(plugged, hook, arguments())
                if answer is not None:
                    yield plugged, answer, scene

    def answers_to(
        self, turn: Turn, call: ToolCall, result: ToolResult
    ) -> Iterator[tuple[Plugged, Any, Scene]]:
        """What the plugins answer to one call of a step."""
        arguments = {"turn": turn, "call": call, "result": result}
        return self.answers("after_tool", turn, lambda: arguments)

    def confirms(self, plugged: Plugged, scene: Scene) -> bool:
        """Whether the commands of its condition agree that it may speak."""
        return self.guard(plugged, "condition", lambda: plugged.is_confirmed(scene)) is True

    def watchers(self) -> tuple[Plugged, ...]:
        """The plugins that watch events."""
        return self._by_hook["on_event"]

    def offers(
        self, plugged: Plugged, hook: str, arguments: Mapping[str, Any], wanted: Sequence[str]
    ) -> tuple[Any, ...]:
        """What one plugin registers; each item needs the attributes `wanted`."""
        if not plugged.has(hook):
            return ()

        def collect() -> tuple[Any, ...]:
            items = tuple(plugged.ask(hook, arguments) or ())
            for item in items:
                missing = [name for name in wanted if not hasattr(item, name)]
                if missing:
                    raise Unfit(f"it registered {type(item).__name__}, which has no `{missing[0]}`")
            return items

        return self.guard(plugged, hook, collect) or ()

    def ask(self, plugged: Plugged, hook: str, arguments: Mapping[str, Any]) -> Any:
        """What one plugin answers; None when it keeps quiet or has just failed."""
        return self.guard(plugged, hook, lambda: plugged.ask(hook, arguments))

    def guard(self, plugged: Plugged, hook: str, action: Callable[[], Result]) -> Result | None:
        """The result of an action of a plugin; None when it raised, which unplugs it."""
        if plugged.unplugged:
            return None
        try:
            return action()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin raises is its own fault
            self.unplug(plugged, hook, plugged.describe_failure(error))
            return None

    def unplug(self, plugged: Plugged, hook: str, reason: str) -> None:
        """Take a plugin out of the session and report it, once; faces show that event as a warning."""
        if plugged.unplugged:
            return
        plugged.unplugged = reason
        self.pending.append(PluginUnplugged(plugged.name, hook, reason))

    def drain(self) -> tuple[Event, ...]:
        """What there is to record about plugins; each event is handed out once."""
        events = tuple(self.pending)
        self.pending.clear()
        return events

    def _may_speak(self, plugged: Plugged, hook: str, scene: Scene) -> bool:
        if not plugged.has(hook):
            return False
        manifest = plugged.candidate.manifest
        if (
            manifest.condition is not None
            and manifest.condition.commands
            and self._circumstances().bash is None
        ):
            return False
        if manifest.once:
            event = PluginFired(plugged.name)
            if plugged.name in scene.turn.rest.fired or event in self.pending:
                return False
        return self.guard(plugged, "condition", lambda: plugged.may_speak(scene)) is True
