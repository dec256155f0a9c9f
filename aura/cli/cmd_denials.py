"""aura denials: what was refused in a run, and allowing one call of it."""

import click

from aura.cli.take_over import take_over_option


@click.command("denials")
@click.argument("run", metavar="RUN")
@click.option("--allow", "number", type=click.IntRange(min=1), help="Allow this call: it may run once.")
@click.option("--rule", is_flag=True, help="With --allow: allow such calls in this project from now on.")
@take_over_option
def command(*, run: str, number: int | None, rule: bool, take_over: bool) -> None:
    """List the calls that were refused in RUN; --allow N lets one of them run once when it is made again.

    A run that is blocked goes on then, and the model is told. What the hard floor, a deny rule or plan mode refused
    cannot be allowed. RUN is the beginning of the name of a session, wherever it was begun, or `last`.
    """
    import asyncio

    from aura.app.lifting import Lift, read_denials, send_lift
    from aura.cli.logged import make_hiding
    from aura.cli.ordering import go_on, locate, tell
    from aura.core.denials import tell_denials
    from aura.core.errors import ConfigError
    from aura.core.text import clean

    folder = locate(run)
    if number is None:
        if rule:
            raise ConfigError("--rule needs --allow and the number of a call.")
        click.echo(clean(make_hiding()("\n".join(tell_denials(read_denials(folder))))))
        return
    sent = asyncio.run(send_lift(folder, Lift(number, rule), take_over=take_over))
    tell(folder, f"may make call {number} once; the model is told with its next step.")
    if sent.run.name and sent.run.phase.is_active:
        go_on(folder, sent)
