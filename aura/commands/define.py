"""What a slash command is, and how a line becomes a call of one."""

import difflib
import importlib
import os
import pkgutil
import re
import shlex
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aura.commands
from aura.app.rewinding import Rewinding
from aura.app.session import LocalSession
from aura.core.errors import AuraError
from aura.core.events import CommandRan
from aura.core.limits import ENDINGS, StopReason
from aura.core.run import Run
from aura.runs.orders import Wanted
from aura.safety.policy import Policy

COMMAND = re.compile(r"/([A-Za-z][\w-]*)")
GOES_ON = (StopReason.DONE, StopReason.END_TURN)
OWN = "aura.commands."


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What a command may use.

    `say` shows a line to the person, `prompt` runs a turn (or a command) to its end and returns why it stopped, `holds`
    evaluates a condition and returns whether it holds with the tail of what its commands printed, `commands` are all
    that exist, `policy` has the permission rules, `pursue` begins a run with a goal, or (without one) goes on with the
    run there is, and returns where it stands when it rests, `order` has something ordered of the run, `rewinding` goes
    back to an earlier place. `workspace` is the folder that is worked in, `sandbox` says what stands around
    commands.
    """

    session: LocalSession
    say: Callable[[str], None]
    prompt: Callable[[str], Awaitable[StopReason | None]]
    holds: Callable[[str], Awaitable[tuple[bool, str]]]
    reload: Callable[[], str]
    compact: Callable[[str], Awaitable[bool]]
    commands: Mapping[str, "Command"]
    switch_model: Callable[[str], Awaitable[str]]
    policy: Policy
    pursue: Callable[[str], Awaitable[Run]]
    order: Callable[[Wanted], Awaitable[Run]]
    rewinding: Rewinding
    workspace: Path = Path()
    sandbox: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command: its name without the slash, one line of help, how it is called, what it does.

    `run` gets the rest of the line; it raises `AuraError` with a sentence when the line is wrong. `title` makes it an
    entry of the palette, which calls it without arguments.
    """

    name: str
    help: str
    usage: str
    run: Callable[[CommandContext, str], Awaitable[None]]
    title: str = ""


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


def is_command(line: str, known: Container[str] = ()) -> bool:
    """Whether a prompt is a slash command: a slash and a name, and no path such as `/etc/hosts`.

    A name that is not `known` is none when it is that of something that exists (`/tmp is full`).
    """
    name = COMMAND.fullmatch(line.split(maxsplit=1)[0]) if line.strip() else None
    return name is not None and (name[1] in known or not os.path.lexists(name[0]))


async def run_command(context: CommandContext, line: str) -> None:
    """Run one slash command; an unknown name is refused with the nearest one."""
    head, *rest = line.split(maxsplit=1)
    command = context.commands.get(head[1:])
    if command is None:
        near = difflib.get_close_matches(head[1:], context.commands, n=1, cutoff=0.5)
        hint = f" Did you mean /{near[0]}?" if near else " /help lists the commands."
        raise AuraError(f"There is no command {head}.{hint}")
    context.session.record(CommandRan(line.strip(), ""))
    try:
        await command.run(context, rest[0].strip() if rest else "")
    except AuraError:
        raise
    except Exception as error:
        if command.run.__module__.startswith(OWN):
            raise
        raise AuraError(f"The command {head} of a plugin failed: {type(error).__name__}: {error}") from error


async def act(context: CommandContext, action: str, name: str) -> bool:
    """Run one action, a prompt or a command; whether the next may follow. One that did not end well is said."""
    reason = await context.prompt(action)
    if reason is None or reason in GOES_ON:
        return True
    context.say(f"/{name} stopped: {ENDINGS[reason].sentence}")
    return False


def split_verb(text: str) -> tuple[str, str]:
    """The first word of a line and what follows it; both may be empty."""
    verb, *argument = text.split(maxsplit=1)[:2] or ("",)
    return verb, argument[0].strip() if argument else ""


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
