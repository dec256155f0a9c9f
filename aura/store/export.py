"""A session for other programs (JSON lines) and for people (Markdown)."""

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from aura.core import events as ev
from aura.core.limits import ENDINGS, Spend, name_cost
from aura.core.messages import Image, Message, Text, Thinking, ToolCall
from aura.core.text import clean
from aura.core.todos import render_todos
from aura.store import codec

LONGEST_OUTPUT = 4_000  # characters of one tool output, head and tail together
LONGEST_ARGUMENTS = 1_000
LONGEST_THINKING = 2_000

Hide = Callable[[str], str]


def export_jsonl(events: Iterable[ev.Recorded], hide: Hide | None = None) -> Iterator[str]:
    """The events as JSON lines (with their ends), in the form of `stream-json`; `hide` is applied to each text."""
    for recorded in events:
        line = codec.encode_recorded(recorded)
        yield f"{line if hide is None else codec.change_texts(line, hide)}\n"


def export_markdown(events: Iterable[ev.Recorded], hide: Hide | None = None) -> Iterator[str]:
    """The events as a transcript; control characters are made visible, long outputs are cut in the middle.

    `hide` is applied to each text before it is cut.
    """
    spend = Spend()
    for recorded in events:
        event = recorded.event
        render = _RENDERERS.get(type(event))
        if render is None:
            continue
        if hide is not None:
            event = codec.decode_recorded(codec.change_texts(codec.encode_recorded(recorded), hide)).event
        if isinstance(event, ev.ModelReplied) and not event.interrupted:
            spend += count(event)
        piece = render(event, recorded.at)
        if piece:
            yield f"{clean(piece).strip()}\n\n"
    yield f"---\n\n{tell_spend(spend)}\n"


def tell_spend(spend: Spend) -> str:
    """Calls, tokens and cost in one line."""
    price = name_cost(spend.cost)
    if spend.unpriced:
        price += f" and {spend.unpriced} calls whose price is unknown"
    return f"{spend.steps} model calls, {spend.input} tokens in, {spend.output} tokens out, {price}"


def count(event: ev.ModelReplied) -> Spend:
    """What one reply took."""
    done = event.completion
    usage = done.usage
    return Spend(
        steps=1,
        input=usage.input,
        output=usage.output,
        cost=done.cost or 0.0,
        unpriced=done.cost is None,
    )


# --- pieces of the transcript -------------------------------------------------------------------------------


def tell_time(at: float) -> str:
    """A Unix time in seconds, in UTC."""
    try:
        return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "at an unknown time"


