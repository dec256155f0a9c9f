"""What the commands that give orders have in common: find the run, give the order, say what became of it."""

import asyncio
from pathlib import Path

import click

from aura.app.found_runs import find_run
from aura.app.orders import Sent, send_order
from aura.config.paths import sessions_dir
from aura.core.text import clean
from aura.runs.orders import Wanted


def locate(run: str) -> Path:
    """The folder of the run with this name, wherever it was begun; raises `ConfigError`."""
    return find_run(run, sessions_dir(Path.cwd()))


def give(folder: Path, wanted: Wanted, *, take_over: bool = False) -> Sent:
    """Give the order and return what became of it; raises `AuraError` with one sentence."""
    return asyncio.run(send_order(folder, wanted, take_over=take_over))


def tell(folder: Path, sentence: str) -> None:
    """Say what became of it."""
    click.echo(clean(f"{folder.name} {sentence}"))


def go_on(folder: Path, sent: Sent) -> None:
    """See that a run goes on that was told to, and say how: its engine drives it, else a worker takes it up."""
    if not sent.was_live:
        from aura.cli.background import hand_over

        hand_over(folder)
    tell(
        folder,
        f"goes on{'' if sent.was_live else ' in the background'}; `aura attach {folder.name}` shows it.",
    )
