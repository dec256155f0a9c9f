"""Events as single lines of text, for faces without a screen."""

import re
import time
from collections.abc import Mapping
from typing import Any

from aura.core import events as ev
from aura.core.durations import tell_duration
from aura.core.evidence import CommandRun
from aura.core.limits import ENDINGS, StopReason, name_cost
from aura.core.messages import ToolCall
from aura.core.text import clean, shorten
from aura.core.turn import Turn
from aura.runs.report import Report, name_heading, render_count, render_spend
from aura.ui.run_lines import tell_run

WIDTH = 100
MARK = re.compile(r"^\s*\[aura: [^\]\n]*\]\s*")
WORDS = {"Bash": "shell", "TodoWrite": "plan", "ApplyPatch": "patch", "JobPoll": "job", "JobKill": "stop job"}
DETAIL = ("command", "pattern", "path", "patch", "question", "summary", "job", "url", "query")


def render_call(call: ToolCall, width: int = 70) -> str:
    """A call in a few words: what it does and the argument that matters most."""
    arguments: Mapping[str, Any] = call.arguments
    detail = next((str(arguments[name]) for name in DETAIL if arguments.get(name)), "")
    if call.name == "TodoWrite":
        todos = arguments.get("todos")
        detail = f"{len(todos)} todos" if isinstance(todos, list) else ""
    return shorten(f"{name_tool(call.name)} {detail}", width)


def strip_mark(text: str) -> str:
    """What an injector says, without the mark that tells the model who speaks."""
    return MARK.sub("", text)


def name_tool(name: str) -> str:
    """A tool as people are told of it: a word for one of aura's own, the name of any other."""
    return WORDS.get(name, name.lower() if name.isalpha() else name)


def name_ending(run: CommandRun) -> str:
    """How a command ended and how long it took."""
    ended = "killed" if run.exit_code is None else f"exit {run.exit_code}"
    return f"{ended} in {tell_duration(run.seconds)}"


def render_event(event: ev.Event, turn: Turn) -> str | None:
    """One line for people, or None for what needs no line; `turn` is the state after the event."""
    match event:
        case ev.ToolFinished():
            return _render_tool(event)
        case ev.Injected():
            origin = event.message.origin.removeprefix("injector:")
            return f"note {origin}: {shorten(strip_mark(event.message.text), WIDTH)}"
        case ev.NoticeShown():
            return f"{event.level}: {clean(event.text)}"
        case ev.PluginUnplugged():
            error = shorten(event.error, WIDTH)
            return f"warning: the plugin {event.plugin} failed in {event.hook} and is unplugged: {error}"
        case ev.ModelFailed():
            wait = f"; next try in {max(event.retry_in, 1):.0f} s" if event.retry_in is not None else ""
            sentence = shorten(event.sentence, WIDTH)
            return f"model {event.model} failed ({event.kind}, try {event.attempt}): {sentence}{wait}"
        case ev.ModelChanged() if event.reason != ev.GIVEN:
            return f"model is now {event.model}: {event.reason}"
        case ev.Compacted():
            before, after = render_count(event.tokens_before), render_count(event.tokens_after)
            return f"context shortened from {before} to {after} tokens: {event.reason}"
        case ev.LimitReached():
            what = "parked" if event.reason is StopReason.BLOCKED else "limit reached"
            return f"{what}: {event.detail}; one last step to sum up"
        case ev.CheckFinished():
            run = event.check.run
            outcome = "passed" if event.check.passed else f"failed with exit code {run.exit_code}"
            outcome = "was killed" if run.exit_code is None else outcome
            return f"check by aura: {shorten(run.command, 60)} {outcome} ({tell_duration(run.seconds)})"
        case ev.DoneRefused():
            return f"Done refused ({event.reason})"
        case ev.Steered():
            return f"you: {shorten(event.message.text, WIDTH)}"
        case _:
            told = tell_run(event)
            return told[0] if told is not None else None


def _render_tool(event: ev.ToolFinished) -> str:
    line = render_call(event.call)
    if event.outcome == "ok" and event.command is not None:
        line = f"{line} … exit {event.command.exit_code} ({tell_duration(event.command.seconds)})"
    elif event.outcome == "error" and event.command is not None:
        code = "killed" if event.command.exit_code is None else f"exit {event.command.exit_code}"
        line = f"{line} … {code} ({tell_duration(event.command.seconds)}): {_last_line(event.command.tail)}"
    elif event.outcome != "ok":
        line = f"{line} … {event.outcome}: {shorten(event.result.content, 80)}"
    for change in event.changes[:3]:
        line += f" +{change.added} -{change.removed}"
    return line


def _last_line(text: str) -> str:
    lines = [line for line in clean(text).splitlines() if line.strip()]
    return shorten(lines[-1], 60) if lines else ""


def render_gauges(turn: Turn) -> str:
    """What was spent so far, short: tokens and cost."""
    window = turn.window
    cost = "$?" if window.unpriced else name_cost(window.cost)
    return f"tok {render_count(window.tokens)} {cost}"


def render_end(report: Report) -> str:
    """How a run ended, in one line: todos, checks, files, steps, cost, and the exit code."""
    ending, parts = ENDINGS[report.reason], []
    if report.todos:
        closed = sum(not todo.is_open for todo in report.todos)
        parts.append(f"todo {closed}/{len(report.todos)}")
    if report.checks:
        failed = sum(run.exit_code != 0 for run in report.checks)
        parts.append(f"checks {'passed' if not failed else f'failed: {failed} of {len(report.checks)}'}")
    if report.changed:
        added, removed = (sum(getattr(one, what) for one in report.changed) for what in ("added", "removed"))
        files = "1 file" if len(report.changed) == 1 else f"{len(report.changed)} files"
        parts.append(f"+{added} -{removed} in {files}")
    parts.append(render_spend(report.spend).replace(" · ", ", "))
    return f"{name_heading(report)}: {', '.join(parts)}   exit {ending.exit_code}"


def render_clock(at: float) -> str:
    """The time of day of an event."""
    return time.strftime("%H:%M:%S", time.localtime(at))
