"""/memory: see and delete the notes that outlive the session."""

from aura.commands.define import Command, CommandContext, split_verb
from aura.core.errors import AuraError
from aura.tools.notes import Notes, Scope, find_notes

USAGE = "/memory [show SCOPE/NAME | delete SCOPE/NAME]"


async def run(context: CommandContext, rest: str) -> None:
    """List the notes, show one of them, or delete one."""
    scopes = find_notes(context.workspace, context.session.folder)
    verb, argument = split_verb(rest)
    match verb:
        case "" | "list" if not argument:
            context.say("\n".join(_list(scopes)))
        case "show" if argument:
            notes, name = _find(scopes, argument)
            note = notes.read(name)
            assert note is not None
            context.say(note.text.rstrip())
        case "delete" if argument:
            notes, name = _find(scopes, argument)
            context.say(notes.write(name, "", "delete"))
        case _:
            raise AuraError(f"Usage: {USAGE}")


def _list(scopes: dict[Scope, Notes]) -> list[str]:
    lines = [
        f"{scope}/{note.name}  {note.size} bytes  {note.abstract}"
        for scope, notes in scopes.items()
        for note in notes.read_all()
    ]
    return lines or ["There are no notes yet; the model keeps them with MemoryWrite."]


def _find(scopes: dict[Scope, Notes], where: str) -> tuple[Notes, str]:
    """The notes and the name that are meant; the scope may be left out where the name is clear."""
    given, _, name = where.rpartition("/")
    found = [
        (notes, note.name)
        for scope, notes in scopes.items()
        for note in notes.read_all()
        if note.name == name and given in ("", scope)
    ]
    if not found:
        raise AuraError(f"There is no note {where!r}; /memory lists them.")
    if len(found) > 1:
        raise AuraError(
            f"{where!r} is in several scopes: write project/{name}, user/{name} or scratchpad/{name}."
        )
    return found[0]


command = Command(
    "memory", "See and delete the notes that outlive the session.", USAGE, run, "Show the notes that are kept"
)
