"""The table of `aura runs`."""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.cells import cell_len

from aura.app.found_runs import find_change, list_folders
from aura.cli.logged import choose_look
from aura.config.paths import sessions_dir
from aura.core.durations import show_duration
from aura.core.limits import name_cost, tell_amount
from aura.core.run import Phase
from aura.core.text import clean, shorten
from aura.store.index import Summary, summarise
from aura.ui.look import Look, Role
from aura.ui.run_words import ORDERED, SIGNS, tell_moment

MOST = 30
PAUSE = 1.0
WIDTHS = {"run": 12, "state": 15, "turn/step": 9, "took": 7, "cost": 15, "todos": 5}
NARROW = ("turn/step", "took", "todos")  # left out where there is little room
WIDE, NARROWEST = 100, 72  # columns; below the second what it cost is left out, too
LEAST = 6  # columns of a text
TAKEN_WITHIN = 30.0  # seconds in which a worker takes up what was resumed; later than that something is wrong


@dataclass(frozen=True, slots=True)
class State:
    """How a run stands for people: a word, the name of a sign, the role of its colour, what it waits for."""

    word: str
    sign: str
    role: Role
    waits: str = ""
    asked: tuple[str, ...] = ()  # the questions that are open, each with its name


def list_runs(workspace: Path | None, *, watch: bool, every: bool, as_json: bool) -> None:
    """Print the table, once or again and again."""
    place = sessions_dir(workspace) if workspace is not None else None
    if as_json:
        click.echo(
            json.dumps([_to_json(one, folder) for folder, one in find_runs(place, every=every)], indent=1)
        )
        return
    look = choose_look()
    without: dict[Path, float] = {}
    while True:
        found = list(find_runs(place, every=every, without=without))
        lines = list(render([one for _, one in found], time.time(), shutil.get_terminal_size().columns, look))
        if watch and sys.stdout.isatty():
            click.echo("\x1b[H\x1b[J", nl=False)
        click.echo("\n".join(lines))
        if not watch:
            return
        time.sleep(PAUSE)


def find_runs(
    place: Path | None, *, every: bool = False, without: dict[Path, float] | None = None
) -> Iterator[tuple[Path, Summary]]:
    """The sessions that have a run, the last changed first; only summaries are read.

    `without` remembers those that had none, and when they were written to: they are not read again until they are.
    """
    without = {} if without is None else without
    folders = (folder for folder in list_folders() if place is None or folder.parent == place)
    changes = {folder: find_change(folder) for folder in folders}
    count = 0
    for folder in sorted(changes, key=changes.__getitem__, reverse=True):
        if without.get(folder) == changes[folder]:
            continue
        summary = summarise(folder)
        if summary.run.phase:
            count += 1
            yield folder, summary
        else:
            without[folder] = changes[folder]
        if count == MOST and not every:
            return


def describe(summary: Summary, now: float) -> State:
    """How a run stands at a Unix time."""
    run, phase = summary.run, Phase(summary.run.phase)
    sign, role = SIGNS[phase]
    word, waits = phase.word, run.detail
    if run.questions and (phase.is_active or phase is Phase.NEEDS_INPUT):
        asked = tuple(f"{name} {text}" for name, text in run.questions.items())
        first, count = next(iter(run.questions.values())), len(asked)
        return State("asks", "hand", "warn", first if count == 1 else f"{count} questions", asked)
    if phase.is_active and run.order in ORDERED:
        return State(ORDERED[run.order], sign, role)
    if phase.is_active and run.wake > now:
        until = tell_moment(run.wake, now)
        return State("waiting" if phase is Phase.WAITING else word, sign, role, f"until {until} {run.detail}")
    if phase is Phase.RUNNING and not summary.holder:
        if run.order and now - summary.changed < TAKEN_WITHIN:
            return State(Phase.QUEUED.word, *SIGNS[Phase.QUEUED])
        return State("interrupted", "flag", "warn", f"no process has it: aura resume {summary.id}")
    return State(word, sign, role, "" if phase in (Phase.RUNNING, Phase.QUEUED) else waits)


def render(summaries: list[Summary], now: float, width: int, look: Look) -> Iterator[str]:
    """The lines of the table: one for each run, and one for each question that it asks."""
    if not summaries:
        yield "There are no runs yet; `aura start` and `aura run --auto` begin one."
        return
    left_out = () if width >= WIDE else NARROW if width >= NARROWEST else (*NARROW, "cost")
    names = [name for name in WIDTHS if name not in left_out]
    yield "  ".join(f"{name:<{WIDTHS[name]}}" for name in names) + "  goal"
    room = max(LEAST, width - sum(WIDTHS[name] for name in names) - 2 * len(names))
    for summary in summaries:
        state = describe(summary, now)
        yield _render_row(summary, state, names, room, look)
        for asked in state.asked:
            yield f"{'':<{WIDTHS['run']}}  {shorten(asked, max(LEAST, width - WIDTHS['run'] - 2))}"


def _render_row(summary: Summary, state: State, names: list[str], room: int, look: Look) -> str:
    run = summary.run
    cells = {
        "run": summary.id,
        "state": f"{getattr(look.signs, state.sign)} {state.word}",
        "turn/step": f"{run.turns}/{run.steps}",
        "took": show_duration(run.seconds),
        "cost": name_cost(run.cost) + (f" of {tell_amount('cost', run.limit)}" if run.limit else ""),
        "todos": f"{run.done}/{run.todos}" if run.todos else "",
    }
    parts = []
    for name in names:
        text = clean(cells[name])
        text += " " * (WIDTHS[name] - cell_len(text))
        style = look.style(state.role) if name == "state" and look.colour else None
        parts.append(style.render(text) if style is not None else text)
    dot = f" {look.signs.dot} "
    goal = shorten(run.goal, max(LEAST, room // 2) if state.waits else room)
    left = room - len(goal) - len(dot)
    waits = shorten(state.waits, left) if state.waits and left >= LEAST else ""
    return "  ".join((*parts, f"{clean(goal)}{dot if waits else ''}{clean(waits)}")).rstrip()


def _to_json(summary: Summary, folder: Path) -> dict[str, object]:
    state = describe(summary, time.time())
    return {
        "v": 1,
        "id": summary.id,
        "folder": str(folder),
        "state": state.word,
        "holder": summary.holder,
        "changed": summary.changed,
        **asdict(summary.run),
    }