def _fence(text: str, language: str = "") -> str:
    """The text as a block that nothing in it can end."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    marks = "`" * (longest + 1)
    body = text.rstrip("\n")
    return f"{marks}{language}\n{body}\n{marks}"


def cut(text: str, longest: int) -> str:
    """The text without its middle where it is too long."""
    if len(text) <= longest:
        return text
    head, tail = text[: longest * 3 // 4], text[-(longest // 4) :]
    return f"{head}\n… {len(text) - longest} characters left out …\n{tail}"


def _line(text: str) -> str:
    """On one line, without marks that would begin something."""
    return " ".join(text.split()).replace("`", "'")


def _quote(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines() or [""])


def _say(message: Message) -> str:
    """What a person or aura said."""
    pictures = [f"[picture: {part.media_type}]" for part in message.parts if isinstance(part, Image)]
    return _quote("\n".join([message.text, *pictures]).strip())


def _session(event: ev.SessionStarted, at: float) -> str:
    lines = [
        f"# Session {event.session}",
        "",
        f"- began {tell_time(at)}",
        f"- workspace {_line(event.workspace)}",
    ]
    lines.append(f"- aura {_line(event.version)}")
    if event.parent:
        lines.append(f"- forked from {_line(event.parent)} at event {event.parent_seq}")
    return "\n".join(lines)


def _turn(event: ev.TurnStarted, at: float) -> str:
    who = "" if event.message.origin == "human" else f" by {_line(event.message.origin)}"
    return f"## Turn {event.number}{who} ({tell_time(at)})\n\n{_say(event.message)}"


def _reply(event: ev.ModelReplied, at: float) -> str:
    pieces = []
    for part in event.completion.message.parts:
        if isinstance(part, Text) and part.text.strip():
            pieces.append(part.text.strip())
        elif isinstance(part, Thinking) and part.text.strip():
            pieces.append(f"*Thinking*\n\n{_fence(cut(part.text, LONGEST_THINKING))}")
    if event.interrupted:
        pieces.append("*(interrupted)*")
    return "\n\n".join(pieces)


def _arguments(call: ToolCall) -> str:
    if call.problem:
        return _fence(cut(f"{call.problem}\n{call.raw}", LONGEST_ARGUMENTS))
    arguments: Mapping[str, Any] = call.arguments
    command = arguments.get("command")
    if isinstance(command, str):
        return _fence(cut(command, LONGEST_ARGUMENTS), "sh")
    text = json.dumps(dict(arguments), ensure_ascii=False, indent=1, default=str)
    return _fence(cut(text, LONGEST_ARGUMENTS), "json")


def _tool(event: ev.ToolFinished, at: float) -> str:
    how = "" if event.outcome == "ok" else f", {event.outcome}"
    pieces = [f"**{_line(event.call.name)}** ({event.seconds:.1f} s{how})", _arguments(event.call)]
    output = event.result.display or event.result.content
    if output.strip():
        pieces.append(_fence(cut(output, LONGEST_OUTPUT)))
    changes = [f"- {one.kind} {_line(one.path)} (+{one.added} -{one.removed})" for one in event.changes]
    if changes:
        pieces.append("\n".join(changes))
    return "\n\n".join(pieces)


def _command(event: ev.CommandRan, at: float) -> str:
    output = f"\n\n{_fence(cut(event.output, LONGEST_OUTPUT))}" if event.output.strip() else ""
    return f"**A person ran** `{_line(event.line)}`{output}"


def _check(event: ev.CheckFinished, at: float) -> str:
    check = event.check
    end = "killed" if check.run.exit_code is None else f"exit code {check.run.exit_code}"
    verdict = "passed" if check.passed else "failed"
    tail = "" if check.passed or not check.run.tail.strip() else f"\n\n{_fence(check.run.tail)}"
    return f"**Check {verdict}**: `{_line(check.run.command)}` ({end}){tail}"


def _accepted(event: ev.DoneAccepted, at: float) -> str:
    state = "checked" if event.verified else "not checked"
    flags = "".join(f"\n- look at: {_line(flag)}" for flag in event.flags)
    return f"**Done** ({event.claim.status}, {state})\n\n{_quote(event.claim.summary)}{flags}"


def _compacted(event: ev.Compacted, at: float) -> str:
    numbers = f"{event.tokens_before} to {event.tokens_after} tokens"
    return f"*What the model sees was shortened from {numbers} ({_line(event.reason)}).*\n\n{_quote(event.summary)}"


def _question(event: ev.QuestionAsked, at: float) -> str:
    options = "".join(f"\n> - {_line(option.label)}" for option in event.question.options)
    return f"**Question**\n\n{_quote(event.question.text)}{options}"


def _stop(event: ev.TurnStopped, at: float) -> str:
    detail = f" {_line(event.detail)}" if event.detail else ""
    return f"*Stopped ({event.reason.value}): {ENDINGS[event.reason].sentence}{detail}*"


def _failed(event: ev.ModelFailed, at: float) -> str:
    then = "" if event.retry_in is None else f" Tried again after {event.retry_in:.0f} s."
    return f"*The model call failed ({_line(event.kind)}): {_line(event.sentence)}{then}*"


def _judged(event: ev.ToolJudged, at: float) -> str:
    what = {"allow": "Allowed", "park": "Parked"}.get(event.verdict, "Denied")
    reason = f": {_line(event.reason)}" if event.reason else ""
    return f"*{what} by {_line(event.by)}{reason}*"


def _note(form: str, event: Any, at: float) -> str:
    """One line about an event: its fields put into `form`."""
    fields = {name: _line(str(getattr(event, name))) for name in re.findall(r"{(\w+)}", form)}
    return form.format(**fields)


_RENDERERS: dict[type, Callable[[Any, float], str]] = {
    ev.SessionStarted: _session,
    ev.SessionResumed: lambda event, at: f"*Taken up again {tell_time(at)} (aura {_line(event.version)}).*",
    ev.TurnStarted: _turn,
    ev.Steered: lambda event, at: f"**Said meanwhile**\n\n{_say(event.message)}",
    ev.Injected: lambda event, at: f"**{_line(event.message.origin)}**\n\n{_say(event.message)}",
    ev.ModelReplied: _reply,
    ev.ModelFailed: _failed,
    ev.ModelChanged: partial(_note, "*{model} answers from here on: {reason}*"),
    ev.ToolJudged: _judged,
    ev.ToolFinished: _tool,
    ev.TodosChanged: lambda event, at: (
        f"**Todos** (by {_line(event.by)})\n\n{_fence(render_todos(event.todos))}"
    ),
    ev.AutoSwitched: lambda event, at: f"*Auto mode {'on' if event.on else 'off'} (by {_line(event.by)}).*",
    ev.ModeSwitched: partial(_note, "*Mode {mode} (by {by}).*"),
    ev.SandboxChosen: partial(
        _note, "*Commands run with: {enforced} (asked for: {requested}; network: {network}).*"
    ),
    ev.LimitReached: partial(_note, "*Limit reached ({reason}): {detail}*"),
    ev.CheckFinished: _check,
    ev.DoneRefused: partial(_note, "**Done refused** ({reason}): {detail}"),
    ev.DoneAccepted: _accepted,
    ev.QuestionAsked: _question,
    ev.QuestionAnswered: lambda event, at: (
        f"**Answer** (by {_line(event.by)})\n\n{_quote(event.answer.text)}"
    ),
    ev.Compacted: _compacted,
    ev.Rewound: lambda event, at: (
        f"*The conversation goes back to event {event.to} (by {_line(event.by)}):"
        " what was said since is not part of it any more.*"
    ),
    ev.NoticeShown: partial(_note, "*{level}: {text}*"),
    ev.PluginUnplugged: partial(_note, "*The plugin {plugin} was unplugged in {hook}: {error}*"),
    ev.TurnStopped: _stop,
    ev.CommandRan: _command,
    ev.RunStarted: partial(_note, "*A run begins: {goal}*"),
    ev.RunOrdered: partial(_note, "*Ordered by {by}: {order} {text}*"),
    ev.Checkpointed: lambda event, at: (
        "" if event.phase.value == "running" else f"*The run: {event.phase.value}. {_line(event.detail)}*"
    ),
}
