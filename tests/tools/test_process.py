"""Commands: how they end, what they leave behind, what they may see, and how much they may say."""

import asyncio
import os
import re
import stat
import subprocess
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

from aura.core.errors import ToolError
from aura.core.sandbox import Capability, Launch, Level, SandboxSpec, Violation, Wall
from aura.tools import _leftovers
from aura.tools._leftovers import find_marked
from aura.tools._output import FILE_CAP, PIECE, SHOWN
from aura.tools.environment import build_environment
from aura.tools.process import LocalRunner, find_orphans, mark_session

GENEROUS = 60.0  # seconds that no command here takes


@pytest.fixture
async def runner(tmp_path: Path) -> AsyncIterator[LocalRunner]:
    made = LocalRunner(tmp_path / "session", grace=0.3)
    yield made
    await made.close()


async def wait_until_gone(pid: int) -> None:
    async with asyncio.timeout(10):
        while is_alive(pid):  # noqa: ASYNC110 - a stranger's end is no event here
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


async def test_output_and_exit_code(runner: LocalRunner, tmp_path: Path) -> None:
    result = await runner.run("echo out; echo err >&2; exit 3", cwd=tmp_path, timeout=GENEROUS)
    assert (result.exit_code, result.output, result.timed_out) == (3, "out\nerr\n", False)
    assert (result.truncated, result.log) == (False, "")
    assert 0 < result.seconds < GENEROUS


async def test_a_signal_shows_as_the_shell_shows_it(runner: LocalRunner, tmp_path: Path) -> None:
    assert (await runner.run("kill -9 $$", cwd=tmp_path, timeout=GENEROUS)).exit_code == 137


@pytest.mark.parametrize(
    "command", ["cat", "read line; echo $?", "python3 -c 'input()' 2>/dev/null || echo end"]
)
async def test_input_is_empty(runner: LocalRunner, tmp_path: Path, command: str) -> None:
    result = await runner.run(command, cwd=tmp_path, timeout=GENEROUS)
    assert not result.timed_out and result.exit_code == 0


async def test_there_is_no_terminal(runner: LocalRunner, tmp_path: Path) -> None:
    result = await runner.run(
        "test -t 0 || test -t 1 || test -t 2 || echo none", cwd=tmp_path, timeout=GENEROUS
    )
    assert result.output == "none\n"
    result = await runner.run("echo x >/dev/tty", cwd=tmp_path, timeout=GENEROUS)
    assert result.exit_code != 0 and "/dev/tty" in result.output


async def test_timeout_keeps_what_was_printed(runner: LocalRunner, tmp_path: Path) -> None:
    result = await runner.run("echo $$; echo partial; sleep 60", cwd=tmp_path, timeout=1.0)
    assert result.timed_out and result.exit_code is None
    pid, word = result.output.split()
    assert word == "partial"
    await wait_until_gone(int(pid))


async def test_what_ignores_term_is_killed(runner: LocalRunner, tmp_path: Path) -> None:
    command = "trap '' TERM; echo $$; while true; do sleep 0.05; done"
    result = await runner.run(command, cwd=tmp_path, timeout=1.0)
    assert result.timed_out
    await wait_until_gone(int(result.output.split()[0]))


async def test_term_lets_a_command_tidy_up(runner: LocalRunner, tmp_path: Path) -> None:
    command = "trap 'echo tidied; exit' TERM; echo ready; while true; do sleep 0.01; done"
    result = await runner.run(command, cwd=tmp_path, timeout=1.0)
    assert result.output.startswith("ready\n") and result.output.endswith("tidied\n")


@pytest.mark.parametrize("redirect", ["", ">/dev/null 2>&1"])
async def test_a_background_child_neither_delays_nor_survives(
    runner: LocalRunner, tmp_path: Path, redirect: str
) -> None:
    result = await runner.run(f"sleep 60 {redirect} & echo $!", cwd=tmp_path, timeout=GENEROUS)
    assert result.exit_code == 0 and result.seconds < 10
    pid, note = result.output.split("\n", 1)
    assert "background was stopped" in note
    await wait_until_gone(int(pid))


async def test_a_child_with_a_group_of_its_own_ends_with_a_timeout(
    runner: LocalRunner, tmp_path: Path
) -> None:
    result = await runner.run("setsid sleep 60 & echo $!; sleep 60", cwd=tmp_path, timeout=1.0)
    assert result.timed_out
    await wait_until_gone(int(result.output.split()[0]))


