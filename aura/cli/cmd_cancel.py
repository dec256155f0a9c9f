"""aura cancel: give a run up."""

import click

from aura.cli.take_over import take_over_option


@click.command("cancel")
@click.argument("run", metavar="RUN")
@take_over_option
def command(*, run: str, take_over: bool) -> None:
    """Give RUN up at once, for good; what was done stays as it is.

    RUN is the beginning of the name of a session, wherever it was begun, or `last`.
    """
    from aura.cli.ordering import give, locate, tell
    from aura.runs.orders import Wanted

    folder = locate(run)
    if not give(folder, Wanted("cancel"), take_over=take_over).was_live:
        from aura.cli.background import drop

        drop(folder)
    tell(folder, f"is given up; `aura report {folder.name}` tells what was done.")
