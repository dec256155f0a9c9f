"""kill -9, Ctrl+C and two processes on one session."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable

from tests.e2e.conftest import Program, call

SECONDS = 30.0


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Poll until something is so; fails after `SECONDS`."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, f"timed out: {what}"
        time.sleep(0.02)


def start_long_command(program: Program) -> "subprocess.Popen[str]":
    """A run whose command has begun and will not end by itself."""
    model = program.script(
        [{"say": "Starting.", "call": [call("Bash", command="touch begun; sleep 600; touch ended")]}]
    )
    process = program.start("run", "--auto", "-o", "json", "--model", model, "go")
    wait_until((program.workspace / "begun").exists, "the command begins")
    return process


def test_kill_in_the_middle_resumes_with_the_call_marked_unknown(program: Program) -> None:
    process = start_long_command(program)
    process.kill()
    process.communicate()
    model = program.script(
        [{"when": {"user_contains": "look"}, "say": "The command was interrupted."}], "two.yaml"
    )
    ran = program(
        "run",
        "--continue",
        "--no-auto",
        "--mode",
        "plan",
        "-o",
        "stream-json",
        "--model",
        model,
        "look",
    )
    assert ran.code == 0, ran.err
    unknown = [event for event in ran.events if event["type"] == "tool_finished"]
    assert not unknown, "what happened before this prompt is not streamed"
    exported = program("export", ran.result["session"], "--format", "jsonl").out
    assert exported.count('"outcome":"unknown"') == 1
    assert not (program.workspace / "ended").exists()


def test_interrupt_keeps_the_log_and_leaves_no_process(program: Program) -> None:
    process = start_long_command(program)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, err
    assert '"reason": "cancelled"' in out
    left = subprocess.run(
        ["pgrep", "-f", "touch begun; sleep 600"], capture_output=True, text=True, check=False
    ).stdout
    assert left == ""


def test_second_process_on_one_session_is_told_who_holds_it(program: Program) -> None:
    process = start_long_command(program)
    try:
        model = program.script([{"say": "never"}], "two.yaml")
        ran = program("run", "--continue", "--no-auto", "--mode", "plan", "--model", model, "me too")
        assert ran.code == 1
        assert str(process.pid) in ran.err
        assert "Traceback" not in ran.err
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=SECONDS)
