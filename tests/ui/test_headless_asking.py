"""Whom a headless run asks: a question that stays open is told, nobody there is refused before anything is spent."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aura.app.options import SessionOptions
from aura.core.errors import ConfigError
from aura.core.events import QuestionAnswered
from aura.core.permissions import Mode
from aura.store.rows import read_events
from aura.testing import FakeModel, call
from aura.ui.headless import HeadlessOptions, run_headless

ASK = call("Ask", question="Which region?", kind="choice", options=["north", "south"])
NEEDS = call("Done", summary="Only the region is missing.", status="needs_input")


def options(folder: Path, *acts: Any, **more: Any) -> HeadlessOptions:
    """A run in auto mode by a model that plays these acts; nobody is at a terminal."""
    workspace = folder / "work"
    workspace.mkdir(exist_ok=True)
    session = SessionOptions(
        workspace,
        model=FakeModel(*acts),
        sessions=folder / "sessions",
        flags={"auto.enabled": True, **more.pop("flags", {})},
        unattended=True,
        trusted=False,
    )
    return HeadlessOptions(session, ("set the region up",), **more)


def name_session(folder: Path) -> str:
    """The only session there is."""
    (one,) = [place.name for place in (folder / "sessions").iterdir() if place.is_dir()]
    return one


def test_a_question_that_stays_open_says_how_it_is_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_headless(options(tmp_path, ASK, NEEDS)) == 4
    name, said = name_session(tmp_path), capsys.readouterr().err
    assert f"aura: Which region? (1 north, 2 south) · answer: aura answer {name} TEXT" in said
    assert "Open question: Which region?" in said


def test_switched_off_nobody_is_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = call("Done", summary="I took north.")
    assert run_headless(options(tmp_path, ASK, done, ask="off", flags={"runs.ask": "nobody"})) == 0
    assert "aura answer" not in capsys.readouterr().err
    events = read_events(tmp_path / "sessions" / name_session(tmp_path))
    answered = [one.event for one in events if isinstance(one.event, QuestionAnswered)]
    assert [(one.by, one.answer.answered) for one in answered] == [("nobody", False)]


def test_a_run_that_goes_on_without_auto_mode_needs_somebody_to_ask(tmp_path: Path) -> None:
    assert run_headless(options(tmp_path, ASK, NEEDS)) == 4
    again = options(tmp_path, call("Done", summary="North."))
    model = again.session.model
    assert isinstance(model, FakeModel)
    alone = replace(
        again.session,
        resume=name_session(tmp_path),
        flags={"auto.enabled": False},
        auto=False,
        mode=Mode.ASK,
        unattended=False,
    )
    with pytest.raises(ConfigError, match="nobody is there to ask"):
        run_headless(replace(again, session=alone, prompts=()))
    with pytest.raises(ConfigError, match="nobody is there to ask"):
        run_headless(replace(again, session=alone, prompts=("go on",)))
    assert not model.requests


def test_asking_at_a_terminal_needs_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--ask stdin needs a terminal"):
        run_headless(options(tmp_path, ASK, NEEDS, ask="stdin"))
