"""Profiles of programs that end others."""

import re

from aura.safety.acts import Command, Level
from aura.safety.inquiry import Inquiry


def names_aura(text: str) -> bool:
    """Whether a text that finds processes finds aura's: by its name, also in brackets (`[a]ura`), or as a parent."""
    return re.search(r"\baura\b|PPID|\$\$", re.sub(r"\[(\w)\]", r"\1", text)) is not None


def signal(inquiry: Inquiry, command: Command) -> None:
    """`kill`: jobs of this very command may be ended."""
    targets = [arg.text for arg in command.args if not arg.text.startswith("-")]
    if any(names_aura(arg.raw) for arg in command.args):
        inquiry.note(Level.FLOOR, "it ends aura")
    if any(re.search(r"(\$\(|`)\s*ps\b(?!.*(grep|awk|-C|-p))", arg.raw) for arg in command.args):
        inquiry.note(Level.FLOOR, "it ends every process that it finds")
    if "1" in targets:
        inquiry.note(Level.FLOOR, "it ends the first process, and with it everything")
    if "-1" in command.texts[1:] or command.texts[:1] == ("-1",):
        inquiry.note(Level.FLOOR, "it ends every process")
    inquiry.note(Level.CHANGES, "it ends a process")
    if not targets or not all(re.fullmatch(r"%[\w!+-]+|0", text) for text in targets):
        inquiry.note(Level.CONSENT, "it ends processes that may be somebody else's")


def signal_by_name(inquiry: Inquiry, command: Command) -> None:
    """`pkill`, `killall`: shells, aura itself and whole users are never ended."""
    inquiry.note(Level.CONSENT, f"{command.name} ends processes by name")
    text = re.sub(r"\[(\w)\]", r"\1", " ".join(command.texts))
    if re.search(
        r"(^|\s)-(u|U|-euid|-uid)|\baura\b|\b(ba|z|fi|da)?sh\b|\bsystemd\b|\binit\b|(^|\s)\.[*]?(\s|$)", text
    ):
        inquiry.note(Level.FLOOR, "it ends aura, a shell, or everything")
