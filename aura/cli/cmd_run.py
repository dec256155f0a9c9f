"""aura run: pursue prompts without a screen."""

import click

from aura.cli.sandboxed import add_sandbox


@click.command("run")
@click.argument("prompts", nargs=-1)
@click.option("--auto/--no-auto", default=None, help="Go on by itself and ask nobody (AURA_AUTO).")
@click.option("-m", "--model", metavar="PROVIDER/NAME", help="The model that answers; also script:FILE.")
@click.option(
    "--mode",
    type=click.Choice(["plan", "ask", "edit", "auto", "yolo"]),
    help="What may happen without asking.",
)
@click.option(
    "--check", "checks", multiple=True, metavar="COMMAND", help="A command that Done has to pass; repeatable."
)
@click.option(
    "-c", "--continue", "latest", is_flag=True, help="Go on with the newest session of this folder."
)
@click.option("-r", "--resume", metavar="ID", default="", help="Go on with this session.")
@click.option("--fork", is_flag=True, help="With --continue or --resume: go on in a copy.")
@click.option("--max-steps", type=click.IntRange(0), help="Model calls per turn (0: no limit).")
@click.option("--max-turns", type=click.IntRange(0), help="Turns of a run (0: no limit).")
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
    type=click.Choice(["auto", "stdin", "off"]),
    default="auto",
    help="Who answers questions: stdin: the terminal, also in auto mode; off: nobody, the model goes on with"
    " assumptions; auto: the terminal, in auto mode whoever answers later.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "stream-json"]),
    default="text",
    help="What stdout carries.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
@click.option(
    "--record", type=click.Path(dir_okay=False), metavar="FILE", help="Keep the model's traffic for a replay."
)
@click.option(
    "--trust", is_flag=True, help="For this run, trust what the folder brings: settings, plugins, AGENTS.md."
)
@click.option(
    "-C", "--cwd", type=click.Path(file_okay=False, exists=True), default=".", help="The workspace."
)
@add_sandbox
def command(**given: object) -> int:
    """Run PROMPTS one after the other, each as a turn, and print the answers.

    A prompt `-`, or none at all, reads standard input. A prompt that begins with / is a command: `aura run /help`.
    Put `--` before prompts that begin with a dash. Exit codes: 0 done, 3 not verified, 4 blocked or needs input,
    5 limit, 6 stalled, 7 denied, 75 the provider failed, 2 configuration, 1 error, 130 cancelled.
    """
    from aura.cli.run import run_given

    return run_given(given)
