"""What a wall costs: the same empty command in it and outside, side by side."""

import asyncio
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from aura.core.sandbox import Level, Sandbox, SandboxSpec, Wall
from aura.safety.sandbox.choice import list_sandboxes
from aura.tools.process import LocalRunner

RUNS = 60
PAUSE = (
    0.05  # seconds between two commands: the kernel takes the last one's network away, as between two steps
)


def bench_sandbox(say: Callable[[str], None]) -> None:
    """Milliseconds for `true` by a session's runner: median and 95th percentile of 60, by turns."""
    asyncio.run(_compare(say))


async def _compare(say: Callable[[str], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder).resolve()
        work = place / "work"
        work.mkdir()
        await asyncio.to_thread(subprocess.run, ["git", "init", "-q", str(work)], check=True)
        runners = {"none": LocalRunner(place / "session")}
        for sandbox in list_sandboxes():
            if sandbox.probe().level is not Level.NONE:
                runners[sandbox.name] = LocalRunner(place / "session", wall=_raise(sandbox, place))
        taken: dict[str, list[float]] = {name: [] for name in runners}
        for _ in range(RUNS + 3):
            for name, runner in runners.items():
                began = time.perf_counter()
                await runner.run("true", cwd=work, timeout=60)
                taken[name].append((time.perf_counter() - began) * 1000)
                await asyncio.sleep(PAUSE)
    plain = statistics.median(taken["none"][3:])
    for name, figures in taken.items():
        kept = sorted(figures[3:])
        middle = statistics.median(kept)
        say(
            f"  {name:10} median {middle:6.1f} ms   p95 {kept[int(RUNS * 0.95)]:6.1f} ms   {middle - plain:+6.1f} ms"
        )


def _raise(sandbox: Sandbox, place: Path) -> Wall:
    session = place / "session"
    spec = SandboxSpec(place / "work", tmp=session / "tmp", cache=session / "cache", aside=session / "aside")
    return Wall(sandbox, spec)