async def test_a_daemon_ends_with_the_session(runner: LocalRunner, tmp_path: Path) -> None:
    daemon = "setsid sh -c 'echo $$ >pid; exec sleep 60' </dev/null >/dev/null 2>&1 & while ! test -s pid; do :; done"
    result = await runner.run(daemon, cwd=tmp_path, timeout=GENEROUS)
    assert result.exit_code == 0
    pid = int((tmp_path / "pid").read_text())
    assert is_alive(pid)
    assert await runner.close() == ["sleep 60"]
    await wait_until_gone(pid)


async def test_cancelling_ends_the_group(runner: LocalRunner, tmp_path: Path) -> None:
    started = asyncio.Event()
    said: list[str] = []

    def hear(text: str) -> None:
        said.append(text)
        started.set()

    command = "sleep 60 & echo $$ $!; wait"
    task = asyncio.create_task(runner.run(command, cwd=tmp_path, timeout=GENEROUS, on_output=hear))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for pid in "".join(said).split()[:2]:
        await wait_until_gone(int(pid))


async def test_a_second_cancel_does_not_wait_for_the_grace(tmp_path: Path) -> None:
    runner = LocalRunner(tmp_path / "session", grace=30)
    started = asyncio.Event()
    command = "trap '' TERM; echo; while true; do sleep 0.05; done"
    task = asyncio.create_task(
        runner.run(command, cwd=tmp_path, timeout=GENEROUS, on_output=lambda text: started.set())
    )
    await started.wait()
    task.cancel()
    for _ in range(20):  # rounds of the loop in which the first one arrives
        await asyncio.sleep(0)
    task.cancel()
    before = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - before < 15


async def test_close_ends_running_commands(runner: LocalRunner, tmp_path: Path) -> None:
    started = asyncio.Event()
    task = asyncio.create_task(
        runner.run("echo; sleep 60", cwd=tmp_path, timeout=0, on_output=lambda text: started.set())
    )
    await started.wait()
    await runner.close()
    result = await task
    assert result.exit_code is None and not result.timed_out


async def test_kill_now_needs_no_loop(runner: LocalRunner, tmp_path: Path) -> None:
    started = asyncio.Event()
    task = asyncio.create_task(
        runner.run(
            "trap '' TERM; echo; while true; do sleep 0.05; done",
            cwd=tmp_path,
            timeout=0,
            on_output=lambda text: started.set(),
        )
    )
    await started.wait()
    runner.kill_now()
    assert (await task).exit_code == 137


async def test_200_commands_leave_no_zombie_and_no_descriptor(runner: LocalRunner, tmp_path: Path) -> None:
    await runner.run("true", cwd=tmp_path, timeout=GENEROUS)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(200):
        await runner.run("true", cwd=tmp_path, timeout=GENEROUS)
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    states = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] for pid in children]
    assert "Z" not in states
    assert len(list(Path("/proc/self/fd").iterdir())) == before


async def test_a_flood_without_newline_stays_in_bounded_memory(runner: LocalRunner, tmp_path: Path) -> None:
    pieces: list[int] = []
    tracemalloc.start()
    command = "echo first; head -c 200000000 /dev/zero | tr '\\0' x; echo; echo last"
    result = await runner.run(
        command, cwd=tmp_path, timeout=GENEROUS, on_output=lambda text: pieces.append(len(text))
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000
    assert result.truncated and len(result.output) < SHOWN + 500
    assert result.output.startswith("first\nxxx") and result.output.endswith("xxx\nlast\n")
    assert max(pieces) < PIECE + 100
    log = Path(result.log)
    assert log.stat().st_size == FILE_CAP and stat.S_IMODE(log.stat().st_mode) == 0o600
    assert log.parent == tmp_path / "session" / "output"


async def test_long_output_is_whole_in_the_file(runner: LocalRunner, tmp_path: Path) -> None:
    result = await runner.run("seq 1 50000", cwd=tmp_path, timeout=GENEROUS)
    assert result.truncated and len(result.output) < SHOWN + 500
    assert result.output.startswith("1\n2\n") and result.output.endswith("\n49999\n50000\n")
    assert result.log in result.output
    assert Path(result.log).read_text() == "".join(f"{number}\n" for number in range(1, 50001))
    cut = re.split(r"\n….*\n", result.output)
    assert len(cut) == 2 and all(line.isdigit() for part in cut for line in part.split()), (
        "no half line at the cut"
    )


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        (r"\xff\xfe bad", "\ufffd\ufffd bad"),
        (r"a\0b", "a\u2400b"),
        (r"\033[31mred\033[0m \033]0;title\007x", "red x"),
        (r"10%%\r20%%\r30%%\n", "30%\n"),
        (r"dos\r\nlines\r\n", "dos\nlines\n"),
        (r"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (r"\xc3\xa4\xe2\x82\xac", "ä€"),
    ],
)
async def test_output_is_safe_text(runner: LocalRunner, tmp_path: Path, printed: str, shown: str) -> None:
    live: list[str] = []
    result = await runner.run(f"printf '{printed}'", cwd=tmp_path, timeout=GENEROUS, on_output=live.append)
    assert result.output == shown
    told = "".join(live)
    told.encode()
    assert "\x1b" not in told and "\0" not in told


