"""The whole program against a provider that fails, over real HTTP: what it waits for, what it says, what it keeps."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from aura.config.paths import sessions_dir
from aura.core.run import Phase
from aura.core.turn import fold
from aura.demo.server import Fault, Server
from aura.models.script_yaml import parse_script
from aura.models.scripted import ScriptedModel
from aura.store.log import SessionLog
from aura.store.rows import read_events
from tests.e2e.conftest import Program
from tests.e2e.fixtures.unvouched import greeting
from tests.e2e.fixtures.warm import WarmProgram, warm

SCRIPT = """
replies:
  - when: {tool: Bash, contains: ran}
    call: [{tool: Done, with: {summary: "It ran once."}}]
  - when: {history_contains: do it}
    say: I begin with a command that says how often it ran, and then I look at what it said.
    call: [{tool: Bash, with: {command: "echo ran | tee -a ran.txt"}}]
"""
NO_KEY = '{"error": {"type": "authentication_error", "message": "the key expired"}}'
SPENT = '{"error": {"type": "rate_limit_error", "message": "The limit of this plan is used up."}}'
HOURS = Fault(status=429, headers={"retry-after": "10800"}, body=SPENT)


@contextmanager
def provider(program: Program, faults: Mapping[int, Fault]) -> Iterator[Server]:
    """A provider with faults, that the program knows as OpenAI's."""
    server = Server(ScriptedModel(parse_script(SCRIPT)), faults=faults).start()
    program.extra = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": "test-key-one"}
    try:
        yield server
    finally:
        server.close()


AUTO = ("run", "--auto", "-o", "json", "--model", "openai/script")


@pytest.fixture
def loaded(tmp_path: Path) -> WarmProgram:
    """The program that has begun already."""
    return warm(tmp_path, litellm=True)


def ran_once(program: Program) -> bool:
    return (program.workspace / "ran.txt").read_text(encoding="utf-8") == "ran\n"


def test_a_short_wish_is_kept_once_and_said(loaded: WarmProgram) -> None:
    fault = Fault(status=429, headers={"retry-after": "0.4"}, body='{"error": {"message": "slow down"}}')
    with provider(loaded, {2: fault}) as server:
        ran = loaded("run", "--auto", "--model", "openai/script", "do it")
    assert ran.code == 0, ran.err
    assert server.requests == 3
    assert "next try in" in ran.err
    assert ran_once(loaded)


def test_hours_end_a_turn_that_somebody_watches_and_it_says_until_when(loaded: WarmProgram) -> None:
    with provider(loaded, {0: HOURS}) as server:
        ran = loaded("run", "--mode", "edit", "-o", "json", "--model", "openai/script", "do it")
    assert (ran.code, server.requests) == (75, 1)
    assert "It asks to wait 3h, until " in ran.result["detail"]
    assert "The limit of this plan is used up" in ran.result["detail"]


def folder_of(program: Program) -> Path:
    """The folder of the only session."""
    homes = (program.home / "aura").rglob(f"{sessions_dir(program.workspace).name}/*/")
    return next(one for one in homes if any(one.iterdir()))


def let_the_time_pass(folder: Path) -> None:
    """Have the hours of a wait be over: its end is written as if it had been a second ago."""
    last = [one.event for one in read_events(folder, types=("checkpointed",))][-1]
    log = SessionLog.open(folder, write=True)
    log.append(replace(last, wake=time.time() - 1.0), time.time())  # type: ignore[arg-type]
    log.close()


def begin_waiting(program: Program, *arguments: str) -> "subprocess.Popen[str]":
    """Start a run and return when it says that it waits."""
    process = program.start(*arguments)
    assert process.stderr is not None
    for line in process.stderr:
        if "the run waits until" in line:
            return process
    raise AssertionError(f"it ended with {process.wait()} and never waited")


def wait_until_written(folder: Path, process: "subprocess.Popen[str]") -> None:
    """Return when the newest checkpoint of the log says that the run waits: it is durable soon after it is said."""
    while fold(one.event for one in read_events(folder)).run.phase is not Phase.WAITING:
        assert process.poll() is None
        time.sleep(0.02)


