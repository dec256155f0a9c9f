"""What the full-screen interface costs: in a real pseudo-terminal, with an engine of this process that only speaks.

Beside it, in the same run, a Textual application that is nothing but a text field (the floor).
"""

import asyncio
import contextlib
import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from aura.app.sockets import listen
from aura.app.wire import Hello, encode_hello, join
from aura.config.paths import sessions_dir
from aura.core.events import Event, ModelReplied, Recorded, SessionStarted, StepStarted, TurnStarted
from aura.core.facts import Facts
from aura.core.messages import Message, Text, user
from aura.core.models import Completion, TextDelta, Usage
from aura.core.turn import Turn, fold
from aura.store.codec import encode_recorded
from aura.store.log import SessionLog
from tests.bench.store import conversation

COLUMNS, ROWS = 120, 40
ECHOES = 60
BOX = b"\xe2"  # the first byte of what frames are drawn with: something is painted
FLOOR = """
from textual.app import App
from textual.widgets import TextArea
class Floor(App):
    def compose(self):
        yield TextArea()
Floor().run()
"""
PROSE = "the queue closes before the reader is done and so it waits for a sentinel that never comes. "


class Window:
    """A program in a pseudo-terminal; `wait` watches what it writes."""

    def __init__(self, command: list[str], environ: Mapping[str, str], cwd: Path) -> None:
        self.begun = time.perf_counter()
        self.master, slave = pty.openpty()
        self.resize(COLUMNS, ROWS)
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env={**environ, "LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(slave)
        self.usage = psutil.Process(self.process.pid)
        self.written = 0

    def resize(self, columns: int, rows: int) -> None:
        """Another size."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds: float) -> bytes:
        """What comes within some seconds, at once when something does; questions are answered as terminals do."""
        if not select.select([self.master], [], [], seconds)[0]:
            return b""
        data = os.read(self.master, 1 << 16)
        self.written += len(data)
        if b"\x1b[c" in data:
            os.write(self.master, b"\x1b[?62;22c")
        return data

    def wait(self, wanted: bytes, seconds: float = 20.0) -> float:
        """Seconds until the bytes were written; raises when they never are."""
        begun, seen = time.perf_counter(), b""
        while (passed := time.perf_counter() - begun) < seconds:
            seen = seen[-200:] + self.read(0.05)
            if wanted in seen:
                return passed
        raise SystemExit(f"the interface never wrote {wanted!r}")

    def drain(self, seconds: float) -> None:
        """Read for so long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)

    def settle(self, quiet: float = 0.5, most: float = 30.0) -> float:
        """Seconds until nothing was written for a while (that while not counted)."""
        begun = last = time.perf_counter()
        while time.perf_counter() - begun < most:
            if self.read(0.02):
                last = time.perf_counter()
            elif time.perf_counter() - last > quiet:
                break
        return last - begun

    def rest(self, most: float = 180.0) -> float:
        """Seconds until it does nothing any more: two seconds in a row with hardly any CPU."""
        begun, quiet, before = time.perf_counter(), 0, self.cpu()
        while quiet < 2 and time.perf_counter() - begun < most:
            self.drain(1.0)
            now = self.cpu()
            quiet = quiet + 1 if now - before < 0.03 else 0
            before = now
        return time.perf_counter() - begun - 2.0

    def echo(self, count: int = ECHOES) -> list[float]:
        """Milliseconds from a key to its letter on the screen, each."""
        times = []
        for number in range(count):
            letter = bytes([ord("A") + number % 26])
            os.write(self.master, letter)
            begun = time.perf_counter()
            self.wait(letter)
            times.append((time.perf_counter() - begun) * 1000)
            os.write(self.master, b"\x7f")
            self.drain(0.07)
        return times

    def cpu(self) -> float:
        """CPU seconds so far."""
        times = self.usage.cpu_times()
        return times.user + times.system

    def memory(self) -> float:
        """Resident megabytes."""
        return float(self.usage.memory_info().rss) / 1e6

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError, psutil.Error):
            self.process.kill()
        self.process.wait()
        os.close(self.master)