async def test_characters_cut_by_the_pipe_are_whole_again(runner: LocalRunner, tmp_path: Path) -> None:
    live: list[str] = []
    command = r"printf '\xe2'; sleep 0.2; printf '\x82'; sleep 0.2; printf '\xac'"
    result = await runner.run(command, cwd=tmp_path, timeout=GENEROUS, on_output=live.append)
    assert result.output == "".join(live) == "€"


async def test_a_full_disk_does_not_stop_a_command(tmp_path: Path) -> None:
    (tmp_path / "session").mkdir()
    (tmp_path / "session" / "output").write_text("in the way")
    runner = LocalRunner(tmp_path / "session")
    result = await runner.run("seq 1 50000", cwd=tmp_path, timeout=GENEROUS)
    assert result.exit_code == 0 and result.truncated and result.log == ""


async def test_what_cannot_be_started_says_why(runner: LocalRunner, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(ToolError, match="does not exist"):
        await runner.run("true", cwd=gone, timeout=1)
    with pytest.raises(ToolError, match="NUL"):
        await runner.run("a\0b", cwd=tmp_path, timeout=1)
    with pytest.raises(ToolError, match="too long"):
        await runner.run("x" * 200_000, cwd=tmp_path, timeout=1)


class Labelling:
    """A sandbox that only leaves a label; it notes what was asked of it."""

    name = "labelling"

    def __init__(self, *prefix: str) -> None:
        self.prefix = prefix or ("env", "WRAPPED=yes")
        self.said: list[str] = []

    def probe(self) -> Capability:
        return Capability(Level.FULL)

    def launch(
        self, spec: SandboxSpec, argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str]
    ) -> Launch:
        self.said.append(f"launch in {cwd.name}")
        return Launch(
            [*self.prefix, *argv],
            {**environment, "BOX": "1"},
            on_started=lambda: self.said.append("started"),
            cleanup=lambda: self.said.append("cleanup"),
        )

    def after(self, spec: SandboxSpec, launch: Launch) -> tuple[Violation, ...]:
        self.said.append("after")
        return (Violation("a file was set aside"),)


async def test_a_wall_stands_around_the_command(tmp_path: Path) -> None:
    box = Labelling()
    runner = LocalRunner(tmp_path / "session", wall=Wall(box, SandboxSpec(tmp_path)))
    result = await runner.run("echo $WRAPPED $BOX", cwd=tmp_path, timeout=GENEROUS)
    assert result.output == "yes 1\n\n[a file was set aside]"
    assert box.said == [f"launch in {tmp_path.name}", "started", "after", "cleanup"]


async def test_a_wall_that_cannot_stand_lets_nothing_run(tmp_path: Path) -> None:
    box = Labelling("/nonexistent/wall")
    runner = LocalRunner(tmp_path / "session", wall=Wall(box, SandboxSpec(tmp_path)))
    with pytest.raises(ToolError, match="could not be started"):
        await runner.run("true", cwd=tmp_path, timeout=GENEROUS)
    assert box.said[1:] == ["started", "cleanup"]


# --- environment --------------------------------------------------------------------------------------------


