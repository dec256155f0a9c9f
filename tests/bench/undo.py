"""Snapshots of a large workspace: the first look, looks at what changed, an edit, an undo."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from aura.safety.snapshots import Snapshots

FILES = 50_000
CHANGED = 1_000
LOOKS = 5
LINES = 60


def make_workspace(folder: Path, count: int) -> list[Path]:
    """Python files of some lines each, twenty in a folder, with ignore rules."""
    files = []
    folder.mkdir()
    (folder / ".gitignore").write_text("*.o\n*.log\n/build/\n.env\n")
    for number in range(count):
        place = folder / f"package{number // 1_000}" / f"part{number // 20 % 50}"
        if number % 20 == 0:
            place.mkdir(parents=True, exist_ok=True)
        path = place / f"module{number}.py"
        path.write_text(f"def work_{number}(value: int) -> int:\n    return value * {number}\n" * LINES)
        files.append(path)
    return files


def bench_undo(say: Callable[[str], None]) -> None:
    """The figures, wall and CPU."""
    with tempfile.TemporaryDirectory() as place:
        workspace = Path(place, "work")
        files = make_workspace(workspace, FILES)
        time.sleep(0.1)
        snapshots = Snapshots(Path(place, "session"), workspace)

        def tell(what: str, work: Callable[[], object], repeats: int = 1) -> None:
            wall, cpu = min((_time(work) for _ in range(repeats)), key=lambda both: both[1])
            say(f"  {what:<34} {wall * 1000:8.1f} ms   CPU {cpu * 1000:8.1f} ms")

        tell(f"first look, {FILES} files", lambda: snapshots.enter(1, "Bash"))
        tell("nothing changed", lambda: snapshots.take(2, "Bash"), LOOKS)
        for path in files[:CHANGED]:
            path.write_text("changed\n")
        tell(f"{CHANGED} files changed", lambda: snapshots.leave(3, "Bash"))
        name = files[-1].relative_to(workspace).as_posix()
        tell("before an edit of one file", lambda: snapshots.enter(4, "Edit", [name]), LOOKS)
        files[-1].write_text("edited\n")
        tell("after it", lambda: snapshots.leave(5, "Edit", [name]))
        snapshots.close()
        tell("first look of the next process", lambda: snapshots.take(6, "Bash"))
        start = snapshots.at(0)
        assert start
        tell("plan of an undo", lambda: snapshots.plan(start))
        tell(f"undo of {CHANGED + 1} files", lambda: snapshots.restore(snapshots.plan(start), seq=7))
        kept = sum(entry.stat().st_size for entry in os.scandir(Path(place, "session", "snapshots")))
        size = sum(path.stat().st_size for path in files)
        say(f"  kept: {kept / 1e6:.0f} MB for {size / 1e6:.0f} MB of files")
        snapshots.close()


def _time(work: Callable[[], object]) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used
