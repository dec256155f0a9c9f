"""One stretch of work on a run, and what becomes of one that could not begin."""

from aura.app.segments import SegmentEnd
from aura.core.clock import Clock
from aura.core.errors import AuraError
from aura.core.run import Phase
from aura.fleet.queue import Job, Segment

SEGMENT_SECONDS = 300.0
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 15 * 60.0
MOST_FAILURES = 20  # in a row: about four hours
USAGE = 2


async def work(
    segment: Segment, job: Job, seconds: float, failures: int, clock: Clock
) -> tuple[SegmentEnd, int]:
    """One segment, and how many in a row failed by now: they raised, or left the run active but wish for a pause.

    Such a one is tried again later and later, `MOST_FAILURES` in a row at most. A configuration that is wrong does
    not mend itself: it ends the job at once, and the run stays as its log says.
    """
    try:
        end = await segment(job, seconds)
    except AuraError as error:
        end = _fail(error.sentence, clock, is_hopeless=error.exit_code == USAGE)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with one run must not end the others
        end = _fail(f"{type(error).__name__}: {error}", clock)
    else:
        if not (end.phase.is_active and end.phase is not Phase.WAITING and end.wake > clock.now()):
            is_due = end.phase is Phase.WAITING and end.wake <= clock.now()
            return (SegmentEnd(Phase.RUNNING) if is_due else end), 0
    failures += 1
    if end.phase.is_active and failures < MOST_FAILURES:
        pause = choose_pause(failures) if failures > 1 else 0.0
        return SegmentEnd(Phase.WAITING, max(end.wake, clock.now() + pause), end.detail), failures
    return SegmentEnd(Phase.FAILED, detail=end.detail), failures


def _fail(sentence: str, clock: Clock, *, is_hopeless: bool = False) -> SegmentEnd:
    if is_hopeless:
        return SegmentEnd(Phase.FAILED, detail=sentence)
    return SegmentEnd(Phase.RUNNING, clock.now() + FIRST_PAUSE, sentence)


def choose_pause(failures: int) -> float:
    """Seconds until the next try after so many segments in a row that could not be worked on."""
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 20)))
