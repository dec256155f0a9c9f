"""aura worker: work on runs in the background."""

import click


@click.command("worker")
@click.option(
    "--database", metavar="URL", help="Where runs are queued: a file or postgresql://… (AURA_DATABASE)."
)
@click.option("--concurrency", type=click.IntRange(1, 200), metavar="N", help="Runs at once.")
@click.option("--detached", type=int, hidden=True, metavar="FD", help="Brought up by `aura start`.")
def command(*, database: str | None, concurrency: int | None, detached: int | None) -> int:
    """Work on the runs that were started on this machine, until it is told to end.

    One line is written for each thing that happens. SIGTERM or Ctrl+C: nothing more is taken, and what runs is left
    to the next worker; a second one ends it at once. What a killed worker had is taken over by another within
    seconds. `aura start` brings a worker up by itself; start one here to see what it does, or as a service.
    """
    from aura.cli.worker import run_worker

    return run_worker(database, concurrency, detached)
