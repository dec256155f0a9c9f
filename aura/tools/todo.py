"""TodoWrite: the list of what is left to do, replaced as a whole."""

from collections.abc import Iterable
from typing import Annotated, Any

from aura.core.errors import ToolError
from aura.core.todos import Todo, TodoStatus, find_problem, open_todos, render_todos
from aura.core.tools import Effect, Tool, ToolContext, ToolOutput
from aura.tools.define import Fields, tool


class TodoItem(Fields):
    """One item as a model writes it; without an id it gets its place in the list."""

    id: str = ""
    content: str
    status: TodoStatus = "pending"
    note: str = ""
    depends_on: list[str] = []  # noqa: RUF012 - pydantic copies it


def make_todo(*, parallel: bool = False) -> Tool:
    """The tool; `parallel` lets several items be in progress (a plan that runs steps side by side)."""

    @tool(name="TodoWrite", effect=Effect.NONE, prepare=_name_statuses)
    async def write(
        context: ToolContext,
        todos: Annotated[
            list[TodoItem], "The whole list, in order; it replaces the old one. Empty: no todos."
        ],
    ) -> ToolOutput:
        """Write the todo list of the work at hand: use it for anything of three steps or more, and keep it true.

        Status is pending, in_progress (one at a time), completed, cancelled or blocked (say why in note). Mark an item
        completed as soon as it is, never before. An invalid list is refused whole.
        """
        items = _number(todos)
        problem = find_problem(items, parallel=parallel)
        if problem:
            raise ToolError(f"The list was refused and the old one stays: {problem}.")
        left = len(open_todos(items))
        return ToolOutput(f"{render_todos(items)}\n{_count(left, len(items))}", todos=items)

    return write


def _number(todos: Iterable[TodoItem]) -> tuple[Todo, ...]:
    """The items as values; those without an id get the first free number."""
    given = list(todos)
    used = {item.id for item in given if item.id}
    free = (str(number) for number in range(1, len(given) * 2 + 2) if str(number) not in used)
    return tuple(
        Todo(item.id or next(free), item.content, item.status, item.note, tuple(item.depends_on))
        for item in given
    )


def _count(left: int, total: int) -> str:
    if not total:
        return "The list is empty."
    return f"{left} of {total} still to do." if left else "Nothing is left to do."


def _name_statuses(arguments: dict[str, Any]) -> dict[str, Any]:
    """Other spellings of a status (`in-progress`, `done`) as the one that is meant."""
    meant = {
        "in-progress": "in_progress",
        "in progress": "in_progress",
        "done": "completed",
        "complete": "completed",
    }
    todos = arguments.get("todos")
    if not isinstance(todos, list):
        return arguments
    fixed = [
        {**item, "status": meant.get(str(item["status"]).lower(), item["status"])}
        if isinstance(item, dict) and "status" in item
        else item
        for item in todos
    ]
    return {**arguments, "todos": fixed}
