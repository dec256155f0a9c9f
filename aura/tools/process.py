"""Runs shell commands: own process group, no terminal, a clean environment, bounded output, nothing left behind."""

import asyncio
import contextlib
import hashlib
import itertools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from aura.core.errors import AuraError, ToolError
from aura.core.sandbox import Launch, Wall
from aura.core.tools import CommandResult, OutputSink
from aura.tools._leftovers import Leftover, end_all, find_marked, has_members, start_of
from aura.tools._output import Capture, Live
from aura.tools._walled import explain_failure
from aura.tools.environment import build_environment

GRACE = 2.0  # seconds between TERM and KILL
SETTLE = 0.15  # seconds that output may still come after the shell has ended
LEFTOVER_GRACE = 0.5  # seconds for what the shell left running in its group
SHOW_EVERY = 0.05  # seconds between two pieces of live output
LONGEST = 120_000  # bytes of a command; Linux takes 128 KiB in one argument
READ = 256 * 1024
RUNNERS = itertools.count(1)  # tells the runners of one process apart


class LocalRunner:
    """Runs commands of one session on this machine.

    `wall` stands around every command (None: nothing does). `extra_names` are environment variables that the user adds
    to the allow list. Full texts of long output go to `session_dir`/output. `close` ends everything that is left.
    `on_idle` is called when the last of the commands that run has ended.
    """

    def __init__(
        self,
        session_dir: Path,
        *,
        wall: Wall | None = None,
        extra_names: Iterable[str] = (),
        environment: Mapping[str, str] | None = None,
        grace: float = GRACE,
    ) -> None:
        self.output_dir = session_dir / "output"
        self.mark = mark_session(session_dir)
        self._wall = wall
        self._extra_names = tuple(extra_names)
        self._environment = os.environ if environment is None else environment
        self._grace = grace
        self._number = next(RUNNERS)
        self._numbers = itertools.count(1)
        self._live: set[_Running] = set()
        self._shell = _find_shell()
        self.on_idle: Callable[[], None] = lambda: None

    async def run(
        self, command: str, *, cwd: Path, timeout: float, on_output: OutputSink | None = None
    ) -> CommandResult:
        """Run to the end, or kill the whole group at the timeout (seconds, 0: none) or when cancelled.

        Raises `ToolError` when the command cannot be started at all.
        """
        started = time.monotonic()
        if timeout <= 0 and self._wall is not None:  # it lasts: others will want to talk to it
            self._wall.share()
        running = self._start(command, cwd, on_output)
        self._live.add(running)
        try:
            ended = await running.wait(timeout if timeout > 0 else None)
            if not ended:
                await running.stop(self._grace)
            output, truncated, log = await running.finish()
            output += self._look_after(running.launch)
            output += self._explain(output, running.exit_code)
        except asyncio.CancelledError:
            await _finish_anyway(running, self._grace)
            self._look_after(running.launch)
            raise
        finally:
            self._live.discard(running)
            running.launch.cleanup()
            if not self._live:
                self.on_idle()
        return CommandResult(
            exit_code=running.exit_code if ended and not running.was_stopped else None,
            output=output,
            seconds=time.monotonic() - started,
            timed_out=not ended,
            truncated=truncated,
            log=log,
        )

    @property
    def is_busy(self) -> bool:
        """Whether a command runs now, in the background or not."""
        return bool(self._live)

    async def close(self) -> list[str]:
        """End every command that still runs and everything that left its group; the command lines of the latter."""
        await asyncio.gather(*(running.stop(self._grace) for running in tuple(self._live)))
        escaped = find_marked(self._own_mark)
        await asyncio.to_thread(end_all, escaped)
        return [item.command for item in escaped]

    def kill_now(self) -> None:
        """End everything at once, without waiting: for the end of the process."""
        for running in tuple(self._live):
            running.signal(signal.SIGKILL)
        end_all(find_marked(self._own_mark), grace=0)

    @property
    def _own_mark(self) -> str:
        return f"{self.mark}.{os.getpid()}-{start_of(os.getpid())}.{self._number}"

    def _start(self, command: str, cwd: Path, on_output: OutputSink | None) -> "_Running":
        if "\0" in command:
            raise ToolError("The command has a NUL character in it; leave it out.")
        script = command.encode("utf-8", "surrogateescape" if _is_escaped(command) else "replace")
        if len(script) > LONGEST:
            raise ToolError(
                f"The command is too long ({len(script)} bytes); write it to a file and run that."
            )
        if not cwd.is_dir():
            raise ToolError(f"The folder {cwd} does not exist (any more); give another workdir.")
        number = next(self._numbers)
        mark = f"{self._own_mark}.{number}"
        environment = build_environment(self._environment, self._extra_names, mark)
        environment["PWD"] = str(cwd)
        launch = self._wrap([*self._shell, os.fsdecode(script)], cwd, environment)
        capture = Capture(self.output_dir / f"{os.getpid()}-{time.time_ns():x}-{number}.txt")
        reader, writer = os.pipe()
        try:
            process = _spawn(launch, cwd, writer)
        except OSError as error:
            os.close(reader)
            launch.cleanup()
            raise ToolError(f"The command could not be started: {error.strerror or error}.") from None
        finally:
            os.close(writer)
        return _Running(process, reader, capture, on_output, mark, launch)

    def _wrap(self, argv: list[str], cwd: Path, environment: Mapping[str, str]) -> Launch:
        try:
            return self._wall.launch(argv, cwd, environment) if self._wall else Launch(argv, environment)
        except AuraError as error:
            raise ToolError(error.sentence) from error

    def _explain(self, output: str, code: int | None) -> str:
        why = explain_failure(output, self._wall) if self._wall and code else ""
        return f"\n[{why}]" if why else ""

    def _look_after(self, launch: Launch) -> str:
        """What the wall has to say once a command has ended, a line each."""
        violations = self._wall.after(launch) if self._wall else ()
        return "".join(f"\n[{violation.text}]" for violation in violations)


