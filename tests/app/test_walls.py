"""Where the commands of a session run: behind what is asked for, or not at all."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aura.app.build import open_session
from aura.app.hosted import HostedSession
from aura.app.options import SessionOptions
from aura.cli.checkup import check_sandbox
from aura.cli.main import main
from aura.config.load import load
from aura.config.paths import user_config_file
from aura.core import events as ev
from aura.core.errors import ConfigError, ToolError
from aura.core.permissions import Mode
from aura.core.sandbox import Capability, Level
from aura.safety.sandbox import choice, find_sandbox, is_boxed, name_level
from aura.safety.sandbox.none import NoSandbox
from aura.testing import FakeModel, call, reply
from aura.ui.prompter import Prompter, host


class Some(NoSandbox):
    """A sandbox that says what it is told to say."""

    name = "some"

    def __init__(self, level: Level, *missing: str) -> None:
        self._capability = Capability(level, missing, "Do this.")

    def probe(self) -> Capability:
        return self._capability


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Sets which sandboxes there are."""

    def have(*sandboxes: NoSandbox) -> None:
        monkeypatch.setattr(choice, "list_sandboxes", lambda: sandboxes)
        choice._find_working.cache_clear()

    yield have
    choice._find_working.cache_clear()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def options(work: Path, *acts: Any, **more: Any) -> SessionOptions:
    given: dict[str, Any] = {
        "model": FakeModel(*acts),
        "sessions": work.parent / "sessions",
        "trusted": False,
    }
    return SessionOptions(work, **{**given, **more})


# --- which one ------------------------------------------------------------------------------------------------


def test_the_strongest_that_works_is_taken(machine: Any) -> None:
    partly, whole = Some(Level.PARTIAL, "x"), Some(Level.FULL)
    machine(Some(Level.NONE), whole, partly)
    assert find_sandbox() is whole
    machine(Some(Level.NONE), partly)
    assert find_sandbox() is partly
    assert name_level(partly) == "sandbox some (partly)"


@pytest.mark.parametrize("wish", ["auto", "required"])
def test_without_one_no_command_runs(machine: Any, wish: Any, work: Path) -> None:
    machine(Some(Level.NONE, "all"))
    found = find_sandbox(wish)
    assert not is_boxed(found)
    assert (found.probe().hint, found.probe().missing) == ("Do this.", ("all",))
    with pytest.raises(ToolError, match="--no-sandbox"):
        found.launch(None, ["true"], cwd=work, environment={})  # type: ignore[arg-type]


def test_what_is_required_is_a_whole_one(machine: Any, work: Path) -> None:
    machine(Some(Level.PARTIAL, "the moon"))
    with pytest.raises(ToolError, match="the moon"):
        find_sandbox("required").launch(None, ["true"], cwd=work, environment={})  # type: ignore[arg-type]
    whole = Some(Level.FULL)
    machine(whole)
    assert find_sandbox("required") is whole


def test_what_a_person_says_holds_whatever_there_is(machine: Any) -> None:
    machine(Some(Level.FULL))
    assert name_level(find_sandbox("off")) == "no sandbox"
    assert name_level(find_sandbox("external")) == "sandbox external"
    assert not is_boxed(find_sandbox("off"))
    assert is_boxed(find_sandbox("external"))


# --- in a session ---------------------------------------------------------------------------------------------


async def test_commands_of_the_model_are_refused_without_a_sandbox(machine: Any, work: Path) -> None:
    machine(Some(Level.NONE))
    opened = await open_session(
        options(work, reply("", call("Bash", command="touch ran")), "Then not.", mode=Mode.YOLO)
    )
    events = [recorded.event async for recorded in opened.session.prompt("do it")]
    result = next(event.result for event in events if isinstance(event, ev.ToolFinished))
    assert result.is_error
    assert "no sandbox works" in result.content
    assert "aura doctor" in result.content
    assert not (work / "ran").exists()
    assert opened.sandbox == "sandbox missing (no commands)"
    assert "No sandbox works here, so no command runs. Do this. See `aura doctor`." in opened.notices
    await opened.close()


async def test_what_a_person_types_runs_with_their_rights(machine: Any, work: Path) -> None:
    machine(Some(Level.NONE))
    session = host(await open_session(options(work)))
    assert isinstance(session, HostedSession)
    ran = asyncio.Event()
    session.watchers.append(lambda one: ran.set() if isinstance(one.event, ev.CommandRan) else None)
    await session.submit("!touch ran")
    await asyncio.wait_for(ran.wait(), 30)
    assert (work / "ran").exists()
    await session.opened.close()


async def test_unattended_work_does_not_begin_without_a_sandbox(machine: Any, work: Path) -> None:
    machine(Some(Level.NONE))
    with pytest.raises(ConfigError, match="--no-sandbox") as raised:
        await open_session(options(work, unattended=True))
    assert raised.value.exit_code == 2
    assert not list((work.parent / "sessions").glob("*"))
    for mode in ("off", "external"):
        opened = await open_session(options(work, unattended=True, flags={"sandbox.mode": mode}))
        await opened.close()


