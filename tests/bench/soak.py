"""A run that works for an hour, looked at from outside: what it holds must stay what it was.

`python -m tests.bench.soak --seconds 3600 --out FILE` starts `aura run --auto` on a real workspace with a real log and
a model server of its own, and looks at the process every ten seconds. Ends with 1 when memory of the last quarter is
more than `GROWTH` times that of the first (after the warm-up), or when it holds more files, threads or children.
"""

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.endless import CHECK, WINDOW

ROOT = Path(__file__).resolve().parents[2]
GROWTH = 1.05
STEPS_OF_A_TURN = 40
SETTINGS = """\
retry: {attempts: 2, base_seconds: 0.2, max_seconds: 2}
auto: {max_steps: %d, max_turns: 0, max_cost: 0, max_seconds: 0}
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: seconds since the start, memory in MB, what is held, CPU seconds, MB of the log, what was done.

    `kept_files` are those in its home and among temporary files, `step_ms` the median of aura's own part of the newest
    steps, in milliseconds: without the wait for the model.
    """

    at: float
    rss: float
    pss: float
    files: int
    threads: int
    children: int
    cpu: float
    log_mb: float
    kept_files: int
    steps: int
    turns: int
    compactions: int
    step_ms: float


@dataclass(frozen=True, slots=True)
class Soak:
    """A soak under way: the run's process, the folder of all its files, the pace of its model in seconds a reply."""

    process: "subprocess.Popen[bytes]"
    place: Path
    pace: float

    @property
    def log(self) -> Path | None:
        """The file of its log, once it has one."""
        return next((self.place / "home" / "aura" / "data").glob("sessions/*/*/log.sqlite"), None)

    def look(self, at: float) -> Sample | None:
        """What the process holds now; None once it is over or before it has a log that can be read."""
        proc = Path("/proc") / str(self.process.pid)
        if self.log is None or self.process.poll() is not None:
            return None
        try:
            return Sample(
                at, *_memory(proc), *_held(proc), _cpu(proc), **_count(self.log, self.place, self.pace)
            )
        except (FileNotFoundError, ProcessLookupError, PermissionError, sqlite3.OperationalError):
            return None  # it ended meanwhile, or its log is only being laid out


def _count(log: Path, place: Path, pace: float) -> dict[str, Any]:
    """What its files and its log say."""
    newest = "SELECT data FROM (SELECT * FROM events ORDER BY seq DESC LIMIT 400) WHERE type = 'step_ended'"
    totals = (
        "SELECT sum(type = 'step_ended'), max(turn), sum(type = 'compacted') FROM events"
        " WHERE type IN ('session_started', 'step_ended', 'compacted')"
    )
    with closing(sqlite3.connect(f"file:{log}?mode=ro", uri=True, timeout=10)) as reader:
        times = [json.loads(data)["seconds"] for (data,) in reader.execute(newest)]
        steps, turns, compactions = reader.execute(totals).fetchone()
    return {
        "log_mb": sum(one.stat().st_size for one in log.parent.glob("log.sqlite*")) / 1e6,
        "kept_files": sum(len(files) for part in ("home", "tmp") for _, _, files in os.walk(place / part)),
        "steps": steps or 0,
        "turns": turns or 0,
        "compactions": compactions or 0,
        "step_ms": (statistics.median(times) - pace) * 1e3 if times else 0.0,
    }


