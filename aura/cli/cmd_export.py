"""`aura export`: a session as a file for programs or people."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@click.command()
@click.argument("session", metavar="SESSION")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "markdown", "html"]),
    default="markdown",
    help="What to write.",
)
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Where (stdout)."
)
@click.option("--secrets", is_flag=True, help="Leave keys and passwords in; they are hidden otherwise.")
@click.option(
    "-C",
    "--cwd",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The workspace.",
)
def command(*, session: str, form: str, output: Path | None, secrets: bool, cwd: Path) -> int:
    """Write a session as JSON lines, or as a transcript to read: Markdown, or one HTML file without scripts.

    SESSION is the beginning (or the end) of a session's name, or `last`. Those of this folder come first, then those
    of all others.
    """
    from functools import partial

    from aura.app.found_runs import find_run
    from aura.cli.logged import print_pieces
    from aura.config.paths import sessions_dir
    from aura.safety.redact import known_secrets, redact
    from aura.store.export import export_jsonl, export_markdown
    from aura.store.export_html import export_html
    from aura.store.rows import read_events

    events = read_events(find_run(session, sessions_dir(cwd)))
    hide: Callable[[str], str] | None = None if secrets else partial(redact, secrets=known_secrets())
    write = {"jsonl": export_jsonl, "markdown": export_markdown, "html": export_html}[form]
    pieces = write(events, hide)
    return print_pieces(pieces) if output is None else _save(pieces, output)


def _save(pieces: "Iterable[str]", path: Path) -> int:
    """Write a file that only its owner can read."""
    from aura.core.errors import AuraError

    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for piece in pieces:
                file.write(piece.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise AuraError(f"{path} cannot be written ({error.strerror}).") from None
    return 0