def test_secrets_never_reach_a_command() -> None:
    outer = {
        "PATH": "/bin",
        "HOME": "/h",
        "LC_ALL": "C",
        "GOPATH": "/go",
        "OPENAI_API_KEY": "sk",
        "GITHUB_TOKEN": "t",
        "DB_PASSWORD": "p",
        "SSH_AUTH_SOCK": "s",
        "LC_SECRET": "x",
        "RANDOM": "r",
        "BASH_ENV": "/evil",
        "LD_PRELOAD": "/evil.so",
        "HTTPS_PROXY": "http://user:pass@proxy",
        "HTTP_PROXY": "http://proxy",
        "AURA_HOME": "/a",
    }
    found = build_environment(outer)
    assert found["PATH"] == "/bin" and found["GOPATH"] == "/go" and found["LC_ALL"] == "C"
    assert found["HTTP_PROXY"] == "http://proxy"
    absent = set(outer) - {"PATH", "HOME", "LC_ALL", "GOPATH", "HTTP_PROXY"}
    assert not absent & found.keys()
    assert "CI" not in found and build_environment({"CI": "1"})["CI"] == "1"


def test_a_user_may_add_names_but_no_provider_key() -> None:
    outer = {"SSH_AUTH_SOCK": "s", "MINE": "1", "OPENAI_API_KEY": "sk", "OTHER": "2"}
    found = build_environment(outer, extra=["SSH_AUTH_SOCK", "MINE", "OPENAI_API_KEY"])
    assert found["SSH_AUTH_SOCK"] == "s" and found["MINE"] == "1"
    assert "OPENAI_API_KEY" not in found and "OTHER" not in found


def test_marks_add_up() -> None:
    assert build_environment({"AURA_MARK": "outer.1"}, mark="inner.2")["AURA_MARK"] == "outer.1,inner.2"


async def test_pagers_and_editors_are_off(runner: LocalRunner, tmp_path: Path) -> None:
    script = """
    git init -q . && git config user.email a@example.com && git config user.name A
    for n in $(seq 1 60); do echo $n >f && git add f && git commit -qm "number $n" || exit 1; done
    git log --format=%s | head -3
    git commit --allow-empty; echo "commit: $?"
    git -c core.pager=less log -1 --format=%s
    git clone -q https://user@localhost:1/x.git clone; echo "clone: $?"
    """
    result = await runner.run(script, cwd=tmp_path, timeout=GENEROUS)
    assert not result.timed_out
    assert "number 60\nnumber 59\nnumber 58\n" in result.output
    assert "commit: 1" in result.output and "clone: 128" in result.output


# --- what a crash leaves ------------------------------------------------------------------------------------


async def test_what_a_crashed_process_left_is_found(tmp_path: Path) -> None:
    session = tmp_path / "session"
    script = f"""
import asyncio, os
from pathlib import Path
from aura.tools.process import LocalRunner
async def main():
    runner = LocalRunner(Path({str(session)!r}))
    def die(text):
        print(text, flush=True)
        os.kill(os.getpid(), 9)
    await runner.run("echo $$; exec sleep 60", cwd=Path({str(tmp_path)!r}), timeout=0, on_output=die)
asyncio.run(main())
"""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    pid = int(done.stdout.split()[0])
    try:
        assert [item.pid for item in find_orphans(session)] == [pid]
        assert find_orphans(tmp_path / "another") == []
    finally:
        os.kill(pid, 9)


async def test_own_commands_are_no_orphans(runner: LocalRunner, tmp_path: Path) -> None:
    started = asyncio.Event()
    task = asyncio.create_task(
        runner.run("echo; sleep 60", cwd=tmp_path, timeout=0, on_output=lambda text: started.set())
    )
    await started.wait()
    assert find_marked(mark_session(tmp_path / "session"))
    assert find_orphans(tmp_path / "session") == []
    await runner.close()
    await task


# --- systems without /proc and pidfd ------------------------------------------------------------------------


async def test_the_end_of_a_command_is_noticed_without_pidfd(
    runner: LocalRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(pid: int, flags: int = 0) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("os.pidfd_open", refuse)
    result = await runner.run("echo a; sleep 0.05; exit 3", cwd=tmp_path, timeout=GENEROUS)
    assert (result.exit_code, result.output) == (3, "a\n")
    late = await runner.run("echo $$; sleep 60", cwd=tmp_path, timeout=1.0)
    assert late.timed_out
    await wait_until_gone(int(late.output))


async def test_daemons_are_found_without_proc(
    runner: LocalRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_leftovers, "HAS_PROC", False)
    daemon = "setsid sh -c 'echo $$ >pid; exec sleep 60' </dev/null >/dev/null 2>&1 & while ! test -s pid; do :; done"
    await runner.run(daemon, cwd=tmp_path, timeout=GENEROUS)
    assert await runner.close() == ["sleep 60"]
    await wait_until_gone(int((tmp_path / "pid").read_text()))
