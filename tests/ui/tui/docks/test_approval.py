"""The approval dock: what is shown of a call, and what each answer does."""

import difflib
from typing import Any, cast

import pytest
from textual.app import App

from aura.app.session import Session
from aura.core.errors import AuraError
from aura.core.events import ApprovalAsked, ModeSwitched
from aura.core.evidence import FileChange
from aura.core.facts import Facts
from aura.core.messages import ToolCall
from aura.core.permissions import CHANGES_A_FILE, Allow, Deny
from aura.ui.tui.docks.approval import ApprovalDock, Decision
from tests.ui.tui.docks.bay import Clock, bay
from tests.ui.tui.docks.desk import Desk

FACTS = Facts("s", "/srv/relay", sandbox="no sandbox")
YES = Allow("human")
NO = Deny("a person said no", by="human")


def change(lines: int = 3, path: str = "src/queue.py") -> FileChange:
    old = [f"line {number}\n" for number in range(lines)]
    new = [*old[:-1], "the last [b]line[/b]\n"]
    return FileChange(path, "modified", 1, 1, "".join(difflib.unified_diff(old, new, "a/q", "b/q", n=lines)))


def edit(*changes: FileChange, reason: str = CHANGES_A_FILE) -> ApprovalAsked:
    return ApprovalAsked(
        "a1", ToolCall("c1", "Edit", {"path": "src/queue.py"}), reason, "", changes or (change(),)
    )


def bash(command: str, rule: str = "", **more: Any) -> ApprovalAsked:
    call = ToolCall("c1", "Bash", {"command": command, **more})
    return ApprovalAsked("a1", call, "it runs pytest", rule)


async def test_each_answer_does_what_it_says() -> None:
    clock = Clock()
    ruled = bash("pytest -q", "Bash(pytest:*)")
    answers: list[tuple[ApprovalAsked, list[str], list[Any]]] = [
        (edit(), ["y"], [("a1", YES, "")]),
        (edit(), ["n"], [("a1", NO, "")]),
        (edit(), ["escape"], [("a1", NO, "")]),
        (edit(), ["t", *"go", "enter"], [("a1", YES, ""), "go"]),
        (edit(), ["e", *"go", "enter"], [("a1", Deny("a person said: go", by="human"), "")]),
        (edit(), ["a"], [ModeSwitched("edit", "human"), ("a1", YES, "")]),
        (edit(), ["right", "right", "enter"], [ModeSwitched("edit", "human"), ("a1", YES, "")]),
        (ruled, ["s"], [("a1", YES, "session")]),
        (ruled, ["p"], [("a1", YES, "project")]),
    ]
    async with bay(ApprovalDock(edit(), FACTS, clock=clock), clock) as place:
        await place.press("y")
        for event, keys, said in answers:
            desk = Desk()
            await place.next(ApprovalDock(event, FACTS, clock=clock), clock)
            await place.press(*keys)
            assert isinstance(place.result, Decision)
            await place.app.dock.carry_out(cast("Session", desk))
            assert desk.said == said, keys


async def test_what_is_not_offered_cannot_be_pressed() -> None:
    clock = Clock()
    async with bay(ApprovalDock(bash("pytest -q"), FACTS, clock=clock), clock) as place:
        await place.press("s", "p", "a")
        assert not place.app.closed
        assert "session" not in place.text
    async with bay(ApprovalDock(edit(reason="x is a sensitive file"), FACTS, clock=clock), clock) as place:
        await place.press("a")
        assert not place.app.closed
        assert "all edits" not in place.text


async def test_an_edit_shows_its_diff_and_why_it_is_asked_for() -> None:
    async with bay(ApprovalDock(edit(), FACTS)) as place:
        assert "╭─ Approve edit · src/queue.py +1 −1 ─" in place.text
        assert "asked because it changes a file" in place.text
        assert "3 - line 2" in place.text
        assert "3 + the last [b]line[/b]" in place.text
        answers = [line for line in place.lines if "y yes" in line]
        assert len(answers) == 1
        assert "e no, tell" in answers[0]


