"""What was entered before."""

import json
import multiprocessing
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.ui import history as module
from aura.ui.history import Browsing, History


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


def test_entries_last_and_those_of_this_workspace_come_first(path: Path) -> None:
    here, there = History("/here", path), History("/there", path)
    here.add("one")
    there.add("two")
    here.add("three")
    here.add("one")
    assert History("/here", path).entries == ["one", "three", "two"]
    assert History("/there", path).entries == ["two", "one", "three"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_entry_may_have_lines_and_any_letters(path: Path) -> None:
    text = 'first\nsecond "quoted" \u2028 gr\u00fc\u00df \ud800'
    History("/w", path).add(text)
    assert History("/w", path).entries == [text]


@pytest.mark.parametrize(
    "text", ["use sk-" + "x1" * 12, "curl https://me:hunter22@example.com", "token is from-the-env-1"]
)
def test_secrets_stay_in_memory(path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("MY_TOKEN", "from-the-env-1")
    history = History("/w", path)
    history.add(text)
    assert history.entries == [text]
    assert not path.exists()


def test_what_is_not_kept_or_is_empty_or_very_long_is_not_written(path: Path) -> None:
    history = History("/w", path)
    history.add("for now", keep=False)
    history.add("  \n")
    history.add("x" * module.LONGEST)
    assert len(history.entries) == 2
    assert not path.exists() or not path.read_bytes()


def test_lines_that_are_none_are_skipped(path: Path) -> None:
    path.write_bytes(b'{"text": "good", "workspace": "/w"}\nnonsense\n[1]\n{"text": 5}\n{"text": "cut')
    assert History("/w", path).entries == ["good"]


def test_the_older_half_goes_when_the_file_is_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 2_000)
    history = History("/w", path)
    for number in range(60):
        history.add(f"entry {number}")
        assert path.stat().st_size <= 2_000
    entries = History("/w", path).entries
    assert entries[0] == "entry 59"
    assert 5 < len(entries) < 60
    assert all(json.loads(line) for line in path.read_bytes().splitlines())


def test_a_file_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    history = History("/w", tmp_path / "missing" / "history.jsonl")
    history.add("one")
    assert history.entries == ["one"]


def test_a_link_is_not_followed(tmp_path: Path, path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("")
    path.symlink_to(target)
    History("/w", path).add("one")
    assert target.read_text() == ""


def add_many(path: Path, name: str) -> None:
    history = History("/w", path)
    for number in range(50):
        history.add(f"{name} {number}")


def test_many_may_write_at_once(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=add_many, args=(path, name)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(History("/w", path).entries) == sorted(
        f"{name} {number}" for name in "abc" for number in range(50)
    )


def test_a_search_prefers_newer_ones_that_are_as_good(path: Path) -> None:
    history = History("/w", path)
    for text in ("run the tests", "test it", "say nothing", "run all tests"):
        history.add(text)
    assert [one.text for one in history.find("tests")] == ["run all tests", "run the tests"]


@given(
    st.lists(st.text(alphabet="ab", min_size=1, max_size=3), max_size=8, unique=True),
    st.text("ab", max_size=2),
)
def test_a_walk_shows_what_begins_alike_and_comes_back(entries: list[str], typed: str) -> None:
    walk = Browsing(entries, typed)
    expected = [one for one in entries if one.startswith(typed) and one != typed]
    seen = []
    while walk.older():
        seen.append(walk.text)
    assert seen == expected
    back = []
    while walk.newer():
        back.append(walk.text)
    assert back == [*reversed([typed, *expected][:-1])] if expected else back == []
    assert walk.text == typed
