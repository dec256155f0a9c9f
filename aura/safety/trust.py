"""Which folders are trusted: nothing that a project brings is run, and no setting of it loosens anything, before.

Trust is bound to the folder itself (device, inode, real path) and to a digest of the parts of it that can act:
`.aura/config*.yaml` and everything below `.aura/plugins`. Any change of them ends it until it is given again.
"""

import contextlib
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from aura.config.paths import private_folder, project_dir, trust_file, write_private
from aura.core.errors import AuraError

PATIENCE = 10  # seconds
IGNORED = frozenset({"__pycache__", ".git"})


@dataclass(frozen=True, slots=True)
class Trusted:
    """One folder that somebody trusted: where it is, what it was, when (Unix time in seconds)."""

    path: str
    device: int
    inode: int
    digest: str
    since: float


def is_trusted(workspace: Path) -> bool:
    """Whether the folder was trusted as it is now; false whenever that cannot be told."""
    try:
        now = _look_at(workspace)
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


def add_trust(workspace: Path) -> Trusted:
    """Trust the folder as it is now; raises `AuraError` when that cannot be written."""
    try:
        now = _look_at(workspace)
    except OSError as error:
        raise AuraError(f"{workspace} cannot be trusted: {error.strerror or error}.") from None
    with _change() as known:
        known[now.path] = now
    return now


def remove_trust(workspace: Path) -> bool:
    """Trust the folder no more; false when it was not trusted."""
    with _change() as known:
        return known.pop(os.path.realpath(workspace), None) is not None


def list_trusted() -> tuple[Trusted, ...]:
    """Every folder that was trusted, also those that have changed since."""
    return tuple(_read().values())


def executable_parts(workspace: Path) -> tuple[Path, ...]:
    """The files of a project that can act or change what is allowed, in a stable order."""
    folder = project_dir(workspace)
    found = [
        path for path in _scan(folder) if path.name.startswith("config") and path.suffix in (".yaml", ".yml")
    ]
    for parent, folders, names in os.walk(folder / "plugins"):
        folders[:] = [name for name in folders if name not in IGNORED]
        found += [Path(parent, name) for name in (*names, *folders)]
    return tuple(sorted(found))


def _scan(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _look_at(workspace: Path) -> Trusted:
    real = Path(os.path.realpath(workspace))
    facts = real.stat()
    if not stat.S_ISDIR(facts.st_mode):
        raise NotADirectoryError(20, "it is not a folder")
    return Trusted(str(real), facts.st_dev, facts.st_ino, _digest(real), time.time())


def _digest(workspace: Path) -> str:
    """A digest of names, kinds, link targets and contents; a link is followed, for its target acts."""
    total = hashlib.sha256()
    for path in (project_dir(workspace), *executable_parts(workspace)):
        name = path.relative_to(workspace).as_posix()
        link = str(path.readlink()) if path.is_symlink() else ""
        content = path.read_bytes() if path.is_file() else b""
        for part in (os.fsencode(name), os.fsencode(link), hashlib.sha256(content).digest()):
            total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


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
        with FileLock(file.with_suffix(".lock"), timeout=PATIENCE):
            known = _read()
            yield known
            rows = [asdict(one) for one in known.values()]
            write_private(file, json.dumps({"version": 1, "folders": rows}, indent=1))
    except Timeout:
        raise AuraError(f"{file} is being written by another process; try again.") from None
    except OSError as error:
        raise AuraError(f"{file} cannot be written: {error.strerror or error}.") from None
