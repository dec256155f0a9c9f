"""What stands in the place of the conversation while there is none."""

from dataclasses import replace
from pathlib import Path

import pytest

from aura.core.facts import Facts
from aura.core.limits import StopReason
from aura.core.turn import Turn
from aura.safety.sandbox import NoSandbox, name_level
from aura.ui.look import ASCII, Look
from aura.ui.sessions import find_sessions
from aura.ui.tui.snapshot import Snapshot
from aura.ui.tui.welcome import Welcome, tell_place
from tests.ui.tui.docks.plain_stage import SIZES, VIEWS, make_session, show

NOTICE = (
    "This folder is not trusted: its settings only tighten, its plugins are not loaded. See `aura trust`."
)


def snapshot(workspace: Path, **values: object) -> Snapshot:
    facts = Facts(
        "now", str(workspace), model="anthropic/claude-sonnet-5-5", sandbox="sandbox bubblewrap (partly)"
    )
    return Snapshot(replace(facts, **values), Turn(), "idle", branch="main ±2")  # type: ignore[arg-type]


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(("size", "look"), VIEWS)
async def test_it_says_where_what_and_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], look: Look
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-0123456789abcdef")
    (tmp_path / ".aura").mkdir()
    make_session(tmp_path, "the first", ago=9000, stop=StopReason.MAX_COST)
    make_session(tmp_path, "the second", ago=900)
    make_session(tmp_path, "the third\x1b[2J of them", ago=90, cost=2.5)
    welcome = Welcome()
    async with show(welcome, size=size, look=look) as it:
        welcome.show(snapshot(tmp_path, trusted=False, notices=(NOTICE,)))
        await it.until(lambda: "the third" in it.text and "key from" in it.text, "what was looked up")
        said = flat(it.text)
        for words in (
            "anthropic/claude-sonnet-5-5",
            "permission ask",
            "auto off",
            "sandbox bubblewrap (partly)",
        ):
            assert words in said
        assert "not trusted" in said and "/trust" in said
        assert "the second" in said and "the first" not in said
        assert it.text.index("the third") < it.text.index("the second")
        assert "done" in said and "$2.50" in said
        assert "0123456789" not in said
        assert len(it.text.rstrip().splitlines()) <= size[1] - 4  # prompt and status line stand below it
        assert look.colour or it.colours == set()
        assert look.signs != ASCII or it.text.isascii()


@pytest.mark.parametrize("size", SIZES)
async def test_at_first_it_is_short(tmp_path: Path, size: tuple[int, int]) -> None:
    welcome = Welcome()
    async with show(welcome, size=size) as it:
        facts = Facts("", str(tmp_path))
        welcome.show(Snapshot(facts, Turn()))
        await it.until(lambda: "opening the session" in it.text, "the beginning")
        assert len(it.text.rstrip().splitlines()) <= 8
        assert "make the tests pass and stop" in it.text
        assert welcome.newest == ""


async def test_auto_and_permission_follow_what_is_switched(tmp_path: Path) -> None:
    welcome = Welcome()
    async with show(welcome) as it:
        now = snapshot(tmp_path)
        welcome.show(now)
        await it.until(lambda: "auto off" in flat(it.text), "auto off")
        switches = replace(now.turn.switches, auto=True)
        welcome.show(replace(now, turn=replace(now.turn, switches=switches)))
        await it.until(lambda: "auto on" in flat(it.text), "auto on")


async def test_a_missing_sandbox_is_flagged(tmp_path: Path) -> None:
    welcome = Welcome()
    async with show(welcome) as it:
        welcome.show(snapshot(tmp_path, sandbox=name_level(NoSandbox())))
        await it.until(lambda: "⚑ sandbox off" in it.text, "the flag")


async def test_what_shows_the_same_paints_nothing_anew(tmp_path: Path) -> None:
    painted: list[int] = []

    class Counting(Welcome):
        def _write(self, width: int) -> list:  # type: ignore[type-arg] # handed on as it is
            painted.append(width)
            return super()._write(width)

    welcome = Counting()
    async with show(welcome) as it:
        welcome.show(snapshot(tmp_path))
        await it.until(lambda: "permission" in it.text, "the first painting")
        await it.until_still()
        before = len(painted)
        for _ in range(20):
            welcome.show(replace(snapshot(tmp_path), costs=(1.0,), hint="a hint"))
            await it.pilot.pause()
        assert len(painted) == before


async def test_the_newest_is_offered_and_a_click_opens_one(tmp_path: Path) -> None:
    older = make_session(tmp_path, "the older one", ago=900)
    newer = make_session(tmp_path, "the newer one", ago=90)
    make_session(tmp_path, "what is open here", ago=9)
    here = find_sessions(tmp_path)[0].summary.id
    for size in SIZES:
        welcome = Welcome()
        async with show(welcome, size=size) as it:
            welcome.show(snapshot(tmp_path, session=here))
            await it.until(lambda: "the newer one" in it.text, "the sessions")
            assert welcome.newest == newer and "what is open here" not in it.text
            row = next(place for place, line in enumerate(it.lines) if "the older one" in line)
            await it.pilot.click(offset=(10, row))
            await it.pilot.pause()
            assert it.app.said == [older]
            await it.pilot.click(offset=(10, 1))
            await it.pilot.pause()
            assert it.app.said == [older]


async def test_sessions_that_are_given_are_not_looked_for(tmp_path: Path) -> None:
    make_session(tmp_path, "on the disk")
    welcome = Welcome()
    async with show(welcome) as it:
        welcome.show(snapshot(tmp_path), ())
        await it.until_still()
        assert welcome.newest == "" and "on the disk" not in it.text


async def test_many_and_long_notices_leave_room(tmp_path: Path) -> None:
    welcome = Welcome()
    async with show(welcome, size=(60, 24)) as it:
        welcome.show(snapshot(tmp_path, notices=tuple(f"{number} " + "word " * 30 for number in range(9))))
        await it.until(lambda: "2 word" in it.text, "the notices")
        assert "3 word" not in it.text and "make the tests pass" in it.text


def test_a_place_is_told_from_home(own_folders: Path) -> None:
    assert tell_place(str(own_folders / "src" / "relay")) == "~/src/relay"
    assert tell_place(str(own_folders)) == "~"
    assert tell_place("/srv/re\x1b[31mlay") == "/srv/relay"
