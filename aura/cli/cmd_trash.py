"""aura trash: what commands of a session deleted or overwrote, and getting it back."""

import json
import time

import click

from aura.core.errors import AuraError


@click.command("trash")
@click.argument("session", metavar="SESSION")
@click.argument("action", type=click.Choice(["list", "restore", "empty"]), default="list")
@click.argument("what", metavar="[PATH|NUMBER]", default="")
@click.option("--yes", is_flag=True, help="Do not ask before the trash is emptied.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, session: str, action: str, what: str, yes: bool, as_json: bool) -> None:
    """List what commands of SESSION may have deleted or overwritten, put some of it back, or delete the trash.

    The trash holds what no snapshot covers: large and ignored files, and those outside of the workspace. For all else
    see `aura undo`. Something that is put back never replaces what stands there now: it is written beside it.
    """
    from dataclasses import asdict

    from aura.cli.ordering import locate
    from aura.core.text import clean
    from aura.safety.trash import Trash

    folder = locate(session)
    trash = Trash(folder)
    entries = trash.entries()
    if action == "empty":
        if not yes:
            click.confirm(f"Delete {len(entries)} things for good?", abort=True)
        click.echo(clean(f"{trash.empty()} things are gone."))
        return
    if action == "list":
        if as_json:
            click.echo(json.dumps([asdict(one) for one in entries]))
            return
        for one in entries:
            when = time.strftime("%m-%d %H:%M", time.localtime(one.at))
            click.echo(clean(f"{one.number:>5}  {when}  {one.size:>12,}  {one.path}   before: {one.why}"))
        if not entries:
            click.echo(clean(f"The trash is empty; `aura undo {folder.name}` knows what else was changed."))
        return
    found = [one for one in entries if what and (str(one.number) == what or one.path.endswith(f"/{what}"))]
    found = found or [one for one in entries if what and one.path == what]
    if not found:
        raise AuraError(
            f"There is no {what or 'such thing'} in the trash; `aura trash {folder.name}` lists it."
        )
    try:
        path = trash.restore(found[-1].number)
    except OSError as error:
        raise AuraError(f"It could not be put back: {error.strerror or error}.") from None
    click.echo(clean(f"Put back: {path}"))
