"""Where a machine's queue is kept: the database, and the name that the machine has in it."""

import contextlib
import os
import re
import socket
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aura.config.paths import private_folder, state_dir
from aura.core.errors import ConfigError

if TYPE_CHECKING:
    from aura.config.schema import Settings

DEFAULT_NAME = "runs.sqlite"
POSTGRES = ("postgresql://", "postgres://", "postgresql+psycopg://")


@dataclass(frozen=True, slots=True)
class Site:
    """A database of runs as one machine sees it.

    `database` is `sqlite:////path` or `postgresql://…`. A run's workspace and log lie on one machine, so each has a
    queue of its own, named after `host`.
    """

    database: str
    host: str

    @property
    def queue(self) -> str:
        """The name of this machine's queue."""
        return f"runs@{self.host}"

    @property
    def file(self) -> Path | None:
        """The file of the database; None for PostgreSQL."""
        return Path(self.database.removeprefix("sqlite:///")) if self.database.startswith("sqlite:") else None

    @property
    def shown(self) -> str:
        """The database as people may see it: without a password."""
        if self.file is not None:
            return str(self.file)
        return re.sub(r"//([^/@:]*):[^/@]*@", r"//\1:…@", self.database.partition("?")[0])

    def prepare(self) -> None:
        """Make the file of the database, for its owner only; raises `ConfigError`."""
        if self.file is None:
            return
        try:
            private_folder(self.file.parent)
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self.file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise ConfigError(
                f"The database of runs {self.file} cannot be made ({error.strerror}); set fleet.database to a place"
                " that can be written."
            ) from None


def find_site(database: str = "", host: str = "") -> Site:
    """The site of this machine: `database` is a URL or the path of a file (empty: a file in the state folder).

    Raises `ConfigError` when it is neither.
    """
    name = re.sub(r"[^a-z0-9_.-]+", "-", (host or socket.gethostname()).lower()).strip("-") or "localhost"
    text = database.strip() or str(state_dir() / DEFAULT_NAME)
    for start in POSTGRES:
        if text.startswith(start):
            rest = text.removeprefix(start)
            if not urllib.parse.urlsplit(f"//{rest}").path.strip("/"):
                raise ConfigError("fleet.database names no database: write postgresql://user@host/name.")
            return Site(f"{POSTGRES[0]}{rest}", name)
    if "://" in text and not text.startswith("sqlite:///"):
        kind = text.partition("://")[0]
        raise ConfigError(f"fleet.database cannot be of the kind {kind!r}: write a path, or postgresql://….")
    path = Path(text.removeprefix("sqlite:///")).expanduser().absolute()
    return Site(f"sqlite:///{path}", name)


def find_own_site(settings: "Settings") -> Site:
    """The site of this machine as the settings name it; raises `ConfigError`."""
    return find_site(settings.fleet.database, settings.fleet.host)
