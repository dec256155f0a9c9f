"""Which sessions the table of runs reads."""

import time
from pathlib import Path

import pytest

from aura import __version__
from aura.app.pursuit import Wish, prepare
from aura.cli.runs import find_runs
from aura.config.paths import sessions_dir
from aura.core.events import SessionStarted, is_durable
from aura.core.limits import Limits
from aura.core.turn import fold
from aura.store.log import SessionLog


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))


def test_a_session_without_a_run_is_read_again_only_when_it_was_written_to(tmp_path: Path) -> None:
    first = SessionStarted("one", str(tmp_path), __version__)
    folder = sessions_dir(tmp_path) / "one"
    SessionLog.create(folder, first, time.time()).close()
    without: dict[Path, float] = {}
    assert list(find_runs(None, without=without)) == []
    assert list(without) == [folder]
    assert list(find_runs(None, without=without)) == []

    log = SessionLog.open(folder, write=True)
    for event in prepare(fold([first]), Wish("do it", Limits()), time.time()):
        assert is_durable(event)
        log.append(event, time.time())
    log.close()
    assert [found.run.goal for _, found in find_runs(None, without=without)] == ["do it"]


def test_what_has_no_run_is_not_read_twice(tmp_path: Path) -> None:
    folder = sessions_dir(tmp_path) / "one"
    SessionLog.create(folder, SessionStarted("one", str(tmp_path), __version__), time.time()).close()
    without: dict[Path, float] = {}
    assert list(find_runs(None, without=without)) == []
    (folder / "summary.json").unlink()
    assert list(find_runs(None, without=without)) == []
    assert not (folder / "summary.json").exists()
