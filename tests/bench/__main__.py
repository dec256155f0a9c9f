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
REPEATS = 3
CLIENTS = ("floor", "adapter", "litellm", "engine")


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
        environ = {**os.environ, "AURA_HOME": home, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    if done.returncode != 0:
        raise SystemExit(f"the {name} client failed:\n{done.stderr[-3000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    wanted = size + 1 if kind == "steps" else 1
    if len(figures["steps"]) != wanted:
        raise SystemExit(f"the {name} client made {len(figures['steps'])} steps of {wanted}")
    return figures


def repeat(kind: str, size: int) -> dict[str, list[dict[str, Any]]]:
    """All clients by turns, several times, so that they share what else the machine does; slow litellm once."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in CLIENTS}
    for number in range(REPEATS):
        for name in CLIENTS:
            if name != "litellm" or not number:
                rows[name].append(run_client(name, kind, size))
    return rows


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
    """300 steps over HTTP, each a shell command: medians of steps 2 to 21 and of the last 20, best of 3 runs."""
    figures = repeat("steps", STEPS)
    early = {name: _median(runs, slice(1, 21)) for name, runs in figures.items()}
    late = {name: _median(runs, slice(-21, -1)) for name, runs in figures.items()}
    for name, runs in figures.items():
        say(
            f"  {name:<8} steps 2-21 {early[name] * 1000:6.1f} ms ({early[name] / early['floor']:5.1f} x)   "
            f"last 20 {late[name] * 1000:6.1f} ms ({late[name] / late['floor']:5.1f} x)   "
            f"growth {late[name] / early[name]:4.1f}   CPU {_least(runs, 'cpu'):6.2f} s   "
            f"peak {_least(runs, 'rss'):4.0f} MB"
        )
    own = [figure["engine"] - figure["adapter"] for figure in (early, late)]
    say(
        f"  engine over adapter: {own[0] * 1000:.1f} ms a step at the start, {own[1] * 1000:.1f} ms at the end"
    )


def _median(runs: list[dict[str, Any]], part: slice) -> float:
    return min(float(statistics.median(run["steps"][part])) for run in runs)


def _least(runs: list[dict[str, Any]], key: str) -> float:
    return min(float(run[key]) for run in runs)


def bench_tokens() -> None:
    """One reply of 20,000 tokens, net of a reply of 20, best of 3 runs."""
    short, long = repeat("words", 20), repeat("words", TOKENS)
    cpu = {name: _least(long[name], "cpu") - _least(short[name], "cpu") for name in CLIENTS}
    for name in CLIENTS:
        wall = min(run["steps"][0] for run in long[name]) - min(run["steps"][0] for run in short[name])
        say(
            f"  {name:<8} CPU {cpu[name]:6.2f} s ({cpu[name] / cpu['floor']:5.1f} x, "
            f"{cpu[name] / TOKENS * 1e6:5.0f} us a token)   "
            f"wall {wall:6.2f} s   peak {_least(long[name], 'rss'):4.0f} MB"
        )


def bench_store() -> None:
    """The log: appends and opening, beside bare sqlite."""
    from tests.bench.store import run

    for name, value in run().items():
        say(f"  {name}: {value}")


def bench_ui() -> None:
    """The interface in a pseudo-terminal, beside a bare Textual application."""
    from tests.bench import ui

    ui.bench_ui(say)


def bench_undo() -> None:
    """Snapshots of 50,000 files: the first look, later ones, an edit, an undo."""
    from tests.bench import undo

    undo.bench_undo(say)


def bench_runs() -> None:
    """Runs: appends, resuming 5,000 events, opening 100,000, a turn with its checkpoint; best of 3."""
    from tests.bench import runs

    runs.bench_runs(say)


def bench_workday() -> None:
    """A run of eight hours on an invented clock, with waits, outages, limits and grants."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "tests.bench.workday"]
        environ = {**os.environ, "AURA_HOME": home}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, check=True)
    day = json.loads(done.stdout)
    counts = ", ".join(f"{count} {name}" for name, count in day["counts"].items())
    say(
        f"  {day['hours']:.1f} hours in {day['seconds']:.0f} s: {day['phase']}, {day['steps']} steps, {counts}"
    )
    say(
        f"  memory: {day['growth']:.3f} x from the second to the last quarter ({day['rss'][-1]:.0f} MB), "
        f"{max(day['whole'])} of {day['messages']} messages held at most"
    )


def bench_walls() -> None:
    """What the sandboxes cost for each command."""
    from tests.bench.sandbox import bench_sandbox

    bench_sandbox(say)


BENCHES: dict[str, Callable[[], None]] = {
    "start": bench_start,
    "store": bench_store,
    "steps": bench_steps,
    "tokens": bench_tokens,
    "ui": bench_ui,
    "sandbox": bench_walls,
    "runs": bench_runs,
    "undo": bench_undo,
    "workday": bench_workday,
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
