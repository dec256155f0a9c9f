"""The option that every order has: take a run away from a process that hangs."""

from collections.abc import Callable
from typing import Any

import click


def take_over_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with the option `--take-over`."""
    return click.option(
        "--take-over",
        is_flag=True,
        help="Take the run away from a process that has it and does not answer; that one cannot write any more.",
    )(command)
