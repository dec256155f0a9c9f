"""Options by which a tool that is known takes code or settings from elsewhere, or runs what else it is told to."""

import re
from collections.abc import Sequence
from dataclasses import replace

from aura.safety.acts import Command, Level
from aura.safety.danger import find_commands, find_danger
from aura.safety.expansion import Arg
from aura.safety.guesses import look_at_rest
from aura.safety.inquiry import Inquiry
from aura.safety.places import is_below

LOADING = re.compile(
    r"--?[\w-]*(plugin|filter|agent|rules-?dir|setup|config|rootdir|executable|script|settings|build-file|compiler|"
    r"load|require|prefix|manifest-path)|-[cCSPfpI]$|-D\w*(COMPILER|LAUNCHER|TOOLCHAIN)",
    re.IGNORECASE,
)

PUTTING = re.compile(
    r"-o(=|$|[/~.])|--?(\w+-)*(out\w*|report(-?(file|dir|path))?|reports-dir|log\w*|cache\w*|coverage-?dir\w*|dest\w*|output\w*|tmp\w*|temp\w*|basetemp|junit\w*|html\w*|xml\w*|json\w*|"
    r"lcov|cov-report|build-?dir|target-dir|tsbuildinfo\w*|coverprofile|cpuprofile|memprofile|trace|prof\w*|durations\w*|"
    r"site-dir|builddir|write\w*|result\w*)(-?(file|dir|path|folder|directory|location))?(=|$)",
    re.IGNORECASE,
)

DROPPING = re.compile(
    r"(db|ecto|database):?\.?(drop|reset|purge|wipe|rollback|schema:load|migrate:reset)(:\w+)*|migrate:(fresh|reset|refresh|rollback)|"
    r"flush|sqlflush|reset_db|drop_db|dropdb|migrate-reset|drop-database|doctrine:(database|schema):drop"
)  # words by which frameworks drop or empty their database
NAMED = re.compile(r"-[nektg]|--(name|example|grep|testNamePattern|filter)")
PATTERN = re.compile(
    r"/(?!(tmp|home|etc|usr|var|opt|root|srv|mnt|media|dev|proc|sys|run|s?bin|lib\w*|boot|nix|snap|Users)/)"
    r"[\w .|?+*^$-]+/[imx]*"
)  # an expression for names, as Ruby and JavaScript write it
LIVE = re.compile(r"--?(env|environment|stage|target|tier)=(prod|production|live|staging)", re.IGNORECASE)
ADDING = re.compile(r"\b(addopts|PYTEST_ADDOPTS)=(?=.*(-p|-c|--rootdir|--confcutdir|plugin|/))")
RUNNING = re.compile(
    r"--?(toolexec|exec|script-shell|node-options|init-script|shell|rcfile|eval|to-command|command|cmd|loader|require|"
    r"wrapper|launcher|init-hook|load-plugins|runner|onload-script|git|viewer|editor)(=|$)"
)


def look_at_running_options(inquiry: Inquiry, command: Command) -> None:
    """Options by which a tool that is known runs what else it is told to."""
    if inquiry.signs.unpacks and (folder := inquiry.cwd or inquiry.perhaps) != inquiry.places.workspace:
        inquiry.refuse_downloaded(folder)
    look_at_rest(inquiry, command, is_known=True)
    look_at_words(inquiry, command.name, command.texts)
    for value in (one for arg in command.args for one in arg.values) if inquiry.signs.written else ():
        inquiry.look_at_written(inquiry.locate(value), command.name)
    for index, text in enumerate(command.texts):
        if ADDING.search(text):
            inquiry.note(Level.CONSENT, f"a setting of {command.name} takes code from elsewhere")
        if re.search(r"\s", text) and (danger := find_danger(text)):
            inquiry.note(Level.FLOOR, danger)
        _look_at_loading(inquiry, command, index)
        found = RUNNING.match(text)
        if found and not _loads_own(inquiry, command, index, found):
            inquiry.note(Level.CONSENT, f"{command.name} {found.group().rstrip('=')} runs other code")
            value = text[found.end() :] or (command.texts[index + 1] if index + 1 < len(command.args) else "")
            inquiry.read_quietly(value)
            inquiry.read_quietly(value.replace(",", " "))
        elif text.startswith("--config") and index + 1 < len(command.args):
            value = text.partition("=")[2] or command.texts[index + 1]
            if re.search(r"(runner|wrapper|linker|alias|command|shell)\S*\s*=", value):
                inquiry.note(Level.CONSENT, f"a setting of {command.name} runs other code")
                for hidden in find_commands(value):
                    inquiry.read_quietly(hidden)


