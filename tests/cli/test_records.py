"""The commands that tell of a run: report, logs, metrics, replay, on logs as they are found in the world."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aura.cli.main import main
from aura.config.paths import sessions_dir
from aura.core import events as ev
from aura.core.errors import StoreError
from aura.core.messages import Message, Text, user
from aura.core.models import Completion
from aura.store.faults import LOG_NAME
from aura.store.log import SessionLog
from aura.store.rows import read_events
from tests.runs.tales import first_turn, tale

SCRIPT = """
- {say: I look., delay: 0.3, call: [{tool: Bash, with: {command: "rm -rf ~/"}}]}
- {delay: 0.3, call: [{tool: Write, with: {path: b.txt, content: "hello\\n"}}]}
- {delay: 0.3, call: [{tool: Done, with: {summary: "b.txt is there."}}]}
"""


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace that is worked in, in a home of its own."""
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def keep(work: Path, name: str, recorded: list[ev.Recorded]) -> Path:
    """A log of these events."""
    with closing(begin(work, name, recorded[0])) as log:
        append(log, recorded[1:])
    return sessions_dir(work) / name


def begin(work: Path, name: str, first: ev.Recorded) -> SessionLog:
    """A log that this process holds, with its first event."""
    assert isinstance(first.event, ev.SessionStarted)
    return SessionLog.create(sessions_dir(work) / name, first.event, first.at)


def append(log: SessionLog, recorded: list[ev.Recorded]) -> None:
    for one in recorded:
        assert ev.is_durable(one.event)
        log.append(one.event, one.at)


