"""aura steer: say something to a run."""

import click

from aura.cli.take_over import take_over_option


@click.command("steer")
@click.argument("run", metavar="RUN")
@click.argument("text", nargs=-1, required=True)
@take_over_option
def command(*, run: str, text: tuple[str, ...], take_over: bool) -> None:
    """Say TEXT to RUN: it hears it after the step that runs. One that waits goes on with it at once.

    One that rests hears it when it goes on. RUN is the beginning of the name of a session, wherever it was begun, or
    `last`.
    """
    from aura.cli.ordering import give, go_on, locate, tell
    from aura.runs.orders import Wanted

    folder = locate(run)
    sent = give(folder, Wanted("steer", text=" ".join(text)), take_over=take_over)
    if not sent.run.phase.is_active:
        tell(folder, f"rests and hears it when it goes on: `aura resume {folder.name}`.")
    elif sent.was_live:
        tell(folder, "hears it after the step that runs.")
    else:
        go_on(folder, sent)
