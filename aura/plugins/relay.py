"""One plugin in use: its hooks bound through pluggy, asked one at a time, and guarded."""

import difflib
import inspect
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pluggy

from aura.core.conditions import Scene, evaluate
from aura.core.errors import AuraError, ConfigError, PluginError
from aura.core.messages import Message
from aura.hookspecs import (
    PROJECT,
    AfterResponse,
    AfterTool,
    BeforeChat,
    BeforeCompaction,
    BeforeStop,
    BeforeTool,
    Hooks,
    Injection,
    OnError,
)
from aura.plugins.settings import settings_of
from aura.plugins.sources import Candidate, make_candidate

ANSWERS: Mapping[str, tuple[type, ...]] = {
    "before_chat": (BeforeChat,),
    "after_response": (AfterResponse,),
    "before_tool": (BeforeTool,),
    "rewrite_result": (str,),
    "after_tool": (AfterTool,),
    "on_error": (OnError,),
    "before_stop": (BeforeStop,),
    "before_compaction": (BeforeCompaction,),
    "transform_messages": (tuple, list),
    "on_event": (),
    "register_tools": (object,),
    "register_commands": (object,),
    "register_models": (object,),
    "register_panels": (object,),
    "register_status": (object,),
}
HOOKS = tuple(ANSWERS)

# Called where nothing may block: a condition that runs commands is refused with them.
HASTY = ("before_tool", "rewrite_result", "on_error", "before_compaction", "transform_messages")


class Unfit(Exception):
    """A plugin answered with something that its hook does not allow."""


@dataclass(slots=True)
class Plugged:
    """A plugin in use; `callers` holds the hooks it implements, `unplugged` why it takes no further part."""

    candidate: Candidate
    plugin: object
    callers: Mapping[str, Callable[..., Sequence[Any]]] = field(default_factory=dict)
    unplugged: str = ""

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.candidate.name

    @property
    def origin(self) -> str:
        """Who speaks, as messages and notices say it."""
        return f"injector:{self.name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings it runs with, by name."""
        return settings_of(self.plugin)

    def has(self, hook: str) -> bool:
        """Whether it is still in use and implements the hook."""
        return not self.unplugged and hook in self.callers

    def ask(self, hook: str, arguments: Mapping[str, Any]) -> Any:
        """What it answers, checked by type; raises whatever the plugin raises, and `Unfit`."""
        answers = self.callers[hook](**arguments)
        answer = answers[0] if answers else None
        if answer is None:
            return None
        if inspect.iscoroutine(answer):
            answer.close()
            raise Unfit("it returned a coroutine; hooks are plain functions")
        wanted = ANSWERS[hook]
        if not wanted:
            raise Unfit(f"it returned {type(answer).__name__}, but may only watch")
        if not isinstance(answer, wanted):
            names = " or ".join(each.__name__ for each in wanted)
            raise Unfit(f"it returned {type(answer).__name__} instead of {names} or None")
        check_answer(hook, answer)
        return answer

    def may_speak(self, scene: Scene) -> bool:
        """Whether its condition holds as far as no command has to run."""
        condition = self.candidate.manifest.condition
        return condition is None or evaluate(condition.cheap, scene)

    def is_confirmed(self, scene: Scene) -> bool:
        """Whether the commands of its condition agree; asked only once it has something to say."""
        condition = self.candidate.manifest.condition
        return condition is None or evaluate(condition.costly, scene)

    def describe_failure(self, error: BaseException) -> str:
        """One line: what was raised, and the place in the plugin's own file."""
        if isinstance(error, Unfit):
            return str(error)
        text = error.sentence if isinstance(error, AuraError) else str(error)
        line = f"{type(error).__name__}: {text}".rstrip(": ").splitlines()[0]
        place = _find_place(error, self.candidate.target)
        return f"{line} ({place})" if place else line


def plug(candidate: Candidate) -> Plugged:
    """A plugin made and bound; raises `ConfigError` for its settings and `PluginError` for all else."""
    try:
        plugin = make_candidate(candidate)
    except ConfigError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin raises is its own fault
        raise PluginError(_explain(candidate, error)) from None
    callers = bind(plugin, candidate.name)
    condition = candidate.manifest.condition
    hasty = [hook for hook in callers if hook in HASTY]
    if condition is not None and condition.commands and hasty:
        raise PluginError(
            f"The condition of the plugin {candidate.name!r} runs a command, for which {hasty[0]} cannot wait."
        )
    return Plugged(candidate, plugin, callers)


