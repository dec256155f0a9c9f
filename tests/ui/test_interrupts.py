"""Signals, closed terminals and readers that leave, with real processes."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from aura.store.index import summarise

SECONDS = 30.0
LONG: dict[str, Any] = {
    "call": [{"tool": "Bash", "with": {"command": "touch begun; sleep 600; touch ended"}}]
}
SLOW: dict[str, Any] = {"say": "word " * 4_000}
WRITE: dict[str, Any] = {"call": [{"tool": "Write", "with": {"path": "a.txt", "content": "hello\n"}}]}
ASK: dict[str, Any] = {
    "call": [{"tool": "Ask", "with": {"question": "Which colour?", "options": ["red", "blue"]}}]
}


class Place:
    """A workspace and a home for processes of the program."""

    def __init__(self, folder: Path) -> None:
        self.workspace, self.home = folder / "work", folder / "home"
        self.workspace.mkdir()
        self.home.mkdir()

    @property
    def environ(self) -> dict[str, str]:
        """Nothing of ours but what it needs."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {**kept, "HOME": str(self.home), "AURA_HOME": str(self.home / "aura")}

    def command(self, replies: Sequence[dict[str, Any]], *arguments: str, delay: float = 0.0) -> list[str]:
        """The argument vector of a run with a model that plays these replies."""
        script = self.home / "script.yaml"
        script.write_text(yaml.safe_dump({"delay": delay, "replies": list(replies)}), encoding="utf-8")
        return [sys.executable, "-m", "aura", "run", "--model", f"script:{script}", *arguments]

    def start(
        self, replies: Sequence[dict[str, Any]], *arguments: str, delay: float = 0.0, ignored: bool = False
    ) -> "subprocess.Popen[str]":
        """A run in the background; `ignored`: with SIGHUP ignored, as nohup starts it."""
        command = self.command(replies, *arguments, delay=delay)
        if ignored:
            command = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *command]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command,
            cwd=self.workspace,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            text=True,
            start_new_session=True,
        )

    def stops(self) -> list[str]:
        """The stop reasons of the last turns of all sessions, as their logs have them."""
        folders = [log.parent for log in self.home.rglob("log.sqlite")]
        return [summarise(folder).stop for folder in folders]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty workspace and an empty home."""
    return Place(tmp_path)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Poll until something is so."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, f"timed out: {what}"
        time.sleep(0.02)


def read_result(out: str) -> dict[str, Any]:
    """The one result document of an output."""
    documents = [json.loads(line) for line in out.splitlines()]
    results: list[dict[str, Any]] = [one for one in documents if one["type"] == "result"]
    assert len(results) == 1
    assert documents[-1] is results[0]
    result: dict[str, Any] = results[0]
    return result


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_a_command_and_keeps_everything(place: Place, name: signal.Signals) -> None:
    process = place.start([LONG, {"say": "never"}], "--auto", "-o", "stream-json", "go", "two")
    wait_until((place.workspace / "begun").exists, "the command begins")
    process.send_signal(name)
    if name is not signal.SIGINT:
        process.send_signal(name)  # terminals and supervisors repeat themselves
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, err
    assert read_result(out)["reason"] == "cancelled"
    assert '"type":"tool_finished"' in out
    assert '"outcome":"cancelled"' in out
    assert out.count('"type":"turn_started"') == 1
    assert "Traceback" not in err
    assert place.stops() == ["cancelled"]
    assert not (place.workspace / "ended").exists()


def test_a_reply_that_streams_is_kept_as_far_as_it_came(place: Place) -> None:
    process = place.start([SLOW], "--mode", "plan", "-o", "stream-json", "go", delay=0.01)
    assert process.stdout is not None
    for line in process.stdout:
        if '"type":"text_delta"' in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, err
    assert read_result(out)["answer"].startswith("word ")
    assert '"interrupted":true' in out


def test_a_wait_for_the_next_try_can_be_stopped(place: Place) -> None:
    failing = [{"error": {"kind": "rate_limit", "retry_after": 50}}]
    process = place.start(failing, "--mode", "plan", "-o", "stream-json", "go")
    assert process.stdout is not None
    for line in process.stdout:
        if '"type":"model_failed"' in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, err
    assert read_result(out)["reason"] == "cancelled"


def test_a_condition_that_runs_can_be_stopped(place: Place) -> None:
    process = place.start([LONG], "--mode", "plan", "-o", "json", '/until bash:"touch begun; sleep 600" "x"')
    wait_until((place.workspace / "begun").exists, "the condition is tested")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, err
    assert read_result(out)["reason"] == "cancelled"


def test_until_ends_as_cancelled_when_its_turn_is_stopped(place: Place) -> None:
    process = place.start([LONG], "--auto", "-o", "json", '/until exists:never "go"', "two")
    wait_until((place.workspace / "begun").exists, "the command begins")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, err
    assert read_result(out)["reason"] == "cancelled"
    assert "/until stopped: Cancelled." in err


def test_a_second_interrupt_leaves_at_once_and_leaves_nothing_running(place: Place) -> None:
    stubborn = 'trap "" INT TERM; touch begun; while true; do sleep 1; done'
    process = place.start(
        [{"call": [{"tool": "Bash", "with": {"command": stubborn}}]}], "--auto", "-o", "json", "go"
    )
    wait_until((place.workspace / "begun").exists, "the command begins")
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    found = subprocess.run(["pgrep", "-f", "touch begun; while true"], capture_output=True, check=False)
    assert found.stdout == b""


def test_a_run_under_nohup_outlives_its_terminal(place: Place) -> None:
    waiting = {
        "call": [{"tool": "Bash", "with": {"command": "touch begun; until test -e go; do sleep 0.05; done"}}]
    }
    last = {"call": [{"tool": "Done", "with": {"summary": "Outlived it."}}]}
    process = place.start([waiting, last], "--auto", "go", ignored=True)
    wait_until((place.workspace / "begun").exists, "the command begins")
    process.send_signal(signal.SIGHUP)
    (place.workspace / "go").touch()
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (0, "Outlived it.\n"), err


def test_a_reader_that_leaves_stops_the_run(place: Place) -> None:
    process = place.start([SLOW], "--mode", "plan", "-o", "stream-json", "go", delay=0.01)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=SECONDS) == 130
    assert process.stderr.read() == ""
    process.stderr.close()
    assert place.stops() == ["cancelled"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("output", ["text", "json"])
def test_output_that_cannot_be_written_is_an_error(place: Place, output: str) -> None:
    command = place.command([{"say": "hi"}], "--mode", "plan", "-o", output, "go")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            command, cwd=place.workspace, env=place.environ, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr.endswith(
        b"The output could not be written (No space left on device); the session is kept.\n"
    )


def test_an_answer_that_nobody_reads_is_not_a_success(place: Place) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = place.command([{"say": "hi"}], "--mode", "plan", "go")
    done = subprocess.run(
        command, cwd=place.workspace, env=place.environ, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert done.returncode == 130
    assert b"Traceback" not in done.stderr


def test_closed_descriptors_are_no_trouble(place: Place) -> None:
    command = place.command([{"say": "hi"}, {"say": "hi"}], "--mode", "plan", "go")
    for closed, out, err in ((">&-", "", "ANSWERED"), ("2>&-", "hi\n", ""), ("<&-", "hi\n", "ANSWERED")):
        done = subprocess.run(
            ["sh", "-c", f'"$@" {closed}', "sh", *command],
            cwd=place.workspace,
            env=place.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, out), (closed, done.stderr)
        assert err in done.stderr


def test_a_prompt_in_bytes_that_are_no_text_is_repaired(place: Place) -> None:
    command = place.command([{"say": "hi"}, {"say": "ho"}], "--mode", "plan", "-o", "stream-json")
    given: dict[str, Any] = {"cwd": place.workspace, "env": place.environ, "capture_output": True}
    piped = subprocess.run(command, input=b"caf\xe9\0", check=False, **given)
    typed = subprocess.run([*command, b"caf\xe9"], check=False, **given)
    for done in (piped, typed):
        assert done.returncode == 0, done.stderr
        assert b"caf\\ufffd" in done.stdout


class Seat:
    """The program on a pseudo-terminal of its own, with somebody in front of it."""

    def __init__(self, place: Place, command: Sequence[str]) -> None:
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(place.workspace)
            os.execve(command[0], list(command), place.environ)
        self.shown = ""

    def see(self, word: str) -> None:
        """Read until this was shown, and forget all before its end."""
        while word not in self.shown:
            self.shown += os.read(self.master, 65536).decode(errors="replace")
        self.shown = self.shown.partition(word)[2]

    def say(self, text: str) -> None:
        """Type something."""
        os.write(self.master, text.encode())

    def wait(self) -> int:
        """Read what is left, and the exit code."""
        with contextlib.suppress(OSError):  # Linux says EIO where others say end of file
            while data := os.read(self.master, 65536):
                self.shown += data.decode(errors="replace")
        os.close(self.master)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_person_at_a_terminal_is_asked_and_answers(place: Place) -> None:
    replies = [WRITE, ASK, {"when": {"contains": "blue"}, "say": "You chose blue."}]
    seat = Seat(place, place.command(replies, "go"))
    seat.see("may this run? (it changes a file)")
    seat.see("or say no with a reason: ")
    seat.say("y\n")
    seat.see("Which colour?")
    seat.see("answer (Enter skips): ")
    seat.say("2\n")
    assert seat.wait() == 0
    assert "You chose blue." in seat.shown
    assert (place.workspace / "a.txt").read_text(encoding="utf-8") == "hello\n"


def test_a_person_says_no_and_the_model_is_told_why(place: Place) -> None:
    replies = [WRITE, {"when": {"contains": "a person said: not here"}, "say": "Then not."}]
    seat = Seat(place, place.command(replies, "go"))
    seat.see("or say no with a reason: ")
    seat.say("not here\n")
    assert seat.wait() == 0
    assert "Then not." in seat.shown
    assert not (place.workspace / "a.txt").exists()


def test_an_interrupt_at_a_question_stops_the_turn(place: Place) -> None:
    seat = Seat(place, place.command([WRITE], "go", "two"))
    seat.see("or say no with a reason: ")
    seat.say("\x03")
    assert seat.wait() == 130
    assert "STOPPED by you" in seat.shown
    assert place.stops() == ["cancelled"]
    assert not (place.workspace / "a.txt").exists()


def test_a_terminal_that_is_closed_at_a_question_stops_the_turn(place: Place) -> None:
    seat = Seat(place, place.command([WRITE], "go"))
    seat.see("or say no with a reason: ")
    os.close(seat.master)
    assert os.waitstatus_to_exitcode(os.waitpid(seat.pid, 0)[1]) == 130
    assert place.stops() == ["cancelled"]
    assert not (place.workspace / "a.txt").exists()


def test_auto_mode_asks_nobody_at_a_terminal_unless_that_is_wanted(place: Place) -> None:
    told = {
        "when": {"contains": "stays open"},
        "call": [{"tool": "Done", "with": {"summary": "Guessed."}}],
    }
    seat = Seat(place, place.command([ASK, told], "--auto", "go"))
    assert seat.wait() == 0
    assert "Guessed." in seat.shown
    answered = {"when": {"contains": "red"}, "call": [{"tool": "Done", "with": {"summary": "Took red."}}]}
    seat = Seat(place, place.command([ASK, answered], "--auto", "--ask", "stdin", "go"))
    seat.see("answer (Enter skips): ")
    seat.say("red\n")
    assert seat.wait() == 0
    assert "Took red." in seat.shown
