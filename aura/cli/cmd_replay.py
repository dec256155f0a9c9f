"""aura replay: watch a run again."""

import math
import sys
import time

import click

from aura.core.errors import ConfigError


@click.command("replay")
@click.argument("run", metavar="RUN")
@click.option("--speed", metavar="N", default="10", help="How many times as fast as it was, or `max` (10).")
@click.option(
    "--from", "first", type=click.IntRange(0), metavar="STEP", default=0, help="The model call to begin at."
)
def command(*, run: str, speed: str, first: int) -> int:
    """Watch a run again in the terminal, at any speed; Ctrl+C ends.

    RUN is the beginning of the name of a session, wherever it was begun, or `last`. No pause is longer than 2 seconds.
    STEP counts the model calls of the whole session, as in `aura logs`. Where stdout is no terminal all is printed
    at once. Keys and passwords that are known here are hidden.
    """
    from aura.app.found_runs import find_run
    from aura.cli.logged import HidingStream, Reading
    from aura.core.text import clean
    from aura.ui.replaying import Replay

    rate = read_speed(speed) if sys.stdout.isatty() else math.inf
    reading = Reading(find_run(run))
    try:
        Replay(rate, first, time.sleep, HidingStream()).show(reading)
    except KeyboardInterrupt:
        return 130
    if reading.problem:
        click.echo(clean(f"aura: only a part could be read: {reading.problem}"), err=True)
    return 1 if reading.problem else 0


def read_speed(text: str) -> float:
    """A factor from `1`, `2.5`, `10x` or `max`; raises `ConfigError`."""
    word = text.strip().lower().removesuffix("x")
    if word == "max":
        return math.inf
    try:
        factor = float(word)
    except ValueError:
        factor = 0.0
    if not 0 < factor < math.inf:
        raise ConfigError(f"{text!r} is not a speed: write a number above 0, or max.")
    return factor