def bind(plugin: object, name: str) -> dict[str, Callable[..., Sequence[Any]]]:
    """The hooks a plugin implements, through a pluggy manager of its own; raises `PluginError` for a wrong one."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    _check_names(manager, plugin, name)
    try:
        manager.register(plugin, name)
    except pluggy.PluginValidationError as error:
        reason = str(error).strip().splitlines()[-1]
        raise PluginError(f"The plugin {name!r} has a hook with wrong arguments: {reason}.") from None
    callers: dict[str, Callable[..., Sequence[Any]]] = {}
    for hook in HOOKS:
        caller: pluggy.HookCaller = getattr(manager.hook, hook)
        for each in caller.get_hookimpls():
            if each.wrapper or each.hookwrapper:
                raise PluginError(f"The plugin {name!r} wraps {hook}; wrappers are not supported.")
            if inspect.iscoroutinefunction(each.function):
                raise PluginError(f"The plugin {name!r} has an async {hook}; hooks are plain functions.")
            callers[hook] = caller
    if not callers:
        raise PluginError(f"The plugin {name!r} has no hook; mark its methods with @hookimpl.")
    return callers


def check_answer(hook: str, answer: object) -> None:
    """Raise `Unfit` if a value inside an answer has a wrong type; texts and injections are what plugins get wrong."""
    match answer:
        case BeforeChat(injection=said) | AfterResponse(objection=said) | AfterTool(injection=said):
            _check_injection(said)
        case BeforeStop(objection=said):
            if said is None:
                raise Unfit("it returned BeforeStop without an objection")
            _check_injection(said)
        case BeforeTool(arguments=arguments):
            if arguments is not None and not isinstance(arguments, Mapping):
                raise Unfit(f"it returned arguments of type {type(arguments).__name__} instead of a mapping")
        case list() | tuple() if hook == "transform_messages":
            if not answer:
                raise Unfit("it returned no messages at all")
            if not all(isinstance(each, Message) for each in answer):
                raise Unfit("it returned something that is not a Message")
        case _:
            pass
    for key in ("notice", "deny", "stalled", "instructions"):
        value = getattr(answer, key, "")
        if not isinstance(value, str):
            raise Unfit(f"`{key}` is {type(value).__name__} instead of text")


def _check_injection(said: Any) -> None:
    if said is None:
        return
    if not isinstance(said, Injection):
        raise Unfit(f"it returned {type(said).__name__} where an Injection belongs")
    text: object = said.text
    if not isinstance(text, str) or not text.strip():
        raise Unfit("its injection has no text")
    if said.lifetime not in ("step", "turn", "session"):
        raise Unfit(f"the lifetime {said.lifetime!r} is not step, turn or session")


def _check_names(manager: pluggy.PluginManager, plugin: object, name: str) -> None:
    for attribute in dir(plugin):
        marked = manager.parse_hookimpl_opts(plugin, attribute)
        if marked is None:
            if attribute in HOOKS:
                raise PluginError(f"The plugin {name!r} has {attribute} without @hookimpl.")
            continue
        if attribute not in HOOKS:
            near = difflib.get_close_matches(attribute, HOOKS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(HOOKS)}."
            raise PluginError(
                f"The plugin {name!r} marks {attribute} as a hook, which does not exist; {hint}"
            )


def _explain(candidate: Candidate, error: BaseException) -> str:
    if isinstance(error, PluginError):
        return error.sentence
    if isinstance(error, SyntaxError):
        name = Path(error.filename or "").name
        return f"The plugin {candidate.name!r} is not valid Python: {error.msg} ({name}:{error.lineno})."
    plugged = Plugged(candidate, None)
    return f"The plugin {candidate.name!r} could not be loaded: {plugged.describe_failure(error)}."


def _find_place(error: BaseException, target: object) -> str:
    """The file and line of the plugin where the error came up; empty when it was not in the plugin's folder."""
    if not isinstance(target, Path):
        return ""
    places = [
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if target in Path(frame.filename).parents
    ]
    return places[-1] if places else ""
