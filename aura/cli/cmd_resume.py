"""aura resume: go on with a run."""

import click

from aura.cli.sandboxed import add_sandbox
from aura.cli.take_over import take_over_option


@click.command("resume")
@click.argument("run", metavar="RUN", required=False, default="")
@click.argument("text", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Take up every run that should be going on and is not.")
@click.option("-f", "--foreground", is_flag=True, help="Drive it here, as `aura run` does.")
@click.option("-m", "--model", metavar="PROVIDER/NAME", help="The model that answers.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "stream-json"]),
    default="text",
    help="What stdout carries, with --foreground or for a run that is done.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
@add_sandbox
@take_over_option
def command(**given: object) -> int:
    """Go on with RUN in the background, with TEXT as its next prompt if there is one.

    RUN is the beginning of the name of a session, wherever it was begun, or `last`. A run that is done is not begun
    again: its result is printed. One that was paused, that failed or that reached a limit goes on where it was, with
    all that it spent still counted (`aura grant` raises limits).
    """
    from aura.cli.resume import resume_given

    return resume_given(given)
