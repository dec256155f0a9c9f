"""Profiles of programs that read, write, move and delete files."""

import os
import re
from dataclasses import dataclass, replace
from pathlib import PurePath

from aura.safety.acts import Command, Level
from aura.safety.deleting import is_product, look_at_target
from aura.safety.expansion import Arg
from aura.safety.inquiry import BIN, Inquiry
from aura.safety.options import Options, parse_options
from aura.safety.places import is_below

LIFECYCLE = re.compile(r"\bscripts\b\W{1,4}(pre|post)?(install|prepare|publish|pack)\w*\W{0,3}\s*[|+]?=(?!=)")


@dataclass(frozen=True, slots=True)
class Reader:
    """A program that only reads: `valued` options have a value, `writing` ones name a file that is written.

    `running` ones make it run something. `skip` arguments at the front are patterns rather than files. `inputs` are
    options whose value is a file that is read.
    """

    valued: str = ""
    writing: str = ""
    running: str = ""
    inputs: str = ""
    skip: int = 0
    no_paths: bool = False

    def __call__(self, inquiry: Inquiry, command: Command) -> None:
        options = parse_options(command.args, f"{self.valued} {self.writing} {self.running} {self.inputs}")
        for name in self.running.split():
            if options.has(name):
                inquiry.note(Level.CONSENT, f"{command.name} {name} can run other commands")
        for name in self.writing.split():
            inquiry.write(*options.values(name))
        for name in self.inputs.split():
            inquiry.read(*options.values(name))
        skip = 0 if self.inputs and options.has(*self.inputs.split()) else self.skip
        if not self.no_paths:
            inquiry.read(*options.rest[skip:])
        if any(re.match(r"(https?|ftp)://", arg.text) for arg in options.rest[skip:]):
            inquiry.note(Level.CONSENT, f"{command.name} may reach the network")


def look_up(inquiry: Inquiry, command: Command) -> None:
    """A program whose arguments say nothing about files."""


def change_folder(inquiry: Inquiry, command: Command) -> None:
    """`cd`: later paths are relative to it."""
    rest = [arg for arg in command.args if not arg.text.startswith("-") or arg.text == "-"]
    if not rest or rest[0].text == "-" or len(rest[0].values) != 1 or rest[0].glob:
        inquiry.cwd = "" if rest else inquiry.places.spelled_home
        return
    inquiry.read(rest[0])
    inquiry.cwd = inquiry.locate(rest[0].text)


def write_all(inquiry: Inquiry, command: Command) -> None:
    """`mkdir`, `touch`, `tee`, `truncate`: every argument is written."""
    options = parse_options(command.args, "-m --mode -s --size -d --date -t -r --reference")
    inquiry.write(*options.rest)
    inquiry.note(Level.CHANGES, f"{command.name} changes files")
    if any(value.text == "0" for value in options.values("-s", "--size")):
        inquiry.note_emptied(*options.rest)


def change_mode(inquiry: Inquiry, command: Command) -> None:
    """`chmod`, `chown`: the first argument is no file."""
    taken = re.match(r"-[rwxXst]+$", command.texts[0]) if command.args and command.name == "chmod" else None
    options = parse_options((Arg((f"a{taken[0]}",), taken[0]), *command.args[1:]) if taken else command.args)
    inquiry.write(*options.rest[1:])
    for arg in options.rest[1:]:
        if command.name == "chmod" and any(
            inquiry.places.resolve(one, inquiry.cwd) in inquiry.signs.downloads for one in arg.values
        ):
            inquiry.note(Level.FLOOR, "it makes a program of what it downloads")
        if any(
            inquiry.places.is_ancestor(inquiry.places.resolve(value, inquiry.cwd)) for value in arg.values
        ):
            level = Level.FLOOR if options.has("-R", "--recursive") else Level.CONSENT
            inquiry.note(level, f"it changes who may use {arg.raw}")
    if options.rest and re.search(r"s|^[0-7]*[2467][0-7]{3}$", options.rest[0].text):
        is_user = re.search(r"[ua]\S*\+\S*s|^\+\S*s|^[0-7]*[4-7][0-7]{3}$", options.rest[0].text)
        inquiry.note(Level.FLOOR if is_user else Level.CONSENT, "it lets a program run with other rights")


