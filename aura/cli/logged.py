"""What the commands that read a run's log have in common: find it, read it, say what could not be read, print."""

import os
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aura.core.events import Recorded
    from aura.ui.look import Look


class Reading:
    """Reads one log; `problem` is why it could not be read to its end (empty: it could)."""

    def __init__(self, folder: Path, types: Collection[str] | None = None) -> None:
        self.folder = folder
        self.problem = ""
        self._types = types

    def __iter__(self) -> "Iterator[Recorded]":
        """The events from the first; a fault in the middle of the log ends them, one before the first is raised."""
        from aura.core.errors import StoreError
        from aura.store.rows import read_events

        any_came = False
        try:
            for recorded in read_events(self.folder, types=self._types):
                any_came = True
                yield recorded
        except StoreError as error:
            if not any_came:
                raise
            self.problem = error.sentence


def find_now(folder: Path) -> float | None:
    """The Unix time if a living process has the session open; None if nobody has."""
    from aura.store.lease import find_holder

    return time.time() if find_holder(folder) is not None else None


def make_hiding() -> Callable[[str], str]:
    """What takes keys and passwords that are known here out of a text."""
    from aura.safety.redact import known_secrets, redact

    return partial(redact, secrets=known_secrets())


def print_pieces(pieces: Iterable[str], *, at_once: bool = False) -> int:
    """Write texts to stdout, as UTF-8, `at_once` or as it suits; a reader that leaves early is no error."""
    stream = sys.stdout.buffer
    try:
        for piece in pieces:
            stream.write(piece.encode("utf-8", "backslashreplace"))
            if at_once:
                stream.flush()
        stream.flush()
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def choose_look() -> "Look":
    """How lines look on stdout: in colour on a terminal that wants it, else without."""
    from dataclasses import replace

    from aura.ui.manners import make_look, preferences

    wanted = preferences(os.environ)
    is_seen = sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))
    return make_look(replace(wanted, colour=wanted.colour and is_seen), "dark")


class HidingStream:
    """Stdout as a stream of text from which keys and passwords are taken out that are known here."""

    def __init__(self) -> None:
        self._hide = make_hiding()

    def write(self, text: str) -> int:
        """Write a text."""
        sys.stdout.write(self._hide(text).encode("utf-8", "replace").decode("utf-8"))
        return len(text)

    def flush(self) -> None:
        """Send what is held."""
        sys.stdout.flush()

    def fileno(self) -> int:
        """The descriptor of stdout."""
        return sys.stdout.fileno()
