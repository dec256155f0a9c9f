"""TodoWrite: the list goes in whole or not at all."""

from pathlib import Path
from typing import Any

import pytest

from aura.core.errors import ToolError
from aura.core.todos import Todo
from aura.core.tools import ToolOutput
from aura.tools.todo import make_todo
from tests.tools.fakes import make_context


async def write(folder: Path, todos: Any, *, parallel: bool = False) -> ToolOutput:
    tool = make_todo(parallel=parallel)
    return await tool(make_context(folder), tool.validate({"todos": todos}))


async def test_the_list_is_replaced_and_shown(tmp_path: Path) -> None:
    output = await write(
        tmp_path,
        [
            {"id": "a", "content": "one", "status": "completed"},
            {"content": "two", "status": "in_progress", "note": "half", "depends_on": ["a"]},
            {"content": "three"},
        ],
    )
    assert output.todos == (
        Todo("a", "one", "completed"),
        Todo("1", "two", "in_progress", "half", ("a",)),
        Todo("2", "three"),
    )
    assert output.content == "[x] a: one\n[>] 1: two (half)\n[ ] 2: three\n2 of 3 still to do."


async def test_numbers_given_as_ids_are_not_given_twice(tmp_path: Path) -> None:
    output = await write(tmp_path, [{"content": "x"}, {"id": 1, "content": "y"}, {"content": "z"}])
    assert output.todos and [todo.id for todo in output.todos] == ["2", "1", "3"]


@pytest.mark.parametrize(
    ("spelled", "meant"), [("in-progress", "in_progress"), ("done", "completed"), ("Completed", "completed")]
)
async def test_other_spellings_of_a_status(tmp_path: Path, spelled: str, meant: str) -> None:
    output = await write(tmp_path, [{"content": "x", "status": spelled}])
    assert output.todos and output.todos[0].status == meant


async def test_an_empty_list_and_a_finished_one(tmp_path: Path) -> None:
    assert (await write(tmp_path, [])).content == "(no todos)\nThe list is empty."
    done = await write(tmp_path, [{"content": "x", "status": "cancelled"}])
    assert done.content.endswith("Nothing is left to do.")


@pytest.mark.parametrize(
    ("todos", "reason"),
    [
        ([{"id": "a", "content": "x"}, {"id": "a", "content": "y"}], "the id 'a' is used twice"),
        ([{"content": " "}], "has no content"),
        (
            [{"content": "x", "status": "in_progress"}, {"content": "y", "status": "in_progress"}],
            "only one item",
        ),
        ([{"id": "a", "content": "x", "depends_on": ["b"]}], "which is not in the list"),
        (
            [
                {"id": "a", "content": "x", "depends_on": ["b"]},
                {"id": "b", "content": "y", "depends_on": ["a"]},
            ],
            "form a cycle",
        ),
        ([{"content": "x", "status": "later"}], "todos[0].status has to be one of pending"),
        ([{"id": "a"}], "todos[0].content is missing"),
    ],
)
async def test_an_invalid_list_is_refused_whole(tmp_path: Path, todos: Any, reason: str) -> None:
    with pytest.raises(ToolError) as caught:
        await write(tmp_path, todos)
    assert reason in caught.value.sentence


async def test_a_plan_may_have_several_in_progress(tmp_path: Path) -> None:
    todos = [{"content": "x", "status": "in_progress"}, {"content": "y", "status": "in_progress"}]
    assert (await write(tmp_path, todos, parallel=True)).todos
