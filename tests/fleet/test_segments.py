"""One segment and what becomes of it: pure enough for a clock that is told the time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.app.segments import SegmentEnd
from aura.core.errors import AuraError, ConfigError
from aura.core.run import Phase
from aura.fleet.queue import Job, pack, unpack
from aura.fleet.segments import FIRST_PAUSE, LONGEST_PAUSE, MOST_FAILURES, choose_pause, work
from aura.testing.fakes import FakeClock

JOB = Job("one", "/somewhere", flags={"models.window": 1000})
NOW = 1_000.0


async def after(end: SegmentEnd | Exception, failures: int = 0) -> tuple[SegmentEnd, int]:
    async def segment(job: Job, seconds: float) -> SegmentEnd:
        assert (job, seconds) == (JOB, 5.0)
        if isinstance(end, Exception):
            raise end
        return end

    return await work(segment, JOB, 5.0, failures, FakeClock(NOW))


@pytest.mark.parametrize(
    "end",
    [
        SegmentEnd(Phase.DONE, detail="well"),
        SegmentEnd(Phase.RUNNING),
        SegmentEnd(Phase.WAITING, NOW + 60, "a quota"),
        SegmentEnd(Phase.PAUSED, NOW + 60),
    ],
)
async def test_what_a_segment_says_holds(end: SegmentEnd) -> None:
    assert await after(end, failures=3) == (end, 0)


async def test_a_wait_that_is_over_is_none() -> None:
    assert await after(SegmentEnd(Phase.WAITING, NOW)) == (SegmentEnd(Phase.RUNNING), 0)
    assert await after(SegmentEnd(Phase.WAITING)) == (SegmentEnd(Phase.RUNNING), 0)


async def test_one_that_could_not_begin_is_tried_again_later_and_later() -> None:
    end, failures = await after(AuraError("The engine died."))
    assert (end, failures) == (SegmentEnd(Phase.WAITING, NOW + FIRST_PAUSE, "The engine died."), 1)
    end, failures = await after(ValueError("a bug"), failures)
    assert (end, failures) == (SegmentEnd(Phase.WAITING, NOW + 2 * FIRST_PAUSE, "ValueError: a bug"), 2)


async def test_an_engine_that_dies_time_and_again_is_waited_for() -> None:
    died = SegmentEnd(Phase.RUNNING, NOW + 1, "The engine ended.")
    assert await after(died) == (SegmentEnd(Phase.WAITING, NOW + 1, "The engine ended."), 1)
    assert await after(died, 5) == (SegmentEnd(Phase.WAITING, NOW + choose_pause(6), "The engine ended."), 6)


async def test_it_is_given_up_at_last() -> None:
    end, failures = await after(AuraError("The engine died."), MOST_FAILURES - 1)
    assert (end, failures) == (SegmentEnd(Phase.FAILED, detail="The engine died."), MOST_FAILURES)


async def test_what_does_not_mend_itself_is_given_up_at_once() -> None:
    end, _ = await after(ConfigError("There is no such session."))
    assert end == SegmentEnd(Phase.FAILED, detail="There is no such session.")


@given(st.integers(1, 10_000))
def test_pauses_grow_to_a_bound(failures: int) -> None:
    assert FIRST_PAUSE <= choose_pause(failures) <= choose_pause(failures + 1) <= LONGEST_PAUSE


def test_a_job_survives_json_and_other_versions() -> None:
    assert unpack({**pack(JOB), "of a later version": 1}) == JOB