async def test_at_80x24_a_long_diff_gets_eight_lines_and_says_how_many_there_are() -> None:
    clock = Clock()
    async with bay(ApprovalDock(edit(change(lines=40)), FACTS, clock=clock), clock) as place:
        assert sum("line " in line for line in place.lines if line.startswith("│  ")) == 8
        assert "lines 1-8 of 41" in place.text
        await place.press("space", "j")
        assert "lines 9-16 of 41" in place.text
        await place.press("G")
        assert "lines 34-41 of 41" in place.text
        assert "the last [b]line[/b]" in place.text
        await place.press("g")
        assert "lines 1-8 of 41" in place.text
        assert not place.app.closed


async def test_the_whole_screen_shows_more_and_decides_nothing() -> None:
    clock = Clock()
    async with bay(ApprovalDock(edit(change(lines=60)), FACTS, clock=clock), clock) as place:
        await place.press("f")
        assert "lines 1-22 of 61" in place.text
        assert "y yes" not in place.text
        await place.press("y", "n", "down", "ctrl+a")
        assert "lines 2-23 of 61" in place.text
        await place.press("escape")
        assert "y yes" in place.text
        assert not place.app.closed
        await place.press("y")
        assert place.result == Decision(YES)


async def test_settled_elsewhere_it_closes_by_itself_also_on_the_whole_screen() -> None:
    clock, desk = Clock(), Desk()
    async with bay(ApprovalDock(edit(), FACTS, clock=clock), clock) as place:
        await place.press("f")
        place.app.dock.withdraw("another")
        await place.pilot.pause()
        assert not place.app.closed
        place.app.dock.withdraw("a1")
        await place.pilot.pause()
        assert place.result is None
        assert "above" in place.text
        await place.app.dock.carry_out(cast("Session", desk))
        assert desk.said == []


async def test_a_command_is_shown_whole_with_where_it_runs() -> None:
    words = " ".join(f"tests/test_{number}.py" for number in range(9))
    event = bash(f"pytest -q {words}\necho done", workdir="sub", background=True)
    async with bay(ApprovalDock(event, FACTS)) as place:
        assert "Approve command · in the background" in place.text
        assert "in /srv/relay/sub · no sandbox, network open" in " ".join(
            place.text.replace("│", " ").split()
        )
        shown = " ".join(place.text.replace("│", " ").split())
        assert f"$ pytest -q {words} echo done" in shown


async def test_a_command_that_is_too_long_says_so() -> None:
    clock = Clock()
    event = bash("\n".join(["echo hello"] * 60) + "\nrm -rf build")
    async with bay(ApprovalDock(event, FACTS, clock=clock), clock) as place:
        assert "lines 1-8 of 61" in place.text
        await place.press("G")
        assert "rm -rf build" in place.text


async def test_commands_from_outside_reach_the_screen_as_text() -> None:
    async with bay(ApprovalDock(bash("echo \x1b[2J[red]hi[/]\u202e\x00 \t x"), FACTS)) as place:
        assert "$ echo [red]hi[/]<U+202E>\u2400" in place.text


async def test_any_other_call_shows_its_arguments() -> None:
    call = ToolCall(
        "c1", "mcp__files__send", {"to": "x@y.example", "text": "one\ntwo", "options": {"a": [1]}}
    )
    async with bay(ApprovalDock(ApprovalAsked("a1", call, "it reaches the network"), FACTS)) as place:
        for shown in (
            "Approve mcp__files__send",
            "to: x@y.example",
            "text: one",
            "two",
            'options: {"a": [1]}',
        ):
            assert shown in place.text


async def test_several_files_are_named_and_counted() -> None:
    changes = (change(), FileChange("gone.py", "deleted", 0, 4), change(path="tests/[b]test.py"))
    async with bay(ApprovalDock(edit(*changes), FACTS), size=(100, 50)) as place:
        assert "Approve edit · 3 files +2 −6" in place.text
        for shown in ("M src/queue.py +1 −1", "D gone.py +0 −4", "M tests/[b]test.py +1 −1"):
            assert shown in place.text


async def test_its_place_among_those_that_wait_is_shown() -> None:
    dock = ApprovalDock(edit(), FACTS)
    dock.show_place(1, 3)
    async with bay(dock) as place:
        assert "Approve edit 1 of 3 · src/queue.py" in place.text


async def test_the_rule_is_said_in_words() -> None:
    event = bash("ruff check . && pytest", "Bash(ruff check:*)\nBash(pytest:*)")
    async with bay(ApprovalDock(event, FACTS), size=(240, 40)) as place:
        assert "s always allow `ruff check *` and `pytest *` in this session" in place.text
        assert "p always allow `ruff check *` and `pytest *` in this project" in place.text


