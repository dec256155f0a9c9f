"""A session as one HTML file: readable without a script or a network, light or dark as the reader's system is."""

import html
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from aura.core import events as ev
from aura.core.limits import ENDINGS, Spend
from aura.core.messages import Image, Message, Text, Thinking, ToolCall
from aura.core.text import clean
from aura.core.todos import MARKS
from aura.store import codec
from aura.store.export import (
    LONGEST_ARGUMENTS,
    LONGEST_OUTPUT,
    LONGEST_THINKING,
    Hide,
    count,
    cut,
    tell_spend,
    tell_time,
)

LONGEST_DIFF = 20_000
STYLE = """
:root { color-scheme: light dark; --ink: #1d2129; --soft: #5b6472; --page: #fbfbfa; --box: #f0f1f2; --line: #d5d8dc;
  --good: #17663a; --bad: #a32020; --warn: #7a5200; --came: #dcf3e2; --went: #fadfdf; --user: #14508a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e6ea; --soft: #a0a8b4; --page: #15171b; --box: #1f2228;
  --line: #363b44; --good: #7fd3a0; --bad: #f19a9a; --warn: #e5bd6a; --came: #15361f; --went: #431c1e;
  --user: #8cc1f5; } }
* { box-sizing: border-box; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: var(--ink); background: var(--page);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; }
h2 { font-size: 1.1rem; margin-top: 2.2rem; border-top: 1px solid var(--line); padding-top: .8rem; }
pre, code { font: 13px/1.45 ui-monospace, monospace; }
pre { background: var(--box); padding: .6rem .8rem; overflow-x: auto; border-radius: 4px; white-space: pre-wrap;
  overflow-wrap: anywhere; margin: .4rem 0; }
.said { white-space: pre-wrap; overflow-wrap: anywhere; margin: .8rem 0; }
.user { border-left: 3px solid var(--user); padding-left: .8rem; }
.aside { border-left: 3px solid var(--line); padding-left: .8rem; }
.note { color: var(--soft); font-size: .9rem; margin: .4rem 0; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
details { margin: .4rem 0; border: 1px solid var(--line); border-radius: 4px; padding: .3rem .7rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
.diff span { display: block; } .came { background: var(--came); } .went { background: var(--went); }
time { color: var(--soft); font-size: .85rem; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def export_html(events: Iterable[ev.Recorded], hide: Hide | None = None) -> Iterator[str]:
    """The events as the pieces of one page; nothing of what was said is taken for markup.

    `hide` is applied to each text before it is cut.
    """
    spend = Spend()
    yield _begin()
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
            yield f"{piece}\n"
    yield f'<h2>In all</h2>\n<p class="note">{_escape(tell_spend(spend))}</p>\n</body>\n</html>\n'


def _begin() -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>aura session</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )


# --- pieces -------------------------------------------------------------------------------------------------


def _escape(text: str) -> str:
    return html.escape(clean(text))


def _line(text: str) -> str:
    return _escape(" ".join(text.split()))


def _pre(text: str, longest: int) -> str:
    return f"<pre>{_escape(cut(text.strip(chr(10)), longest))}</pre>"


def _said(text: str, kind: str) -> str:
    return f'<div class="said {kind}">{_escape(text.strip())}</div>'


def _note(text: str, tone: str = "") -> str:
    return f'<p class="note {tone}">{_line(text)}</p>'


def _when(at: float) -> str:
    return f"<time>{_escape(tell_time(at))}</time>"


def _speak(message: Message, kind: str) -> str:
    pictures = (_picture(part) for part in message.parts if isinstance(part, Image))
    return "\n".join([_said(message.text, kind), *pictures])


def _picture(image: Image) -> str:
    """A picture as it is; of another kind, or what is no base64, only its kind."""
    plain = image.data.isascii() and image.data.replace("+", "").replace("/", "").rstrip("=").isalnum()
    if image.media_type not in PICTURES or not plain:
        return _note(f"a picture ({image.media_type})")
    return f'<img alt="picture" style="max-width:100%" src="data:{image.media_type};base64,{image.data}">'


def _session(event: ev.SessionStarted, at: float) -> str:
    parent = f", a copy of {event.parent} up to event {event.parent_seq}" if event.parent else ""
    facts = f"{event.workspace}, aura {event.version}{parent}"
    return f"<h1>Session {_line(event.session)}</h1>\n{_when(at)}\n{_note(facts)}"


def _turn(event: ev.TurnStarted, at: float) -> str:
    who = "" if event.message.origin == "human" else f", by {event.message.origin}"
    return f"<h2>Turn {event.number}{_line(who)} {_when(at)}</h2>\n{_speak(event.message, 'user')}"


def _reply(event: ev.ModelReplied, at: float) -> str:
    pieces = []
    for part in event.completion.message.parts:
        if isinstance(part, Text) and part.text.strip():
            pieces.append(_said(part.text, ""))
        elif isinstance(part, Thinking) and part.text.strip():
            pieces.append(_fold("thinking", _pre(part.text, LONGEST_THINKING)))
    if event.interrupted:
        pieces.append(_note("interrupted", "warn"))
    return "\n".join(pieces)


def _fold(title: str, body: str, tone: str = "", *, is_open: bool = False) -> str:
    return (
        f"<details{' open' if is_open else ''}>"
        f'<summary class="{tone}">{_line(title)}</summary>\n{body}\n</details>'
    )


def _arguments(call: ToolCall) -> str:
    if call.problem:
        return _pre(f"{call.problem}\n{call.raw}", LONGEST_ARGUMENTS)
    command = call.arguments.get("command")
    if isinstance(command, str):
        return _pre(command, LONGEST_ARGUMENTS)
    text = json.dumps(dict(call.arguments), ensure_ascii=False, indent=1, default=str)
    return _pre(text, LONGEST_ARGUMENTS)


def _tool(event: ev.ToolFinished, at: float) -> str:
    what = next((str(event.call.arguments[name]) for name in SUBJECTS if event.call.arguments.get(name)), "")
    sizes = "".join(f" +{one.added} -{one.removed}" for one in event.changes)
    how = "" if event.outcome == "ok" else f" ({event.outcome})"
    title = f"{event.call.name} {cut(' '.join(what.split()), 160)}{sizes} {event.seconds:.1f} s{how}"
    pieces = [_arguments(event.call)]
    output = event.result.display or event.result.content
    if output.strip():
        pieces.append(_pre(output, LONGEST_OUTPUT))
    pieces += [_diff(one.path, one.diff) for one in event.changes]
    return _fold(title, "\n".join(pieces), "" if event.outcome == "ok" else "bad")


SUBJECTS = ("command", "pattern", "path", "file_path", "url", "query", "job", "summary")


def _diff(path: str, diff: str) -> str:
    if not diff.strip():
        return _note(path)
    rows = []
    for row in clean(cut(diff, LONGEST_DIFF)).rstrip("\n").split("\n"):
        is_name = row.startswith(("+++ ", "--- "))
        kind = "" if is_name else {"+": "came", "-": "went"}.get(row[:1], "")
        rows.append(f'<span class="{kind}">{html.escape(row) or "&nbsp;"}</span>')
    return f'{_note(path)}<pre class="diff">{"".join(rows)}</pre>'


def _todos(event: ev.TodosChanged, at: float) -> str:
    items = "\n".join(f"{MARKS[todo.status]} {todo.content}" for todo in event.todos)
    left = sum(todo.is_open for todo in event.todos)
    return _fold(f"todos: {left} open of {len(event.todos)} (by {event.by})", _pre(items, LONGEST_OUTPUT))


def _check(event: ev.CheckFinished, at: float) -> str:
    run = event.check.run
    end = "killed" if run.exit_code is None else f"exit code {run.exit_code}"
    verdict, tone = ("passed", "good") if event.check.passed else ("failed", "bad")
    return _fold(f"check by aura {verdict}: {run.command} ({end})", _pre(run.tail, LONGEST_OUTPUT), tone)


def _accepted(event: ev.DoneAccepted, at: float) -> str:
    state = "checked" if event.verified else "not checked"
    flags = "\n".join(_note(f"look at: {flag}", "warn") for flag in event.flags)
    head = f'<p class="good"><strong>Done</strong> ({_line(event.claim.status)}, {state})</p>'
    return f"{head}\n{_said(event.claim.summary, 'aside')}\n{flags}"


def _stop(event: ev.TurnStopped, at: float) -> str:
    detail = f" {event.detail}" if event.detail else ""
    return _note(f"Stopped ({event.reason.value}): {ENDINGS[event.reason].sentence}{detail}")


def _question(event: ev.QuestionAsked, at: float) -> str:
    options = "".join(f"\n- {option.label}" for option in event.question.options)
    return _said(f"{event.question.text}{options}", "aside")


def _ran(event: ev.CommandRan, at: float) -> str:
    return _fold(f"a person ran {event.line}", _pre(event.output, LONGEST_OUTPUT))


def _injected(event: ev.Injected, at: float) -> str:
    return _fold(f"told to the model by {event.message.origin}", _said(event.message.text, "aside"))


def _failed(event: ev.ModelFailed, at: float) -> str:
    then = "" if event.retry_in is None else f" Tried again after {event.retry_in:.0f} s."
    return _note(f"The model call failed ({event.kind}): {event.sentence}{then}", "warn")


def _compacted(event: ev.Compacted, at: float) -> str:
    title = f"the context was shortened from {event.tokens_before} to {event.tokens_after} tokens ({event.reason})"
    return _fold(title, _said(event.summary, "aside"))


def _judged(event: ev.ToolJudged, at: float) -> str:
    tones = {"allow": ("Allowed", ""), "park": ("Parked", "")}
    verdict, tone = tones.get(event.verdict, ("Denied", "bad"))
    return _note(f"{verdict} by {event.by}{f': {event.reason}' if event.reason else ''}", tone)


_RENDERERS: dict[type, Callable[[Any, float], str]] = {
    ev.SessionStarted: _session,
    ev.SessionResumed: lambda event, at: _note(f"Taken up again {tell_time(at)} (aura {event.version})."),
    ev.TurnStarted: _turn,
    ev.Steered: lambda event, at: _speak(event.message, "user"),
    ev.Injected: _injected,
    ev.ModelReplied: _reply,
    ev.ModelFailed: _failed,
    ev.ModelChanged: lambda event, at: _note(f"{event.model} answers from here on: {event.reason}"),
    ev.ToolJudged: _judged,
    ev.ToolFinished: _tool,
    ev.TodosChanged: _todos,
    ev.AutoSwitched: lambda event, at: _note(f"Auto mode {'on' if event.on else 'off'} (by {event.by})."),
    ev.ModeSwitched: lambda event, at: _note(f"Mode {event.mode} (by {event.by})."),
    ev.SandboxChosen: lambda event, at: _note(
        f"Commands run with: {event.enforced} (asked for: {event.requested}; network: {event.network})."
    ),
    ev.LimitReached: lambda event, at: _note(f"Limit reached: {event.detail}", "warn"),
    ev.CheckFinished: _check,
    ev.DoneRefused: lambda event, at: _note(f"Done refused ({event.reason}): {event.detail}", "warn"),
    ev.DoneAccepted: _accepted,
    ev.QuestionAsked: _question,
    ev.QuestionAnswered: lambda event, at: _said(f"{event.answer.text}\n(by {event.by})", "user"),
    ev.Compacted: _compacted,
    ev.NoticeShown: lambda event, at: _note(event.text, "" if event.level == "info" else "warn"),
    ev.PluginUnplugged: lambda event, at: _note(
        f"The plugin {event.plugin} was unplugged in {event.hook}: {event.error}", "bad"
    ),
    ev.TurnStopped: _stop,
    ev.CommandRan: _ran,
    ev.CommandSaid: lambda event, at: _said(event.text, "aside"),
    ev.RunStarted: lambda event, at: _note(f"A run begins: {event.goal}"),
    ev.RunOrdered: lambda event, at: _note(f"Ordered by {event.by}: {event.order} {event.text}"),
    ev.Checkpointed: lambda event, at: (
        "" if event.phase.value == "running" else _note(f"The run: {event.phase.value}. {event.detail}")
    ),
}