class Speaker:
    """An engine that only speaks: says hello to whoever connects, then events as they are given."""

    def __init__(self, folder: Path, workspace: Path, turn: Turn, last_seq: int) -> None:
        self._facts = Facts(
            folder.name, str(workspace), str(folder), model="bench/benchmodel", window=200_000
        )
        self._turn, self._seq = turn, last_seq
        self._folder = folder
        self._writers: list[asyncio.StreamWriter] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        self._ready.wait()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._open())
        self._loop.run_forever()

    async def _open(self) -> None:
        await asyncio.start_unix_server(self._accept, sock=listen(self._folder))
        self._ready.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(join([encode_hello(Hello(self._facts, self._turn, self._seq))]))
        self._writers.append(writer)
        while await reader.readline():
            pass

    def say(self, event: Event, *, durable: bool = False) -> None:
        """Send one event to every face."""
        if durable:
            self._seq += 1
        line = join([encode_recorded(Recorded(self._seq if durable else 0, time.time(), event))])
        self._loop.call_soon_threadsafe(self._send, line)

    def _send(self, line: bytes) -> None:
        for writer in self._writers:
            writer.write(line)

    def begin(self) -> None:
        """Begin a turn and its first step."""
        self.say(TurnStarted(self._turn.number + 1, user("go on")), durable=True)
        self.say(StepStarted(1, "bench/model"), durable=True)

    def finish(self, text: str) -> None:
        """End the reply that was streamed."""
        done = Completion(Message("assistant", (Text(text),), "model"), Usage(10, 10))
        self.say(ModelReplied(done, 1.0), durable=True)


def stream(speaker: Speaker, text: str, rate: float, stop: threading.Event) -> threading.Thread:
    """Say the text word by word, so many words a second, in a thread; ends early when told."""

    def work() -> None:
        begun = time.perf_counter()
        for number, word in enumerate(text.split(" ")):
            if stop.is_set():
                return
            speaker.say(TextDelta(f"{word} "))
            wait = begun + number / rate - time.perf_counter()
            if wait > 0:
                time.sleep(wait)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def make_session(home: Path, workspace: Path, events: int) -> tuple[Path, Turn, int]:
    """A log of so many events, its turn, and its newest place."""
    os.environ["AURA_HOME"] = str(home)
    folder = sessions_dir(workspace) / f"bench{events}"
    first = SessionStarted(folder.name, str(workspace), "0")
    log = SessionLog.create(folder, first, time.time())
    turn = fold([first])
    for number, event in enumerate(islice(conversation(events), events)):
        log.append(event, time.time())
        if number > events - 400:
            turn = fold([event], turn)
        if number % 2_000 == 0:
            asyncio.run(log.flush())
    log.close()
    return folder, turn, log.last_seq


@contextlib.contextmanager
def window(command: list[str], home: Path, cwd: Path) -> Iterator[Window]:
    """A program in a window, ended afterwards."""
    made = Window(command, {**os.environ, "AURA_HOME": str(home)}, cwd)
    try:
        yield made
    finally:
        made.close()


def attach(folder: Path) -> list[str]:
    """The command that opens the interface on a session."""
    return [sys.executable, "-m", "aura", "attach", folder.name]


def percentiles(times: list[float]) -> str:
    """The middle and the 95th percentile."""
    ranked = sorted(times)
    return f"p50 {statistics.median(ranked):6.1f} ms   p95 {ranked[int(len(ranked) * 0.95)]:6.1f} ms"


def bench_ui(say: Callable[[str], None]) -> None:
    """All figures of the interface."""
    with tempfile.TemporaryDirectory(prefix="ab-") as text:
        place = Path(text).resolve()
        workspace = place / "project"
        workspace.mkdir()
        _measure_floor(say, place, workspace)
        _measure_big(say, place, workspace)
        _measure_streams(say, place, workspace)