def copy(inquiry: Inquiry, command: Command) -> None:
    """`cp`, `install`: the last argument, or that of `-t`, is written, the others are read."""
    options = parse_options(command.args, "-t --target-directory -S --suffix -m --mode -o -g")
    sources, target = _split_target(options)
    inquiry.read(*sources)
    inquiry.write(*_inside(sources, target))
    _remember_link(inquiry, tuple(one for one in sources if str(PurePath(one.text).parent) in BIN), target)
    if target and any(value == "/dev/null" for source in sources for value in source.values):
        inquiry.note_emptied(target)
    if any(re.match(r"[ug]\S*s|0?[4-7][0-7]{3}$", mode.text) for mode in options.values("-m", "--mode")):
        inquiry.note(Level.FLOOR, "it lets a program run with other rights")


def link(inquiry: Inquiry, command: Command) -> None:
    """`ln`: the link is written, and what it leads to can be read by it."""
    options = parse_options(command.args, "-t --target-directory -S --suffix")
    sources, target = _split_target(options)
    if target and len(target.values) == 1 and options.has("-s", "--symbolic"):
        sources = _seen_from(inquiry, sources, target.text)
    inquiry.read(*sources)
    inquiry.write(*_inside(sources, target) if target else ())
    inquiry.note(Level.CHANGES, "it makes a link")
    _remember_link(inquiry, sources, target)


def _remember_link(inquiry: Inquiry, sources: tuple[Arg, ...], target: Arg | None) -> None:
    """Where the links lead that are made: later commands of the same text may go through them."""
    for value in (one for source in sources for one in source.values):
        leads = inquiry.locate(value)
        for name in (".",) if target is None else target.values:
            place = inquiry.places.resolve(name, inquiry.cwd)
            is_folder = name.endswith("/") or os.path.isdir(place)  # noqa: PTH112
            link = f"{place}/{PurePath(value).name}" if is_folder else place
            if link != leads:
                inquiry.signs.links[link] = leads


def _seen_from(inquiry: Inquiry, sources: tuple[Arg, ...], link: str) -> tuple[Arg, ...]:
    """What symbolic links name: a relative path begins at the folder of the link."""
    place = PurePath(inquiry.places.resolve(link, inquiry.cwd))
    folder = place if link.endswith("/") or os.path.isdir(place) else place.parent  # noqa: PTH112
    return tuple(
        replace(arg, values=tuple(one if one[:1] in "~/" else f"{folder}/{one}" for one in arg.values))
        for arg in sources
    )


def move(inquiry: Inquiry, command: Command) -> None:
    """`mv`: everything is written."""
    options = parse_options(command.args, "-t --target-directory -S --suffix")
    sources, target = _split_target(options)
    inquiry.write(*sources, *_inside(sources, target))
    for source in sources:
        look_at_target(inquiry, source, recursive=True, moved=True)
        if source.glob:
            inquiry.note(Level.CONSENT, f"it moves whatever is named {source.raw}")
    if target and any(value == "/dev/null" for value in target.values):
        inquiry.note(Level.FLOOR, "it moves files into nothing")
    if target and any(
        inquiry.places.is_temporary(f"{inquiry.places.resolve(one, inquiry.cwd)}/x") for one in target.values
    ):
        _look_at_leaving(inquiry, sources)


def _look_at_leaving(inquiry: Inquiry, sources: tuple[Arg, ...]) -> None:
    """Files that are moved out of the workspace to where they do not last."""
    for source in sources:
        for value in source.values:
            path = inquiry.places.resolve(value, inquiry.cwd)
            if is_below(path, inquiry.places.workspace) and not is_product(inquiry, path):
                inquiry.note(Level.CONSENT, f"it moves {source.raw} out of the workspace")


