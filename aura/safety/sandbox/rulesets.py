"""Landlock's rules, made by the kernel's own calls: which files and TCP ports a process behind the wall may reach.

A ruleset is a descriptor; it binds nobody before a process restricts itself with it. Landlock only adds: below a folder
that may be written nothing can be kept from it, and what is hidden is what no rule names.
"""

import contextlib
import ctypes
import errno
import os
import platform
import stat
import struct
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from aura.core.errors import AuraError

CREATE_RULESET, ADD_RULE = 444, 445  # the same on every machine
GIVE_VERSION = 1
PATH_BENEATH, NET_PORT = 1, 2

# linux/landlock.h
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_BLOCK = 1 << 6, 1 << 11
REFER, TRUNCATE, IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1
ABSTRACT_SOCKETS, SIGNALS = 1 << 0, 1 << 1
ALL_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}

READ = EXECUTE | READ_FILE | READ_DIR
WRITE = ALL_FILES[3] & ~(MAKE_CHAR | MAKE_BLOCK)
DEVICE = READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEVICE
FOR_A_FILE = EXECUTE | READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEVICE


def ask_version() -> int:
    """The version of the kernel's Landlock; 0: there is none."""
    return max(0, _call(CREATE_RULESET, None, 0, GIVE_VERSION))


class Ruleset:
    """Rules that grow until `descriptor` is handed to a process; `close` gives the descriptor back.

    With `is_network_closed` no TCP port is open that is not allowed. Raises `AuraError` when the kernel refuses.
    """

    def __init__(self, version: int, *, is_network_closed: bool = True) -> None:
        self._handled = ALL_FILES[min(version, max(ALL_FILES))]
        network = BIND_TCP | CONNECT_TCP if version >= 4 and is_network_closed else 0
        scopes = ABSTRACT_SOCKETS | SIGNALS if version >= 6 else 0
        size = 8 if version < 4 else 16 if version < 6 else 24
        attributes = struct.pack("=QQQ", self._handled, network, scopes)[:size]
        self.descriptor = _call(CREATE_RULESET, attributes, size, 0)
        if self.descriptor < 0:
            raise AuraError(f"Landlock made no ruleset: {os.strerror(ctypes.get_errno())}.")

    def allow(self, path: Path | str, rights: int) -> None:
        """Give rights on a file, or on all below a folder; one that is not there is passed over."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            self._allow(path, rights)

    def allow_port(self, port: int) -> None:
        """Let TCP connections out to this port, of any address."""
        self._add(NET_PORT, struct.pack("=QQ", CONNECT_TCP, port))

    def close(self) -> None:
        """Give the descriptor back."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def _allow(self, path: Path | str, rights: int) -> None:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(folder).st_mode):
                rights &= FOR_A_FILE
            self._add(PATH_BENEATH, struct.pack("=Qi", rights & self._handled, folder))
        finally:
            os.close(folder)

    def _add(self, kind: int, attributes: bytes) -> None:
        if _call(ADD_RULE, self.descriptor, kind, attributes, 0) < 0:
            raise AuraError(f"Landlock took no rule: {os.strerror(ctypes.get_errno())}.")


def carve(root: Path, hidden: Iterable[Path]) -> Iterator[str]:
    """The fewest files and folders that hold all below `root` but what is hidden; links are followed by nobody.

    What is made later beside something hidden is not among them.
    """
    secrets = [str(path) for path in hidden]
    if not any(_is_at(str(root), secret) for secret in secrets):
        yield from _carve(str(root), [secret for secret in secrets if _is_at(secret, str(root))])


def _carve(root: str, secrets: list[str]) -> Iterator[str]:
    """As `carve`; all secrets lie below the root."""
    if not secrets:
        yield root
        return
    with contextlib.suppress(OSError), os.scandir(root) as entries:
        for entry in entries:
            if not entry.is_symlink():
                inner = [secret for secret in secrets if _is_at(secret, entry.path)]
                if entry.path not in inner:
                    yield from _carve(entry.path, inner)


def _is_at(path: str, folder: str) -> bool:
    """Whether a path is this folder or below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _call(number: int, *arguments: int | bytes | None) -> int:
    """A system call; below 0 when it failed, with the reason in ctypes' errno."""
    if (call := _find_call()) is None:
        ctypes.set_errno(errno.ENOSYS)
        return -1
    given = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    return int(call(ctypes.c_long(number), *given))


@cache
def _find_call() -> Any:
    """The C library's door to system calls; None where that is not Linux."""
    if platform.system() != "Linux":
        return None
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.restype = ctypes.c_long
    return call