def look_at_words(inquiry: Inquiry, name: str, texts: Sequence[str]) -> None:
    """Words that mean the same to many tools: a database is dropped, a server is open to others, it is no test."""
    for before, text in zip(("", *texts), texts, strict=False):
        if DROPPING.fullmatch(text):
            inquiry.note(Level.CONSENT, f"{name} {text} may lose data")
        if re.fullmatch(r"(--?[\w-]+=)?(0\.0\.0\.0|\[?::\]?)(:\d+)?", text):
            inquiry.note(Level.CONSENT, "it serves to the network; use 127.0.0.1")
        if LIVE.fullmatch(text if "=" in text else f"{before}={text}"):
            inquiry.note(Level.CONSENT, f"{name} works for {text.rpartition('=')[2]}")


def _loads_own(inquiry: Inquiry, command: Command, index: int, found: re.Match[str]) -> bool:
    """Whether an option loads a module that is installed in the project, or a file of the workspace."""
    text = command.texts[index]
    value = text[found.end() :] or (command.texts[index + 1] if index + 1 < len(command.args) else "")
    if not re.match(r"--?(require|loader|import)\b", text) or not re.fullmatch(
        r"\.{0,2}[\w@][\w@./-]*|\./[\w./-]+", value
    ):
        return False
    path = inquiry.places.resolve(value, inquiry.cwd)
    return is_below(path, inquiry.places.workspace) and path not in inquiry.signs.downloads


def _look_at_loading(inquiry: Inquiry, command: Command, index: int) -> None:
    """A path outside the workspace behind an option: a tool that takes code or settings from there needs a person."""
    text, before = command.texts[index], command.texts[index - 1] if index else ""
    found = re.search(r"(?:^|[=:,@]|^-[A-Za-z])(~?/[^=:,]+|\.\./[^=:,]*)$", text)
    if found is None or (not before.startswith("-") and not text.startswith(("-", "@"))):
        return
    path = inquiry.places.resolve(found[1], inquiry.cwd)
    if is_below(path, inquiry.places.workspace) or (NAMED.fullmatch(before) and PATTERN.fullmatch(text)):
        return
    option = text if text.startswith("-") else before
    if LOADING.match(option) or (
        inquiry.places.is_temporary(f"{path}/x") and not only_writes(command.name, option)
    ):
        inquiry.note(
            Level.CONSENT, f"{command.name} takes code or settings from outside the workspace ({found[1]})"
        )
    elif not inquiry.places.is_temporary(path):
        inquiry.read(Arg((path,), found[1]))


def only_writes(name: str, option: str) -> bool:
    """Whether an option names a file or a folder for results, so that one for temporary files is as good as any."""
    return PUTTING.match(option) is not None or (
        option.startswith("-B")
        if name == "cmake"
        else option.startswith("--data-file")
        if name == "coverage"
        else option == "-d" and name in ("javac", "mkdocs", "kotlinc", "scalac")
    )


def look_at_leading_options(inquiry: Inquiry, command: Command, rest: Sequence[Arg]) -> None:
    """The options of an interpreter itself; `rest` begins with its script, to which all that follows belongs."""
    own = command.args[: len(command.args) - len(rest)]
    look_at_running_options(inquiry, replace(command, args=own))
