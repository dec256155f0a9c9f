"""Notes in a session: offered, listed with the system text, gone with the off switch, and a command for people."""

from pathlib import Path
from typing import Any

import pytest

from aura.core import events as ev
from aura.testing import call
from tests.app.hosting import Hosting, hosting

KEEP = call("MemoryWrite", scope="project", name="build", content="# Build <with> make\nmake all")
JOT = call("MemoryWrite", scope="scratchpad", name="found", content="The fault is in dates.py.")


def said(host: Hosting) -> list[str]:
    """What commands said, and what went wrong."""
    return [event.text for event in host.of(ev.CommandSaid, ev.NoticeShown)]


async def command(host: Hosting, line: str) -> str:
    """What one command said."""
    before = len(said(host))
    await host.session.submit(line)
    await host.until(lambda: len(said(host)) > before)
    await host.rest()
    return said(host)[-1]


async def test_notes_are_there_in_the_next_session_and_after_resume(tmp_path: Path) -> None:
    async with hosting(tmp_path, KEEP, JOT, "Kept.") as host:
        await host.session.submit("remember how to build")
        await host.until(lambda: bool(host.of(ev.TurnStopped)))
        assert "<notes>" not in host.model.requests[0].system
        name = host.session.id
    async with hosting(tmp_path, call("MemoryRead"), "I see.") as host:
        await host.session.submit("how to build?")
        await host.until(lambda: bool(host.of(ev.TurnStopped)))
        assert "\nproject/build: Build \u2039with\u203a make\n</notes>" in host.model.requests[0].system
        assert host.of(ev.ToolFinished)[0].result.content == "## project/build\n# Build <with> make\nmake all"
    async with hosting(tmp_path, "Yes.", resume=name) as host:
        await host.session.submit("go on")
        await host.until(lambda: bool(host.of(ev.TurnStopped)))
        assert "scratchpad/found: The fault is in dates.py.\n" in host.model.requests[0].system


async def test_switched_off_there_is_nothing_of_it(tmp_path: Path) -> None:
    flags = {"tools.disabled": ("MemoryRead", "MemoryWrite")}
    async with hosting(tmp_path, KEEP, "Kept.") as host:
        await host.session.submit("remember how to build")
        await host.until(lambda: bool(host.of(ev.TurnStopped)))
    async with hosting(tmp_path, "No.", flags=flags) as host:
        await host.session.submit("how to build?")
        await host.until(lambda: bool(host.of(ev.TurnStopped)))
        request = host.model.requests[0]
        assert "<notes>" not in request.system
        assert not [tool.name for tool in request.tools if tool.name.startswith("Memory")]


async def test_people_see_and_delete_them(tmp_path: Path) -> None:
    async with hosting(tmp_path, KEEP, JOT, "Kept.") as host:
        assert (
            await command(host, "/memory") == "There are no notes yet; the model keeps them with MemoryWrite."
        )
        await host.session.submit("remember how to build")
        await host.until(lambda: bool(host.of(ev.TurnStopped)) and not host.session.is_running)
        assert await command(host, "/memory") == (
            "project/build  29 bytes  Build <with> make\nscratchpad/found  26 bytes  The fault is in dates.py."
        )
        assert await command(host, "/memory show build") == "# Build <with> make\nmake all"
        assert await command(host, "/memory delete project/build") == "The note build is deleted."
        assert await command(host, "/memory list") == "scratchpad/found  26 bytes  The fault is in dates.py."


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/memory show nothing", "There is no note 'nothing'; /memory lists them."),
        ("/memory delete ../x", "There is no note '../x'; /memory lists them."),
        ("/memory dance", "Usage: /memory [show SCOPE/NAME | delete SCOPE/NAME]"),
    ],
)
async def test_what_makes_no_sense_is_said(tmp_path: Path, line: str, why: str) -> None:
    async with hosting(tmp_path) as host:
        assert await command(host, line) == why


async def test_a_name_in_two_scopes_has_to_be_given_with_its_scope(tmp_path: Path) -> None:
    other: Any = call("MemoryWrite", scope="user", name="build", content="x")
    async with hosting(tmp_path, KEEP, other, "Kept.") as host:
        await host.session.submit("remember how to build")
        await host.until(lambda: bool(host.of(ev.TurnStopped)) and not host.session.is_running)
        assert "is in several scopes: write project/build, user/build" in await command(
            host, "/memory show build"
        )
