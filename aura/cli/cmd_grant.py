"""aura grant: give a run more of what it may use."""

import click

from aura.cli.take_over import take_over_option


@click.command("grant")
@click.argument("run", metavar="RUN")
@click.option("--cost", type=click.FloatRange(0, min_open=True), metavar="USD", help="So many USD more.")
@click.option("--tokens", metavar="N", help="So many tokens more, in and out together: 500k, 1m.")
@click.option("--turns", type=click.IntRange(1), metavar="N", help="So many turns more.")
@click.option("--time", "seconds", metavar="TIME", help="So much active time more: seconds, or 90s, 30m, 2h.")
@click.option("--lifetime", metavar="TIME", help="So much longer it may exist, waits included: 12h, 3d.")
@take_over_option
def command(
    *,
    run: str,
    cost: float | None,
    tokens: str | None,
    turns: int | None,
    seconds: str | None,
    lifetime: str | None,
    take_over: bool,
) -> None:
    """Raise the limits of RUN, and go on with it if it rests; what was spent still counts.

    RUN is the beginning of the name of a session, wherever it was begun, or `last`. What would not be enough to go on
    is refused with the numbers.
    """
    from aura.cli.ordering import give, go_on, locate
    from aura.commands.grant import read_grant
    from aura.core.durations import read_duration
    from aura.runs.orders import Wanted

    asked = {
        "cost": cost,
        "tokens": read_grant("tokens", tokens.lower())["tokens"] if tokens else None,
        "turns": turns,
        "seconds": read_duration(seconds) if seconds else None,
        "lifetime": read_duration(lifetime) if lifetime else None,
    }
    more = {name: float(value) for name, value in asked.items() if value is not None}
    folder = locate(run)
    go_on(folder, give(folder, Wanted("grant", more=more), take_over=take_over))
