"""What `aura` shows when it is called without a command on a terminal."""

import importlib

import click

from aura import __version__


def show_start() -> None:
    """Print what this is, which model would answer, and what can be typed next."""
    click.echo(f"aura {__version__}, a coding assistant for the terminal that can be left alone with a job\n")
    ways = _describe_ways()
    if ways:
        click.echo(f"{ways}\n")
    rows = (
        ('aura run "…"', "do one job and ask before anything risky"),
        ('aura run --auto "…"', "do it without being asked, within limits"),
        ("aura demo", "watch it finish a real job; needs no key"),
        ("aura doctor", "look for what is missing here"),
        ("aura --help", "everything else"),
    )
    for example, meaning in rows:
        click.echo(f"  {click.style(f'{example:<22}', bold=True)}{meaning}")


def _describe_ways() -> str:
    """Which model was found, or the ways to get one; empty when the catalogue cannot say."""
    try:
        describe = importlib.import_module("aura.models.catalog").describe_ways
    except (ImportError, AttributeError):
        return ""
    said = describe()
    return said if isinstance(said, str) else "\n".join(said)