def aura(*arguments: str) -> "subprocess.Popen[str]":
    """The program, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "aura", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def has_begun(folder: Path) -> bool:
    """Whether anything is in the log of a session that is being made."""
    try:
        return any(True for _ in read_events(folder))
    except StoreError:
        return False


@pytest.fixture
def running(work: Path) -> Iterator["subprocess.Popen[str]"]:
    """A run that has begun, in a process of its own."""
    (work / "s.yaml").write_text(SCRIPT)
    process = aura("run", "--auto", "--model", "script:s.yaml", "write b.txt")
    place = sessions_dir(work)
    deadline = time.monotonic() + 30
    while not any(has_begun(path.parent) for path in place.glob(f"*/{LOG_NAME}")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield process
    process.kill()
    process.communicate()


def test_a_living_run_is_followed_to_its_end_by_another_process(running: "subprocess.Popen[str]") -> None:
    """Every event comes once and in order; following ends by itself, and the run does not notice."""
    follower = aura("logs", "last", "-f", "--level", "debug", "--json")
    out, err = follower.communicate(timeout=40)
    assert follower.returncode == 0, err
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    told = [line["what"] for line in lines]
    assert "session" in told[0]
    assert any("refused by hard floor" in what for what in told)
    assert lines[-1]["type"] == "checkpointed"
    assert running.wait(20) == 0


def test_what_was_only_just_begun_is_followed_too(work: Path) -> None:
    """A session is there a moment before its run: while a process holds it, following waits for that."""
    first, *rest = tale()
    with closing(begin(work, "s1", first)) as log:
        follower = aura("logs", "s1", "-f", "--level", "debug", "--json")
        assert follower.stdout is not None
        assert "session" in json.loads(follower.stdout.readline())["what"]
        with pytest.raises(subprocess.TimeoutExpired):
            follower.wait(1)
        append(log, rest)
    out, err = follower.communicate(timeout=40)
    assert follower.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["seq"] == rest[-1].seq


def test_a_report_of_a_living_run_leaves_it_alone(
    running: "subprocess.Popen[str]", capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "last", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["v"] == 1
    assert running.wait(20) == 0
    assert main(["report", "last", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["state"] == "DONE"
    assert document["files"][0]["diffs"] == ["--- /dev/null\n+++ b/b.txt\n@@ -0,0 +1,1 @@\n+hello\n"]
    assert document["evidence"]["denied"] == 1


def read_started(folder: Path) -> list[ev.Recorded]:
    """The turns that began, as far as anybody can read the log already."""
    try:
        return list(read_events(folder, types=("turn_started",)))
    except StoreError:
        return []


def test_a_run_whose_process_was_killed_is_told_as_such(
    work: Path, running: "subprocess.Popen[str]", capsys: pytest.CaptureFixture[str]
) -> None:
    (log,) = sessions_dir(work).glob(f"*/{LOG_NAME}")
    deadline = time.monotonic() + 30
    while not any(read_started(log.parent)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait(10)
    assert main(["report", "last"]) == 0
    assert "no process works on it" in capsys.readouterr().out


def test_all_commands_tell_of_a_night(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(work, "1m7zqueue000", tale())
    for arguments, wanted in (
        (["report", "1m7z"], "Fix the flaky test"),
        (["report", "queue000", "--format", "markdown", "--no-diff"], "## Not permitted"),
        (["logs", "1m7z", "--level", "warning"], "refused by hard floor"),
        (["metrics", "1m7z"], "p95"),
        (["replay", "1m7z"], "turn 2 (aura)"),
        (["export", "1m7z", "--format", "html"], "<!doctype html>"),
    ):
        assert main(arguments) == 0, arguments
        out = capsys.readouterr().out
        assert wanted in out, arguments
        assert "\x1b" not in out, arguments
    assert main(["report", "1m7z", "--no-diff"]) == 0
    assert "@@" not in capsys.readouterr().out
    assert main(["logs", "1m7z", "--since", "10m"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["metrics", "1m7z", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["checks"] == 3


def test_a_run_is_found_from_anywhere(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(work, "1m7zqueue000", tale())
    monkeypatch.chdir(tmp_path)
    assert main(["report", "last", "--no-diff"]) == 0
    for command in ("report", "logs", "metrics", "replay"):
        assert main([command, "1m7zqueue0x0"]) == 2
        assert "near are 1m7zqueue000" in capsys.readouterr().err


def test_colour_is_only_where_it_is_wanted(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(work, "1m7zqueue000", tale())
    for name in ("report", "logs"):
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.delenv("NO_COLOR", raising=False)
        assert main([name, "last"]) == 0
        assert "\x1b[" in capsys.readouterr().out
        monkeypatch.setenv("NO_COLOR", "1")
        assert main([name, "last"]) == 0
        assert "\x1b" not in capsys.readouterr().out


def test_secrets_that_are_known_here_are_hidden(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BIG_API_KEY", "sesame-open-yourself-42")
    log = tale()
    said = Completion(Message("assistant", (Text("sesame-open-yourself-42"),), "model"))
    log[4] = ev.Recorded(5, log[4].at, ev.TurnStarted(1, user("use sesame-open-yourself-42")))
    log[6] = ev.Recorded(7, log[6].at, ev.ModelReplied(said))
    keep(work, "1m7zqueue000", log)
    for arguments in (["report"], ["report", "--format", "json"], ["logs"], ["logs", "--json"], ["replay"]):
        assert main([arguments[0], "last", *arguments[1:]]) == 0
        assert "sesame" not in capsys.readouterr().out, arguments


def test_what_can_still_be_read_of_a_damaged_log_is_told(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report says that it is not all, and so does the exit code."""
    begin = first_turn()
    many = [ev.NoticeShown("x" * 2_000) for _ in range(380)]
    events = [*begin, *many]
    folder = keep(work, "1m7zqueue000", [ev.Recorded(n, 1e9 + n, event) for n, event in enumerate(events, 1)])
    path = folder / LOG_NAME
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size * 4 // 5 // 4096 * 4096)
        file.write(b"\xff" * (size // 8))
    assert main(["report", "last"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "the log could not be read to its end" in out
    assert "Bash git push --force: refused 2 times" in out
    assert main(["metrics", "last"]) == 1
    assert "only a part could be read" in capsys.readouterr().err
    path.write_bytes(b"no log at all" * 1_000)
    for command in ("report", "logs", "metrics", "replay"):
        assert main([command, "last"]) == 1
        err = capsys.readouterr().err
        assert err.count("\n") == 1, err


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan", "inf", ""])
def test_a_speed_has_to_be_one(work: Path, speed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from aura.cli.cmd_replay import read_speed
    from aura.core.errors import ConfigError

    with pytest.raises(ConfigError, match="not a speed"):
        read_speed(speed)
    assert read_speed("2.5x") == 2.5
