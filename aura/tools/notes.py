"""Notes that outlive a session: small Markdown files, of the user, of a project, and of the session itself."""

import contextlib
import fcntl
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aura.config.paths import private_folder, sessions_dir, state_dir, write_private
from aura.core.errors import ToolError
from aura.core.text import clean, shorten

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,47}")
ENDING = ".md"
LOCK = ".lock"
LARGEST = 8 * 1024  # bytes of a note
MOST = 64 * 1024  # bytes of all notes of a scope
ABSTRACT = 100  # characters of the line that stands for a note
LISTED = 30  # notes in the list that a model is given with the system text

Scope = Literal["project", "user", "scratchpad"]
Mode = Literal["append", "replace", "delete"]


@dataclass(frozen=True, slots=True)
class Note:
    """One note: its name, its text (cleaned, as people and models are shown it), its size in bytes."""

    name: str
    text: str
    size: int

    @property
    def abstract(self) -> str:
        """Its first line that says something, without the signs of a heading."""
        lines = (line.strip().lstrip("#").strip() for line in self.text.splitlines())
        return shorten(next((line for line in lines if line), "(empty)"), ABSTRACT)


class Notes:
    """The notes of one scope, in a folder that is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read_all(self) -> tuple[Note, ...]:
        """Every note, by name; what is no regular file, has no proper name or cannot be read is left out."""
        try:
            names = sorted(place.stem for place in self.folder.iterdir() if place.suffix == ENDING)
        except OSError:
            return ()
        found = (self.read(name) for name in names if NAME.fullmatch(name))
        return tuple(note for note in found if note is not None)

    def read(self, name: str) -> Note | None:
        """The note of that name; of one that somebody made too large the beginning."""
        if not NAME.fullmatch(name):
            return None
        try:
            descriptor = os.open(
                self._place(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            )
        except OSError:
            return None
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                return None
            data = os.read(descriptor, LARGEST)
        except OSError:
            return None
        finally:
            os.close(descriptor)
        text = data.decode("utf-8", "replace")
        if found.st_size > LARGEST:
            text += f"\n[cut after {LARGEST} of {found.st_size} bytes]"
        return Note(name, clean(text), found.st_size)

    def write(self, name: str, content: str, mode: Mode) -> str:
        """Change a note and return what became of it, as a sentence; raises `ToolError` with why it is refused."""
        check_name(name)
        try:
            with self._locked():
                return self._delete(name) if mode == "delete" else self._put(name, content, mode)
        except OSError as error:
            raise ToolError(f"The note could not be kept: {error.strerror or error}.") from None

    def _place(self, name: str) -> Path:
        return self.folder / f"{name}{ENDING}"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone with the folder: several sessions may work in one project."""
        private_folder(self.folder)
        descriptor = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _delete(self, name: str) -> str:
        if self.read(name) is None:
            raise ToolError(f"There is no note {name!r} to delete; there are {self._name_all()}.")
        self._place(name).unlink()
        return f"The note {name} is deleted."

    def _put(self, name: str, content: str, mode: Mode) -> str:
        if not content.strip():
            raise ToolError("The content is empty; to take a note away use mode delete.")
        old = self.read(name)
        if old is not None and mode == "append":
            if old.size > LARGEST:
                raise ToolError(
                    f"The note {name} is full ({old.size} bytes): replace it with what still matters."
                )
            content = f"{old.text.rstrip()}\n{content}"
        text = clean(content).rstrip() + "\n"
        size = len(text.encode("utf-8", "replace"))
        if size > LARGEST:
            raise ToolError(
                f"The note {name} would have {size} bytes, and {LARGEST} is the most: keep what matters, replace it."
            )
        others = sum(note.size for note in self.read_all() if note.name != name)
        if others + size > MOST:
            raise ToolError(
                f"All notes here together would have {others + size} bytes, and {MOST} is the most: delete or shorten"
                f" some first; there are {self._name_all()}."
            )
        write_private(self._place(name), text)
        return f"The note {name} is kept ({size} of {LARGEST} bytes)."

    def _name_all(self) -> str:
        return ", ".join(f"{note.name} ({note.size} bytes)" for note in self.read_all()) or "none"


def check_name(name: str) -> None:
    """Refuse what is no name of a note, with a `ToolError`."""
    if not NAME.fullmatch(name):
        raise ToolError(
            f"{shorten(name, 60)!r} is no name for a note: use up to 48 small letters, digits, dots, - and _, with a"
            " letter or digit first."
        )


def find_notes(workspace: Path, session_dir: Path) -> dict[Scope, Notes]:
    """The notes of each scope: of the project and the user in aura's own state folder, of the session in its folder.

    A project's notes lie apart from it, so nothing that comes with a folder becomes a note.
    """
    memory = state_dir() / "memory"
    return {
        "project": Notes(memory / "projects" / sessions_dir(workspace).name),
        "user": Notes(memory / "user"),
        "scratchpad": Notes(session_dir / "scratchpad"),
    }


def list_notes(scopes: Mapping[Scope, Notes], most: int = LISTED) -> tuple[str, ...]:
    """One line for each note: where it is, and what it begins with."""
    lines = [
        f"{scope}/{note.name}: {note.abstract}"
        for scope, notes in scopes.items()
        for note in notes.read_all()
    ]
    return (*lines[:most], *([f"and {len(lines) - most} more"] if len(lines) > most else ()))
