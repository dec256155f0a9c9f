"""What a call proposes, as a text that a person may change before it runs, and the way back to its arguments."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aura.core.errors import AuraError
from aura.core.messages import ToolCall

TEXTS = (("command", ".sh"), ("content", ""), ("patch", ".diff"))
ENDING = re.compile(r"\.[A-Za-z0-9_]{1,10}\Z")


@dataclass(frozen=True, slots=True)
class Proposal:
    """The text to be edited, and the ending of a file that holds it (`.py`)."""

    text: str
    ending: str


def write_proposal(call: ToolCall) -> Proposal:
    """The command, the new content, the patch or the new texts of a call; of any other all arguments as JSON."""
    arguments = call.arguments
    for name, ending in TEXTS:
        if isinstance(arguments.get(name), str):
            return Proposal(arguments[name], ending or _ending(arguments))
    edits = _edits(arguments)
    if edits:
        return Proposal(_write_edits(edits), _ending(arguments))
    return Proposal(json.dumps(dict(arguments), indent=2, ensure_ascii=False, default=str) + "\n", ".json")


def read_proposal(call: ToolCall, text: str) -> Mapping[str, Any]:
    """The call's arguments with what a person made of its proposal; raises `AuraError` when that cannot be told."""
    arguments = call.arguments
    for name, _ in TEXTS:
        if isinstance(arguments.get(name), str):
            return {**arguments, name: text}
    edits = _edits(arguments)
    if edits:
        news = _read_edits(text, len(edits))
        return {**arguments, "edits": [{**edit, "new": new} for edit, new in zip(edits, news, strict=True)]}
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise AuraError("What the editor left is no JSON object; the call is as it was.")
    return read


def _ending(arguments: Mapping[str, Any]) -> str:
    found = ENDING.search(str(arguments.get("path", "")))
    return found.group() if found else ".txt"


def _edits(arguments: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The replacements of an edit; empty when it is none."""
    edits = arguments.get("edits")
    if not isinstance(edits, list) or not all(isinstance(edit, Mapping) for edit in edits):
        return ()
    return edits if all(isinstance(edit.get("new"), str) for edit in edits) else ()


def _mark(number: int, total: int) -> str:
    return f"######## aura: new text {number} of {total} ########\n"


def _write_edits(edits: Sequence[Mapping[str, Any]]) -> str:
    """The new texts below each other; each of several under a line that names it."""
    if len(edits) == 1:
        return str(edits[0]["new"])
    return "".join(f"{_mark(at, len(edits))}{edit['new']}\n" for at, edit in enumerate(edits, start=1))


def _read_edits(text: str, total: int) -> list[str]:
    if total == 1:
        return [text]
    news: list[str] = []
    rest = text if text.endswith("\n") else f"{text}\n"
    for number in range(1, total + 1):
        before, mark, rest = rest.partition(_mark(number, total))
        if not mark or (number == 1 and before.strip()):
            raise AuraError("The lines between the new texts were changed; the call is as it was.")
        if number > 1:
            news.append(before.removesuffix("\n"))
    return [*news, rest.removesuffix("\n")]
