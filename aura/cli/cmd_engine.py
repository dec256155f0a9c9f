"""aura engine: the process that a session lives in; faces start it."""

import click


@click.command("engine", hidden=True)
@click.option("--connection", type=int, metavar="FD", help="A connected socket to the face that started it.")
@click.option("--demo", is_flag=True, help="Serve the demo's model, and use it.")
@click.option("--pace", type=click.FloatRange(0), metavar="SECONDS", help="How long the demo's replies take.")
@click.option("--linger", type=click.FloatRange(0), metavar="SECONDS", help="How long it waits for a face.")
def command(*, connection: int | None, demo: bool, pace: float | None, linger: float | None) -> int:
    """Serve one session on a Unix socket; its options are read as JSON from standard input."""
    from aura.cli.engine import run_engine

    return run_engine(connection, demo=demo, pace=pace, linger=linger)
