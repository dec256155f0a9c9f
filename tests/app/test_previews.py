"""What a call would do to files is told as it will then be done, and nothing is done by telling."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from aura.agent.dispatch import CHANGED
from aura.app.approvals import Preview
from aura.app.previews import make_preview
from aura.core import events as ev
from aura.core.errors import ToolError
from aura.core.messages import ToolCall
from aura.core.permissions import Allow, Deny
from aura.core.tools import Effect
from aura.testing import FakeTool, call, reply
from tests.app.hosting import Hosting, hosting

TEXT = "one\ntwo\nthree\n"
PATCH = """*** Begin Patch
*** Update File: a.txt
@@
 one
-two
+2
*** Delete File: gone.txt
*** Add File: new/b.txt
+b
*** End Patch
"""


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hosting]:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    async with hosting(tmp_path, "done") as made:
        work = tmp_path / "work"
        (work / "a.txt").write_text(TEXT)
        (work / "gone.txt").write_text("x\n")
        yield made


def preview(desk: Hosting, name: str, arguments: Mapping[str, Any]) -> Preview:
    dispatcher = desk.session.opened.loop.dispatcher
    tool = dispatcher.tools[name]
    return make_preview(dispatcher)(ToolCall("c1", name, tool.validate(arguments)))


def state_of(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("Write", {"path": "new/b.txt", "content": "b\n"}, [("new/b.txt", "created", 1, 0)]),
        ("Edit", {"path": "a.txt", "edits": [{"old": "two", "new": "2"}]}, [("a.txt", "modified", 1, 1)]),
        ("Edit", {"path": "a.txt", "old_string": "two", "new_string": "2"}, [("a.txt", "modified", 1, 1)]),
        ("Edit", {"path": "empty.txt", "edits": [{"old": "", "new": "x"}]}, [("empty.txt", "created", 1, 0)]),
        (
            "ApplyPatch",
            {"patch": PATCH},
            [("a.txt", "modified", 1, 1), ("gone.txt", "deleted", 0, 1), ("new/b.txt", "created", 1, 0)],
        ),
    ],
)
async def test_it_tells_what_then_happens(
    desk: Hosting,
    tmp_path: Path,
    name: str,
    arguments: dict[str, Any],
    expected: list[tuple[str, str, int, int]],
) -> None:
    work = tmp_path / "work"
    before = state_of(work)
    told = preview(desk, name, arguments)
    assert [(one.path, one.kind, one.added, one.removed) for one in told.changes] == expected
    assert all(one.diff for one in told.changes)
    assert state_of(work) == before
    dispatcher = desk.session.opened.loop.dispatcher
    tool = dispatcher.tools[name]
    made = ToolCall("c1", name, tool.validate(arguments))
    output = await tool(dispatcher.context(made), made.arguments)
    assert output.changes == told.changes
    assert told.problem == ""
    assert state_of(work) != before


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Write", {"path": "a.txt", "content": "never read\n"}),
        ("Write", {"path": ".", "content": "a folder"}),
        ("Write", {"path": "x.txt", "content": "half \ud800"}),
        ("Edit", {"path": "missing.txt", "edits": [{"old": "a", "new": "b"}]}),
        ("Edit", {"path": "a.txt", "edits": [{"old": "nowhere", "new": "b"}]}),
        ("ApplyPatch", {"patch": PATCH.replace("two", "nowhere")}),
    ],
)
async def test_what_would_be_refused_is_told_as_it_would_be(
    desk: Hosting, tmp_path: Path, name: str, arguments: dict[str, Any]
) -> None:
    before = state_of(tmp_path / "work")
    told = preview(desk, name, arguments)
    assert told.changes == ()
    dispatcher = desk.session.opened.loop.dispatcher
    tool = dispatcher.tools[name]
    made = ToolCall("c1", name, tool.validate(arguments))
    try:
        output = await tool(dispatcher.context(made), made.arguments)
        sentence = output.display or output.content
    except ToolError as error:
        sentence = error.sentence
    assert told.problem == sentence
    assert state_of(tmp_path / "work") == before


@pytest.mark.parametrize(
    ("name", "arguments"), [("Bash", {"command": "rm a.txt"}), ("Read", {"path": "a.txt"})]
)
async def test_what_changes_no_file_has_no_preview(
    desk: Hosting, tmp_path: Path, name: str, arguments: dict[str, Any]
) -> None:
    before = state_of(tmp_path / "work")
    assert preview(desk, name, arguments) == Preview()
    assert state_of(tmp_path / "work") == before


async def test_arguments_that_are_none_and_tools_that_are_gone_have_no_preview(desk: Hosting) -> None:
    dispatcher = desk.session.opened.loop.dispatcher
    tell = make_preview(dispatcher)
    assert tell(ToolCall("c1", "Write", {})) == Preview()
    assert tell(ToolCall("c1", "Edit", {"path": "a.txt", "edits": 3})) == Preview()
    assert tell(ToolCall("c1", "Nonsense", {})) == Preview()
    dispatcher.tools["Write"] = FakeTool("Write", Effect.WRITE)  # of a plugin, which tells nothing beforehand
    assert tell(ToolCall("c1", "Write", {"path": "b", "content": "b"})) == Preview()


async def test_a_person_who_is_asked_is_shown_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    write = reply("", call("Write", path="b.txt", content="b\n"))
    async with hosting(tmp_path, write, "done", mode=None) as desk:
        await desk.session.submit("go")
        await desk.until(lambda: desk.of(ev.ApprovalAsked))
        (asked,) = desk.of(ev.ApprovalAsked)
        assert [(one.path, one.added) for one in asked.changes] == [("b.txt", 1)]
        assert asked.rule == ""
        assert not (tmp_path / "work" / "b.txt").exists()
        await desk.session.decide(asked.id, Allow("human"))
        await desk.rest()
        (finished,) = desk.of(ev.ToolFinished)
        assert finished.changes == asked.changes


async def test_nobody_is_asked_about_an_edit_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    edit = reply("", call("Edit", path="a.txt", edits=[{"old": "nowhere", "new": "x"}]))
    async with hosting(tmp_path, edit, "done", mode=None) as desk:
        (tmp_path / "work" / "a.txt").write_text(TEXT)
        await desk.session.submit("go")
        await desk.rest()
        assert desk.of(ev.ApprovalAsked) == []
        (finished,) = desk.of(ev.ToolFinished)
        assert finished.outcome == "error"
        assert "a.txt" in finished.result.content


async def test_what_stands_in_a_sensitive_file_is_not_told_by_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    edit = reply("", call("Edit", path=".env", edits=[{"old": "KEY=guess", "new": "x"}]))
    async with hosting(tmp_path, edit, "done", mode=None) as desk:
        (tmp_path / "work" / ".env").write_text("KEY=guest\n")
        await desk.session.submit("go")
        await desk.until(lambda: desk.of(ev.ApprovalAsked))
        (asked,) = desk.of(ev.ApprovalAsked)
        assert asked.changes == ()
        assert ".env" in asked.problem
        await desk.session.decide(asked.id, Deny("no", by="human"))
        await desk.rest()
        (finished,) = desk.of(ev.ToolFinished)
        assert "guest" not in finished.result.content


async def test_what_a_person_made_of_a_call_is_what_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    write = reply("", call("Write", path="b.txt", content="b\n"))
    async with hosting(tmp_path, write, "done", mode=None) as desk:
        await desk.session.submit("go")
        await desk.until(lambda: desk.of(ev.ApprovalAsked))
        (asked,) = desk.of(ev.ApprovalAsked)
        changed = {**asked.call.arguments, "content": "better\n"}
        await desk.session.decide(asked.id, Allow("human", arguments=changed))
        await desk.rest()
        assert (tmp_path / "work" / "b.txt").read_text() == "better\n"
        judged = [one for one in desk.of(ev.ToolJudged) if one.reason]
        assert [(one.verdict, one.by, one.reason) for one in judged] == [("allow", "human", CHANGED)]
        (started,) = desk.of(ev.ToolStarted)
        assert started.call.arguments["content"] == "better\n"
        (finished,) = desk.of(ev.ToolFinished)
        assert finished.result.content.startswith("[A person changed this call before it ran.")
        assert "better" in finished.result.content
        assert "person" not in finished.result.display
