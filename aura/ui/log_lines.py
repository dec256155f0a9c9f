"""One line for each event of a log: when, how important, at which step, what."""

import time
from dataclasses import dataclass
from typing import Literal, get_args

from aura.core import events as ev
from aura.core.durations import tell_duration
from aura.core.limits import PROCESS_ENDED, StopReason, name_cost
from aura.core.messages import Message
from aura.core.text import shorten
from aura.core.todos import open_todos
from aura.core.turn import Turn
from aura.runs.report import render_count
from aura.ui.render import render_call, render_event
from aura.ui.run_lines import tell_run

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[str, ...] = get_args(Level)
WIDTH = 300
NOTHING = Turn()
# What is only worth knowing when one looks for a fault, by the tag of the event.
QUIET = frozenset(
    {
        "session_started",
        "step_started",
        "step_ended",
        "tool_started",
        "checkpointed",
        "limits_set",
        "plugin_fired",
        "snapshot_taken",
    }
)
BAD_STOPS = (StopReason.ERROR, StopReason.PROVIDER, StopReason.CONFIG)
GOOD_STOPS = (StopReason.DONE, StopReason.END_TURN)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event as a line: its place, Unix time in seconds, level, step of the session, tag, and what happened."""

    seq: int
    at: float
    level: Level
    step: int
    type: str
    what: str


def tell_event(recorded: ev.Recorded, step: int) -> LogLine:
    """The line of an event; `step` counts the model calls of the session so far. Never fails."""
    event = recorded.event
    try:
        what = _say(event)
    except (ValueError, OverflowError, OSError, ArithmeticError):
        what = event.type.replace("_", " ")
    return LogLine(recorded.seq, recorded.at, find_level(event), step, event.type, shorten(what, WIDTH))


def is_at_least(level: str, least: str) -> bool:
    """Whether a level is as important as another."""
    return LEVELS.index(level) >= LEVELS.index(least)


def find_level(event: ev.Event) -> Level:
    """How important an event is."""
    match event:
        case ev.ToolFinished(outcome="ok"):
            return "info"
        case ev.ToolFinished(outcome="unknown") | ev.PluginUnplugged():
            return "error"
        case ev.ToolFinished() | ev.DoneRefused() | ev.LimitReached() | ev.LimitWarned():
            return "warning"
        case ev.ModelFailed(retry_in=retry_in):
            return "error" if retry_in is None else "warning"
        case ev.NoticeShown(level=level):
            return level
        case ev.CheckFinished(check=check):
            return "info" if check.passed else "warning"
        case ev.ToolJudged(verdict="deny") | ev.Injected(nudge=True) | ev.BranchParked():
            return "warning"
        case ev.TurnStopped(reason=reason):
            return "error" if reason in BAD_STOPS else "info" if reason in GOOD_STOPS else "warning"
        case ev.Checkpointed() if tell_run(event) is not None:
            return "info"
        case _:
            return "debug" if event.type in QUIET else "info"


def _say(event: ev.Event) -> str:
    match event:
        case ev.SessionStarted():
            parent = f", a copy of {event.parent} up to event {event.parent_seq}" if event.parent else ""
            return f"session {event.session} in {event.workspace}, aura {event.version}{parent}"
        case ev.SessionResumed():
            return f"taken up again by {event.holder}, aura {event.version}"
        case ev.TurnStarted():
            return f"turn {event.number}: {_speak(event.message)}"
        case ev.TurnStopped():
            detail = "the process had ended" if event.detail == PROCESS_ENDED else event.detail
            return f"turn stopped: {event.reason.value}{_behind(detail)}"
        case ev.StepStarted():
            return f"model call to {event.model}{'' if event.tools else ', without tools'}"
        case ev.StepEnded():
            return f"step ended after {tell_duration(event.seconds)}"
        case ev.ModelReplied():
            return _say_reply(event)
        case ev.ToolStarted():
            return f"begins {render_call(event.call, WIDTH)}"
        case ev.ToolFinished():
            took = f" ({tell_duration(event.seconds)})" if event.command is None else ""
            return f"{render_event(event, NOTHING)}{took}"
        case ev.ToolJudged():
            verdict = {"allow": "allowed", "park": "parked"}.get(event.verdict, "refused")
            return f"{verdict} by {event.by}{_behind(event.reason)}"
        case ev.RunStarted():
            return f"{render_event(event, NOTHING)}: {event.goal}"
        case _:
            return render_event(event, NOTHING) or _say_rest(event)


def _say_rest(event: ev.Event) -> str:
    match event:
        case ev.TodosChanged():
            left = len(open_todos(event.todos))
            return f"todos by {event.by}: {left} open of {len(event.todos)}"
        case ev.DoneAccepted():
            state = "verified" if event.verified else "not checked"
            return f"Done accepted ({event.claim.status}, {state}): {event.claim.summary}"
        case ev.QuestionAsked():
            return f"asks: {event.question.text}"
        case ev.QuestionAnswered():
            return f"answered by {event.by}: {event.answer.text}"
        case ev.CommandRan():
            return f"a person ran {event.line}"
        case ev.CommandSaid() | ev.PromptQueued():
            return f"{'said' if event.type == 'command_said' else 'waits'}: {event.text}"
        case ev.PromptUnqueued():
            return "a waiting prompt was sent" if event.sent else "a waiting prompt was taken back"
        case ev.AutoSwitched():
            return f"auto mode {'on' if event.on else 'off'}, by {event.by}"
        case ev.ModeSwitched():
            return f"mode {event.mode}, by {event.by}"
        case ev.SandboxChosen():
            return (
                f"commands run with: {event.enforced}, asked for: {event.requested}, network: {event.network}"
            )
        case ev.ChecksSet():
            return f"checks: {'; '.join(event.checks) or 'none'}"
        case ev.FilesTrashed():
            saved = f", branches as {event.refs}" if event.refs else ""
            return f"put into the trash before a command: {event.count} files{saved}"
        case ev.SnapshotTaken():
            return f"snapshot {event.snapshot} of the files: {event.changed} changed by {event.by}"
        case ev.FilesRestored():
            return f"files put back by {event.by} as they were {event.what}: {event.count}"
        case ev.Checkpointed():
            return f"checkpoint: {event.phase.word} after turn {event.taken}"
        case _:
            return event.type.replace("_", " ")


def _say_reply(event: ev.ModelReplied) -> str:
    done = event.completion
    usage = f"{render_count(done.usage.input)} in, {render_count(done.usage.output)} out"
    cost = "price unknown" if done.cost is None else name_cost(done.cost)
    calls = ", ".join(render_call(call, 60) for call in done.message.tool_calls[:4])
    said = " ".join(part for part in (shorten(done.message.text, 120), calls and f"→ {calls}") if part)
    cut = "interrupted, " if event.interrupted else ""
    return f"reply ({cut}{tell_duration(event.seconds)}, {usage}, {cost}): {said or 'nothing'}"


def _speak(message: Message) -> str:
    who = "" if message.origin == "human" or message.text.startswith("[aura]") else f"[{message.origin}] "
    return f"{who}{message.text}"


def _behind(text: str) -> str:
    return f": {text}" if text else ""


def render_line(line: LogLine) -> str:
    """A line as text for a terminal or a file."""
    return f"{tell_clock(line.at)} {line.level:<7} {line.step:>5} {line.what}"


def tell_clock(at: float) -> str:
    """A Unix time in the time zone of this machine, sortable."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
    except (ValueError, OverflowError, OSError):
        return "????-??-?? ??:??:??"
