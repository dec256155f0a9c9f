"""A text in the editor of the person's choice: what is written in the prompt, what a call proposes."""

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from aura.core.errors import AuraError
from aura.core.text import clean, shorten

FALLBACK = "vi"
LARGEST = 4 * 1024 * 1024  # bytes


def choose_editor(environ: Mapping[str, str]) -> list[str]:
    """The editor's command: `$VISUAL`, else `$EDITOR`, else vi. Raises `AuraError` when its quoting is broken."""
    for name in ("VISUAL", "EDITOR"):
        if not environ.get(name, "").strip():
            continue
        try:
            return shlex.split(environ[name])
        except ValueError as error:
            raise AuraError(f"${name} cannot be read: a quote is missing in it.") from error
    return [FALLBACK]


def edit_outside(text: str, environ: Mapping[str, str]) -> str:
    """The text after it was edited outside, safe to show; raises `AuraError` as `edit_file` does."""
    return clean(edit_file(text, environ, ".md"))


def edit_file(text: str, environ: Mapping[str, str], ending: str) -> str:
    """The text after it was edited in a temporary file (0600), which is removed; the terminal must be free.

    Nothing is taken out of what comes back. Raises `AuraError` with a sentence when the editor cannot be started,
    fails, or leaves nothing that can be read.
    """
    command = choose_editor(environ)
    name = shorten(Path(command[0]).name, 40)
    descriptor, place = tempfile.mkstemp(prefix="aura-prompt-", suffix=ending)
    path = Path(place)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
        with _ignore_keys():
            code = subprocess.run([*command, place], check=False).returncode
        if code != 0:
            raise AuraError(f"{name} ended with {code}; your text is as it was.")
        if path.stat().st_size > LARGEST:
            raise AuraError("What the editor left is larger than 4 MB; your text is as it was.")
        return _read(path, text)
    except UnicodeDecodeError as error:
        raise AuraError("What the editor left is not UTF-8; your text is as it was.") from error
    except FileNotFoundError as error:
        raise AuraError(
            f"{name} was not found: set $VISUAL or $EDITOR to an editor that is there."
        ) from error
    except OSError as error:
        raise AuraError(f"{name} could not be used: {error.strerror}.") from error
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def _read(path: Path, before: str) -> str:
    """What the editor left, without the line end that most editors add to the last line."""
    with path.open(encoding="utf-8", newline="") as file:
        after = file.read()
    return after.removesuffix("\n") if not before.endswith("\n") else after


def edit_proposal(app: App[Any], text: str, ending: str) -> str:
    """The text after it was edited while the application was put aside; raises `AuraError` as `edit_file` does."""
    problem = None
    try:
        with app.suspend():
            try:  # an error must not leave the block: the terminal would stay suspended
                text = edit_file(text, os.environ, ending)
            except AuraError as error:
                problem = error
    except SuspendNotSupported:
        problem = AuraError("This terminal cannot be handed to an editor.")
    if problem is not None:
        raise problem
    return text


@contextlib.contextmanager
def _ignore_keys() -> Iterator[None]:
    """What interrupts is the editor's; unlike an ignored signal a caught one is not passed on to it."""
    kinds = (signal.SIGINT, signal.SIGQUIT)
    before = [signal.signal(kind, lambda number, frame: None) for kind in kinds]
    try:
        yield
    finally:
        for kind, former in zip(kinds, before, strict=True):
            signal.signal(kind, former)
