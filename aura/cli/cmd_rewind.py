"""aura rewind: take a session back to an earlier place."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from aura.cli.take_over import take_over_option


@click.command("rewind")
@click.argument("session", metavar="SESSION")
@click.option("--to", type=click.IntRange(min=1), help="The number of the event to go back to.")
@click.option("--files", is_flag=True, help="Put the files back, too, as `aura undo` does; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@take_over_option
def command(*, session: str, to: int | None, files: bool, yes: bool, as_json: bool, take_over: bool) -> None:
    """Take the conversation and the todos of SESSION, and with --files what it changed, back to an earlier place.

    Without --to the places are listed: every prompt, and every step that changed something. The log keeps everything:
    a rewind is undone by going back to the place before it. SESSION is the beginning of its name, wherever it was
    begun, or `last`.
    """
    import asyncio
    from dataclasses import asdict

    from aura.app.rewound import Wish, read_points, send_rewind
    from aura.cli.ordering import locate, tell
    from aura.core.text import clean
    from aura.runs.points import tell_points

    folder = locate(session)
    if to is None:
        points = read_points(folder)
        listed: Any = [asdict(point) for point in points]
        click.echo(json.dumps(listed) if as_json else clean("\n".join(tell_points(points))))
        return
    if files and not yes:
        _confirm(folder, to)
    prompt = asyncio.run(send_rewind(folder, Wish(to, files), take_over=take_over))
    if as_json:
        click.echo(json.dumps({"session": folder.name, "to": to, "prompt": prompt}))
        return
    tell(folder, f"is as it was after event {to}; the log keeps what followed.")
    if prompt:
        click.echo(clean(f"What was said there:\n{prompt}"))


def _confirm(folder: Path, to: int) -> None:
    """Show which files would change, and ask; raises `NotAsked` when nobody can be asked."""
    import asyncio

    from aura.app.undoing import UndoWish
    from aura.app.undos import preview_undo
    from aura.cli.cmd_undo import NotAsked
    from aura.core.text import clean

    preview = asyncio.run(preview_undo(folder, UndoWish(str(to))))
    for file in preview.files:
        stays = f" stays as it is: {file.conflict}" if file.conflict else f" +{file.added} -{file.removed}"
        click.echo(clean(f"  {file.verb:<8} {file.path}{stays}"))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NotAsked("Nothing was changed: nobody can be asked here; add --yes to do it.")
    click.confirm("Go back?", abort=True)
