"""The rules of a valid list."""

import pytest
from hypothesis import given

from aura.core.todos import Todo, find_problem, open_todos, ready_todos, render_todos
from tests.core import worlds


@pytest.mark.parametrize(
    ("todos", "problem"),
    [
        ([], ""),
        ([Todo("1", "a"), Todo("2", "b", depends_on=("1",))], ""),
        ([Todo("1", "a"), Todo("1", "b")], "the id '1' is used twice"),
        ([Todo(" ", "a")], "the item 'a' has no id"),
        ([Todo("1", " ")], "the item '1' has no content"),
        ([Todo("1", "a", "doing")], "'doing' of item '1' is not one of"),  # type: ignore[arg-type] # what a model may send
        ([Todo("1", "a", depends_on=("2",))], "depends on '2', which is not in the list"),
        (
            [Todo("1", "a", "in_progress"), Todo("2", "b", "in_progress")],
            "only one item may be in progress, but 1, 2",
        ),
        ([Todo("1", "a", depends_on=("1",))], "form a cycle"),
        ([Todo("1", "a", depends_on=("2",)), Todo("2", "b", depends_on=("1",))], "of 1, 2 form a cycle"),
    ],
)
def test_lists(todos: list[Todo], problem: str) -> None:
    found = find_problem(todos)
    assert (problem in found) if problem else not found


def test_a_plan_may_run_several_at_once() -> None:
    busy = [Todo("1", "a", "in_progress"), Todo("2", "b", "in_progress")]
    assert find_problem(busy)
    assert not find_problem(busy, parallel=True)


@given(worlds.todos)
def test_a_valid_list_can_be_worked_off(todos: tuple[Todo, ...]) -> None:
    """Completing whatever is ready, again and again, ends with nothing pending, or with what waits for the rest."""
    if find_problem(todos, parallel=True):
        return
    items = {todo.id: todo for todo in todos}
    while ready := ready_todos(items.values()):
        for todo in ready:
            items[todo.id] = Todo(todo.id, todo.content, "completed", depends_on=todo.depends_on)
    stuck = [todo for todo in items.values() if todo.status == "pending"]
    for todo in stuck:
        statuses = {items[name].status for name in todo.depends_on}
        assert statuses & {"in_progress", "blocked", "pending"}


@given(worlds.todos)
def test_what_is_ready_is_pending_and_waits_for_nothing(todos: tuple[Todo, ...]) -> None:
    closed = {todo.id for todo in todos if todo.status in ("completed", "cancelled")}
    for todo in ready_todos(todos):
        assert todo.status == "pending"
        assert set(todo.depends_on) <= closed


@given(worlds.todos)
def test_open_is_what_is_still_due(todos: tuple[Todo, ...]) -> None:
    assert {todo.status for todo in open_todos(todos)} <= {"pending", "in_progress"}
    assert len(render_todos(todos).splitlines()) == max(len(todos), 1)


def test_how_a_list_looks() -> None:
    todos = (
        Todo("1", "look", "completed"),
        Todo("2", "fix", "in_progress"),
        Todo("3", "ask", "blocked", "no key"),
    )
    assert render_todos(todos) == "[x] 1: look\n[>] 2: fix\n[!] 3: ask (no key)"
    assert render_todos(()) == "(no todos)"