def _spawn(launch: Launch, cwd: Path, output: int) -> "subprocess.Popen[bytes]":
    """Start what was prepared, in a group of its own and without input; from the main thread only."""
    try:
        return subprocess.Popen(
            launch.argv,
            cwd=cwd,
            env=launch.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=launch.pass_fds,
        )
    finally:
        launch.on_started()


def mark_session(session_dir: Path) -> str:
    """What the environment of every command of a session carries; the same for every process that opens it."""
    return hashlib.sha256(os.fsencode(os.path.realpath(session_dir))).hexdigest()[:16]


def find_orphans(session_dir: Path) -> list[Leftover]:
    """What commands of this session still run although no process that may go on with them is there.

    Called by the holder of the session's lease: one that had it before and lives was overtaken.
    """
    return [item for item in find_marked(mark_session(session_dir)) if not _is_own(item.mark)]


def _is_own(mark: str) -> bool:
    """Whether this process gave out a mark (`session.pid-start.runner.number`); one that cannot be read counts."""
    parts = mark.split(".")
    pid, _, started = parts[1].partition("-") if len(parts) == 4 else ("", "", "")
    return (int(pid), started) == (os.getpid(), start_of(os.getpid())) if pid.isdecimal() else True


def _find_shell() -> list[str]:
    """The bash of this machine without any start-up file, or sh where there is none."""
    bash = shutil.which("bash") or ("/bin/bash" if Path("/bin/bash").exists() else "")
    return [bash, "--norc", "--noprofile", "-c"] if bash else ["/bin/sh", "-c"]


def _is_escaped(text: str) -> bool:
    """Whether every surrogate in the text stands for a byte."""
    return all(0xDC80 <= ord(character) <= 0xDCFF for character in text if "\ud800" <= character <= "\udfff")


async def _finish_anyway(running: "_Running", grace: float) -> None:
    """End a command although the task is cancelled; a second cancellation kills at once."""
    cleanup = asyncio.ensure_future(_stop_and_finish(running, grace))
    while not cleanup.done():
        try:
            await asyncio.shield(cleanup)
        except asyncio.CancelledError:
            running.signal(signal.SIGKILL)


async def _stop_and_finish(running: "_Running", grace: float) -> None:
    await running.stop(grace)
    await running.finish()


