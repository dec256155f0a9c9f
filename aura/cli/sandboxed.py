"""The options of several commands that say what stands around shell commands."""

from collections.abc import Callable, Mapping
from typing import Any

import click


def read_sandbox(given: Mapping[str, Any]) -> dict[str, str]:
    """The setting that the options stand for; nothing when they were not given."""
    wish = "off" if given.get("no_sandbox") else given.get("sandbox")
    return {"sandbox.mode": str(wish)} if wish else {}


def add_sandbox(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command with `--sandbox` and `--no-sandbox`."""
    without = click.option("--no-sandbox", is_flag=True, help="Run commands with your own rights.")
    chosen = click.option(
        "--sandbox",
        type=click.Choice(["auto", "required", "off", "external"]),
        help="What stands around commands; external: the container or machine that aura runs in.",
    )
    return chosen(without(command))