def _measure_floor(say: Callable[[str], None], home: Path, cwd: Path) -> None:
    with window([sys.executable, "-c", FLOOR], home, cwd) as floor:
        painted = floor.wait(BOX)
        floor.settle()
        say(
            f"  floor: first paint {painted:5.2f} s   echo {percentiles(floor.echo(30))}   {floor.memory():.0f} MB"
        )


def _measure_big(say: Callable[[str], None], home: Path, workspace: Path) -> None:
    """50,000 blocks in 150,000 events: paint, attach, echo while words arrive, resize, idle, memory."""
    folder, turn, last = make_session(home, workspace, 150_000)
    speaker = Speaker(folder, workspace, turn, last)
    with window(attach(folder), home, workspace) as big:
        painted = big.wait(BOX)
        shown = big.wait(b"benchmodel") + painted
        say(f"  50,000 blocks: first paint {painted:5.2f} s   attached and shown after {shown:5.2f} s")
        say(f"  all of it read after {big.rest():.0f} s more, with {big.cpu():.1f} CPU s in all")
        say(f"  echo, nothing else happens   {percentiles(big.echo())}   {big.memory():.0f} MB")
        big.rest()
        before, begun = big.cpu(), time.perf_counter()
        big.drain(10)
        say(f"  idle: {(big.cpu() - before) / (time.perf_counter() - begun) * 100:.1f} % CPU")
        stop = threading.Event()
        speaker.begin()
        thread = stream(speaker, PROSE * 2_000, 100, stop)
        written, begun = big.written, time.perf_counter()
        times = big.echo()
        rate = (big.written - written) / (time.perf_counter() - begun) / 1000
        say(
            f"  echo while 100 tokens/s stream {percentiles(times)}   {big.memory():.0f} MB   {rate:.0f} KB/s"
        )
        stop.set()
        thread.join()
        speaker.finish("done")
        big.rest()
        resized = []
        for columns, rows in ((100, 30), (120, 40), (80, 24), (120, 40)):
            big.resize(columns, rows)
            os.killpg(big.process.pid, 28)
            resized.append(big.settle(0.4) * 1000)
            big.rest()
        say(f"  resize: {statistics.median(resized):.0f} ms")


def _measure_streams(say: Callable[[str], None], home: Path, workspace: Path) -> None:
    """One long message, one long fence, one long table: CPU, and how far the screen is behind at the end."""
    fence = "Look:\n\n```python\n" + "value = compute( one , two ) # three\n" * 500 + "```\n\nEND"
    table = "| a | b | c |\n|---|---|---|\n" + "| one | two | three four |\n" * 400 + "\nEND"
    prose = (PROSE * 8 + "\n\n") * 140 + "END"
    for name, text, rate in (("20,000 tokens", prose, 400), ("a fence", fence, 200), ("a table", table, 200)):
        folder, turn, last = make_session(home / name.replace(" ", "").replace(",", ""), workspace, 400)
        speaker = Speaker(folder, workspace, turn, last)
        with window(attach(folder), folder.parents[3], workspace) as one:
            one.wait(b"benchmodel")
            one.settle(1.0)
            speaker.begin()
            before = one.cpu()
            words = len(text.split(" "))
            thread = stream(speaker, text, rate, threading.Event())
            while thread.is_alive():
                one.read(0.05)
            behind = one.settle(0.5)
            say(
                f"  {name:<14} {words} words at {rate}/s: {one.cpu() - before:5.1f} CPU s   "
                f"behind at the end {behind:4.2f} s   {one.memory():.0f} MB"
            )


def run() -> dict[str, Any]:
    """The figures on standard output."""
    bench_ui(lambda line: print(line, flush=True))
    return {}


if __name__ == "__main__":
    run()
