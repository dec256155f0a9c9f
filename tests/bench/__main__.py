"""`./dev bench [names]`: figures side by side in one run; only the ratios mean something on another machine."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

STEPS = 300
TOKENS = 20_000


def say(text: str) -> None:
    """One line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def serve(kind: str, size: int) -> Iterator[str]:
    """The address of a model server in another process."""
    command = [sys.executable, "-m", "tests.bench.model_server", kind, str(size)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def run_client(name: str, kind: str, size: int) -> dict[str, Any]:
    """The figures of one client against a fresh server, in a home of its own."""
    with serve(kind, size) as url, tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "tests.bench.clients", name, url]
        environ = {**os.environ, "AURA_HOME": home}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    if done.returncode != 0:
        raise SystemExit(f"the {name} client failed:\n{done.stderr[-3000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def bench_start() -> None:
    """Starts: `aura --version` and `--help` beside an interpreter that does nothing."""
    rows = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "aura --version": [sys.executable, "-m", "aura", "--version"],
        "aura --help": [sys.executable, "-m", "aura", "--help"],
    }
    best = {name: min(_time(command) for _ in range(7)) for name, command in rows.items()}
    floor = best["python -c pass"]
    for name, seconds in best.items():
        say(f"  {name:<16} {seconds * 1000:7.1f} ms   {seconds / floor:5.1f} x bare start")


def _time(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - begun


def bench_steps() -> None:
    """A run of 300 steps over real HTTP: the first 20 and the last 20 steps, each with one shell command."""
    figures = {name: run_client(name, "steps", STEPS) for name in ("floor", "adapter", "engine")}
    floor = statistics.median(figures["floor"]["steps"][1:21])
    late_floor = statistics.median(figures["floor"]["steps"][-21:-1])
    for name, one in figures.items():
        early, late = statistics.median(one["steps"][1:21]), statistics.median(one["steps"][-21:-1])
        say(
            f"  {name:<8} steps 2-21 {early * 1000:6.1f} ms ({early / floor:5.1f} x)   "
            f"last 20 {late * 1000:6.1f} ms ({late / late_floor:5.1f} x)   growth {late / early:4.1f}   "
            f"CPU {one['cpu']:6.2f} s   peak {one['rss']:4.0f} MB"
        )
    own = [
        statistics.median(figures["engine"]["steps"][part])
        - statistics.median(figures["adapter"]["steps"][part])
        for part in (slice(1, 21), slice(-21, -1))
    ]
    say(
        f"  engine over adapter: {own[0] * 1000:.1f} ms a step at the start, {own[1] * 1000:.1f} ms at the end"
    )


def bench_tokens() -> None:
    """One reply of 20,000 tokens, net of a reply of 20."""
    rows = {}
    for name in ("floor", "adapter", "engine"):
        short, long = run_client(name, "words", 20), run_client(name, "words", TOKENS)
        rows[name] = (long["cpu"] - short["cpu"], sum(long["steps"]) - sum(short["steps"]), long["rss"])
    for name, (cpu, wall, rss) in rows.items():
        say(
            f"  {name:<8} CPU {cpu:6.2f} s ({cpu / rows['floor'][0]:5.1f} x, {cpu / TOKENS * 1e6:5.0f} us a token)   "
            f"wall {wall:6.2f} s   peak {rss:4.0f} MB"
        )


def bench_store() -> None:
    """The log: appends and opening, beside bare sqlite."""
    from tests.bench.store import run

    for name, value in run().items():
        say(f"  {name}: {value}")


BENCHES: dict[str, Callable[[], None]] = {
    "start": bench_start,
    "store": bench_store,
    "steps": bench_steps,
    "tokens": bench_tokens,
}


def main(names: list[str]) -> int:
    """Run the benches named, or all."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        say(f"There is no bench {unknown[0]!r}; there are {', '.join(BENCHES)}.")
        return 2
    for name in names or BENCHES:
        say(f"{name}: {(BENCHES[name].__doc__ or '').strip()}")
        BENCHES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
