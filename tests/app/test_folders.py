"""Which session is gone on with."""

from pathlib import Path

import pytest

from aura.app.folders import find_wanted
from aura.app.options import SessionOptions
from aura.app.pursuit import Wish, prepare
from aura.core.errors import ConfigError
from aura.core.events import SessionStarted, is_durable
from aura.core.limits import Limits
from aura.core.turn import Turn
from aura.store.log import SessionLog


def begin(root: Path, name: str, *goals: str) -> Path:
    """A session in which nothing was said yet, with a run if there is a goal."""
    log = SessionLog.create(root / name, SessionStarted(name, "/w", "0"), 1.0)
    for goal in goals:
        for event in prepare(Turn(), Wish(goal, Limits()), 2.0):
            if is_durable(event):
                log.append(event, 2.0)
    log.close()
    return root / name


def test_a_run_whose_process_died_before_its_first_turn_is_gone_on_with(tmp_path: Path) -> None:
    root = tmp_path / "sessions"
    begin(root, "empty")
    options = SessionOptions(tmp_path, latest=True, sessions=root)
    with pytest.raises(ConfigError, match="no session in this folder"):
        find_wanted(options)
    folder = begin(root, "begun", "make it work")
    assert find_wanted(options) == folder
