"""`aura trust`: let a folder's own settings and plugins take part."""

from pathlib import Path

import click

from aura.core.text import clean


@click.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".")
@click.option("--remove", is_flag=True, help="Trust the folder no more.")
@click.option("--list", "as_list", is_flag=True, help="List the trusted folders.")
def command(*, path: Path, remove: bool, as_list: bool) -> None:
    """Trust a folder's own settings and plugins, as they are now."""
    from aura.safety.trust import add_trust, executable_parts, is_trusted, list_trusted, remove_trust

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
    parts = [part for part in executable_parts(folder) if part.is_file()]
    add_trust(folder)
    click.echo(
        clean(f"{folder} is trusted until one of these changes:" if parts else f"{folder} is trusted.")
    )
    for part in parts:
        click.echo(clean(f"  {part.relative_to(folder)}"))
