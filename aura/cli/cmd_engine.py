"""aura engine: the process that a session lives in; faces start it."""

import click


@click.command("engine", hidden=True)
@click.option("--connection", type=int, metavar="FD", help="A connected socket to the face that started it.")
@click.option("--demo", is_flag=True, help="Serve the demo's model, and use it.")
def command(*, connection: int | None, demo: bool) -> int:
    """Serve one session on a Unix socket; its options are read as JSON from standard input."""
    from aura.cli.engine import run_engine

    return run_engine(connection, demo=demo)