def _memory(proc: Path) -> tuple[float, float]:
    """RSS and PSS in MB; PSS 0 when it cannot be read."""
    rss = int((proc / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    try:
        rollup = (proc / "smaps_rollup").read_text().splitlines()
    except OSError:
        return rss, 0.0
    return rss, next((int(line.split()[1]) * 1024 / 1e6 for line in rollup if line.startswith("Pss:")), 0.0)


def _held(proc: Path) -> tuple[int, int, int]:
    """Open files, threads, child processes."""
    children = sum(len(path.read_text().split()) for path in (proc / "task").glob("*/children"))
    return len(list((proc / "fd").iterdir())), len(list((proc / "task").iterdir())), children


def _cpu(proc: Path) -> float:
    """CPU seconds used so far, without children."""
    fields = (proc / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def soaking(place: Path, seconds: float, pace: float) -> Iterator[Soak]:
    """A run that works for so many seconds below `place`; what is left of it is killed at the end."""
    home, workspace, scratch = place / "home", place / "work", place / "tmp"
    for folder in (home / "aura" / "config", workspace, scratch):
        folder.mkdir(parents=True)
    (home / "aura" / "config" / "config.yaml").write_text(SETTINGS % STEPS_OF_A_TURN, encoding="utf-8")
    server_command = [sys.executable, "-m", "tests.bench.endless", str(seconds), str(pace)]
    with subprocess.Popen(
        server_command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        url = server.stdout.readline().strip()
        command = [sys.executable, "-m", "aura", "run", "write all the parts", "--auto"]
        command += ["--max-turns", "0", "--check", CHECK, "-m", "openai/endless", "-q"]
        command += ["--context-window", str(WINDOW)]
        environ = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        environ |= {"HOME": str(home), "AURA_HOME": str(home / "aura"), "AURA_BASE_URL": f"{url}/v1"}
        environ |= {"TMPDIR": str(scratch)}
        environ |= {"OPENAI_API_KEY": "none", "PYTHONPATH": str(ROOT)}
        with (
            (place / "out").open("wb") as out,
            subprocess.Popen(
                command, cwd=workspace, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            ) as process,
        ):
            try:
                yield Soak(process, place, pace)
            finally:
                process.kill()
        server.stdin.close()


def follow(soak: Soak, every: float, limit: float) -> Iterator[Sample]:
    """A sample every so many seconds until the run is over, or `limit` seconds are."""
    begun = time.monotonic()
    while (at := time.monotonic() - begun) < limit:
        try:
            soak.process.wait(every)
        except subprocess.TimeoutExpired:
            sample = soak.look(at + every)
            if sample is not None:
                yield sample
        else:
            return


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the first and the last quarter say; `problems` is empty when nothing grew."""

    first: dict[str, float]
    last: dict[str, float]
    problems: tuple[str, ...]


def judge(samples: Sequence[Sample], warm_up: float) -> Verdict:
    """Compare the quarters of what came after `warm_up` seconds; needs eight samples."""
    warm = [sample for sample in samples if sample.at >= warm_up]
    if len(warm) < 8:
        return Verdict({}, {}, (f"only {len(warm)} samples after the warm-up",))
    quarter = len(warm) // 4
    first, last = ([asdict(one) for one in part] for part in (warm[:quarter], warm[-quarter:]))
    was, now = (
        {name: float(statistics.median(row[name] for row in rows)) for name in first[0]}
        for rows in (first, last)
    )
    grown = [name for name in ("files", "threads", "children") if now[name] > was[name]]
    grown += [name for name in ("rss", "pss") if now[name] > was[name] * GROWTH]
    return Verdict(was, now, tuple(f"{name}: {was[name]:g} became {now[name]:g}" for name in grown))


def main() -> int:
    """Soak, print what is seen, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--warm-up", type=float, default=300.0)
    parser.add_argument("--every", type=float, default=10.0)
    parser.add_argument("--pace", type=float, default=0.3, help="seconds the model takes for a reply")
    parser.add_argument(
        "--out", type=Path, default=Path(os.devnull), help="where samples go, a line of JSON each"
    )
    given = parser.parse_args()
    samples: list[Sample] = []
    with (
        tempfile.TemporaryDirectory(prefix="aura-soak-") as made,
        given.out.open("w", encoding="utf-8") as out,
        soaking(Path(made), given.seconds, given.pace) as soak,
    ):
        for sample in follow(soak, given.every, given.seconds + 120):
            samples.append(sample)
            out.write(json.dumps(asdict(sample)) + "\n")
            out.flush()
        code = soak.process.poll()
        said = (Path(made) / "out").read_text(encoding="utf-8", errors="replace")[-2000:]
    verdict = judge(samples, given.warm_up)
    problems = [*verdict.problems, *([f"the run ended with {code}: {said}"] if code != 0 else [])]
    report = {**asdict(verdict), "problems": problems, "code": code, "samples": len(samples)}
    text = json.dumps(report, indent=1)
    sys.stdout.write(f"{text}\n")
    if given.out != Path(os.devnull):
        given.out.with_suffix(".verdict.json").write_text(text, encoding="utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
