"""Processes that left their group, found by the mark that their environment inherited."""

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aura.tools.environment import MARK

HAS_PROC = Path("/proc/self/environ").exists()


@dataclass(frozen=True, slots=True)
class Leftover:
    """A process that carries a mark: its id, when it started (in the system's own unit), command line, the mark."""

    pid: int
    started: str
    command: str
    mark: str


def find_marked(prefix: str) -> list[Leftover]:
    """All processes of this user, except this one, with a mark that is `prefix` or goes on with a dot after it."""
    found = []
    for pid, marks in _read_marks():
        own = [mark for mark in marks if mark == prefix or mark.startswith(f"{prefix}.")]
        command, started = _describe(pid) if own and pid != os.getpid() else ("", "")
        if started:
            found.append(Leftover(pid, started, command, own[0]))
    return found


def _read_marks() -> Iterator[tuple[int, list[str]]]:
    """The marks of every process whose environment may be read."""
    if not HAS_PROC:
        yield from _read_marks_slowly()
        return
    wanted = f"{MARK}=".encode()
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            environment = Path(entry.path, "environ").read_bytes()
            for item in environment.split(b"\0") if wanted in environment else ():
                if item.startswith(wanted):
                    yield int(entry.name), item[len(wanted) :].decode(errors="replace").split(",")


def _read_marks_slowly() -> Iterator[tuple[int, list[str]]]:
    """The same where there is no /proc."""
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            marks = process.environ().get(MARK, "")
            if marks:
                yield process.pid, marks.split(",")


def _describe(pid: int) -> tuple[str, str]:
    """Command line and start of a process; two empty texts when it is gone or a zombie."""
    import psutil

    started = start_of(pid)
    if not started:
        return "", ""
    try:
        process = psutil.Process(pid)
        return " ".join(process.cmdline())[:200] or process.name(), started
    except (psutil.Error, OSError):
        return "", ""


def start_of(pid: int) -> str:
    """When a process started, in the system's own unit; empty when it is gone or a zombie."""
    if HAS_PROC:
        state, _, started = _read_stat(pid)
        return "" if state in ("Z", "X") else started
    import psutil

    try:
        process = psutil.Process(pid)
        gone = process.status() == psutil.STATUS_ZOMBIE
        return "" if gone else str(int(process.create_time() * 100))
    except (psutil.Error, OSError):
        return ""


def _read_stat(pid: int) -> tuple[str, str, str]:
    """State, process group and start (ticks since boot) from /proc; empty texts when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", "", ""
    fields = text.rpartition(")")[2].split()
    return fields[0], fields[2], fields[19]


def is_same_alive(pid: int, started: str) -> bool:
    """Whether the process with this id is still the one that started then."""
    return bool(started) and start_of(pid) == started


def has_members(group: int) -> bool:
    """Whether anybody but zombies is in a process group."""
    if not HAS_PROC:
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True
    pids = (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit())
    stats = (_read_stat(pid) for pid in pids)
    return any(found == str(group) and state not in ("Z", "X") for state, found, _ in stats)


def end_all(leftovers: Iterable[Leftover], grace: float = 0.5) -> None:
    """Ask processes to end, then kill those that have not after `grace` seconds."""
    rest = [item for item in leftovers if _send(item, signal.SIGTERM)]
    until = time.monotonic() + grace
    while rest and time.monotonic() < until:
        time.sleep(0.02)
        rest = [item for item in rest if is_same_alive(item.pid, item.started)]
    for item in rest:
        _send(item, signal.SIGKILL)


def _send(leftover: Leftover, number: signal.Signals) -> bool:
    if not is_same_alive(leftover.pid, leftover.started):
        return False
    try:
        os.kill(leftover.pid, number)
    except OSError:
        return False
    return True