def _split_target(options: Options) -> tuple[tuple[Arg, ...], Arg | None]:
    folders = options.values("-t", "--target-directory")
    if folders:
        return options.rest, folders[-1]
    return (options.rest[:-1], options.rest[-1]) if len(options.rest) > 1 else (options.rest, None)


def _inside(sources: tuple[Arg, ...], target: Arg | None) -> tuple[Arg, ...]:
    """The target, and the names that the sources would have in it if it is a folder."""
    if target is None:
        return ()
    names = {PurePath(value).name for source in sources for value in source.values}
    values = tuple(f"{folder}/{name}" for folder in target.values for name in sorted(names) if name)
    return (target, Arg(values, target.raw)) if values else (target,)


def apply_patch(inquiry: Inquiry, command: Command) -> None:
    """`patch`: the file that is named is written; those that the patch names lie in its folder."""
    options = parse_options(
        command.args, "-p --strip -i --input -o --output -d --directory -r --reject-file -B -F -V -D -Y -z"
    )
    inquiry.note(Level.CHANGES, "it applies a patch")
    inquiry.write(
        *options.rest[:1], *options.values("-o", "--output", "-r", "--reject-file", "-d", "--directory")
    )
    inquiry.read(*options.rest[1:2], *options.values("-i", "--input"))


def overwrite(inquiry: Inquiry, command: Command) -> None:
    """`dd`: `if=` is read, `of=` written."""
    for arg in command.args:
        name, _, value = arg.text.partition("=")
        inner = Arg((value,) if arg.values else (), value)
        if name == "if":
            inquiry.read(inner)
        elif name == "of":
            inquiry.write(inner)
            inquiry.note_emptied(inner)


def edit_stream(inquiry: Inquiry, command: Command) -> None:
    """`sed`: a reader, unless it edits in place or its script writes files or runs commands."""
    options = parse_options(command.args, "-e --expression -f --file -l --line-length")
    scripts = [value.text for value in options.values("-e", "--expression")]
    rest = options.rest
    if not scripts and not options.has("-f", "--file"):
        scripts, rest = [arg.text for arg in rest[:1]], rest[1:]
    inquiry.read(*options.values("-f", "--file"))
    if options.has("-f", "--file") or any(
        re.search(r"(^|[;}\n\d$/]\s*)[wWrRe]\b|/[gpimI\d]*[we][gpimI\d]*(\s|$)", one) for one in scripts
    ):
        inquiry.note(Level.CONSENT, "the script of sed may write files or run commands")
    if options.has("-i", "--in-place"):
        inquiry.write(*rest)
        kept = re.search(
            r"(?:^|\s)(?:-[nEsr]*i|--in-place=)(~|\.(?:bak|orig|old|tmp|save|backup)\d?)(?:\s|$)",
            " ".join(command.texts),
        )
        inquiry.signs.made += (
            [inquiry.locate(f"{one}{kept[1]}") for arg in rest for one in arg.values] if kept else []
        )
        if any(not arg.values for arg in rest):
            inquiry.note(Level.CONSENT, "it edits files that cannot be told beforehand")
    else:
        inquiry.read(*rest)


def format_text(inquiry: Inquiry, command: Command) -> None:
    """`printf`: prints; `-v` sets a variable to what it would have printed."""
    inquiry.signs.decodes = inquiry.signs.decodes or any("\\" in text for text in command.texts[:1])
    print_text(inquiry, command)
    if command.texts[:1] == ("-v",):
        inquiry.note(Level.CONSENT, "it computes a variable")


def print_text(inquiry: Inquiry, command: Command) -> None:
    """`echo`, `printf`: print; signs that steer the terminal do more than that."""
    if any(re.search(r"(\\(0?33|x1[bB]|e|E|u001[bB])|\x1b)(\]|P|_|\^|X)", text) for text in command.texts):
        inquiry.note(Level.FLOOR, "it steers the terminal instead of printing")


