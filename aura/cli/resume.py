"""What `aura resume` does: a finished run gives its result, any other goes on, in the background or here."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from aura.app.options import SessionOptions
from aura.app.orders import Sent
from aura.cli.given import find_workspace_of
from aura.cli.ordering import give, go_on, locate, tell
from aura.cli.sandboxed import read_sandbox
from aura.core.errors import ConfigError
from aura.core.events import Event, ToolJudged
from aura.core.run import Phase
from aura.core.text import clean
from aura.core.turn import Turn, fold
from aura.runs.orders import Wanted
from aura.runs.report import make_report, to_json
from aura.store.rows import read_events


def resume_given(given: Mapping[str, Any]) -> int:
    """Do what the command line asked for and return the exit code; raises `AuraError`."""
    if given["every"]:
        if given["run"]:
            raise ConfigError("--all takes no run: it takes up every one that should be going on.")
        from aura.cli.start import start_given

        return start_given({"resume_all": True, "goal": None, "cwd": ".", "quiet": given["quiet"]})
    if not given["run"]:
        raise ConfigError(
            "Which run is to go on? `aura runs` lists them; --all takes up all that should be going on."
        )
    folder = locate(given["run"])
    events = [recorded.event for recorded in read_events(folder)]
    turn = fold(events)
    if turn.run.phase is Phase.DONE and turn.run.name:
        return _print_result(turn, events, given["output"])
    text = " ".join(given["text"])
    wanted = Wanted("resume", text=text, model=_find_model(folder, given["model"]))
    sent = give(folder, wanted, take_over=bool(given["take_over"]))
    if given["foreground"]:
        return _drive_here(folder, sent, given)
    go_on(folder, sent)
    return 0


def _find_model(folder: Path, name: str | None) -> str:
    """The model that is asked for, checked before anything is ordered; empty when none is."""
    if not name:
        return ""
    from aura.app.build import find_model

    return find_model(find_workspace_of(folder), name)


def _print_result(turn: Turn, events: list[Event], output: str) -> int:
    report = make_report(turn, [event for event in events if isinstance(event, ToolJudged)])
    if output == "text":
        click.echo(clean(report.answer or turn.run.detail or "The run is done."))
    else:
        click.echo(json.dumps(to_json(report)))
    return 0


def _drive_here(folder: Path, sent: Sent, given: Mapping[str, Any]) -> int:
    """Drive it in this process, after what was ordered is written down."""
    from aura.ui.headless import HeadlessOptions, run_headless

    if sent.was_live:
        tell(folder, f"goes on in the process that has it; `aura attach {folder.name}` shows it.")
        return 0
    workspace = find_workspace_of(folder)
    flags = read_sandbox(given) | ({"model": given["model"]} if given["model"] else {})
    session = SessionOptions(
        workspace, resume=folder.name, sessions=folder.parent, flags=flags, unattended=True
    )
    return run_headless(HeadlessOptions(session, (), given["output"], "auto", bool(given["quiet"])))
