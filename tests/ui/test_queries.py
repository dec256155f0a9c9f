"""What faces may ask of the session's process."""

import json
from pathlib import Path

from aura.core import events as ev
from aura.core.limits import Limits
from aura.core.permissions import Mode
from aura.testing import call
from aura.ui.queries import read_last_runs
from tests.app.hosting import hosting


async def test_the_flight_is_described_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "Makefile").write_text("test:\n\ttrue\n", encoding="utf-8")
    flags = {
        "permissions.deny": ("Bash(git push:*)",),
        "permissions.protect": ("vendor",),
        "auto.max_steps": 9,
    }
    async with hosting(tmp_path, flags=flags, checks=("true",)) as stage:
        told = await stage.session.query("preflight")
        assert json.loads(json.dumps(told)) == told
        assert told["limits"] == {"steps": 9, "tokens": 0, "cost": 0.0, "seconds": 0.0}
        assert told["unattended"]["cost"] > 0
        assert (told["checks"], told["found_checks"]) == (["true"], ["make test"])
        assert str(tmp_path / "work") in told["may_do"]
        assert "Bash(git push:*)" in told["never"]
        assert "write vendor" in told["never"]
        assert told["last_runs"] == []
        stage.session.record(ev.LimitsSet(Limits(steps=3, cost=1.5)))
        stage.session.record(ev.ModeSwitched("plan", "human"))
        told = await stage.session.query("preflight")
        assert (told["limits"]["steps"], told["limits"]["cost"]) == (3, 1.5)
        assert told["may_do"] == "read and search; nothing is changed"


async def test_the_last_runs_are_those_in_auto_mode(tmp_path: Path) -> None:
    done = call("Done", summary="ok")
    async with hosting(tmp_path, "Hello.") as stage:
        await stage.session.submit("chat")
        await stage.rest()
    async with hosting(tmp_path, call("Hold"), done, auto=True, flags={"auto.enabled": True}) as stage:
        stage.held.let_go.set()
        await stage.session.submit("go")
        await stage.rest()
        assert read_last_runs(stage.session.opened.session.folder) == [], "this one does not count"
        await stage.session.opened.log.flush()
        (run,) = read_last_runs(stage.session.opened.session.folder.with_name("another"))
        assert run["steps"] == 2
        assert run["seconds"] > 0


async def test_the_status_is_that_of_the_session(tmp_path: Path) -> None:
    async with hosting(tmp_path, "Hello.", mode=Mode.PLAN) as stage:
        await stage.session.submit("hi")
        await stage.rest()
        status = await stage.session.query("status")
        assert json.loads(json.dumps(status)) == status
        assert (status["turn"], status["steps"], status["mode"], status["running"]) == (1, 1, "plan", False)
        assert status["limits"][0]["name"] == "steps"


async def test_usable_models_are_listed(tmp_path: Path) -> None:
    async with hosting(tmp_path) as stage:
        rows = await stage.session.query("models")
        assert all({"name", "window", "role", "source"} == set(row) for row in rows)
