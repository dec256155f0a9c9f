"""/resume: the list of older sessions."""

import shutil
from pathlib import Path

import pytest

from aura.config.paths import sessions_dir
from aura.core.limits import StopReason
from aura.core.todos import Todo
from aura.store.lease import Lease
from aura.ui.look import ASCII, Look
from aura.ui.sessions import read_name
from aura.ui.tui.docks.results import SessionChosen
from aura.ui.tui.docks.sessions import SessionsDock
from tests.ui.tui.docks.plain_stage import VIEWS, Shown, make_session, show


@pytest.fixture
def relay(tmp_path: Path) -> Path:
    """A workspace with three sessions, the newest first: docs, queue, imports."""
    folder = tmp_path / "relay"
    folder.mkdir()
    make_session(folder, "the import fails", ago=5000, stop=StopReason.PROVIDER, cost=None)
    todos = (Todo("1", "find it", "completed"), Todo("2", "guard it", "in_progress"))
    make_session(folder, "fix the flaky queue", ago=500, reply="A lock closes the window.", todos=todos)
    make_session(folder, "write the docs\x1b[2J", ago=50, stop=StopReason.MAX_COST, cost=2.0)
    return folder


async def loaded(it: Shown, count: int = 3) -> SessionsDock:
    dock = it.app.widget
    assert isinstance(dock, SessionsDock)
    await it.until(lambda: len(dock.all) == count, f"{count} sessions")
    await it.pilot.pause()
    return dock


@pytest.mark.parametrize(("size", "look"), VIEWS)
async def test_sessions_stand_with_sign_and_word(relay: Path, size: tuple[int, int], look: Look) -> None:
    async with show(SessionsDock(relay), size=size, look=look) as it:
        await loaded(it)
        lines = [line for line in it.lines if "paused: cost" in line]
        assert len(lines) == 1 and look.signs.paused in lines[0] and "write the" in lines[0]
        assert f"{look.signs.failed} provider" in it.text and f"{look.signs.ok} done" in it.text
        assert all(len(line) <= size[0] for line in it.lines)
        assert look.colour or it.colours == set()
        assert look.signs != ASCII or it.text.isascii()


async def test_the_preview_tells_what_was_said_last_and_the_todos(relay: Path) -> None:
    async with show(SessionsDock(relay)) as it:
        await loaded(it)
        await it.press("down")
        await it.until(lambda: "A lock closes the window." in it.text, "the preview")
        assert "todo 1/2" in it.text and "guard it" in it.text


async def test_enter_opens_and_b_branches(relay: Path) -> None:
    async with show(SessionsDock(relay)) as it:
        dock = await loaded(it)
        await it.type("queue")
        await it.press("enter")
        row = dock.list.current
        assert row is not None
        assert it.app.results == [SessionChosen(Path(row.key).name, str(relay))]
    async with show(SessionsDock(relay)) as it:
        dock = await loaded(it)
        await it.press("b", "enter")
        assert it.app.results == [SessionChosen(Path(dock.all[0].key).name, str(relay), fork=True)]


async def test_the_session_that_is_open_here_is_marked_and_only_closes_the_list(relay: Path) -> None:
    newest = make_session(relay, "what I do now", ago=1)
    async with show(SessionsDock(relay, newest)) as it:
        await loaded(it, 4)
        assert "here" in it.text
        await it.press("x", "enter")
        assert "not deleted" in it.text
        await it.press("enter")
        assert it.app.results == [None]


async def test_delete_asks_and_a_live_one_stays(relay: Path) -> None:
    async with show(SessionsDock(relay)) as it:
        dock = await loaded(it)
        folder = Path(dock.all[0].key)
        await it.press("x", "escape")
        assert folder.exists()
        lease = Lease.acquire(Path(dock.all[1].key))
        await it.press("x", "enter")
        dock = await loaded(it, 2)
        assert not folder.exists() and "write the docs" not in it.text
        assert " open " in it.text  # it is held by somebody, and no engine serves it
        await it.press("x", "enter")
        assert "not deleted" in it.text and len(dock.all) == 2
        lease.release()


async def test_a_session_gets_a_name_that_stays(relay: Path) -> None:
    async with show(SessionsDock(relay)) as it:
        dock = await loaded(it)
        await it.press("R")
        await it.type("big b x")
        await it.press("enter")
        await it.until(lambda: any("big b x" in line for line in it.lines), "the name")
        assert read_name(Path(dock.all[0].key)) == "big b x"
        await it.press("R", "escape", "escape")
        assert it.app.results == [None]


async def test_tab_shows_all_projects_and_opens_there(relay: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    name = make_session(site, "another place", ago=1)
    async with show(SessionsDock(relay)) as it:
        await loaded(it)
        await it.press("tab")
        dock = await loaded(it, 4)
        assert "all projects" in it.text and "site" in it.text
        await it.type("another")
        assert len(dock.list.rows) == 1
        await it.press("enter")
        assert it.app.results == [SessionChosen(name, str(site))]


async def test_a_session_whose_folder_is_gone_is_not_opened(relay: Path, tmp_path: Path) -> None:
    make_session(tmp_path / "gone", "another place", ago=1)
    async with show(SessionsDock(relay)) as it:
        await loaded(it)
        await it.press("tab")
        await loaded(it, 4)
        await it.press("home", "enter")
        assert "is gone" in it.text and it.app.results == []


async def test_a_damaged_session_says_so_and_opens_not(relay: Path) -> None:
    name = make_session(relay, "broken", ago=1)
    (sessions_dir(relay) / name / "log.sqlite").write_bytes(b"x" * 5000)
    async with show(SessionsDock(relay)) as it:
        await loaded(it, 4)
        await it.type("damaged")
        await it.press("enter")
        assert it.app.results == [] and "✗ damaged" in it.text


async def test_without_sessions_it_says_so(tmp_path: Path) -> None:
    async with show(SessionsDock(tmp_path)) as it:
        await it.until(lambda: "There are no sessions yet." in it.text, "the sentence")
        await it.press("enter", "x", "b", "escape")
        assert it.app.results == [None]


async def test_a_session_that_vanishes_meanwhile_is_told(relay: Path) -> None:
    async with show(SessionsDock(relay)) as it:
        dock = await loaded(it)
        shutil.rmtree(dock.all[0].key)
        await it.press("x", "enter")
        await loaded(it, 2)
        assert "Tab all" not in it.text  # a sentence stands in the place of the keys