class _Running:
    """One command that runs: reads its pipe as it fills, knows when the shell ends, and can end its group."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        reader: int,
        capture: Capture,
        on_output: OutputSink | None,
        mark: str,
        launch: Launch,
    ) -> None:
        self.was_stopped = False
        self.launch = launch
        self._process = process
        self._capture = capture
        self._on_output = on_output
        self._mark = mark
        self._live = Live()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._reader = reader
        self._closed = asyncio.Event()
        self._ended = asyncio.Event()
        os.set_blocking(reader, False)
        self._loop.add_reader(reader, self._read)
        self._watch = asyncio.ensure_future(self._watch_end())

    @property
    def exit_code(self) -> int | None:
        """The shell's exit code, 128 and the signal's number when a signal ended it, None while it runs."""
        code = self._process.returncode
        return 128 - code if code is not None and code < 0 else code

    async def wait(self, timeout: float | None) -> bool:
        """Whether the shell ended in time (seconds)."""
        try:
            await asyncio.wait_for(self._ended.wait(), timeout)
        except TimeoutError:
            return False
        return True

    async def stop(self, grace: float) -> None:
        """TERM to the group, KILL after `grace` seconds, also to what has left the group."""
        if self._process.returncode is not None:
            return
        self.was_stopped = not self._ended.is_set()
        self.signal(signal.SIGTERM)
        if not await self.wait(grace):
            self.signal(signal.SIGKILL)
            await self.wait(grace)
        await asyncio.to_thread(lambda: end_all(find_marked(self._mark)))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the group, unless its leader is reaped already; KILL is for what stands around it, too."""
        if self._process.returncode is None:
            pid = self._process.pid
            group = pid if number is signal.SIGKILL else self.launch.find_group(pid)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)

    async def finish(self) -> tuple[str, bool, str]:
        """Take the last output and end what is left of the group: the output, whether it is cut, the file with all."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), SETTLE)
        self._watch.cancel()
        self._process.poll()
        left = await self._end_leftovers()
        self._drain()
        if not self._closed.is_set():
            self._close_pipe()
        self._show(final=True)
        text, truncated = self._capture.text()
        if left and not self.was_stopped:
            text += "\n[what the command left running in the background was stopped]"
        return text, truncated, self._capture.close()

    async def _end_leftovers(self) -> bool:
        """End the processes that the shell left in its group; whether there were any."""
        group = self._process.pid
        if not _send_group(group, 0) or not has_members(group):
            return False
        _send_group(group, signal.SIGTERM)
        until = time.monotonic() + LEFTOVER_GRACE
        while has_members(group) and time.monotonic() < until:  # noqa: ASYNC110 - strangers signal no event
            await asyncio.sleep(0.01)
        _send_group(group, signal.SIGKILL)
        return True

    async def _watch_end(self) -> None:
        """Notice that the shell ended, without reaping it: until then nobody else can get its process id."""
        try:
            descriptor = os.pidfd_open(self._process.pid)
        except (AttributeError, OSError):  # no such call on this system
            pause = 0.002
            while self._process.poll() is None:
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 0.05)
            self._ended.set()
            return
        self._loop.add_reader(descriptor, self._ended.set)
        try:
            await self._ended.wait()
        finally:
            self._loop.remove_reader(descriptor)
            os.close(descriptor)

    def _read(self) -> None:
        """Take what is in the pipe."""
        try:
            data = os.read(self._reader, READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close_pipe()
            return
        self._capture.feed(data)
        if self._on_output:
            self._live.feed(data)
            if self._timer is None:
                self._timer = self._loop.call_later(SHOW_EVERY, self._show)

    def _drain(self) -> None:
        """Take what is still in the pipe, at most a few full pipes of it."""
        for _ in range(8):
            if self._closed.is_set():
                return
            before = self._capture.total
            self._read()
            if self._capture.total == before:
                return

    def _close_pipe(self) -> None:
        self._loop.remove_reader(self._reader)
        os.close(self._reader)
        self._closed.set()

    def _show(self, *, final: bool = False) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if not self._on_output:
            return
        text = self._live.take(final=final)
        if text:
            self._on_output(text)


def _send_group(group: int, number: int) -> bool:
    """Send a signal to a process group; whether there was anybody in it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # only processes of other users are left
        return False
    return True
