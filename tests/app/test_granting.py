"""A person grants a rule with a yes: the same passes from then on, and what hides behind it does not."""

from pathlib import Path

import pytest

from aura.core import events as ev
from aura.core.errors import AuraError
from aura.core.permissions import Allow, Deny
from aura.safety.grants import grants_file
from aura.testing import Act, call, reply
from tests.app.hosting import Hosting, hosting

FAKE = '#!/bin/sh\necho "it ran: $*"\n'


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pytest of our own comes first on the path."""
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "pytest").write_text(FAKE)
    (folder / "pytest").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def bash(*commands: str) -> Act:
    return reply("", *[call("Bash", command=command) for command in commands])


async def next_asked(desk: Hosting, number: int) -> ev.ApprovalAsked:
    await desk.until(lambda: len(desk.of(ev.ApprovalAsked)) >= number)
    asked = desk.of(ev.ApprovalAsked)[number - 1]
    assert isinstance(asked, ev.ApprovalAsked)
    return asked


def outcomes(desk: Hosting) -> list[tuple[str, str]]:
    return [(one.call.arguments["command"], one.outcome) for one in desk.of(ev.ToolFinished)]


async def test_for_a_session(tmp_path: Path) -> None:
    acts: tuple[Act, ...] = (
        bash("pytest -q", "pytest -x"),
        bash("pytest && rm -rf x"),
        bash("pytest tests"),
        "done",
    )
    async with hosting(tmp_path, *acts, mode=None) as desk:
        await desk.session.submit("go")
        first = await next_asked(desk, 1)
        assert first.rule == "Bash(pytest:*)"
        await desk.session.decide(first.id, Allow("human"), "session")
        second = await next_asked(desk, 2)
        assert second.call.arguments["command"] == "pytest && rm -rf x"
        assert second.rule == ""
        await desk.session.decide(second.id, Deny("a person said no", by="human"))
        await desk.rest()
        assert outcomes(desk) == [
            ("pytest -q", "ok"),
            ("pytest -x", "ok"),
            ("pytest && rm -rf x", "denied"),
            ("pytest tests", "ok"),
        ]
        assert len(desk.of(ev.ApprovalAsked)) == 2
        assert not grants_file(tmp_path / "work").exists()


async def test_for_a_project_it_holds_in_the_next_session_until_it_is_dropped(tmp_path: Path) -> None:
    async with hosting(tmp_path, bash("pytest -q"), "done", mode=None) as desk:
        await desk.session.submit("go")
        asked = await next_asked(desk, 1)
        await desk.session.decide(asked.id, Allow("human"), "project")
        await desk.rest()
    async with hosting(tmp_path, bash("pytest -q"), "done", bash("pytest -q"), "done", mode=None) as desk:
        await desk.session.submit("go")
        await desk.rest()
        assert outcomes(desk) == [("pytest -q", "ok")]
        assert desk.of(ev.ApprovalAsked) == []
        await desk.session.submit("/permissions")
        await desk.rest()
        assert "  1. allow Bash(pytest:*)   (granted for this project)" in desk.of(ev.CommandSaid)[-1].text
        await desk.session.submit("/permissions drop 1")
        await desk.rest()
        await desk.session.submit("again")
        asked = await next_asked(desk, 1)
        await desk.session.decide(asked.id, Deny("no", by="human"))
        await desk.rest()
        assert outcomes(desk)[-1] == ("pytest -q", "denied")


async def test_a_yes_without_a_scope_grants_nothing(tmp_path: Path) -> None:
    async with hosting(tmp_path, bash("pytest -q"), bash("pytest -q"), "done", mode=None) as desk:
        await desk.session.submit("go")
        for number in (1, 2):
            asked = await next_asked(desk, number)
            await desk.session.decide(asked.id, Allow("human"))
        await desk.rest()
        assert desk.session.opened.policy.grants.granted == ()


async def test_a_rule_that_cannot_be_kept_is_told_and_the_yes_holds(tmp_path: Path) -> None:
    async with hosting(tmp_path, bash("pytest -q"), "done", mode=None) as desk:
        (tmp_path / "home" / "state" / "grants").write_text("in the way")
        await desk.session.submit("go")
        asked = await next_asked(desk, 1)
        with pytest.raises(AuraError, match="cannot be written"):
            await desk.session.decide(asked.id, Allow("human"), "project")
        await desk.rest()
        assert outcomes(desk) == [("pytest -q", "ok")]
