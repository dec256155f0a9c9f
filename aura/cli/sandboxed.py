"""The options of several commands that say what stands around shell commands."""

from collections.abc import Callable
from typing import Any

import click


def add_sandbox(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command with `--sandbox` and `--no-sandbox`."""
    without = click.option("--no-sandbox", is_flag=True, help="Run commands with your own rights.")
    chosen = click.option(
        "--sandbox",
        type=click.Choice(["auto", "required", "off", "external"]),
        help="What stands around commands; external: the container or machine that aura runs in.",
    )
    return chosen(without(command))
