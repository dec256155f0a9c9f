"""`aura trust`: let a folder's own settings, plugins and instructions take part."""

import os
import sys
from pathlib import Path

import click

from aura.core.text import clean


@click.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".")
@click.option("--remove", is_flag=True, help="Trust the folder no more.")
@click.option("--list", "as_list", is_flag=True, help="List the trusted folders.")
@click.option("--show", is_flag=True, help="Show what the folder would do, and what changed; trust nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def command(*, path: Path, remove: bool, as_list: bool, show: bool, yes: bool) -> None:
    """Trust a folder's own settings, plugins and AGENTS.md, as they are now.

    What they would do is shown first; in a terminal you are asked.
    """
    from aura.safety.trust import add_trust, executable_parts, is_trusted, list_trusted, remove_trust
    from aura.ui.ways import find_brought

    if as_list:
        for one in list_trusted():
            changed = "" if is_trusted(Path(one.path)) else "  (changed since, not trusted now)"
            click.echo(clean(f"{one.path}{changed}"))
        return
    folder = path.resolve()
    if remove:
        click.echo(
            clean(
                f"{folder} is not trusted any more." if remove_trust(folder) else f"{folder} was not trusted."
            )
        )
        return
    brought = find_brought(folder)
    click.echo(clean(f"{folder} would, if it were trusted:" if brought else f"{folder} brings nothing."))
    for weight, line in brought.deeds:
        click.echo(clean(f"  {weight:<9} {line}"))
    if brought.changes:
        click.echo("It has changed since it was trusted:")
        for line in brought.changes:
            click.echo(clean(f"  {line}"))
    if show:
        return
    if brought and not yes and sys.stdin.isatty():
        click.confirm("Trust it as it is now?", abort=True)
    parts = [part for part in executable_parts(folder) if part.is_file()]
    add_trust(folder, brought.digest)
    click.echo(
        clean(f"{folder} is trusted until one of these changes:" if parts else f"{folder} is trusted.")
    )
    for part in parts:
        click.echo(clean(f"  {os.path.relpath(part, folder)}"))
