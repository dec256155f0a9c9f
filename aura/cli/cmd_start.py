"""aura start: have a goal pursued in the background."""

import click

from aura.cli.sandboxed import add_sandbox


@click.command("start")
@click.argument("goal", required=False)
@click.option("-m", "--model", metavar="PROVIDER/NAME", help="The model that answers; also script:FILE.")
@click.option(
    "--mode", type=click.Choice(["plan", "ask", "edit", "auto"]), help="What may happen without asking."
)
@click.option(
    "--check", "checks", multiple=True, metavar="COMMAND", help="A command that Done has to pass; repeatable."
)
@click.option("--max-steps", type=click.IntRange(0), help="Model calls per turn (0: no limit).")
@click.option("--max-turns", type=click.IntRange(0), help="Turns of the run (0: no limit).")
@click.option("--max-tokens", type=click.IntRange(0), help="Tokens in and out together.")
@click.option("--max-cost", type=click.FloatRange(0), metavar="USD", help="Cost in USD.")
@click.option("--max-time", metavar="TIME", help="Active time: seconds, or 90s, 30m, 2h.")
@click.option(
    "--effort",
    type=click.Choice(["auto", "fast", "deep"]),
    help="How much the goal is worth: model, thinking and limits of the profile.",
)
@click.option(
    "--context-window",
    type=click.IntRange(0),
    metavar="TOKENS",
    help="The model's window, if aura has it wrong.",
)
@click.option(
    "--ask",
    type=click.Choice(["auto", "off"]),
    default="auto",
    help="What becomes of questions: they stay open (auto), or nobody answers and it assumes (off).",
)
@click.option("--in", "wait", metavar="TIME", help="Begin after this time: 90s, 30m, 2h, 1d.")
@click.option("--at", "moment", metavar="TIME", help="Begin then: 22:30, or 2030-01-31T22:30.")
@click.option("--resume-all", is_flag=True, help="Take up every run that should be going on and is not.")
@click.option("-q", "--quiet", is_flag=True, help="Print the run's id and nothing else.")
@click.option(
    "-C", "--cwd", type=click.Path(file_okay=False, exists=True), default=".", help="The workspace."
)
@add_sandbox
def command(**given: object) -> int:
    """Pursue GOAL in the background, in auto mode, until it is reached or something ends it.

    It goes on when this terminal is closed: a worker of this machine looks after it, and one is brought up when none
    is there. The run's id is printed on standard output. GOAL `-` is read from standard input.

    `aura runs` shows how it stands, `aura attach ID` opens it, `aura pause|resume|steer|cancel ID` steer it,
    `aura report ID` tells what came of it.
    """
    from aura.cli.start import start_given

    return start_given(given)
