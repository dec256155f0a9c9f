"""Files found and searched: by ripgrep where it is there, else by a walk that honours .gitignore too."""

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from pathspec import GitIgnoreSpec

from aura.core.errors import ToolError
from aura.tools.environment import build_environment

TIMEOUT = 60.0  # seconds
OUTPUT_CAP = 16 * 1024 * 1024  # bytes of ripgrep's output that are looked at
BRACES = re.compile(r"(?<!\\)\{([^{}]*,[^{}]*)\}")
MOST_ALTERNATIVES = 200
FORBIDDEN = re.compile("[\0\n\r\ud800-\udfff]")
MAGIC = re.compile(r"[*?\[{]")


class Scope(StrEnum):
    """Which files are looked at: the usual ones, hidden ones too, or also those that .gitignore names."""

    USUAL = "usual"
    HIDDEN = "hidden"
    ALL = "all"


SCOPES = {
    Scope.USUAL: (),
    Scope.HIDDEN: ("--hidden", "--glob=!.git"),
    Scope.ALL: ("--hidden", "--no-ignore", "--glob=!.git"),
}


def find_scope(glob: str, *, hidden: bool) -> Scope:
    """The scope that a search asks for: a glob with a hidden name in it (`.github/**`) means hidden files."""
    if hidden:
        return Scope.ALL
    parts = (part for item in expand_braces(glob) for part in item.split("/"))
    named = any(part.startswith(".") and part not in (".", "..") for part in parts)
    return Scope.HIDDEN if named else Scope.USUAL


@cache
def find_ripgrep() -> str:
    """The `rg` of this environment, else the one on PATH; empty when there is none."""
    own = Path(sysconfig.get_path("scripts"), "rg")
    if own.is_file() and os.access(own, os.X_OK):
        return str(own)
    return shutil.which("rg") or ""


def expand_braces(pattern: str) -> list[str]:
    """`a.{b,c}` as `a.b` and `a.c`, also nested."""
    waiting = [pattern]
    done: list[str] = []
    while waiting:
        current = waiting.pop(0)
        found = BRACES.search(current)
        if not found or len(waiting) + len(done) > MOST_ALTERNATIVES:
            done.append(current)
            continue
        head, tail = current[: found.start()], current[found.end() :]
        waiting += [head + part + tail for part in found[1].split(",")]
    return list(dict.fromkeys(done))


def split_base(pattern: str) -> tuple[str, str]:
    """A pattern as the folder it begins with and the rest, for patterns that leave the folder they are used in."""
    if not pattern.startswith(("/", "~", "..")):
        return "", pattern.removeprefix("./")
    parts = pattern.split("/")
    plain = next((index for index, part in enumerate(parts) if MAGIC.search(part)), len(parts) - 1)
    return "/".join(parts[:plain]) or "/", "/".join(parts[plain:])


def choose(glob: str) -> Callable[[str], bool]:
    """Whether a relative path matches a glob as in .gitignore; `!` in front turns it round, no glob takes all."""
    if not glob:
        return lambda name: True
    spec = GitIgnoreSpec.from_lines(expand_braces(glob.removeprefix("!").removeprefix("./")))
    wanted = not glob.startswith("!")
    return lambda name: spec.match_file(name) is wanted


@dataclass(frozen=True, slots=True)
class Found:
    """What ripgrep printed: its output, whether it was cut (time or size), and its complaint."""

    output: bytes
    cut: bool
    complaint: str


async def run_ripgrep(arguments: Sequence[str], folder: Path, scope: Scope) -> Found:
    """Run ripgrep in a folder, but never in .git.

    It is ended after `TIMEOUT` seconds or `OUTPUT_CAP` bytes, or when the caller is cancelled.
    """
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(  # noqa: ASYNC220 - it is read and waited for in a thread
            [find_ripgrep(), "--no-config", "--no-require-git", "--color=never", *SCOPES[scope], *arguments],
            cwd=folder,
            env=build_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        reading = asyncio.ensure_future(asyncio.to_thread(_read_capped, process))
        try:
            async with asyncio.timeout(TIMEOUT):
                await asyncio.shield(reading)
        except TimeoutError:
            process.kill()
        except asyncio.CancelledError:
            process.kill()
            await reading
            raise
        output, cut = await reading
        complaints.seek(0)
        told = complaints.read(16 * 1024).decode("utf-8", "replace")
    return Found(output, cut, told.strip())


def _read_capped(process: "subprocess.Popen[bytes]") -> tuple[bytes, bool]:
    """What a process prints until it ends, is killed, or has printed too much; and whether that is not all."""
    assert process.stdout
    pieces: list[bytes] = []
    size = 0
    with process.stdout as stream:
        while size <= OUTPUT_CAP and (data := stream.read(64 * 1024)):
            pieces.append(data)
            size += len(data)
    if size > OUTPUT_CAP:
        process.kill()
    return b"".join(pieces), process.wait() < 0


def walk(folder: Path, glob: str, scope: Scope) -> Iterator[str]:
    """The files below a folder as ripgrep would list them, relative, folder by folder."""
    chosen = choose(glob)
    above = () if scope is Scope.ALL else tuple(_rules_above(folder))
    yield from _walk(folder, "", above, chosen, scope)


Rules = tuple[tuple[str, GitIgnoreSpec], ...]
Chosen = Callable[[str], bool]


def _rules_above(folder: Path) -> Iterator[tuple[str, GitIgnoreSpec]]:
    """The .gitignore files of the folders above, up to the repository's root, with the folder's path below each."""
    if (folder / ".git").exists():
        return
    for parent in folder.parents:
        spec = _read_rules(parent)
        if spec:
            yield folder.relative_to(parent).as_posix() + "/", spec
        if (parent / ".git").exists():
            return


def _read_rules(folder: Path) -> GitIgnoreSpec | None:
    lines: list[str] = []
    for name in (".gitignore", ".ignore", ".rgignore"):
        with contextlib.suppress(OSError):
            lines += (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
    return GitIgnoreSpec.from_lines(lines) if lines else None


def _walk(folder: Path, below: str, rules: Rules, chosen: Chosen, scope: Scope) -> Iterator[str]:
    """`below` is the folder's path from where the walk began; each rule carries the path from its own file."""
    own = None if scope is Scope.ALL else _read_rules(folder)
    if own:
        rules = (*rules, ("", own))
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") and scope is Scope.USUAL:
            continue
        is_folder = entry.is_dir(follow_symlinks=False)
        name = entry.name + ("/" if is_folder else "")
        if _is_ignored(name, rules) or (is_folder and entry.name == ".git"):
            continue
        if is_folder:
            inner = tuple((path + name, spec) for path, spec in rules)
            yield from _walk(Path(entry.path), below + name, inner, chosen, scope)
        elif entry.is_file(follow_symlinks=False) and chosen(below + name):
            yield below + name


def _is_ignored(name: str, rules: Rules) -> bool:
    """Whether the innermost rule that speaks of a file ignores it."""
    for path, spec in reversed(rules):
        verdict = spec.check_file(path + name).include
        if verdict is not None:
            return verdict
    return False


def check_glob(glob: str) -> None:
    """Refuse a glob that could never match."""
    if FORBIDDEN.search(glob):
        raise ToolError("The glob has a line break, NUL or half a character in it; leave it out.")
