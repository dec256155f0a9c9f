"""aura runs: every run, where it stands and what it waits for."""

from pathlib import Path

import click


@click.command("runs")
@click.option("-w", "--watch", is_flag=True, help="Show it anew every second, until Ctrl+C.")
@click.option("-a", "--all", "every", is_flag=True, help="All there are, not only the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "-C",
    "--cwd",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Only those of this workspace.",
)
def command(*, watch: bool, every: bool, as_json: bool, cwd: Path | None) -> None:
    """List the runs of all workspaces, the last changed first: state, what they took, what they wait for.

    A run is named by the beginning of its id. See `aura attach`, `pause`, `resume`, `steer`, `answer`, `grant`,
    `cancel`, `report` and `logs`.
    """
    from aura.cli.runs import list_runs

    list_runs(cwd, watch=watch, every=every, as_json=as_json)