def sort(inquiry: Inquiry, command: Command) -> None:
    """`sort`: a reader that may write its output over a file."""
    Reader("-k -t -T -S --parallel", "-o --output", "--compress-program", "--files0-from")(inquiry, command)


def deduplicate(inquiry: Inquiry, command: Command) -> None:
    """`uniq`: the second name is written."""
    options = parse_options(command.args, "-f -s -w")
    inquiry.read(*options.rest[:1])
    inquiry.write(*options.rest[1:2])


def query_json(inquiry: Inquiry, command: Command) -> None:
    """`jq`, `yq`: readers, unless they edit in place or print the environment."""
    texts = command.texts
    if any(re.search(r"\$ENV\b|\benv\b", text) for text in texts):
        inquiry.note(Level.CONSENT, "it prints the environment, which holds credentials")
    if any(LIFECYCLE.search(text) for text in texts):
        inquiry.note(Level.CONSENT, "it changes what runs when packages are installed")
    options = parse_options(command.args, "--indent -f --from-file -L")
    if options.has("-i", "--inplace", "--in-place"):
        inquiry.write(*options.rest[1:])
    for folder in options.values("-L"):
        if not is_below(inquiry.places.resolve(folder.text, inquiry.cwd), inquiry.places.workspace):
            inquiry.note(Level.CONSENT, "it takes code from outside the workspace")
    skip = 0
    for flag in ("--arg", "--argjson", "--slurpfile", "--rawfile"):
        skip += 2 * texts.count(flag)
    inquiry.read(*options.values("-f", "--from-file"), *options.rest[1 + skip :])


def translate(inquiry: Inquiry, command: Command) -> None:
    """`tr`: a reader of its input that may turn it into something else."""
    inquiry.signs.decodes = True


def compare(inquiry: Inquiry, command: Command) -> None:
    """`test`, `[`: looks, unless a subscript is evaluated."""
    for arg in command.args:
        if arg.values and ("/" in arg.text or arg.text.startswith("~")) and "*" not in arg.text:
            inquiry.read(arg) if command.name != "[[" else None
    if any(re.search(r"\[.*[$`]", text) for text in command.texts):
        inquiry.note(Level.CONSENT, "it evaluates a text")


def page(inquiry: Inquiry, command: Command) -> None:
    """`less`, `more`: readers; a command behind `+` is typed into them."""
    options = parse_options(command.args, "-p -x -j -n -P -D -k -t -T", stop_early=False)
    if any(
        text.startswith("+") and not re.fullmatch(r"\+[\dGFg]+|\+/[^!|]*", text) for text in command.texts
    ):
        inquiry.note(Level.CONSENT, f"it types a command into {command.name}")
    if options.has("-o", "-O", "--log-file", "--LOG-FILE", "-k", "--lesskey-file"):
        inquiry.note(Level.CONSENT, f"an option of {command.name} writes a file or sets commands")
    inquiry.read(*[arg for arg in options.rest if not arg.text.startswith("+")])


def split(inquiry: Inquiry, command: Command) -> None:
    """`split`: writes many files; `--filter` runs a command."""
    options = parse_options(
        command.args, "-l -b -n -a -C --lines --bytes --number --filter --additional-suffix"
    )
    if any(name.startswith("--fi") for name in options.names):
        inquiry.note(Level.CONSENT, "split --filter runs a command")
    inquiry.read(*options.rest[:1])
    inquiry.write(*options.rest[1:2])
    inquiry.note(Level.CHANGES, "split writes files")


def list_processes(inquiry: Inquiry, command: Command) -> None:
    """`ps`: a list, unless it is asked for the environment of others."""
    if any(text == "-E" or (not text.startswith("-") and "e" in text) for text in command.texts[:1]):
        inquiry.note(Level.CONSENT, "it prints the environment of programs, which holds credentials")
        words = [word.literal or "" for word in inquiry.following.words] if inquiry.following else []
        if re.search(r"token|secret|passw|key|credential|_URL", " ".join(words), re.IGNORECASE):
            inquiry.note(Level.FLOOR, "it looks for credentials of other programs")
