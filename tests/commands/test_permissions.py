"""/permissions: every rule in force, and the granted ones taken back."""

from pathlib import Path

import pytest

from aura.core import events as ev
from tests.app.hosting import Hosting, hosting


async def said(desk: Hosting, line: str) -> str:
    """What a command said, or the sentence with which it was refused."""
    before = len(desk.recorded)
    await desk.session.submit(line)
    await desk.rest()
    fresh = [one.event for one in desk.recorded[before:]]
    return "\n".join(one.text for one in fresh if isinstance(one, ev.CommandSaid | ev.NoticeShown))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))


async def test_the_rules_are_listed_in_the_order_in_which_they_are_asked(tmp_path: Path) -> None:
    flags = {
        "permissions.deny": ("Bash(git push:*)",),
        "permissions.ask": ("Edit(docs/**)",),
        "permissions.allow": ("Bash(ruff:*)", "Bash"),
    }
    async with hosting(tmp_path, flags=flags) as desk:
        grants = desk.session.opened.policy.grants
        grants.add("Bash(pytest:*)", "project")
        grants.add("Bash(make test)", "session")
        assert (await said(desk, "/permissions")).splitlines() == [
            "The permission mode is edit; rules are asked in this order:",
            "     deny  Bash(git push:*)   (settings)",
            "     ask   Edit(docs/**)   (settings)",
            "     allow Bash(ruff:*)   (settings)",
            "     allow Bash   (settings)",
            "  1. allow Bash(pytest:*)   (granted for this project)",
            "  2. allow Bash(make test)   (granted for this session)",
        ]


async def test_without_rules_the_mode_decides(tmp_path: Path) -> None:
    async with hosting(tmp_path) as desk:
        assert (await said(desk, "/permissions list")).endswith("none: the mode alone decides")


async def test_a_granted_rule_is_dropped_by_its_number(tmp_path: Path) -> None:
    async with hosting(tmp_path) as desk:
        grants = desk.session.opened.policy.grants
        grants.add("Bash(pytest:*)", "project")
        assert await said(desk, "/permissions drop 1") == (
            "No longer allowed without asking: Bash(pytest:*) (granted for this project)."
        )
        assert grants.granted == ()
        assert "There is no granted rule 1" in await said(desk, "/permissions drop 1")
        for line in (
            "/permissions drop",
            "/permissions drop one",
            "/permissions drop ²",
            "/permissions add Bash",
        ):
            assert "Usage: /permissions [drop NUMBER]" in await said(desk, line)
