"""aura pause: let a run rest after the step that runs."""

import click

from aura.cli.take_over import take_over_option


@click.command("pause")
@click.argument("run", metavar="RUN")
@take_over_option
def command(*, run: str, take_over: bool) -> None:
    """Let RUN rest after the step that runs; nothing that it did is lost.

    RUN is the beginning of the name of a session, wherever it was begun, or `last`. `aura resume RUN` goes on with it.
    """
    from aura.cli.ordering import give, locate, tell
    from aura.runs.orders import Wanted

    folder = locate(run)
    sent = give(folder, Wanted("pause"), take_over=take_over)
    is_soon = sent.run.phase.is_active
    tell(
        folder,
        "pauses after the step that runs." if is_soon else f"is paused; `aura resume {folder.name}` goes on.",
    )
