"""Profiles of `xargs` and its kin: a command whose arguments come from the commands before it."""

import re
from dataclasses import replace
from pathlib import PurePath

from aura.safety.acts import Command, Level
from aura.safety.danger import names_keys
from aura.safety.expansion import Arg
from aura.safety.files import Reader, look_up
from aura.safety.inquiry import Inquiry
from aura.safety.options import Options, parse_options
from aura.safety.printed import FOUND, finds_files
from aura.safety.processes import names_aura
from aura.safety.programs import build
from aura.safety.runners import SHELLS

TAKES = re.compile(
    r"(docker|podman)\b.*\b(rm|rmi|kill)\b|kubectl\b.*\bdelete\b|git push\b.*(--delete|-d\b|--force|-f\b|--mirror)"
)


def run_each(inquiry: Inquiry, command: Command) -> None:
    """`xargs`, `parallel`: a command with arguments from elsewhere."""
    options = parse_options(
        command.args, "-n -P -I -L -d -s -E -a --max-args --max-procs --delimiter -j", stop_early=True
    )
    inner = options.rest
    if command.name == "parallel":
        inquiry.note(Level.CONSENT, "what parallel runs cannot be told beforehand")
    if not inner:
        return
    if command.name == "xargs" and _run_on_found(inquiry, command, inner, options):
        return
    profile = inquiry.profiles.get(PurePath(inner[0].text).name)
    tokens = [one.text for one in options.values("-I")] if command.name == "xargs" else ["{}"]
    if command.document is None and tokens and PurePath(inner[0].text).name in SHELLS:
        inner = _hide_given(inquiry, inner, tokens[0])
    if command.document is not None and tokens and any(tokens[0] in arg.text for arg in inner):
        for line in command.document.splitlines()[:4]:
            inquiry.run_all([arg.text.replace(tokens[0], line.strip()) for arg in inner], command)
        return
    if command.document is not None:
        words = tuple(Arg((word,), word) for word in command.document.split())
    elif isinstance(profile, Reader) or profile in (build, look_up):
        words = ()  # readers and tools get the names that another part of the text has found
        if names_keys(inquiry.text):
            inquiry.note(Level.FLOOR, "it touches credentials")
    elif PurePath(inner[0].text).name in ("sed", "perl", "cp") and _are_found_here(inquiry):
        words = (Arg(("./found",), "what it is given"),)
    elif profile is not None and finds_files(inquiry.signs.stages):
        words = (Arg((FOUND,), "what it is given"),)
    elif inner[0].text == "php" and inner[-1].text == "-l":
        words = ()
    else:
        words = (Arg((), "what it is given"),)
    if words and tokens and any(arg.text == tokens[0] for arg in inner):
        inner = tuple(words[0] if arg.text == tokens[0] else arg for arg in inner)
        words = ()
    if PurePath(inner[0].text).name == "kill" and _ends_all(inquiry):
        inquiry.note(Level.FLOOR, "it ends every process that it finds")
    if _takes_all(inquiry, inner):
        inquiry.note(Level.FLOOR, "it removes everything that another command lists")
    if PurePath(inner[0].text).name == "kill" and names_aura(" ".join(map(" ".join, inquiry.signs.stages))):
        inquiry.note(Level.FLOOR, "it ends aura")
    inquiry.run(replace(command.inner((*inner, *words)), piped=False, document=None))


def _run_on_found(inquiry: Inquiry, command: Command, inner: tuple[Arg, ...], options: Options) -> bool:
    """`find … | xargs rm` is the same as `find … -exec rm {} +`; whether it was one of these."""
    stages = inquiry.signs.stages
    deletes = PurePath(inner[0].text).name in ("rm", "rmdir", "unlink")
    if (
        len(stages) != 1
        or stages[0][0] not in ("find", "fd", "fdfind")
        or not deletes
        or options.has("-I", "-a", "--arg-file", "-i", "--replace")
    ):
        return False
    words = [one for one in stages[0][1:] if one not in ("-print", "-print0")]
    action = "-exec" if stages[0][0] == "find" else "-X"
    args = (*words, action, *(arg.text for arg in inner), "{}", "+")
    inquiry.run_all([stages[0][0], *args], command)
    return True


def _takes_all(inquiry: Inquiry, inner: tuple[Arg, ...]) -> bool:
    """Whether all that a list names is removed where there is no trash: containers, branches of others, clusters."""
    stages = inquiry.signs.stages
    if not stages or stages[0][0] not in ("docker", "podman", "kubectl", "git"):
        return False
    chosen = any(stage[0] in ("grep", "rg", "head", "fzf") for stage in stages[1:])
    return not chosen and TAKES.match(" ".join(one.text for one in inner)) is not None


def _ends_all(inquiry: Inquiry) -> bool:
    """Whether the commands before list the processes of a user or of the machine, and none chooses some by name."""
    stages = inquiry.signs.stages
    first = " ".join(stages[0]) if stages else ""
    lists = re.match(r"ps\b(?!.*\s-[pCt])|pgrep\b.*\s(-\w*[uU]|\.\*?$|''$)|ls /proc|find /proc", first)
    chosen = any(
        stage[0] in ("grep", "rg", "egrep") and "-v" not in stage and len(stage) > 1 and len(stage[-1]) > 2
        for stage in stages[1:]
    )
    return lists is not None and not chosen


def _hide_given(inquiry: Inquiry, inner: tuple[Arg, ...], token: str) -> tuple[Arg, ...]:
    """The words of a shell that gets what was found in the middle of its text: there it may be anything."""
    if inquiry.signs.fetches and any(arg.text.strip("\"'") == token for arg in inner[1:]):
        inquiry.note(Level.FLOOR, "it runs what it downloads")
    texts = [arg.text.replace(token, "$given_by_xargs") for arg in inner]
    return tuple(
        arg if arg.text == text else Arg((text,), text) for arg, text in zip(inner, texts, strict=True)
    )


def _are_found_here(inquiry: Inquiry) -> bool:
    """Whether the commands before this one in a pipe find files of one folder of the workspace, by name or content."""
    stages = inquiry.signs.stages
    if not stages or any(inquiry.places.judge_read(path).outside for path in inquiry.reads):
        return False
    name, args = stages[0][0], stages[0][1:]
    matches = name in ("rg", "grep", "ag") and any(
        re.match(r"-\w*[lL]\w*$|--files-with", arg) for arg in args
    )
    matches = matches or stages[0][:2] in (("git", "diff"), ("git", "grep"))
    lists = name in ("find", "fd", "fdfind", "ls", "rg") or stages[0][:2] == ("git", "ls-files")
    chooses = any(re.search(r"\*?\.\w+|^-(e|name|iname|path|g|t)$|^--(ext|glob|type)", arg) for arg in args)
    chooses = chooses or any(stage[0] in ("grep", "rg", "head") and "-v" not in stage for stage in stages[1:])
    named = [arg for arg in args if not arg.startswith("-")][1 if matches else 0 :]
    narrowed = bool(named) and not any(arg in (".", "./", "*") for arg in named)
    if stages[0][:2] in (("git", "grep"), ("git", "ls-files")):
        narrowed = any("/" in arg or "." in arg for arg in args[2 if matches else 1 :])
    return (
        (matches or (lists and chooses))
        and (narrowed or stages[0][:2] == ("git", "diff"))
        and all(stage[0] in ("sort", "uniq", "head", "tail", "grep", "rg") for stage in stages[1:])
    )
