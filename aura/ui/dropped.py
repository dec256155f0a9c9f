"""Paths that a terminal pastes when files are dropped on it: quoted, escaped, or as `file://` addresses."""

import os
import re
import shlex
import urllib.parse
from pathlib import Path

LONGEST = 8_192  # characters; a longer paste is text
MOST = 32
PLAIN = re.compile(r"[^\s\"'\\@]+")


def read_paths(text: str) -> tuple[Path, ...]:
    """The absolute paths of things that exist, if a pasted text is nothing else; none otherwise."""
    text = text.strip()
    if not text or len(text) > LONGEST or not text.startswith(("/", "~", "'", '"', "file://")):
        return ()
    whole = _read_path(text)
    if whole is not None:
        return (whole,)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [_read_path(line) for line in lines]
    if None in found:
        found = [_read_path(word) for word in _split(text)]
    if not 0 < len(found) <= MOST:
        return ()
    paths = tuple(path for path in found if path is not None)
    return paths if len(paths) == len(found) else ()


def mention(path: str) -> str:
    """A path as a prompt names it: `@a.py`, or `@"a b.py"`."""
    return (
        f"@{path}" if PLAIN.fullmatch(path) else '@"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )


def shorten_path(path: Path, workspace: str) -> str:
    """A path as seen from a workspace: relative within it, absolute elsewhere; folders end with a slash."""
    try:
        near = path.relative_to(workspace).as_posix()
    except ValueError:
        near = path.as_posix()
    return near + "/" if path.is_dir() and not near.endswith("/") else near


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return []


def _read_path(text: str) -> Path | None:
    """The one existing thing that a text names: as it stands, unescaped, or as an address."""
    for one in (text, *_unquoted(text)):
        name = one
        if name.startswith("file://"):
            address = urllib.parse.urlsplit(name)
            name = urllib.parse.unquote(address.path) if address.netloc in ("", "localhost") else ""
        elif name.startswith("~/"):
            name = os.path.expanduser(name)  # noqa: PTH111 - an unknown home is no error
        if name.startswith("/") and "\0" not in name and "\n" not in name and os.path.lexists(name):
            return Path(name)
    return None


def _unquoted(text: str) -> list[str]:
    words = _split(text) if "\n" not in text else []
    return words if len(words) == 1 else []
