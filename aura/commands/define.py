"""What a slash command is, and how a line becomes a call of one."""

import difflib
import importlib
import pkgutil
import shlex
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import aura.commands
from aura.app.session import LocalSession
from aura.core.errors import AuraError
from aura.core.events import CommandRan
from aura.core.limits import StopReason


class Reloadable(Protocol):
    """What `/reload` needs of the plugins."""

    def reload(self) -> str:
        """Read the plugins again and say what changed."""
        ...


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What a command may use.

    `say` shows a line to the person, `prompt` runs a turn (or a command) to its end and returns why it stopped, `holds`
    evaluates a condition and returns whether it holds with the tail of what its commands printed, `commands` are all
    that exist.
    """

    session: LocalSession
    say: Callable[[str], None]
    prompt: Callable[[str], Awaitable[StopReason | None]]
    holds: Callable[[str], Awaitable[tuple[bool, str]]]
    reload: Callable[[], str]
    compact: Callable[[str], Awaitable[bool]]
    commands: Mapping[str, "Command"]


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command: its name without the slash, one line of help, how it is called, what it does.

    `run` gets the rest of the line; it raises `AuraError` with a sentence when the line is wrong.
    """

    name: str
    help: str
    usage: str
    run: Callable[[CommandContext, str], Awaitable[None]]


def load_commands(more: Iterable[Command] = ()) -> dict[str, Command]:
    """All commands by name: the built-in ones from this package, then those of plugins (a built-in name wins)."""
    found: dict[str, Command] = {}
    for module in pkgutil.iter_modules(aura.commands.__path__):
        if module.name == "define":
            continue
        command: Command = importlib.import_module(f"aura.commands.{module.name}").command
        found[command.name] = command
    for command in more:
        found.setdefault(command.name, command)
    return found


def is_command(line: str) -> bool:
    """Whether a prompt is a slash command: a slash and a letter, and no path such as `/etc/hosts`."""
    head = line.split(maxsplit=1)[0] if line.strip() else ""
    return len(head) > 1 and head[0] == "/" and head[1].isalpha() and "/" not in head[1:]


async def run_command(context: CommandContext, line: str) -> None:
    """Run one slash command; an unknown name is refused with the nearest one."""
    head, _, rest = line.strip().partition(" ")
    command = context.commands.get(head[1:])
    if command is None:
        near = difflib.get_close_matches(head[1:], context.commands, n=1, cutoff=0.5)
        hint = f" Did you mean /{near[0]}?" if near else " /help lists the commands."
        raise AuraError(f"There is no command {head}.{hint}")
    context.session.record(CommandRan(line.strip(), ""))
    await command.run(context, rest.strip())


def split_words(text: str, usage: str) -> list[str]:
    """The words of a line with shell quoting; a missing quote is an error that shows the usage."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise AuraError(f"{str(error)[:1].upper()}{str(error)[1:]}. Usage: {usage}") from None


def read_switch(text: str, usage: str, *, now: bool) -> bool:
    """on, off or nothing (the opposite of `now`)."""
    match text.lower():
        case "":
            return not now
        case "on" | "true" | "yes":
            return True
        case "off" | "false" | "no":
            return False
        case _:
            raise AuraError(f"{text!r} is neither on nor off. Usage: {usage}")
