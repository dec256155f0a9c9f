"""aura logs: what a run did, event by event, also while it goes on."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aura.core.events import Event
    from aura.store.rows import Row
    from aura.ui.log_lines import LogLine

NOBODY = "aura: no process works on it now; what comes is shown, Ctrl+C ends"


@click.command("logs")
@click.argument("run", metavar="RUN")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until the run rests.")
@click.option(
    "--level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    help="The least important that is shown.",
)
@click.option("--since", metavar="TIME", default="", help="Only what is not older (90s, 10m, 2h, 1d).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def command(*, run: str, follow: bool, level: str, since: str, as_json: bool) -> int:
    """Show one line for each event: time, level, step, what happened.

    RUN is the beginning of the name of a session, wherever it was begun, or `last`. Steps are model calls, counted
    over the whole session. Keys and passwords that are known here are hidden. Nothing is held: another process may
    write the log meanwhile.
    """
    from aura.app.found_runs import find_run
    from aura.core.durations import read_duration

    folder = find_run(run)
    earliest = time.time() - read_duration(since) if since else 0.0
    lines = Lines(level, earliest)
    rows = _follow(folder, lines) if follow else _read(folder)
    return _print(lines.tell(rows), as_json=as_json, at_once=follow)


class Lines:
    """Makes lines of rows, and keeps up whether the run (or the turn of a session without one) came to rest."""

    def __init__(self, level: str, earliest: float) -> None:
        self._level = level
        self._earliest = earliest
        self._step = 0
        self._is_active = self._in_turn = self.has_begun = False

    def tell(self, rows: "Iterator[Row]") -> "Iterator[LogLine]":
        """The lines of the events that are wanted."""
        from aura.core.events import Recorded
        from aura.store.codec import decode
        from aura.ui.log_lines import QUIET, is_at_least, tell_event

        for row in rows:
            self._step += row.type == "step_started"
            is_due = row.at >= self._earliest and (self._level == "debug" or row.type not in QUIET)
            if not is_due and row.type not in STANDING:
                continue
            event = decode(row.type, row.data)
            self._attend(event)
            line = tell_event(Recorded(row.seq, row.at, event), self._step)
            if row.at >= self._earliest and is_at_least(line.level, self._level):
                yield line

    def _attend(self, event: "Event") -> None:
        """Keep up whether the run goes on by itself, or a turn runs."""
        from aura.core import events as ev

        self.has_begun = self.has_begun or isinstance(event, ev.RunStarted | ev.TurnStarted)
        match event:
            case ev.RunStarted() | ev.RunOrdered(order="resume"):
                self._is_active = True
            case ev.Checkpointed(phase=phase):
                self._is_active = phase.is_active
            case ev.TurnStarted():
                self._in_turn = True
            case ev.TurnStopped():
                self._in_turn = False
            case _:
                pass

    @property
    def rests(self) -> bool:
        """Whether nothing goes on by itself any more."""
        return not (self._is_active or self._in_turn)


STANDING = frozenset({"run_started", "run_ordered", "turn_started", "checkpointed", "turn_stopped"})


def _read(folder: Path) -> "Iterator[Row]":
    from aura.store.rows import read_rows

    return read_rows(folder)


def _follow(folder: Path, lines: Lines) -> "Iterator[Row]":
    """Rows as they come, until the run rests; a session that a process has just opened is waited for."""
    from aura.cli.logged import find_now
    from aura.store.following import follow_rows

    is_warned = False
    for row in follow_rows(folder):
        if row is not None:
            yield row
        elif lines.rests and (lines.has_begun or find_now(folder) is None):
            return
        elif not is_warned and find_now(folder) is None:
            is_warned = True
            click.echo(NOBODY, err=True)


def _print(lines: "Iterator[LogLine]", *, as_json: bool, at_once: bool) -> int:
    import sys

    from aura.cli.logged import choose_look, make_hiding, print_pieces
    from aura.ui.log_lines import render_line

    hide, look = make_hiding(), choose_look()
    roles = {"warning": look.style("warn"), "error": look.style("bad"), "debug": look.style("muted")}

    def render(line: "LogLine") -> str:
        if as_json:
            return f"{hide(json.dumps(_to_json(line)))}\n"
        text, style = hide(render_line(line)), roles.get(line.level)
        return f"{style.render(text) if style is not None and look.colour else text}\n"

    return print_pieces((render(line) for line in lines), at_once=at_once or sys.stdout.isatty())


def _to_json(line: "LogLine") -> dict[str, object]:
    import math

    return {
        "v": 1,
        "seq": line.seq,
        "at": line.at if math.isfinite(line.at) else None,
        "level": line.level,
        "step": line.step,
        "type": line.type,
        "what": line.what,
    }
