"""Which folders are trusted: nothing that a project brings is run, and no setting of it loosens anything, before.

Trust is bound to the folder itself (device, inode, real path) and to a digest of the parts of it that can act: its
settings, plugins, agents, commands, skills, tasks, hooks and instruction files, with the targets of links
(`safety/brought.py`). Any change of them ends it until it is given again; what changed can be shown.
"""

import contextlib
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from aura.config.paths import private_folder, project_dir, trust_file, write_private
from aura.core.errors import AuraError
from aura.safety.brought import digest_parts, find_parts, read_parts

PATIENCE = 10  # seconds
LONGEST_DIFF = 200  # lines of one part

How = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Trusted:
    """One folder that somebody trusted: where it is, what it was, when (Unix time in seconds)."""

    path: str
    device: int
    inode: int
    digest: str
    since: float


@dataclass(frozen=True, slots=True)
class Change:
    """A part that is not as it was: its name, how, and lines that begin with `-`, `+`, a blank or `@@`."""

    name: str
    how: How
    diff: str = ""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a part was when it was trusted."""

    digest: str = ""
    link: str = ""
    text: str | None = None


def is_trusted(workspace: Path) -> bool:
    """Whether the folder was trusted as it is now; false whenever that cannot be told."""
    try:
        now, _ = _look_at(workspace)
    except OSError:
        return False
    known = _read().get(now.path)
    return known is not None and (known.device, known.inode, known.digest) == (
        now.device,
        now.inode,
        now.digest,
    )


def was_trusted(workspace: Path) -> bool:
    """Whether the folder was trusted once and has changed since."""
    return os.path.realpath(workspace) in _read() and not is_trusted(workspace)


def digest_folder(workspace: Path) -> str:
    """A digest of all that can act now, for `add_trust`; empty when that cannot be told."""
    try:
        return _look_at(workspace)[0].digest
    except OSError:
        return ""


def add_trust(workspace: Path, seen: str = "") -> Trusted:
    """Trust the folder as it is now; raises `AuraError` when that cannot be written.

    With `seen`, the digest of what somebody looked at, nothing else is trusted than that.
    """
    try:
        now, parts = _look_at(workspace)
    except OSError as error:
        raise AuraError(f"{workspace} cannot be trusted: {error.strerror or error}.") from None
    if seen and seen != now.digest:
        raise AuraError("The folder changed while you looked at it. Look again, then decide.")
    with _change() as known:
        known[now.path] = now
        _keep(now.path, parts)
    return now


def remove_trust(workspace: Path) -> bool:
    """Trust the folder no more; false when it was not trusted."""
    _kept_file(Path(os.path.realpath(workspace))).unlink(missing_ok=True)
    with _change() as known:
        return known.pop(os.path.realpath(workspace), None) is not None


def list_trusted() -> tuple[Trusted, ...]:
    """Every folder that was trusted, also those that have changed since."""
    return tuple(_read().values())


def executable_parts(workspace: Path) -> tuple[Path, ...]:
    """What a folder brings that can act or change what is allowed, in a stable order.

    Where it is too much to look at, or cannot be looked at, that is the folder `.aura` as a whole.
    """
    try:
        return tuple(part.path for part in find_parts(workspace))
    except OSError:
        return (project_dir(workspace),)


def find_changes(workspace: Path) -> tuple[Change, ...]:
    """What is not as it was when the folder was trusted; empty when it never was."""
    root = Path(os.path.realpath(workspace))
    before = _read_kept(root)
    if before is None:
        return ()
    try:
        parts = find_parts(root)
        contents = read_parts(parts)
    except OSError as error:
        return (Change(".", "changed", str(error.strerror or error)),)
    now = {
        part.name: _Kept(contents[part.name].digest, part.link, contents[part.name].text) for part in parts
    }
    return tuple(_compare(before, now))


def _compare(before: Mapping[str, _Kept], now: Mapping[str, _Kept]) -> Iterator[Change]:
    for name in sorted({*before, *now}):
        old, new = before.get(name), now.get(name)
        if old == new:
            continue
        how: How = "added" if old is None else "removed" if new is None else "changed"
        old, new = old or _Kept(text=""), new or _Kept(text="")
        if old.text is None or new.text is None:
            yield Change(name, how)
            continue
        lines = unified_diff(old.text.splitlines(), new.text.splitlines(), lineterm="", n=1)
        told = [line for line in lines if not line.startswith(("---", "+++"))][:LONGEST_DIFF]
        if old.link != new.link:
            told = [f"--> {old.link}"] * bool(old.link) + [f"+-> {new.link}"] * bool(new.link) + told
        yield Change(name, how, "\n".join(told))


def _look_at(workspace: Path) -> tuple[Trusted, dict[str, _Kept]]:
    real = Path(os.path.realpath(workspace))
    facts = real.stat()
    if not stat.S_ISDIR(facts.st_mode):
        raise NotADirectoryError(20, "it is not a folder")
    parts = find_parts(real)
    contents = read_parts(parts)
    kept = {
        part.name: _Kept(contents[part.name].digest, part.link, contents[part.name].text) for part in parts
    }
    digest = digest_parts(parts, contents)
    return Trusted(str(real), facts.st_dev, facts.st_ino, digest, time.time()), kept


def _kept_file(folder: Path) -> Path:
    return trust_file().parent / "trusted" / f"{hashlib.sha256(os.fsencode(folder)).hexdigest()[:24]}.json"


def _keep(folder: str, parts: Mapping[str, _Kept]) -> None:
    """Keep what was trusted, so that a change of it can be shown; only convenience is lost when that fails."""
    file = _kept_file(Path(folder))
    with contextlib.suppress(OSError):
        private_folder(file.parent)
        write_private(file, json.dumps({name: asdict(part) for name, part in parts.items()}))


def _read_kept(folder: Path) -> dict[str, _Kept] | None:
    try:
        rows = json.loads(_kept_file(folder).read_text(encoding="utf-8"))
        return {str(name): _Kept(**row) for name, row in rows.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _read() -> dict[str, Trusted]:
    """What is on record; a file that cannot be read trusts nothing."""
    try:
        rows = json.loads(trust_file().read_text(encoding="utf-8"))["folders"]
        return {row["path"]: Trusted(**row) for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


@contextlib.contextmanager
def _change() -> Iterator[dict[str, Trusted]]:
    """What is on record, to be changed by one process at a time and written as a whole."""
    file = trust_file()
    try:
        private_folder(file.parent)
        with FileLock(file.with_suffix(".lock"), timeout=PATIENCE, mode=0o600):
            known = _read()
            yield known
            rows = [asdict(one) for one in known.values()]
            write_private(file, json.dumps({"version": 1, "folders": rows}, indent=1))
    except Timeout:
        raise AuraError(f"{file} is being written by another process; try again.") from None
    except OSError as error:
        raise AuraError(f"{file} cannot be written: {error.strerror or error}.") from None
