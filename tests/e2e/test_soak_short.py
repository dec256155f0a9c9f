"""A run that works without a pause: it holds no more at its end than when it had got going."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from aura.core.run import Phase
from aura.core.turn import Turn, fold
from aura.store.rows import read_events
from tests.bench.soak import Sample, follow, judge, soaking

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("soak"),
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="what a process holds is read from /proc"),
]
SECONDS = 4.0  # of work
PATIENCE = 90.0  # seconds until the run has ended, on a machine that is busy with other tests


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Sample], Turn]:
    """A run that is over: its folder, what it held meanwhile, and where it stands."""
    place = tmp_path_factory.mktemp("soak")
    with soaking(place, SECONDS, pace=0.0) as soak:
        samples = list(follow(soak, 0.25, PATIENCE))
        code, log = soak.process.poll(), soak.log
    assert code == 0, (place / "out").read_text(encoding="utf-8")
    assert log is not None
    return place, samples, fold(one.event for one in read_events(log.parent))


def test_it_did_all_kinds_of_work(soaked: tuple[Path, list[Sample], Turn]) -> None:
    _, samples, turn = soaked
    assert turn.run.phase is Phase.DONE
    assert {"Bash", "Edit", "Grep", "Read", "TodoWrite", "Write", "Done"} <= set(turn.counters.by_tool)
    assert turn.number > 1
    assert turn.counters.compactions > 0
    assert len(samples) > 8


def test_it_holds_no_more_files_threads_and_children_than_before(
    soaked: tuple[Path, list[Sample], Turn],
) -> None:
    samples = soaked[1]
    half = len(samples) // 2
    for name in ("files", "threads", "children", "kept_files"):
        first, last = (min(getattr(one, name) for one in part) for part in (samples[2:half], samples[half:]))
        assert last <= first, name


def test_what_a_summary_stands_for_is_let_go(soaked: tuple[Path, list[Sample], Turn]) -> None:
    turn = soaked[2]
    summarised = turn.messages[: turn.view.start]
    assert len(summarised) > 50
    assert [message.text for message in summarised if message.parts] == ["write all the parts"]


def test_nothing_is_left_behind(soaked: tuple[Path, list[Sample], Turn]) -> None:
    place = soaked[0]
    assert list((place / "tmp").iterdir()) == []
    assert _find_processes(place) == []


@pytest.mark.parametrize("name", ["rss", "files", "threads", "children"])
def test_growth_is_seen(name: str) -> None:
    assert judge(_samples(), 0.0).problems == ()
    (problem,) = judge(_samples(**{name: 1.0}), 0.0).problems
    assert problem.startswith(f"{name}: ")


def test_what_came_before_the_warm_up_does_not_count() -> None:
    samples = _samples(rss=1.0)
    assert judge(samples, samples[-8].at).problems == ("rss: 102.5 became 108.5",)
    assert judge(samples, samples[-7].at).problems == ("only 7 samples after the warm-up",)


def _samples(**growth: float) -> Sequence[Sample]:
    """A hundred looks at a process; of what is named it holds so much more each time."""
    same: dict[str, Any] = dict.fromkeys(("cpu", "log_mb", "step_ms"), 0.0)
    same |= dict.fromkeys(("kept_files", "steps", "turns", "compactions"), 0)
    held = ("rss", "pss", "files", "threads", "children")
    return [
        Sample(float(at), **same, **{name: 10 + growth.get(name, 0) * at for name in held})  # type: ignore[arg-type]
        for at in range(100)
    ]


def _find_processes(place: Path) -> list[str]:
    """The processes that work below a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(place):
                found.append(process.name)
        except OSError:
            continue
    return found
