"""What a session starts with, and what comes back on resume."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from aura.app.build import open_session
from aura.app.options import SessionOptions
from aura.config.schema import UNATTENDED_COST, UNATTENDED_SECONDS, UNATTENDED_TURNS
from aura.core import events as ev
from aura.core.errors import ConfigError
from aura.core.limits import Limits, StopReason
from aura.core.permissions import Mode
from aura.core.turn import Turn
from aura.testing import FakeModel, call


class Home:
    """A workspace, its sessions, and the user's settings."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.workspace = folder, folder / "work"
        self.workspace.mkdir()

    def set(self, **settings: Any) -> None:
        """Write the user's settings."""
        file = self.folder / "home" / "config" / "config.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(settings), encoding="utf-8")

    async def open(self, *before_closing: ev.Event, **options: Any) -> Turn:
        """Open a session with a turn that is done at once, record something, close it; how it stood."""
        given: dict[str, Any] = {"sessions": self.folder / "s", "trusted": False}
        given["model"] = FakeModel(call("Done", summary="ok"))
        opened = await open_session(SessionOptions(self.workspace, **{**given, **options}))
        try:
            turn = opened.session.turn
            if not turn.number:
                async for _ in opened.session.prompt("hello"):
                    pass
            for event in before_closing:
                opened.session.record(event)
        finally:
            await opened.close()
        return turn

    async def resume(self, **options: Any) -> Turn:
        """How the newest session stands when it is opened again."""
        return await self.open(latest=True, **options)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty one."""
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    return Home(tmp_path)


AUTO: dict[str, Any] = {"flags": {"auto.enabled": True}, "unattended": True}
DEFAULTS = Limits(cost=UNATTENDED_COST, seconds=UNATTENDED_SECONDS, turns=UNATTENDED_TURNS)


async def test_chat_starts_with_nothing_switched_on(home: Home) -> None:
    turn = await home.open()
    assert (turn.auto, turn.switches.done_required, turn.switches.mode) == (False, False, Mode.ASK)
    assert turn.limits == Limits()


async def test_unattended_runs_have_limits_and_need_done(home: Home) -> None:
    turn = await home.open(**AUTO)
    assert (turn.auto, turn.switches.done_required) == (True, True)
    assert turn.limits == DEFAULTS


async def test_auto_from_the_environment_and_from_a_file_is_unattended_too(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_AUTO", "1")
    assert (await home.open()).limits == DEFAULTS
    monkeypatch.delenv("AURA_AUTO")
    home.set(auto={"enabled": True, "max_cost": 0.0, "checks": ["true"]})
    turn = await home.open()
    assert (turn.auto, turn.limits.cost, turn.limits.seconds) == (True, 0.0, UNATTENDED_SECONDS)
    assert turn.switches.checks == ("true",)
    assert not (await home.open(flags={"auto.enabled": False})).auto


async def test_what_was_switched_comes_back(home: Home) -> None:
    switched = (
        ev.AutoSwitched(on=True, by="human"),
        ev.DoneSwitched(required=False, by="human"),
        ev.ModeSwitched("edit", "human"),
        ev.ChecksSet(("pytest -q",)),
        ev.LimitsSet(Limits(steps=7, cost=3.0), fresh=False),
    )
    await home.open(*switched)
    home.set(auto={"max_steps": 99, "checks": ["other"]}, permissions={"mode": "plan"})
    turn = await home.resume()
    assert (turn.auto, turn.switches.done_required, turn.switches.mode) == (True, False, Mode.EDIT)
    assert turn.switches.checks == ("pytest -q",)
    assert turn.limits == Limits(steps=7, cost=3.0)
    assert turn.stop is StopReason.DONE


async def test_what_is_given_for_this_start_wins_and_the_rest_stays(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    await home.open(ev.LimitsSet(Limits(steps=7, cost=3.0, tokens=500)), **AUTO)
    monkeypatch.setenv("AURA_MAX_STEPS", "11")
    turn = await home.resume(flags={"auto.max_cost": 20.0}, mode=Mode.PLAN, checks=("true",))
    assert turn.limits == Limits(steps=11, cost=20.0, tokens=500)
    assert (turn.auto, turn.switches.mode, turn.switches.checks) == (True, Mode.PLAN, ("true",))
    turn = await home.resume(flags={"auto.require_done": False, "auto.checks": ("false",)})
    assert not turn.switches.done_required
    assert turn.switches.checks == ("false",)
    assert turn.switches.mode is Mode.PLAN


async def test_more_is_granted_without_forgetting_what_was_spent(home: Home) -> None:
    before = await home.open(**AUTO)
    turn = await home.resume(flags={"auto.max_cost": 20.0})
    assert turn.spend.turns == turn.window.turns == before.number + 1


async def test_going_on_in_auto_brings_its_defaults_and_leaving_it_takes_them_away(home: Home) -> None:
    await home.open()
    turn = await home.resume(**AUTO)
    assert (turn.auto, turn.switches.done_required, turn.limits) == (True, True, DEFAULTS)
    turn = await home.resume(flags={"auto.enabled": False})
    assert (turn.auto, turn.switches.done_required, turn.limits) == (False, False, Limits())


async def test_yolo_is_never_saved(home: Home) -> None:
    assert (await home.open(mode=Mode.YOLO)).switches.mode is Mode.YOLO
    assert (await home.resume()).switches.mode is Mode.ASK
    assert (await home.resume(mode=Mode.YOLO)).switches.mode is Mode.YOLO


async def test_the_newest_session_is_one_in_which_something_was_said(home: Home) -> None:
    with pytest.raises(ConfigError, match="no session in this folder yet"):
        await home.resume()
    said = await home.open()
    empty = await open_session(
        SessionOptions(home.workspace, model=FakeModel(), sessions=home.folder / "s", trusted=False)
    )
    await empty.close()
    assert (await home.resume()).rest.session == said.rest.session


async def test_a_fork_goes_on_in_a_copy(home: Home) -> None:
    said = await home.open()
    forked = await home.resume(fork=True)
    assert forked.rest.session != said.rest.session
    assert forked.number == 1
    with pytest.raises(ConfigError, match="--fork needs"):
        await home.open(fork=True)
