"""Faults between the system calls that SQLite makes: each is counted, and at one of them the process dies.

SQLite lets its Unix layer be given other system calls, for tests of just this kind. Where its functions cannot be
reached (a Python with SQLite inside it) `count_calls` returns False and changes nothing.
"""

import _sqlite3
import ctypes
from collections.abc import Callable
from typing import Any

LONG, INT, POINTER, SIZE, OFFSET = (
    ctypes.c_long,
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_int64,
)
# The calls that change something or take a lock, as SQLite names them: what comes back, what goes in.
CALLS: dict[str, tuple[Any, ...]] = {
    "open": (INT, POINTER, INT, INT),
    "close": (INT, INT),
    "fcntl": (INT, INT, INT, POINTER),
    "ftruncate": (INT, INT, OFFSET),
    "pwrite": (LONG, INT, POINTER, SIZE, OFFSET),
    "pwrite64": (LONG, INT, POINTER, SIZE, OFFSET),
    "unlink": (INT, POINTER),
}
LIVING: list[object] = []  # what SQLite calls must not be cleared away


class _Vfs(ctypes.Structure):
    """`sqlite3_vfs`, version 3; see sqlite3.h."""

    _fields_ = (
        ("version", INT),
        ("file_size", INT),
        ("longest_path", INT),
        ("next", POINTER),
        ("name", ctypes.c_char_p),
        ("data", POINTER),
        ("methods", POINTER * 13),  # xOpen to xCurrentTimeInt64
        ("set_call", ctypes.CFUNCTYPE(INT, POINTER, ctypes.c_char_p, POINTER)),
        ("get_call", ctypes.CFUNCTYPE(POINTER, POINTER, ctypes.c_char_p)),
        ("next_call", POINTER),
    )


def count_calls(before: Callable[[str], bool]) -> bool:
    """Have `before` told the name of each call that is about to be made; whether that could be arranged.

    A write of which it says True is made by half.
    """
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    if not hasattr(library, "sqlite3_vfs_find"):
        return False
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(b"unix")
    if not vfs or vfs.contents.version < 3:
        return False
    place = ctypes.cast(vfs, POINTER)
    for name, shape in CALLS.items():
        found = vfs.contents.get_call(place, name.encode())
        if found:
            made = _wrap(name, ctypes.CFUNCTYPE(*shape, use_errno=True), found, before)
            LIVING.append(made)
            vfs.contents.set_call(place, name.encode(), ctypes.cast(made, POINTER))
    return True


def _wrap(name: str, kind: Any, found: int, before: Callable[[str], bool]) -> Any:
    original = kind(found)

    def make(*arguments: Any) -> Any:
        if before(name):
            handle, data, size, place = arguments
            original(handle, data, size // 2, place)
            before("half")
        return original(*arguments)

    return kind(make)