async def test_a_run_does_not_begin_without_a_sandbox(machine: Any, work: Path) -> None:
    machine(Some(Level.NONE))
    opened = await open_session(options(work))
    with pytest.raises(ConfigError, match="no sandbox works here"):
        await Prompter(opened, print).pursue("a goal")
    await opened.close()


@pytest.mark.parametrize(
    ("flags", "level", "passes"),
    [
        ({}, Level.FULL, True),
        ({}, Level.PARTIAL, True),
        ({"network.open": True}, Level.FULL, False),
        ({"sandbox.mode": "off"}, Level.FULL, False),
        ({"sandbox.mode": "external"}, Level.NONE, True),
    ],
)
async def test_ordinary_work_passes_unseen_only_in_a_sandbox(
    machine: Any, work: Path, flags: dict[str, Any], level: Level, passes: bool
) -> None:
    machine(Some(level))
    model = FakeModel(reply("", call("Bash", command="make build")), repeat=True)
    flags = {"auto.enabled": True, "auto.max_steps": 2, **flags}
    opened = await open_session(options(work, model=model, auto=True, flags=flags))
    events = [recorded.event async for recorded in opened.session.prompt("do it")]
    assert any(isinstance(event, ev.ToolStarted) for event in events) is passes
    await opened.close()


async def test_the_log_and_the_faces_say_what_was_asked_for_and_what_stands(machine: Any, work: Path) -> None:
    machine(Some(Level.PARTIAL, "the moon"))
    session = host(await open_session(options(work)))
    facts = session.facts
    assert (facts.sandbox, facts.sandbox_asked) == ("sandbox some (partly)", "auto")
    assert facts.sandbox_missing == ("the moon",)
    await session.opened.session.recorder.settle()
    said = [one.event for one in session.opened.log.read(0) if isinstance(one.event, ev.SandboxChosen)]
    assert said == [ev.SandboxChosen("auto", "sandbox some (partly)", ("the moon",), "none")]
    assert "the moon" in session.opened.loop.system
    assert any("the moon" in notice for notice in facts.notices)
    await session.opened.close()


# --- on the command line --------------------------------------------------------------------------------------


def test_a_run_of_the_command_line_ends_with_2(
    machine: Any, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(Some(Level.NONE))
    given = ["run", "--auto", "-m", f"script:{work}/hello.yaml", "-C", str(work), "-o", "json", "go"]
    (work / "hello.yaml").write_text("replies:\n- say: Hello.\n")
    assert main(given) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["exit_code"] == 2
    assert "no sandbox works here" in told["detail"]
    assert main([*given, "--no-sandbox"]) != 2
    capsys.readouterr()


def test_a_stream_begins_with_what_stands_around_commands(
    machine: Any, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(Some(Level.PARTIAL, "the moon"))
    (work / "hello.yaml").write_text("replies:\n- say: Hello.\n")
    main(["run", "-m", f"script:{work}/hello.yaml", "-C", str(work), "-o", "stream-json", "go"])
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (first["type"], first["requested"], first["missing"]) == ("sandbox_chosen", "auto", ["the moon"])


def test_the_doctor_says_what_was_asked_for_and_how_to_mend_it(machine: Any, work: Path) -> None:
    machine(Some(Level.NONE, "all"))
    (finding,) = check_sandbox(work)
    assert finding.level == "problem"
    assert "asked for: auto; not covered: all" in finding.found
    assert "Do this." in finding.fix
    assert "--no-sandbox" in finding.fix
    user_config_file().write_text("sandbox:\n  mode: 'off'\n")
    (finding,) = check_sandbox(work)
    assert finding.level == "warning"
    machine(Some(Level.FULL))
    user_config_file().unlink()
    (finding,) = check_sandbox(work)
    assert (finding.level, finding.found) == ("ok", "sandbox some, asked for: auto")


@pytest.mark.parametrize("trusted", [True, False])
def test_no_project_sets_the_sandbox_or_the_network(work: Path, trusted: bool) -> None:
    (work / ".aura").mkdir()
    (work / ".aura" / "config.yaml").write_text(
        "sandbox:\n  mode: 'off'\n  write: [/]\nnetwork:\n  open: true\n  domains: ['*.example']\n"
    )
    settings = load(work, trusted=trusted)
    assert settings.sandbox == load(work.parent, trusted=False).sandbox
    assert not settings.network.open
    assert not settings.network.domains
    assert any("sandbox.mode" in notice for notice in settings.notices)


async def test_a_host_that_is_none_is_refused_at_the_start(work: Path) -> None:
    with pytest.raises(ConfigError):
        await open_session(options(work, flags={"network.domains": ["exa mple"]}))