async def test_what_the_model_is_told_is_not_lost_when_the_call_was_settled() -> None:
    clock, desk = Clock(), Desk("a1")
    async with bay(ApprovalDock(edit(), FACTS, clock=clock), clock) as place:
        await place.press("t", *"hello", "enter")
        with pytest.raises(AuraError, match="decided already"):
            await place.app.dock.carry_out(cast("Session", desk))
    assert desk.said == ["hello"]


class Editor:
    """A person's editor: leaves what it is told, or fails; keeps what it was given."""

    def __init__(self, *left: str | AuraError) -> None:
        self.given: list[tuple[str, str]] = []
        self._left = list(left)

    def __call__(self, app: App[Any], text: str, ending: str) -> str:
        self.given.append((text, ending))
        left = self._left.pop(0)
        if isinstance(left, AuraError):
            raise left
        return left


async def test_what_a_person_made_of_a_command_is_what_is_allowed() -> None:
    clock, desk = Clock(), Desk()
    editor = Editor(AuraError("vi was not found."), "rm -rf build\n", "rm -rf build/tmp")
    event = bash("rm -rf build\n", workdir="sub")
    async with bay(ApprovalDock(event, FACTS, clock=clock, edit=editor), clock) as place:
        for said in ("vi was not found.", "Nothing was changed: it still waits."):
            await place.press("E")
            assert said in place.text
            assert not place.app.closed
            clock.wait()
        await place.press("E")
        assert place.result == Decision(
            Allow("human", arguments={"command": "rm -rf build/tmp", "workdir": "sub"})
        )
        assert editor.given == [("rm -rf build\n", ".sh")] * 3
        await place.app.dock.carry_out(cast("Session", desk))
        assert [type(said[1]) for said in desk.said] == [Allow]


async def test_keys_meant_for_the_editor_answer_nothing() -> None:
    clock = Clock()
    async with bay(ApprovalDock(bash("ls"), FACTS, clock=clock, edit=Editor("ls")), clock) as place:
        await place.press("E", "y")
        assert not place.app.closed
        assert place.app.strayed == ["y"]


async def test_where_no_editor_can_be_shown_it_is_said() -> None:
    clock = Clock()
    async with bay(ApprovalDock(bash("ls"), FACTS, clock=clock), clock) as place:
        await place.press("E")
        assert "This terminal cannot be handed to an editor." in place.text


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
async def test_the_keys_are_those_that_count_now_and_never_cut(size: tuple[int, int]) -> None:
    clock = Clock()
    dock = ApprovalDock(edit(change(lines=60)), FACTS, clock=clock)
    async with bay(dock, clock, size=size) as place:
        assert "Esc = no ─" in place.text
        assert ("Enter also" in place.text) is (size[0] > 60)
        await place.press("t")
        assert "─ Enter sends · Esc back · Ctrl+C = no ─" in place.text
        assert "letters answer" not in place.text
        await place.press("escape")
        assert "letters answer" in place.text
        assert "Enter sends" not in place.text


async def test_a_diff_can_be_seen_in_two_columns_where_there_is_room() -> None:
    clock = Clock()
    async with bay(ApprovalDock(edit(), FACTS, clock=clock), clock, size=(120, 40)) as place:
        assert "d side by side" in place.text
        await place.press("d")
        (beside,) = [line for line in place.lines if "the last [b]line[/b]" in line]
        assert "3 - line 2" in beside
        await place.press("f", "d")
        assert [line for line in place.lines if "3 - line 2" in line and "3 + " in line] == []
        await place.press("d", "escape")
        (beside,) = [line for line in place.lines if "the last [b]line[/b]" in line]
        assert "3 - line 2" in beside
        await place.pilot.resize_terminal(80, 24)
        await place.pilot.pause()
        assert "d side by side" not in place.text
        await place.press("d")
        assert not [line for line in place.lines if "3 - line 2" in line and "3 + " in line]
        assert not place.app.closed


async def test_what_will_not_apply_says_why() -> None:
    call = ToolCall("c1", "Edit", {"path": ".env", "edits": [{"old": "a", "new": "b"}]})
    event = ApprovalAsked("a1", call, ".env is a sensitive file", problem=".env: the old text is not in it.")
    async with bay(ApprovalDock(event, FACTS), size=(120, 40)) as place:
        assert "as it is it fails: .env: the old text is not in it." in place.text
