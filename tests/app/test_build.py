"""The composition root: what an open session is made of, and what is left when it cannot be opened."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from aura.app.build import Opened
from aura.core import events as ev
from aura.core.errors import ConfigError, SessionLocked
from aura.core.permissions import Mode
from aura.core.tools import Effect
from aura.hookspecs import hookimpl
from aura.store.index import list_sessions
from aura.testing import FakeTool, call
from tests.app.hosting import Open, opening


class Offering:
    """A plugin that offers tools."""

    def __init__(self, *tools: FakeTool) -> None:
        self._tools = tools

    @hookimpl
    def register_tools(self) -> tuple[FakeTool, ...]:
        """The tools."""
        return self._tools


@pytest.fixture
async def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    """Opens sessions in one workspace, and closes them at the end."""
    async with opening(tmp_path, monkeypatch, Mode.PLAN) as start:
        yield start


def offered(opened: Opened) -> set[str]:
    """The names of the tools."""
    return set(opened.loop.dispatcher.tools)


async def test_the_built_in_tools_are_offered_but_those_that_are_disabled(start: Open) -> None:
    opened = await start(flags={"tools.disabled": ("Bash", "Nonsense")})
    assert {
        "Read",
        "Write",
        "Edit",
        "ApplyPatch",
        "Glob",
        "Grep",
        "TodoWrite",
        "Done",
        "Ask",
        "Recall",
    } <= offered(opened)
    assert "Bash" not in offered(opened)


async def test_a_tool_of_the_program_replaces_one_of_its_name(start: Open) -> None:
    mine, other = FakeTool("Read", Effect.READ), FakeTool("Weather", Effect.NONE)
    opened = await start(extra=(("program", Offering(mine, other)),))
    assert opened.loop.dispatcher.tools["Read"] is mine
    assert "Weather" in offered(opened)
    disabled = await start(extra=(("program", Offering(mine)),), flags={"tools.disabled": ("Read",)})
    assert "Read" not in offered(disabled)


async def test_tools_of_plugins_are_there_after_a_reload(start: Open, tmp_path: Path) -> None:
    opened = await start()
    before = offered(opened)
    folder = tmp_path / "home" / "config" / "plugins" / "weather"
    folder.mkdir(parents=True)
    (folder / "plugin.yaml").write_text("description: Offers a tool.\n", encoding="utf-8")
    (folder / "plugin.py").write_text(
        "from aura.api import hookimpl\n"
        "from aura.core.tools import Effect\n"
        "from aura.testing import FakeTool\n"
        "class Plugin:\n"
        "    @hookimpl\n"
        "    def register_tools(self):\n"
        "        return [FakeTool('Weather', Effect.NONE)]\n",
        encoding="utf-8",
    )
    assert "weather" in opened.reload_plugins()
    assert offered(opened) == before | {"Weather"}


async def test_a_folder_that_is_not_trusted_is_named_once(start: Open, tmp_path: Path) -> None:
    (tmp_path / "work" / ".aura").mkdir()
    assert any("not trusted" in notice for notice in (await start(trusted=None)).notices)
    assert not any("not trusted" in notice for notice in (await start(trusted=True)).notices)


async def test_the_log_lies_in_a_private_folder_of_its_own(start: Open, tmp_path: Path) -> None:
    opened = await start()
    folder = opened.session.folder
    assert folder == tmp_path / "s" / opened.session.id
    assert stat.S_IMODE((folder / "log.sqlite").stat().st_mode) == 0o600
    assert opened.model_name == "fake/model"
    assert opened.sandbox


async def test_a_session_has_one_writer_and_its_lock_goes_with_it(start: Open) -> None:
    first = await start()
    with pytest.raises(SessionLocked, match=str(os.getpid())):
        await start(resume=first.session.id)
    await first.close()
    assert (await start(resume=first.session.id)).session.id == first.session.id


async def test_what_is_wrong_in_the_settings_is_said_before_anything_is_made(
    start: Open, tmp_path: Path
) -> None:
    for wrong in (
        {"auto.max_stepz": 1},
        {"permissions.deny": ("Bash(",)},
        {"plugins.todo-reminder.interval": 0},
    ):
        with pytest.raises(ConfigError):
            await start(flags=wrong)
    assert [one for one in list_sessions(tmp_path / "s") if one.holder] == []


async def test_a_session_whose_wiring_fails_is_given_back(start: Open, tmp_path: Path) -> None:
    opened = await start()
    await opened.close()
    for _ in range(2):  # the second would be refused if the first had kept the lease
        with pytest.raises(ConfigError, match="Bash"):
            await start(resume=opened.session.id, flags={"permissions.deny": ("Bash(",)})
    assert (await start(resume=opened.session.id)).session.turn.number == 0


async def test_instructions_of_the_user_and_the_workspace_are_read_unless_switched_off(
    start: Open, tmp_path: Path
) -> None:
    (tmp_path / "work" / "AGENTS.md").write_text("Use tabs.", encoding="utf-8")
    config = tmp_path / "home" / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "AGENTS.md").write_text("Be brief.", encoding="utf-8")
    system = (await start(trusted=True)).loop.system
    assert "Use tabs." in system
    assert "Be brief." in system
    assert "Use tabs." not in (await start(flags={"context.agents_files": False})).loop.system


async def test_settings_reach_the_parts(start: Open, tmp_path: Path) -> None:
    settings = {"context": {"compact_at": 0.5}, "models": {"thinking": 2048}, "tools": {"disabled": ["Bash"]}}
    file = tmp_path / "home" / "config" / "config.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    opened = await start()
    assert (opened.loop.habits.compact_at, opened.session.turn.switches.thinking) == (0.5, 2048)
    assert "Bash" not in offered(opened)


async def test_conditions_see_the_session_and_run_commands(start: Open) -> None:
    opened = await start()
    assert await opened.holds("todo_empty") == (True, "")
    assert await opened.holds('not auto and bash:"echo seen; test -d ."') == (True, "seen\n")
    assert await opened.holds('auto and bash:"echo never"') == (False, "")
    with pytest.raises(ConfigError, match="no term"):
        await opened.holds("todo_emty")


async def test_compaction_can_be_asked_for(start: Open) -> None:
    opened = await start()
    assert not await opened.compact()


async def test_kill_ends_what_runs_and_leaves_the_log_to_be_resumed(start: Open, tmp_path: Path) -> None:
    opened = await start(
        call("Bash", command="echo begun; sleep 600"), "It was killed.", mode=Mode.AUTO, trusted=True
    )

    begun = asyncio.Event()

    async def run() -> None:
        async for one in opened.session.prompt("go"):
            if isinstance(one.event, ev.ToolOutputDelta) and "begun" in one.event.text:
                begun.set()

    task = asyncio.create_task(run())
    await begun.wait()
    opened.kill()
    await task
    assert opened.session.turn.counters.tool_errors == 1


async def test_events_reach_the_watchers_in_order(start: Open) -> None:
    opened = await start("Hello.")
    seen: list[ev.Recorded] = []
    opened.session.watchers.append(seen.append)
    async for _ in opened.session.prompt("hi"):
        pass
    durable = [one.seq for one in seen if one.seq]
    assert durable == list(range(durable[0], durable[0] + len(durable)))
    assert isinstance(seen[-1].event, ev.TurnStopped)
