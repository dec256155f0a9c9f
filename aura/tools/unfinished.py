"""Files that are being written: their names say who does it, so that what a killed process left can be removed."""

import contextlib
import os
import re
from pathlib import Path

from aura.tools._leftovers import is_same_alive, start_of

UNFINISHED = re.compile(r"\.aura-(\d+)-(\d*)-[0-9a-f]{8}\.tmp")  # the process, by its id and its start


def name_unfinished() -> str:
    """A new name for a file that this process writes and then gives its real name."""
    pid = os.getpid()
    return f".aura-{pid}-{start_of(pid)}-{os.urandom(4).hex()}.tmp"


def clear_unfinished(folder: Path) -> list[str]:
    """Remove what processes that are gone were writing in a folder; the names of those files."""
    cleared = []
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir()):
            found = UNFINISHED.fullmatch(path.name)
            if found and not is_same_alive(int(found[1]), found[2]):
                path.unlink()
                cleared.append(path.name)
    return cleared
