"""The files of a workspace: listed as git and ripgrep know them, found by a few letters."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.ui import files as module
from aura.ui.files import Files, Search, find_ripgrep, go_inside, list_files, make_listing
from aura.ui.fuzzy import match

NAMES = st.text(alphabet="abAB_.", min_size=1, max_size=6).filter(lambda name: name.strip(".") != "")
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=3).map("/".join), max_size=12, unique=True)


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "src/queue.py",
        "src/relay.py",
        "tests/test_queue.py",
        "notes of mine.md",
        "build/out.o",
        ".env.sample",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / ".gitignore").write_text("build/\n")
    return tmp_path


KNOWN = {
    ".env.sample",
    ".gitignore",
    "notes of mine.md",
    "src/queue.py",
    "src/relay.py",
    "tests/test_queue.py",
}


def test_git_lists_tracked_and_new_files_but_none_that_are_ignored(tree: Path) -> None:
    git(tree, "init", "-q")
    git(tree, "add", "src")
    git(tree, "commit", "-qm", "one")
    early: list[list[str]] = []
    assert set(list_files(tree, lambda files: early.append([*files]))) == KNOWN
    assert early == [["src/queue.py", "src/relay.py"]]


def test_a_folder_of_a_repository_is_listed_by_itself(tree: Path) -> None:
    git(tree, "init", "-q")
    git(tree, "add", ".")
    assert set(list_files(tree / "src")) == {"queue.py", "relay.py"}


def test_git_settings_of_the_repository_run_nothing(tree: Path) -> None:
    git(tree, "init", "-q")
    trap = tree / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tree}/sprung\n")
    trap.chmod(0o755)
    git(tree, "config", "core.fsmonitor", str(trap))
    assert "src/queue.py" in list_files(tree)
    assert not (tree / "sprung").exists()


def test_git_variables_of_the_environment_do_not_lead_elsewhere(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "-q")
    git(tree, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert set(list_files(tree)) == KNOWN


@pytest.mark.skipif(not find_ripgrep(), reason="ripgrep is not there")
def test_without_a_repository_ripgrep_lists(tree: Path) -> None:
    (tree / ".ignore").write_text("build/\n")
    assert set(list_files(tree)) == KNOWN | {".ignore"}


def test_without_either_the_folders_are_walked(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_ripgrep", lambda: "")
    (tree / "node_modules" / "x.js").parent.mkdir()
    (tree / "node_modules" / "x.js").write_text("x")
    assert set(list_files(tree)) == KNOWN | {"build/out.o"}


def test_names_that_a_terminal_would_obey_are_left_out(tree: Path) -> None:
    git(tree, "init", "-q")
    (tree / "bad\x1b[31m.py").write_text("x")
    (tree / "two\nlines.py").write_text("x")
    (tree / "turned\u202egnp.py").write_text("x")
    Path(os.fsdecode(os.fsencode(str(tree)) + b"/\xff.py")).write_text("x")
    (tree / "gr\u00fc\u00df.py").write_text("x")
    assert set(list_files(tree)) == KNOWN | {"gr\u00fc\u00df.py"}


def test_there_is_an_end_to_it(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    git(tree, "init", "-q")
    assert len(list_files(tree)) == 3


def test_folders_are_part_of_the_listing() -> None:
    listing = make_listing(["a/b/c.py", "a/d.py", "e.py"])
    assert set(listing.paths) == {"a/", "a/b/", "a/b/c.py", "a/d.py", "e.py"}
    assert listing.top == ("a/", "e.py")


def test_names_come_before_folders_and_recent_ones_before_others() -> None:
    listing = make_listing(
        ["queue/one.py", "src/my_queue.py", "src/queue.py", "quite/ugly/eve.py", "zz/queue.rs"]
    )
    found = Search(listing, "queue", recent=["zz/queue.rs"]).run()
    assert found == [
        "zz/queue.rs",
        "queue/",
        "src/queue.py",
        "src/my_queue.py",
        "queue/one.py",
        "quite/ugly/eve.py",
    ]
    assert Search(listing, "src/q").run()[0] == "src/queue.py"


def test_without_a_query_the_recent_come_before_the_top() -> None:
    listing = make_listing(["b/x.py", "a.py"])
    assert Search(listing, "", recent=["b/x.py"]).run() == ["b/x.py", "a.py", "b/"]


@given(PATHS, st.text(alphabet="abAB_./", min_size=1, max_size=5))
def test_a_search_finds_what_matches_and_nothing_else(paths: list[str], query: str) -> None:
    listing = make_listing(paths)
    assert set(Search(listing, query, limit=100).run()) == {
        path for path in listing.paths if match(query, path) is not None
    }


@given(PATHS, st.text(alphabet="ab_/", min_size=1, max_size=5), st.integers(0, 5))
def test_going_on_from_a_wider_search_finds_the_same(paths: list[str], query: str, length: int) -> None:
    listing = make_listing(paths)
    wider = Search(listing, query[:length])
    wider.run()
    narrower = Search(listing, query)
    for _ in narrower.steps(wider):
        pass
    assert narrower.paths == Search(listing, query).run()


def test_a_search_of_many_files_gives_way_often() -> None:
    listing = make_listing(f"folder{number % 97}/file_{number}.py" for number in range(20_000))
    assert sum(1 for _ in Search(listing, "file").steps()) >= len(listing.paths) // module.SLICE


def test_files_are_loaded_once_and_told_early(tree: Path) -> None:
    git(tree, "init", "-q")
    git(tree, "add", ".")
    known = Files(tree)
    told: list[int] = []
    before = known.is_fresh
    known.load(lambda: told.append(len(known.listing.paths)))
    assert (before, known.is_fresh) == (False, True)
    assert len(told) == 1 and told[0] > 0
    assert known.search("relay").run() == ["src/relay.py"]
    assert known.exists("src/relay.py") and not known.exists("src/gone.py")
    assert known.near(str(tree / "src" / "a.py")) == "src/a.py"


@given(PATHS, st.text(alphabet="abAB_./", max_size=5))
def test_behind_a_folder_comes_what_is_in_it_direct_entries_first(paths: list[str], query: str) -> None:
    found = go_inside(query, Search(make_listing(paths), query, limit=100).run())
    inside = [path for path in found if path.lower().startswith(query.lower()) and len(path) > len(query)]
    if query.endswith("/") and inside:
        assert list(found) == inside
        depths = [path[len(query) :].rstrip("/").count("/") > 0 for path in found]
        assert depths == sorted(depths)
