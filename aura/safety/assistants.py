"""Profiles of aura itself and of other assistants, and of what reaches into a running one."""

import re

from aura.safety.acts import Command, Level
from aura.safety.inquiry import Inquiry, Profile
from aura.safety.processes import names_aura

UNGUARDED = re.compile(
    r"(^|\s)(--?(yolo|no-sandbox|full-auto|auto-approve|yes-always|allow-all\S*|trust-all\S*|dangerously\S*|"
    r"\S*(bypass|skip)-(approvals?|permissions?|sandbox)\S*)|"
    r"(--?(mode|permission-mode|approval-mode|ask-for-approval|sandbox|approval)[= ]|"
    r"(sandbox_mode|approval_policy)=\W?|-s )"
    r"(yolo|off|none|never|danger\S*|bypass\S*))(\s|=|$)",
    re.IGNORECASE,
)  # words by which assistants are started without anything that holds them


def run_aura(inquiry: Inquiry, command: Command) -> None:
    """`aura`: looking is free, another assistant is not started by a model, and its rules are not changed."""
    verb = command.texts[0] if command.texts else ""
    if (
        UNGUARDED.search(" ".join(command.texts))
        or verb in ("trust", "auth")
        or (verb == "config" and command.texts[1:2] in (("set",), ("unset",)))
    ):
        inquiry.note(Level.FLOOR, "it changes aura's own policy or starts it without guards")
    elif verb not in ("--version", "--help", "doctor"):
        inquiry.note(Level.CONSENT, "it starts another aura")


def run_assistant(inquiry: Inquiry, command: Command) -> None:
    """Other assistants: a person decides about each, and none is started without its guards."""
    inquiry.note(Level.CONSENT, f"{command.name} is another assistant, which runs commands of its own")
    inquiry.look_at_unknown(command)
    if UNGUARDED.search(" ".join(command.texts)):
        inquiry.note(Level.FLOOR, "it starts another assistant without guards")


def attach(profile: Profile) -> Profile:
    """A debugger or a tracer: one that reaches into aura itself is never run."""

    def guard(inquiry: Inquiry, command: Command) -> None:
        profile(inquiry, command)
        attaches = command.name not in ("gdb", "lldb", "strace", "ltrace") or any(
            re.match(r"-p|--?(pid|attach)|attach\b", text) for text in command.texts
        )
        if attaches and names_aura(" ".join(arg.raw for arg in command.args)):
            inquiry.note(Level.FLOOR, "it reaches into aura while that runs")

    return guard
