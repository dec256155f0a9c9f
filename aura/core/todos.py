"""The todo list: what is left to do, and the rules of a valid list."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

TodoStatus = Literal["pending", "in_progress", "completed", "cancelled", "blocked"]

STATUSES: tuple[str, ...] = get_args(TodoStatus)
MARKS = {"pending": "[ ]", "in_progress": "[>]", "completed": "[x]", "cancelled": "[-]", "blocked": "[!]"}


@dataclass(frozen=True, slots=True)
class Todo:
    """One item: an id unique in its list, what to do, where it stands, an optional note, ids it waits for."""

    id: str
    content: str
    status: TodoStatus = "pending"
    note: str = ""
    depends_on: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether work on it is still due (pending or in progress)."""
        return self.status in ("pending", "in_progress")


def open_todos(todos: Iterable[Todo]) -> tuple[Todo, ...]:
    """The items still due, in order."""
    return tuple(todo for todo in todos if todo.is_open)


def find_problem(todos: Iterable[Todo], *, parallel: bool = False) -> str:
    """Why a list is invalid, in one sentence; empty when it is valid.

    `parallel` lets more than one item be in progress (a plan that runs steps side by side).
    """
    items = tuple(todos)
    ids = [todo.id for todo in items]
    known = set(ids)
    if len(known) != len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        return f"the id {twice!r} is used twice"
    for todo in items:
        if not todo.id.strip():
            return f"the item {todo.content!r} has no id"
        if not todo.content.strip():
            return f"the item {todo.id!r} has no content"
        if todo.status not in STATUSES:
            return f"the status {todo.status!r} of item {todo.id!r} is not one of {', '.join(STATUSES)}"
        unknown = [name for name in todo.depends_on if name not in known]
        if unknown:
            return f"item {todo.id!r} depends on {unknown[0]!r}, which is not in the list"
    busy = [todo.id for todo in items if todo.status == "in_progress"]
    if len(busy) > 1 and not parallel:
        return f"only one item may be in progress, but {', '.join(busy)} are"
    return _find_cycle(items)


def _find_cycle(todos: tuple[Todo, ...]) -> str:
    """The sentence for a dependency cycle, or an empty text."""
    waiting = {todo.id: set(todo.depends_on) for todo in todos}
    while waiting:
        ready = [name for name, needs in waiting.items() if not needs & waiting.keys()]
        if not ready:
            return f"the dependencies of {', '.join(sorted(waiting))} form a cycle"
        for name in ready:
            del waiting[name]
    return ""


def ready_todos(todos: Iterable[Todo]) -> tuple[Todo, ...]:
    """The pending items whose dependencies are all completed or cancelled."""
    items = tuple(todos)
    closed = {todo.id for todo in items if todo.status in ("completed", "cancelled")}
    return tuple(todo for todo in items if todo.status == "pending" and closed.issuperset(todo.depends_on))


def render_todos(todos: Iterable[Todo]) -> str:
    """The list as text, one item a line: mark, id, content and note."""
    lines = []
    for todo in todos:
        note = f" ({todo.note})" if todo.note else ""
        lines.append(f"{MARKS[todo.status]} {todo.id}: {todo.content}{note}")
    return "\n".join(lines) if lines else "(no todos)"
