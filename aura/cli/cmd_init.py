"""`aura init`: a project's own settings."""

from pathlib import Path

import click

from aura.core.text import clean


@click.command()
@click.option("--agents", is_flag=True, help="Also write an AGENTS.md to fill in.")
def command(*, agents: bool) -> None:
    """Make .aura/ for this project; nothing that exists is touched."""
    from aura.config.scaffold import make_project
    from aura.safety.trust import add_trust, executable_parts, is_trusted

    folder = Path.cwd()
    had_parts = bool(executable_parts(folder))
    was_trusted = is_trusted(folder)
    made = make_project(folder, instructions=agents)
    for path in made.written:
        click.echo(clean(f"wrote  {path.relative_to(folder)}"))
    for path in made.kept:
        click.echo(clean(f"kept   {path.relative_to(folder)}"))
    if was_trusted or not had_parts:
        add_trust(folder)
        click.echo("The folder is trusted as it is now; after a change: `aura trust`.")
    else:
        click.echo("The folder is not trusted; look at .aura and run `aura trust`.")
