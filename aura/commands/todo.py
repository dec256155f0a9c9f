"""/todo: see and edit the todo list."""

from dataclasses import replace

from aura.commands.define import Command, CommandContext, split_verb
from aura.core.errors import AuraError
from aura.core.events import TodosChanged
from aura.core.todos import Todo, find_problem, render_todos

USAGE = "/todo [add TEXT | done ID | drop ID | clear]"


async def run(context: CommandContext, rest: str) -> None:
    """Show the list, or change one item of it."""
    todos = context.session.turn.todos
    verb, argument = split_verb(rest)
    match verb:
        case "" | "list":
            pass
        case "add" if argument:
            todos = (*todos, Todo(_next_id(todos), argument))
        case "done" if argument:
            todos = _set_status(todos, argument)
        case "drop" if argument:
            _find(todos, argument)
            kept = tuple(todo for todo in todos if todo.id != argument)
            todos = tuple(
                replace(todo, depends_on=tuple(name for name in todo.depends_on if name != argument))
                for todo in kept
            )
        case "clear":
            todos = ()
        case _:
            raise AuraError(f"Usage: {USAGE}")
    if problem := find_problem(todos):
        raise AuraError(f"The list would be invalid: {problem}.")
    if todos != context.session.turn.todos:
        context.session.record(TodosChanged(todos, "human"))
    context.say(render_todos(todos))


def _next_id(todos: tuple[Todo, ...]) -> str:
    known = {todo.id for todo in todos}
    return next(str(number) for number in range(1, len(todos) + 2) if str(number) not in known)


def _find(todos: tuple[Todo, ...], name: str) -> Todo:
    for todo in todos:
        if todo.id == name:
            return todo
    raise AuraError(
        f"There is no todo {name!r}; the ids are {', '.join(todo.id for todo in todos) or 'none'}."
    )


def _set_status(todos: tuple[Todo, ...], name: str) -> tuple[Todo, ...]:
    _find(todos, name)
    return tuple(replace(todo, status="completed") if todo.id == name else todo for todo in todos)


command = Command("todo", "See and edit the todo list.", USAGE, run)
