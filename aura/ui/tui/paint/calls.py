"""Tool calls in words: a verb, what it is done to, and the facts at the right edge."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.segment import Segment

from aura.core.durations import tell_duration
from aura.core.messages import ToolCall
from aura.ui.blocks import ToolCard
from aura.ui.cards import REVIEWED
from aura.ui.cells import Line, tidy_line
from aura.ui.look import Look, Role

VERBS = {
    "Read": "read",
    "Write": "write",
    "Edit": "edit",
    "ApplyPatch": "patch",
    "Glob": "glob",
    "Grep": "grep",
    "Bash": "shell",
    "JobPoll": "job",
    "JobKill": "end job",
    "TodoWrite": "todo",
    "Done": "done",
    "Ask": "ask",
    "Recall": "recall",
    "MemoryRead": "notes",
    "MemoryWrite": "note",
}
# the argument that matters most of a tool that is not known
DETAILS = (
    "command",
    "path",
    "file_path",
    "pattern",
    "url",
    "query",
    "question",
    "summary",
    "job",
    "name",
    "id",
)
PATCHED = re.compile(r"^(?:\*\*\* (?:Add|Update|Delete) File: |\+\+\+ (?:b/)?)([^\t\n]+)", re.MULTILINE)
WORDS: dict[str, tuple[str, Role]] = {
    "denied": ("refused", "bad"),
    "invalid": ("not understood", "bad"),
    "unknown": ("fate unknown", "warn"),
    "cancelled": ("stopped", "warn"),
}


def name_verb(call: ToolCall) -> str:
    """What a tool does, in a word: `shell`, `read`; the name of a tool that is not known."""
    return VERBS.get(call.name) or tidy_line(call.name, 48) or "tool"


def name_detail(call: ToolCall, paths: Sequence[str] = ()) -> str:
    """What it is done to, on one line; `paths` are the files that were changed."""
    if call.problem:
        return tidy_line(call.raw or call.problem, 300)
    describe = DESCRIBED.get(call.name, _describe_unknown)
    if call.name == "ApplyPatch" and paths:
        return tidy_line(", ".join(paths), 300)
    return tidy_line(describe(call.arguments), 600)


def _text(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _describe_read(arguments: Mapping[str, Any]) -> str:
    path, offset, limit = _text(arguments, "path"), arguments.get("offset", 1), arguments.get("limit")
    if not isinstance(offset, int) or offset == 1 or isinstance(offset, bool):
        return path
    is_range = isinstance(limit, int) and offset > 0
    return f"{path}:{offset}-{offset + int(limit or 1) - 1}" if is_range else f"{path}:{offset}"


def _describe_search(arguments: Mapping[str, Any]) -> str:
    place = _text(arguments, "path") or _text(arguments, "glob")
    return f"{_text(arguments, 'pattern')} in {place}" if place else _text(arguments, "pattern")


def _describe_todos(arguments: Mapping[str, Any]) -> str:
    todos = arguments.get("todos")
    if not isinstance(todos, list):
        return ""
    items = [todo for todo in todos if isinstance(todo, Mapping)]
    closed = sum(todo.get("status") in ("completed", "cancelled") for todo in items)
    active = next((_text(todo, "content") for todo in items if todo.get("status") == "in_progress"), "")
    return f"{closed}/{len(todos)} {active}".rstrip()


def _describe_done(arguments: Mapping[str, Any]) -> str:
    status = _text(arguments, "status")
    return f"{'' if status in ('', 'done') else status + ': '}{_text(arguments, 'summary')}"


def _describe_patch(arguments: Mapping[str, Any]) -> str:
    return ", ".join(dict.fromkeys(PATCHED.findall(_text(arguments, "patch")[:20_000])))


def _describe_unknown(arguments: Mapping[str, Any]) -> str:
    for name in DETAILS:
        if isinstance(arguments.get(name), str) and arguments[name].strip():
            return str(arguments[name])
    return render_value(arguments) if arguments else ""


def render_value(value: object) -> str:
    """An argument as text: texts as they are, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        value = dict(value)
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        return str(type(value).__name__)


DESCRIBED: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "Read": _describe_read,
    "Write": lambda arguments: _text(arguments, "path"),
    "Edit": lambda arguments: _text(arguments, "path"),
    "ApplyPatch": _describe_patch,
    "Glob": _describe_search,
    "Grep": _describe_search,
    "Bash": lambda arguments: _text(arguments, "command"),
    "JobPoll": lambda arguments: _text(arguments, "job") or "all",
    "JobKill": lambda arguments: _text(arguments, "job"),
    "TodoWrite": _describe_todos,
    "Done": _describe_done,
    "Ask": lambda arguments: _text(arguments, "question"),
    "Recall": lambda arguments: _text(arguments, "query"),
    "MemoryRead": lambda arguments: f"{_text(arguments, 'scope')} {_text(arguments, 'query')}".strip(),
    "MemoryWrite": lambda arguments: f"{_text(arguments, 'scope')}/{_text(arguments, 'name')}",
}


def render_facts(card: ToolCard, look: Look, now: float, room: int) -> Line:
    """What a call took and came to: `41.2s exit 1`, `+6 −2`, `18s / 120s`, `refused: policy`.

    The reason for a refusal, and what a reviewer said, is told if it fits into `room` cells.
    """
    outcome = _render_outcome(card, look, now, room)
    if card.outcome in WORDS or not card.reason.startswith(REVIEWED):
        return outcome
    said = tidy_line(card.reason, 300)
    told = said if len(said) <= room else said.partition(":")[0]
    return [Segment(f"{told} {look.signs.dot} ", look.style("muted")), *outcome]


def _render_outcome(card: ToolCard, look: Look, now: float, room: int) -> Line:
    muted = look.style("muted")
    if card.outcome is None:
        return [Segment(_name_progress(card, now), muted)] if card.started else []
    if card.outcome in WORDS:
        word, role = WORDS[card.outcome]
        reason = tidy_line(card.reason, 300)
        is_short = card.outcome == "denied" and 0 < len(reason) <= room
        return [Segment(f"{word}: {reason}" if is_short else word, look.style(role))]
    if card.changes:
        return render_size(
            sum(change.added for change in card.changes), sum(change.removed for change in card.changes), look
        )
    if card.command is not None:
        code = card.command.exit_code
        how = "killed" if code is None else f"exit {code}"
        return [Segment(f"{tell_duration(card.command.seconds)} {how}", muted)]
    if card.call.arguments.get("background") is True:
        return [Segment("in the background", muted)]
    return [Segment(tell_duration(card.seconds), muted)]


def _name_progress(card: ToolCard, now: float) -> str:
    elapsed = tell_duration(now - card.started, tenths=False)
    limit = card.call.arguments.get("timeout")
    known = isinstance(limit, int | float) and not isinstance(limit, bool) and 0 < limit < 1e7
    return f"{elapsed} / {limit:g}s" if known else elapsed


def render_size(added: int, removed: int, look: Look) -> Line:
    """How many lines came and went: `+6 −2`."""
    muted = look.style("muted")
    return [Segment(f"+{added} {look.signs.minus}{removed}", muted)]
