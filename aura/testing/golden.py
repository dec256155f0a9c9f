"""A log as text for people and for comparison: one short line for each durable event, without times and counts."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from aura.core import events as ev
from aura.core.messages import Message
from aura.core.todos import MARKS

WIDTH = 100


def render_log(events: Iterable[ev.Event]) -> str:
    """The durable events, one a line; steps and what belongs to them are indented."""
    lines = []
    for event in events:
        if ev.is_durable(event) and not isinstance(event, ev.StepEnded):
            depth = 0 if isinstance(event, (ev.TurnStarted, ev.TurnStopped)) else 1
            depth += isinstance(event, BELOW_STEP)
            lines.append(f"{'  ' * depth}{render_event(event)}")
    return "\n".join(lines) + "\n"


def render_event(event: ev.Event) -> str:
    """One event in one line: its name, then what tells it from others of its kind."""
    say = SAYINGS.get(type(event))
    if say is None:
        return event.type
    return f"{event.type} {say(event)}".rstrip()


def _shorten(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= WIDTH else f"{flat[: WIDTH - 1]}…"


def _say_message(message: Message) -> str:
    return f"[{message.origin}] {_shorten(message.text)}"


def _say_reply(event: ev.ModelReplied) -> str:
    message = event.completion.message
    calls = [
        f"{call.name}({_shorten(call.raw or json.dumps(call.arguments))})" for call in message.tool_calls
    ]
    said = [_shorten(message.text)] if message.text else []
    cut = [f"({event.completion.finish})"] if event.completion.finish == "length" else []
    broken = ["(interrupted)"] if event.interrupted else []
    return " + ".join([*said, *calls]) + "".join(f" {word}" for word in (*cut, *broken)) or "(empty)"


def _say_finished(event: ev.ToolFinished) -> str:
    changes = "".join(f" [{change.kind} {change.path}]" for change in event.changes)
    return f"{event.call.name} {event.outcome}{changes}: {_shorten(event.result.content)}"


def _say_failure(event: ev.ModelFailed) -> str:
    then = "giving up" if event.retry_in is None else f"again in {event.retry_in:g} s"
    return f"{event.kind}, try {event.attempt}: {_shorten(event.sentence)} ({then})"


def _say_injected(event: ev.Injected) -> str:
    nudge = " nudge" if event.nudge else ""
    life = "" if event.lifetime == "session" else f" for this {event.lifetime}"
    return f"{_say_message(event.message)}{life}{nudge}"


BELOW_STEP = (
    ev.ModelReplied,
    ev.ModelFailed,
    ev.ModelChanged,
    ev.ToolJudged,
    ev.ToolStarted,
    ev.ToolFinished,
    ev.TodosChanged,
    ev.CheckFinished,
    ev.DoneRefused,
    ev.DoneAccepted,
    ev.QuestionAsked,
    ev.QuestionAnswered,
    ev.Compacted,
)

SAYINGS: dict[type, Callable[[Any], str]] = {
    ev.SessionStarted: lambda event: event.session,
    ev.TurnStarted: lambda event: f"{event.number} {_say_message(event.message)}",
    ev.Steered: lambda event: _say_message(event.message),
    ev.Injected: _say_injected,
    ev.StepStarted: lambda event: f"{event.step}{'' if event.tools else ' without tools'}",
    ev.ModelReplied: _say_reply,
    ev.ModelFailed: _say_failure,
    ev.ModelChanged: lambda event: f"{event.model}: {event.reason}",
    ev.ToolJudged: lambda event: f"{event.verdict} by {event.by}: {_shorten(event.reason)}".rstrip(": "),
    ev.ToolStarted: lambda event: f"{event.call.name} {event.call.id}",
    ev.ToolFinished: _say_finished,
    ev.TodosChanged: lambda event: (
        f"by {event.by}: " + ", ".join(f"{MARKS[todo.status]} {todo.content}" for todo in event.todos)
    ),
    ev.AutoSwitched: lambda event: f"{'on' if event.on else 'off'} by {event.by}",
    ev.DoneSwitched: lambda event: f"{'required' if event.required else 'not required'} by {event.by}",
    ev.ModeSwitched: lambda event: f"{event.mode} by {event.by}",
    ev.LimitsSet: lambda event: "",
    ev.ChecksSet: lambda event: "; ".join(event.checks),
    ev.SandboxChosen: lambda event: f"{event.enforced}, asked for: {event.requested}",
    ev.LimitReached: lambda event: f"{event.reason}: {event.detail}",
    ev.CheckFinished: lambda event: f"{event.check.run.command} → {event.check.run.exit_code}",
    ev.DoneRefused: lambda event: _shorten(event.reason),
    ev.DoneAccepted: lambda event: (
        f"{event.claim.status}, {'verified' if event.verified else 'not checked'}"
        + "".join(f", {flag}" for flag in event.flags)
    ),
    ev.QuestionAsked: lambda event: _shorten(event.question.text),
    ev.QuestionAnswered: lambda event: f"by {event.by}: {_shorten(event.answer.text)}",
    ev.Compacted: lambda event: f"{event.reason}: {_shorten(event.summary)}",
    ev.NoticeShown: lambda event: f"{event.level}: {_shorten(event.text)}",
    ev.PluginUnplugged: lambda event: f"{event.plugin} in {event.hook}: {_shorten(event.error)}",
    ev.PluginFired: lambda event: event.plugin,
    ev.TurnStopped: lambda event: f"{event.reason}: {_shorten(event.detail)}".rstrip(": "),
    ev.CommandRan: lambda event: _shorten(event.line),
}
