"""Where things lie: what belongs to the user, to a project, and to aura itself.

`AURA_HOME`, when set, is the root of everything of the user (`config`, `data`, `state` and `cache` below it);
otherwise the folders are those of the platform. aura's own folders are made on first use, readable by their owner
only; when that fails, whoever writes into them reports it.
"""

import contextlib
import errno
import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

import platformdirs

from aura.core.errors import ConfigError

APP = "aura"
PROJECT_FOLDER = ".aura"
AGENTS_FILE = "AGENTS.md"
LONGEST_SLUG = 40
NOTHING_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ENODEV})
PLATFORM = platformdirs.PlatformDirs(APP, appauthor=False)


def config_dir() -> Path:
    """The folder of the user's own settings and plugins."""
    return _own_folder("config", PLATFORM.user_config_path)


def data_dir() -> Path:
    """The folder of what has to last: sessions and runs."""
    return _own_folder("data", PLATFORM.user_data_path)


def state_dir() -> Path:
    """The folder of what aura remembers but could do without: trust, crash reports, diagnostics."""
    return _own_folder("state", PLATFORM.user_state_path)


def cache_dir() -> Path:
    """The folder of what can be fetched or computed again."""
    return _own_folder("cache", PLATFORM.user_cache_path)


def user_config_file() -> Path:
    """The user's settings file; it need not exist."""
    return config_dir() / "config.yaml"


def trust_file() -> Path:
    """The file that says which folders are trusted."""
    return state_dir() / "trust.json"


def project_dir(workspace: Path) -> Path:
    """The folder of a project's settings, plugins and tasks."""
    return workspace / PROJECT_FOLDER


def find_instructions(workspace: Path) -> tuple[Path, ...]:
    """The AGENTS.md files that speak of a workspace: from the top of its repository down to the workspace itself."""
    folders = [workspace, *workspace.parents]
    top = next((index for index, folder in enumerate(folders) if (folder / ".git").exists()), 0)
    return tuple(
        folder / AGENTS_FILE
        for folder in reversed(folders[: top + 1])
        if os.path.lexists(folder / AGENTS_FILE)
    )


def sessions_dir(workspace: Path) -> Path:
    """The folder of all sessions of one workspace: a readable name and a digest of the resolved path."""
    resolved = workspace.expanduser().resolve()
    slug = re.sub(r"[^a-z0-9]+", "-", resolved.name.lower()).strip("-")[:LONGEST_SLUG].strip("-") or "root"
    digest = hashlib.sha256(os.fsencode(resolved)).hexdigest()[:10]
    return data_dir() / "sessions" / f"{slug}-{digest}"


def shipped_plugins() -> Path:
    """The folder of the plugins that come with aura: packed into the wheel, or beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    packed = package / "_shipped" / "plugins"
    return packed if packed.is_dir() else package.parent / "plugins"


def private_folder(path: Path) -> Path:
    """The folder, made with all that is missing above it (0700); raises `OSError` when it cannot be made."""
    missing = []
    folder = path
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    return path


def write_private(path: Path, text: str, *, durable: bool = True) -> None:
    """Replace a file whole, readable by its owner only: a reader sees the old text or the new one, also after a crash.

    The folder must exist. Without `durable` nobody waits for the disk. Raises `OSError`.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_regular(path: Path, most: int) -> bytes:
    """At most so many bytes of a regular file; empty for all else: nobody waits for a pipe, or reads a device.

    A link that leads nowhere, or round in circles, has nothing in it either. Raises `OSError`.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in NOTHING_THERE:
            return b""
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return b""
    with os.fdopen(descriptor, "rb") as file:
        return file.read(most)


def own_folders() -> tuple[Path, ...]:
    """Every folder that is aura's own, for those who have to keep a model away from them."""
    folders = (config_dir(), data_dir(), state_dir(), cache_dir())
    home = os.environ.get("AURA_HOME")
    return (*folders, Path(home).expanduser().absolute()) if home else folders


def check_own_folders() -> None:
    """Raise `ConfigError` when somebody else could write what aura remembers: its logs decide what happens next."""
    for folder in (data_dir(), state_dir(), cache_dir()):
        try:
            facts = folder.stat()
        except OSError:
            continue  # whoever writes there says so
        if os.getuid() and facts.st_uid not in (0, os.getuid()):
            raise ConfigError(
                f"{folder} belongs to another user; remove it, or set AURA_HOME to a folder of yours."
            )
        if facts.st_mode & 0o022:
            raise ConfigError(
                f"Others can write to {folder}; run `chmod go-w {folder}`, after a look at what is in it."
            )


def _own_folder(kind: str, platform_path: Path) -> Path:
    home = os.environ.get("AURA_HOME")
    folder = Path(home).expanduser().absolute() / kind if home else platform_path
    with contextlib.suppress(OSError):
        private_folder(folder)
    return folder
