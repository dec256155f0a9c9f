"""Profiles of the parts of a shell that set, read and print its variables and its ways."""

import re

from aura.safety.acts import Command, Level
from aura.safety.expansion import MOST_VALUES, Arg
from aura.safety.inquiry import Inquiry
from aura.safety.options import parse_options
from aura.safety.printed import FOUND, finds_files


def print_environment(inquiry: Inquiry, command: Command) -> None:
    """`printenv`: one variable at a time, and none that holds a credential."""
    from aura.safety.redact import is_secret_name

    if not command.args or any(is_secret_name(text) for text in command.texts):
        inquiry.signs.spills = True
        inquiry.note(Level.CONSENT, "it prints the environment, which holds credentials")


def set_shell(inquiry: Inquiry, command: Command) -> None:
    """`set`, `shopt`: flags of the shell are free, new positional arguments are not."""
    if any(re.match(r"-\w*e|errexit$", text) for text in command.texts) and command.name == "set":
        inquiry.strict = True
    if any(re.match(r"\+\w*[eo]", text) for text in command.texts):
        inquiry.strict = False
    if "--" in command.texts or any(
        not text.startswith(("-", "+")) and text not in ("pipefail", "errexit", "nounset", "xtrace")
        for text in command.texts
    ):
        inquiry.note(Level.CONSENT, "it sets the arguments of the shell")
        start = command.texts.index("--") + 1 if "--" in command.texts else 0
        inquiry.set_list("@", command.args[start:])
    if not command.args and command.name == "set":
        inquiry.signs.spills = True
        inquiry.note(Level.CONSENT, "it prints the environment, which holds credentials")


def export(inquiry: Inquiry, command: Command) -> None:
    """`export`, `declare`: assignments in the form of arguments."""
    if not any("=" in text or text.isidentifier() for text in command.texts):
        inquiry.signs.spills = True
        inquiry.note(Level.CONSENT, "it prints the environment, which holds credentials")
    if any(re.match(r"-\w*n", text) and command.name != "export" for text in command.texts):
        inquiry.note(Level.CONSENT, "it lets one variable stand for another")
        for text in command.texts:
            inquiry.read_quietly(text.partition("[")[2].removesuffix("]"))
    is_number = any(re.match(r"-\w*i", text) for text in command.texts) and command.name != "export"
    for arg in command.args:
        if "=" in arg.text and not arg.text.startswith("-"):
            name, _, value = arg.text.partition("=")
            if is_number and re.search(r"[\[$`]", value):
                inquiry.note(Level.CONSENT, "it evaluates a text")
                inquiry.read_quietly(value.partition("[")[2].removesuffix("]"))
            inquiry.read_text(
                f"{name}={value if value.isalnum() else chr(39) + value + chr(39)} true"
                if "'" not in value
                else "eval $unknown"
            )
            is_other = any(re.match(r"-\w*n", text) for text in command.texts) and command.name != "export"
            inquiry.set_variable(name, (value,) if arg.values and not is_other else ())


def read_line(inquiry: Inquiry, command: Command) -> None:
    """`read`, `unset`: the variables cannot be told any more."""
    given = (command.document or "").strip()
    names = [text for text in command.texts if text.isidentifier()]
    if any(name.startswith("AURA_") for name in names):
        inquiry.note(Level.FLOOR, "it changes aura's own settings")
    if given and len(names) > 1 and "\n" not in given:
        words = given.split() if " " in given else re.split(r"[,:;|]", given)
        inquiry.note(Level.CONSENT, "it sets variables from a text")
        for name, word in zip(names, words, strict=False):
            inquiry.variables[name] = (word,)
        return
    lines = tuple(given.splitlines()) if len(names) == 1 else ()
    if not lines and len(names) == 1 and finds_files(inquiry.signs.stages):
        lines = (FOUND,)
    for text in command.texts:
        inquiry.variables[text] = lines if len(lines) <= MOST_VALUES else ()
        if re.search(r"[\[$`]", text):
            inquiry.note(Level.CONSENT, "it evaluates a text")


def shift(inquiry: Inquiry, command: Command) -> None:
    """`shift`: which argument is the first one cannot be told any more."""
    inquiry.variables |= {str(number): () for number in range(1, 10)}
    inquiry.lists["@"] = (Arg((), "$@"),)


def read_lines(inquiry: Inquiry, command: Command) -> None:
    """`mapfile`: an array of the lines of a text, which may be known."""
    options = parse_options(command.args, "-d -n -O -s -u -C -c")
    if options.has("-C"):
        inquiry.note(Level.CONSENT, "it evaluates a text for each line")
        for text in options.values("-C"):
            inquiry.read_quietly(text.text)
    name = options.rest[0].text if options.rest else "MAPFILE"
    lines = (command.document or "").splitlines()[:40]
    if re.search(r"[\[$`]", name):
        inquiry.note(Level.CONSENT, "it evaluates a text")
    inquiry.set_list(name, [Arg((line,), line) for line in lines] or [Arg((), f"${name}")])


def set_trap(inquiry: Inquiry, command: Command) -> None:
    """`trap`: a text that runs later."""
    inquiry.note(Level.CHANGES, "it sets a trap")
    for arg in command.args[:1]:
        if len(arg.values) == 1:
            inquiry.read_text(arg.text)
        else:
            inquiry.note(Level.CONSENT, "it sets a trap that cannot be told beforehand")
