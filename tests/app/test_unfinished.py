"""Whoever goes on with a session removes what its interrupted calls left half written."""

from pathlib import Path

from aura.app.unfinished import clear_interrupted, find_interrupted
from aura.core.messages import MODEL, Message, ToolCall, ToolResult, tool_message, user
from aura.core.repair import UNKNOWN
from aura.tools.edit import make_edit
from aura.tools.write import make_write

TOOLS = {tool.spec.name: tool for tool in (make_edit(), make_write())}


def asked(*calls: ToolCall) -> Message:
    return Message("assistant", calls, MODEL)


def write(name: str, path: str) -> ToolCall:
    return ToolCall(name, "Write", {"path": path, "content": "x"})


def answered(call: ToolCall, text: str) -> Message:
    return tool_message(ToolResult(call.id, text))


def test_calls_without_a_known_end_are_found() -> None:
    ended, unknown, lost, running = (write(name, "a") for name in ("c1", "c2", "c3", "c4"))
    messages = [
        user("go"),
        asked(ended, unknown, lost),
        answered(ended, "written"),
        answered(unknown, UNKNOWN),
        asked(running),
    ]
    assert list(find_interrupted(messages)) == [unknown, lost, running]


def test_only_the_folders_of_such_calls_are_cleared(tmp_path: Path) -> None:
    left = {}
    for name in ("sub", "other"):
        (tmp_path / name).mkdir()
        left[name] = tmp_path / name / ".aura-1-0-00c0ffee.tmp"
        left[name].write_text("half", encoding="utf-8")
    wrong = ToolCall("c0", "Write", {"content": 7})
    elsewhere = ToolCall("c1", "Bash", {"command": "true"})
    clear_interrupted([asked(wrong, elsewhere, write("c2", "sub/a.txt"))], TOOLS, tmp_path)
    assert not left["sub"].exists()
    assert left["other"].exists()
