"""The Unix socket of a session: where it lies, and how a long path is kept from being too long for one."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

SOCKET_NAME = "engine.sock"
PROC = Path("/proc/self/fd")
PATIENCE = 1.0  # seconds


def listen(folder: Path) -> socket.socket:
    """A listening socket in a session's folder, for its owner only; one that a dead engine left is replaced.

    Only the holder of the session's lease may call it. Raises `OSError`.
    """
    (folder / SOCKET_NAME).unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        before = os.umask(0o177)
        try:
            with _short(folder) as path:
                made.bind(path)
        finally:
            os.umask(before)
        made.listen(16)
        made.setblocking(False)
    except BaseException:
        made.close()
        raise
    return made


def connect(folder: Path) -> socket.socket | None:
    """A socket to the living engine of a session; None when there is none, or it hangs."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(PATIENCE)
    try:
        with _short(folder) as path:
            made.connect(path)
    except OSError:
        made.close()
        return None
    made.setblocking(False)
    return made


def is_live(folder: Path) -> bool:
    """Whether a session has a living engine."""
    connection = connect(folder) if (folder / SOCKET_NAME).exists() else None
    if connection is None:
        return False
    connection.close()
    return True


def remove(folder: Path) -> None:
    """Take the socket away."""
    with contextlib.suppress(OSError):
        (folder / SOCKET_NAME).unlink()


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    """A path of the socket that fits into an address (about 100 bytes), however deep the folder lies."""
    path = folder / SOCKET_NAME
    if len(os.fsencode(path)) < 100:
        yield str(path)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if PROC.is_dir():
            yield f"/proc/self/fd/{descriptor}/{SOCKET_NAME}"
            return
        here = Path.cwd()
        os.fchdir(descriptor)
        try:
            yield SOCKET_NAME
        finally:
            os.chdir(here)
    finally:
        os.close(descriptor)
