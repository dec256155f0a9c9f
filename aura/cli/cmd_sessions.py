"""`aura sessions`: what was said and done in this folder before."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aura.core.limits import name_cost
from aura.core.text import clean

if TYPE_CHECKING:
    from aura.store.index import Summary

WIDTHS = {"session": 12, "when": 16, "turns": 5, "cost": 9, "end": 12}


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "-C",
    "--cwd",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The workspace.",
)
@click.pass_context
def command(ctx: click.Context, *, as_json: bool, cwd: Path) -> None:
    """List the sessions of a folder; look at, copy or remove one. A live one can be joined: see `aura attach`.

    A session is named by the beginning (or the end) of its name, or by `last`.
    """
    from aura.config.paths import sessions_dir

    ctx.obj = (sessions_dir(cwd), as_json)
    if ctx.invoked_subcommand is None:
        _list(sessions_dir(cwd), as_json=as_json)


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(given: tuple[Path, bool], *, as_json: bool) -> None:
    """List the sessions, the last changed first."""
    _list(given[0], as_json=as_json or given[1])


@command.command()
@click.argument("session")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(given: tuple[Path, bool], *, session: str, as_json: bool) -> None:
    """Show one session: its turns, how they ended, what they cost."""
    from dataclasses import asdict

    from aura.app.found_runs import find_session
    from aura.app.sockets import is_live
    from aura.core.errors import StoreError
    from aura.store.index import list_turns, summarise

    folder = find_session(session, given[0])
    summary = summarise(folder)
    if as_json or given[1]:
        click.echo(json.dumps(asdict(summary), indent=1))
        return
    if summary.problem:
        raise StoreError(summary.problem)
    click.echo(clean(f"session   {summary.id}"))
    click.echo(clean(f"began     {_when(summary.started)}"))
    click.echo(clean(f"changed   {_when(summary.changed)}"))
    click.echo(clean(f"cost      {_price(summary)}"))
    click.echo(clean(f"events    {summary.events}"))
    if summary.parent:
        click.echo(f"copy of   {clean(summary.parent)}")
    if summary.holder:
        how = " (live: `aura attach` joins it)" if is_live(folder) else ""
        click.echo(clean(f"open in   {clean(summary.holder)}{how}"))
    for turn in list_turns(folder):
        end = turn.stop or "not ended"
        click.echo(
            clean(f"\n{turn.number}. ({_when(turn.started)}, event {turn.seq}, {end})\n{clean(turn.prompt)}")
        )


@command.command()
@click.argument("session")
@click.option("--upto", type=click.IntRange(1), metavar="EVENT", help="The last event that is copied (all).")
@click.pass_obj
def fork(given: tuple[Path, bool], *, session: str, upto: int | None) -> None:
    """Copy a session, or its beginning, into a new one; prints the new name."""
    from aura.app.found_runs import find_session
    from aura.safety.snapshots import copy_snapshots
    from aura.store.index import fork as copy
    from aura.store.index import make_id

    place = given[0]
    name = make_id(time.time())
    old = find_session(session, place)
    copy_snapshots(old, place / name, copy(old, place / name, upto))
    click.echo(clean(name))


@command.command()
@click.argument("session")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(given: tuple[Path, bool], *, session: str, yes: bool) -> None:
    """Delete a session for good."""
    from aura.app.found_runs import find_session
    from aura.core.text import shorten
    from aura.store.index import remove_session, summarise

    folder = find_session(session, given[0])
    if not yes:
        said = shorten(summarise(folder).prompt, 60) or "nothing was said in it"
        click.confirm(f"Delete session {folder.name} ({said}) for good?", abort=True)
    remove_session(folder)
    click.echo(clean(f"Session {folder.name} is deleted."))


@command.command()
@click.argument("session")
@click.pass_obj
def salvage(given: tuple[Path, bool], *, session: str) -> None:
    """Copy what can still be read of a damaged session into a new one."""
    from aura.app.found_runs import find_session
    from aura.store.index import make_id
    from aura.store.salvage import salvage as copy

    place = given[0]
    result = copy(find_session(session, place), place / make_id(time.time()))
    click.echo(clean(result.sentence))


def _list(place: Path, *, as_json: bool) -> None:
    from dataclasses import asdict
    from shutil import get_terminal_size

    from aura.core.text import shorten
    from aura.store.index import list_sessions

    found = list_sessions(place)
    if as_json:
        click.echo(json.dumps([asdict(summary) for summary in found], indent=1))
        return
    if not found:
        click.echo("There are no sessions in this folder yet.", err=True)
        return
    click.echo(clean("  ".join(f"{name:<{width}}" for name, width in WIDTHS.items()) + "  prompt"))
    room = max(20, get_terminal_size().columns - sum(WIDTHS.values()) - 2 * len(WIDTHS))
    for summary in found:
        state = _state(summary, place)
        cells = (summary.id, _when(summary.changed), str(summary.turns), _price(summary), state)
        line = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS.values(), strict=True))
        click.echo(clean(f"{line}  {shorten(summary.problem or summary.prompt, room)}"))


def _state(summary: "Summary", place: Path) -> str:
    """Where a session stands, in a word; one that is live can be attached to."""
    from aura.app.sockets import is_live

    if summary.problem:
        return "damaged"
    if summary.holder:
        return "live" if is_live(place / summary.id) else "open"
    return (summary.stop or "cut off") if summary.turns else "empty"


def _when(at: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
    except (ValueError, OverflowError, OSError):
        return "?"


def _price(summary: "Summary") -> str:
    return f"{name_cost(summary.cost)}{'+' if summary.unpriced else ''}"
