"""The branches of a repository, saved under names of aura's own before its history is rewritten.

Only files below `refs/aura/` are written: neither HEAD nor the index nor any other ref is touched, and git is not run.
What they name is kept by git's own clean-up as long as they are there.
"""

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from aura.config.paths import read_regular

LONGEST = 4_000_000  # bytes of a file of git that is read
MOST = 200  # branches of a repository that are saved
NAME = re.compile(r"refs/(stash|heads/[\w.@+=,/#%-]+)")
SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
REWRITES = {
    "rebase": (),
    "reset": (),
    "filter-branch": (),
    "filter-repo": (),
    "update-ref": (),
    "commit": ("--amend",),
    "branch": ("-D", "-d", "--delete", "-f", "--force", "-M"),
    "checkout": ("-B",),
    "switch": ("-C", "--force-create"),
    "stash": ("drop", "clear", "pop"),
}  # git's commands that lose commits, and the words that make them do so (none: always)


def rewrites_history(argv: Iterable[str]) -> bool:
    """Whether a simple command is one of git that may leave commits without a name."""
    words = list(argv)
    if not words or words[0].rpartition("/")[2] != "git":
        return False
    name = next((word for word in words[1:] if word in REWRITES), "")
    wanted = REWRITES.get(name, ())
    return bool(name) and (not wanted or any(word in wanted for word in words))


def save_refs(folder: Path, name: str) -> str:
    """Save HEAD, the branches and the stash of the repository that a folder is in below `refs/aura/NAME`.

    The name of the place; empty when there is no repository, no commit yet, or its form is not known. Raises `OSError`.
    """
    own = _find_repository(folder)
    if own is None:
        return ""
    shared = own
    with contextlib.suppress(OSError):
        shared = (own / (own / "commondir").read_text(encoding="utf-8").strip()).resolve()
    found = dict(_read_refs(shared))
    head = _read(own / "HEAD")
    tip = found.get(head.removeprefix("ref: "), "") if head.startswith("ref: ") else head
    saved = {path: sha for path, sha in list(found.items())[:MOST] if SHA.fullmatch(sha) and is_name(path)}
    if SHA.fullmatch(tip):
        saved["HEAD"] = tip
    base = Path(os.path.realpath(shared)) / "refs" / "aura" / name
    for path, sha in saved.items():
        place = base / path.removeprefix("refs/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if os.path.realpath(place.parent) != str(place.parent):
            raise OSError("refs/aura leads out of the repository")
        part = place.with_name(f"{place.name}.aura-{os.getpid()}.lock")
        part.write_text(f"{sha}\n", encoding="ascii")
        part.replace(place)
    return f"refs/aura/{name}" if saved else ""


def is_name(path: str) -> bool:
    """Whether a ref is one that a file below the repository can be named after."""
    return NAME.fullmatch(path) is not None and not {"", ".", ".."} & set(path.split("/"))


def _find_repository(folder: Path) -> Path | None:
    """The folder that git keeps things in for the work tree that a folder lies in."""
    for place in (folder, *folder.parents):
        git = place / ".git"
        if git.is_dir():
            return git
        text = _read(git)
        if text.startswith("gitdir: "):
            return (place / text.removeprefix("gitdir: ")).resolve()
    return None


def _read_refs(shared: Path) -> Iterator[tuple[str, str]]:
    """Branches and the stash with what they name; a loose ref outranks a packed one."""
    for line in _read(shared / "packed-refs").splitlines():
        sha, _, path = line.partition(" ")
        if path.startswith("refs/heads/") or path == "refs/stash":
            yield path, sha
    heads = shared / "refs" / "heads"
    for folder, _, names in os.walk(heads):
        for name in names:
            loose = Path(folder) / name
            yield f"refs/heads/{loose.relative_to(heads).as_posix()}", _read(loose)
    if stash := _read(shared / "refs" / "stash"):
        yield "refs/stash", stash


def _read(path: Path) -> str:
    try:
        return read_regular(path, LONGEST).decode("utf-8", "replace").strip()
    except OSError:
        return ""
