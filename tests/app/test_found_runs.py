"""A run is found by its name, its beginning or its end, in whatever workspace it was begun."""

import os
from pathlib import Path

import pytest

from aura.app.found_runs import find_run, find_session
from aura.core.errors import ConfigError
from aura.core.events import SessionStarted
from aura.store.faults import LOG_NAME
from aura.store.log import SessionLog


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the sessions of all workspaces lie."""
    monkeypatch.setenv("AURA_HOME", str(tmp_path))
    return tmp_path / "data" / "sessions"


def make(place: Path, workspace: str, name: str, changed: float = 1_000.0) -> Path:
    """The folder of a session with a log that was written to at `changed`."""
    folder = place / workspace / name
    folder.mkdir(parents=True)
    (folder / LOG_NAME).write_bytes(b"")
    os.utime(folder / LOG_NAME, (changed, changed))
    return folder


def test_a_run_is_found_in_any_workspace_by_its_name_its_beginning_and_its_end(place: Path) -> None:
    one, other = make(place, "a", "abcd1234xyz0"), make(place, "b", "abce5678xyz1")
    assert find_run("abcd1234xyz0") == one
    assert find_run("ABCE") == other
    assert find_run("xyz0") == one


def test_a_whole_name_wins_over_a_longer_one(place: Path) -> None:
    make(place, "a", "abcd1234")
    assert find_run("abc", None).name == "abcd1234"
    exact = make(place, "b", "abc")
    assert find_run("abc") == exact


def test_last_is_the_one_that_was_written_to_last_also_by_its_write_ahead_log(place: Path) -> None:
    older = make(place, "a", "older", 1_000)
    newer = make(place, "b", "newer", 2_000)
    assert find_run("last") == newer
    wal = older / f"{LOG_NAME}-wal"
    wal.write_bytes(b"")  # as somebody leaves it who reads
    os.utime(wal, (3_000, 3_000))
    assert find_run("last") == newer
    wal.write_bytes(b"written")
    os.utime(wal, (3_000, 3_000))
    assert find_run("last") == older
    assert find_run("last", place / "b") == newer


def test_a_log_that_was_opened_and_not_written_to_is_not_the_last(place: Path) -> None:
    folders = []
    for name, at in (("older", 1_000.0), ("newer", 2_000.0)):
        log = SessionLog.create(place / "a" / name, SessionStarted(name, "/w", "0"), at)
        log.close()
        folders.append(log.folder)
    older, newer = folders
    for folder, at in ((newer, 2_000), (older, 3_000)):  # an order that was refused touches the log
        os.utime(folder / LOG_NAME, (at, at))
    assert find_run("last") == newer


def test_what_fits_several_is_listed_unless_one_of_them_is_here(place: Path) -> None:
    here = make(place, "a", "abcd1")
    make(place, "b", "abcd2")
    with pytest.raises(ConfigError, match=r"2 sessions are called 'abc': abcd1, abcd2\. Give more"):
        find_run("abc")
    assert find_run("abc", place / "a") == here


def test_what_is_unknown_is_told_with_what_is_near(place: Path) -> None:
    with pytest.raises(ConfigError, match="nothing was run here yet"):
        find_run("abc")
    make(place, "a", "abcd1234xyz0")
    (place / "a" / "no-log").mkdir()
    (place / "a" / ".hidden.removed").mkdir()
    with pytest.raises(ConfigError, match="near are abcd1234xyz0"):
        find_run("abcx1234xyz0")
    with pytest.raises(ConfigError, match="`aura runs` lists"):
        find_run("qqqq")
    for name in ("", "no-log", ".hidden", "../a", "\x1b[2J"):
        with pytest.raises(ConfigError) as caught:
            find_run(name)
        assert "\x1b" not in str(caught.value)


def test_a_session_of_one_workspace_is_found_as_any_and_one_of_another_is_told_where_it_is(
    place: Path,
) -> None:
    one = make(place, "a", "aaa111")
    make(place, "a", "aab222", 900.0)
    log = SessionLog.create(place / "b" / "ccc333", SessionStarted("ccc333", "/src/relay", "0"), 1_000.0)
    log.close()
    here = place / "a"
    for name in ("AAA", "111", "last", "aaa111"):
        assert find_session(name, here) == one
    with pytest.raises(ConfigError, match=r"2 sessions are called 'aa': aaa111, aab222"):
        find_session("aa", here)
    with pytest.raises(
        ConfigError, match=r"ccc333 was begun in /src/relay: go there, or use `aura attach ccc333`"
    ):
        find_session("ccc", here)
    for name in ("zzz", "", "..", "a/b", "222x"):
        with pytest.raises(ConfigError, match="There is no session"):
            find_session(name, here)
    with pytest.raises(ConfigError, match="There is no session"):
        find_session("last", place / "nowhere")