def test_hours_are_waited_for_by_a_run_through_the_death_of_its_process(program: Program) -> None:
    with provider(program, {2: HOURS}) as server:
        process = begin_waiting(program, *AUTO[:2], "--model", "openai/script", "do it")
        folder = folder_of(program)
        wait_until_written(folder, process)
        process.kill()
        process.communicate()
        run = fold(one.event for one in read_events(folder)).run
        assert run.phase is Phase.WAITING
        assert run.wake == pytest.approx(time.time() + 10_800, abs=60)
        again = begin_waiting(program, *AUTO[:2], "--model", "openai/script", "-r", folder.name)
        assert server.requests == 2, "nobody is asked before the time"
        again.send_signal(signal.SIGTERM)
        again.communicate()
        run = fold(one.event for one in read_events(folder)).run
        assert run.phase is Phase.WAITING, "a process that is told to end takes nothing back"
        let_the_time_pass(folder)
        last = program(*AUTO, "-r", folder.name)
    assert last.code == 0, last.err
    assert server.requests == 3
    assert ran_once(program)


def test_a_key_that_expires_in_a_run_stops_it_and_a_new_one_goes_on(loaded: WarmProgram) -> None:
    with provider(loaded, {2: Fault(status=401, body=NO_KEY)}) as server:
        stopped = loaded(*AUTO, "do it")
        assert (stopped.code, server.requests) == (75, 2)
        assert "OPENAI_API_KEY" in stopped.result["detail"]
        assert "Set a valid key" in stopped.result["detail"]
        assert "aura resume" in stopped.err
        loaded.extra = {**loaded.extra, "OPENAI_API_KEY": "test-key-two"}
        went_on = loaded(*AUTO, "-c")
        assert went_on.code == 0, went_on.err
        keys = [asked.headers.get("authorization") for asked in server.asked if asked.body]
    assert keys[0] == keys[1] == "Bearer test-key-one"
    assert keys[-1] == "Bearer test-key-two"
    assert ran_once(loaded)


def test_a_stream_cut_before_its_first_byte_is_asked_for_again(loaded: WarmProgram) -> None:
    loaded.settings = {"retry": {"base_seconds": 0.01}}
    with provider(loaded, {2: Fault(cut_at=0)}) as server:
        ran = loaded(*AUTO, "do it")
    assert ran.code == 0, ran.err
    assert server.requests == 3


def test_a_reply_cut_within_its_text_is_a_try_of_its_own_and_counted(loaded: WarmProgram) -> None:
    loaded.settings = {"retry": {"base_seconds": 0.01}}
    with provider(loaded, {1: Fault(cut_at=1200, piece=200)}) as server:
        ran = loaded("run", "--auto", "-o", "stream-json", "--model", "openai/script", "do it")
    assert ran.code == 0, ran.err
    failed = [event for event in ran.events if event["type"] == "model_failed"]
    if not failed:
        pytest.fail("the reply was not cut")
    assert failed[0]["partial"].startswith("I begin")
    (counted,) = [event for event in ran.events if event["type"] == "call_counted"]
    assert counted["usage"]["estimated"]
    first, second = [asked.body for asked in server.asked if asked.body][:2]
    assert not any("I begin" in str(message.get("content")) for message in json.loads(second)["messages"])
    assert first == second, "the same is asked once more"


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl on this machine")
def test_a_certificate_nobody_vouches_for_is_named_and_not_stormed(
    loaded: WarmProgram, tmp_path: Path
) -> None:
    with greeting(tmp_path) as server:
        loaded.extra = {"OPENAI_BASE_URL": f"https://{server.host}/v1", "OPENAI_API_KEY": "test-key-one"}
        ran = loaded("run", "--mode", "edit", "-o", "json", "--model", "openai/script", "do it")
    assert ran.code == 75
    assert server.host in ran.result["detail"]
    assert "certificate" in ran.result["detail"].lower()
    assert server.callers <= 2, "one question about the model, one request"
