"""aura tui: the full-screen interface, or plain mode where that does not fit."""

import click

from aura.cli.sandboxed import add_sandbox


@click.command("tui")
@click.argument("prompt", required=False, default="")
@click.option(
    "-c", "--continue", "latest", is_flag=True, help="Go on with the newest session of this folder."
)
@click.option(
    "-r",
    "--resume",
    metavar="[ID]",
    is_flag=False,
    flag_value="?",
    default="",
    help="Go on with this session; without an id, choose from the list.",
)
@click.option("--fork", is_flag=True, help="With --continue or --resume: go on in a copy.")
@click.option("-m", "--model", metavar="PROVIDER/NAME", help="The model that answers; also script:FILE.")
@click.option("--auto/--no-auto", default=None, help="Begin in auto mode, or not (AURA_AUTO).")
@click.option(
    "--mode",
    type=click.Choice(["plan", "ask", "edit", "auto", "yolo"]),
    help="What may happen without asking.",
)
@click.option("--check", "checks", multiple=True, metavar="COMMAND", help="A command that Done has to pass.")
@click.option("--max-steps", type=click.IntRange(0), help="Model calls per turn (0: no limit).")
@click.option("--max-tokens", type=click.IntRange(0), help="Tokens in and out together.")
@click.option("--max-cost", type=click.FloatRange(0), metavar="USD", help="Cost in USD.")
@click.option("--max-time", metavar="TIME", help="Active time: seconds, or 90s, 30m, 2h.")
@click.option(
    "--theme",
    type=click.Choice(["auto", "dark", "light", "ansi", "contrast"]),
    help="Colours for this start.",
)
@click.option("--plain", is_flag=True, help="Lines instead of a full screen.")
@click.option("--screen-reader", is_flag=True, help="Plain mode in words, without boxes and moving signs.")
@click.option(
    "--verbosity",
    type=click.Choice(["call", "step", "todo"]),
    help="In plain mode, what is worth a line (default: call; step for a screen reader).",
)
@click.option(
    "-C", "--cwd", type=click.Path(file_okay=False, exists=True), default=".", help="The workspace."
)
@add_sandbox
def command(**given: object) -> int:
    """Open the interface, with PROMPT as the first thing said. `aura` alone does the same.

    Without enough of a terminal (TERM=dumb, a tiny window) the plain mode is chosen.
    """
    from aura.cli.tui import open_tui

    return open_tui(given)
