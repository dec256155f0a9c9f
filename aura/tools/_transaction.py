"""Changes to several files that are all made or all undone."""

import contextlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aura.core.errors import ToolError
from aura.tools._disk import Loaded, load, remove, remove_folders, store
from aura.tools.workspace import Place, open_file


@dataclass(frozen=True, slots=True)
class Step:
    """One file: as it was (None: not there), as it shall be (None: gone), and a new mode (None: as it comes)."""

    place: Place
    before: Loaded | None
    after: bytes | None
    mode: int | None = None


def make_all(steps: Sequence[Step]) -> None:
    """Make every change, or none: what was done is undone when one fails, and the error says what could not be."""
    done: list[tuple[Step, list[Path]]] = []
    try:
        for step in steps:
            made = _make(step)
            done.append((step, made))
    except ToolError as error:
        lost = [sentence for step, made in reversed(done) if (sentence := _undo(step, made))]
        told = f" {' '.join(lost)}" if lost else " Nothing was changed."
        raise ToolError(f"{error.sentence}{told}") from None


def _make(step: Step) -> list[Path]:
    """Make one change; the folders that were made for it."""
    if step.after is None:
        assert step.before
        remove(step.place, step.before)
        return []
    made = store(step.place, step.after, step.before)
    if step.mode is not None:
        _set_mode(step.place, step.mode)
    return made


def _undo(step: Step, made: list[Path]) -> str:
    """Undo one change, if nobody has touched the file since; a sentence about what could not be undone."""
    try:
        now = load(step.place)
        if (now.content if now else None) != step.after:
            return f"{step.place.shown} was changed meanwhile and stays as it is."
        if step.before is None:
            if now:
                remove(step.place, now)
        else:
            store(step.place, step.before.content, now)
            if now is None or step.mode is not None:
                _set_mode(step.place, stat.S_IMODE(step.before.stat.st_mode))
    except ToolError as error:
        return f"{step.place.shown} could not be restored: {error.sentence}"
    remove_folders(made)
    return ""


def _set_mode(place: Place, mode: int) -> None:
    with contextlib.suppress(OSError):
        descriptor = open_file(place.path)
        try:
            os.fchmod(descriptor, mode)
        finally:
            os.close(descriptor)
