"""What repeats: each pattern found in the newest steps, with how far it went. Pure, and blind to prose.

Only what brings nothing new counts: a call that returns something else, finds other files or works on another target is
work. Calls that wait for something are left to their patience in `aura.agent.progress`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import takewhile
from typing import Literal

from aura.agent.progress import Step
from aura.core.attempts import Attempt, Edited

CYCLES = range(2, 5)  # steps
TOLD_AT = 4  # steps of a cycle that were made before; then there is time for another way until the twelfth
DOMINANCE = ((8, 12), (11, 16), (14, 20))  # so many of the last so many calls
FADING = 6  # of the first window: below, a dominant call is one no more
UNDONE = (1, 3, 5)  # edits of one file made once more after they were undone
IDLE_MORE = 8  # steps from one rung to the next
LEARNING = 1 / 3  # of the steps brought something new: that is research

Kind = Literal["equal", "cycle", "dominant", "error", "undone", "idle", "stale"]


class Rung(IntEnum):
    """How far a pattern went: not far enough, a nudge, a call to change the approach, the end."""

    NONE = 0
    NUDGE = 1
    CHANGE = 2
    REPORT = 3


@dataclass(frozen=True, slots=True)
class Bounds:
    """After how many equal calls the model is nudged, told to change its approach, and stopped; and more such numbers.

    `errors` is how many different calls may fail with the same error, `idle` how many steps of auto mode may change
    nothing (0: not looked at).
    """

    enabled: bool = True
    nudge: int = 3
    change: int = 5
    stop: int = 8
    errors: int = 4
    idle: int = 25

    @property
    def end(self) -> int:
        """After how many equal calls the turn ends: never before the model was told."""
        return max(self.stop, self.nudge + 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One pattern: `name` tells it from all others, `count` is how often, `calls` are those in it, in words.

    `about` is the error, the file or the size of the window, depending on the kind.
    """

    kind: Kind
    name: str
    rung: Rung
    count: int
    calls: tuple[str, ...] = ()
    about: str = ""
    refused: bool = False


def find_patterns(steps: Sequence[Step], bounds: Bounds, *, auto: bool) -> Iterator[Finding]:
    """Every pattern that the newest step goes on with; the steps are in order, the newest last."""
    owned = find_equal(steps, bounds) or find_cycle(steps)
    dominant = find_dominant(steps)
    if owned and dominant:  # it stands down, and lasts
        dominant = replace(dominant, rung=Rung.NONE)
    others = (*find_errors(steps, bounds), find_undone(steps), find_idle(steps, bounds) if auto else None)
    for finding in (owned, dominant, *others):
        if finding is not None:
            yield finding


def find_equal(steps: Sequence[Step], bounds: Bounds) -> Finding | None:
    """The newest step made over and over, with equal results."""
    last = steps[-1]
    count = sum(1 for _ in takewhile(lambda step: step.keys == last.keys, reversed(steps)))
    if count < 2 or last.waits:
        return None
    rung = _climb(count, (bounds.nudge, max(bounds.nudge, bounds.change), bounds.end))
    if rung is Rung.NONE:
        return None
    return Finding(
        "equal", f"equal {_name(last)}", rung, count, _say(last.attempts), refused=_is_refused(last)
    )


def find_cycle(steps: Sequence[Step]) -> Finding | None:
    """Two to four steps that repeat in turn, from whichever it began; told in their third round, or just before."""
    for period in CYCLES:
        pairs = zip(reversed(steps), reversed(steps[:-period]), strict=False)
        matching = sum(1 for _ in takewhile(lambda pair: pair[0].keys == pair[1].keys, pairs))
        block = steps[-period:]
        if matching < min(period + 1, TOLD_AT) or len({step.keys for step in block}) == 1:
            continue
        if any(step.waits for step in block):
            return None
        names = sorted(_name(step) for step in block)
        calls = tuple(dict.fromkeys(said for step in block for said in _say(step.attempts)))
        refused = all(map(_is_refused, block))
        return Finding("cycle", f"cycle {' '.join(names)}", Rung.CHANGE, period, calls, refused=refused)
    return None


def find_dominant(steps: Sequence[Step]) -> Finding | None:
    """One call that fills the last dozen without bringing anything new, whatever lies between."""
    widest = DOMINANCE[-1][1]
    calls: list[tuple[Attempt, bool]] = []
    for step in reversed(steps):
        once = {one.call: one for one in step.attempts if not one.waiting}
        news = {one.call for one in step.news}
        calls += [(one, one.call in news) for one in once.values()]
        if len(calls) >= widest:
            break
    window = calls[: DOMINANCE[0][1]]
    if not window:
        return None
    name, count = Counter(one.call for one, _ in window).most_common(1)[0]
    new = sum(is_news for one, is_news in window if one.call == name)
    if count < FADING or new > 1:
        return None
    rung = Rung.NONE
    for step_up, (many, size) in zip((Rung.NUDGE, Rung.CHANGE, Rung.REPORT), DOMINANCE, strict=True):
        if sum(one.call == name for one, _ in calls[:size]) >= many:
            rung = step_up
    newest = next(one for one, _ in window if one.call == name)
    refused = newest.outcome == "denied"
    return Finding("dominant", f"dominant {name}", rung, count, (newest.said,), str(DOMINANCE[0][1]), refused)


def find_errors(steps: Sequence[Step], bounds: Bounds) -> Iterator[Finding]:
    """Different calls that fail with the same error, while nothing changes and no command or call like them works."""
    failed: dict[str, dict[str, Attempt]] = {}
    programs: set[str] = set()
    for step in reversed(steps if bounds.errors else ()):
        if any(not one.failed and (one.changed or one.ran or one.program in programs) for one in step.news):
            break
        if step.is_fresh:
            continue
        for one in step.attempts:
            if one.failed and one.trace.error and not one.waiting:
                failed.setdefault(one.trace.error, {}).setdefault(one.call, one)
                programs.add(one.program)
    more = bounds.errors - 1
    for error, calls in failed.items():
        rung = _climb(len(calls), (bounds.errors, bounds.errors + more, bounds.errors + 2 * more))
        if rung is not Rung.NONE:
            said = tuple(dict.fromkeys(one.said for one in calls.values()))[:3]
            words = next(iter(calls.values())).trace.words
            refused = all(one.outcome == "denied" for one in calls.values())
            yield Finding("error", f"error {error}", rung, len(calls), said, words, refused)


def find_undone(steps: Sequence[Step]) -> Finding | None:
    """Edits of a file that were made before and undone since; a new state of the file or a new result clears it."""
    made: dict[str, set[Edited]] = {}
    states: dict[str, set[str]] = {}
    again: Counter[str] = Counter()
    for step in steps:
        if any(one.ran for one in step.news):
            made.clear()
            again.clear()
        for edit in (edit for one in step.attempts for edit in one.trace.edits if not one.failed):
            known = states.setdefault(edit.path, {edit.before})
            if edit.after not in known:
                made.pop(edit.path, None)
                again.pop(edit.path, None)
            known.add(edit.after)
            moves = made.setdefault(edit.path, set())
            if edit in moves and not step.is_fresh and edit.before != edit.after:
                again[edit.path] += 1
            moves.add(edit)
    if not again:
        return None
    path, count = again.most_common(1)[0]
    return Finding("undone", f"undone {path}", _climb(count, UNDONE), count, _say(steps[-1].attempts), path)


def find_idle(steps: Sequence[Step], bounds: Bounds) -> Finding | None:
    """Many steps without a changed file or a todo that moved, of which few brought anything new."""
    if not bounds.idle or len(steps) < bounds.idle:
        return None
    lists = {one.trace.todos for one in steps[0].attempts[:1]}
    still: list[Step] = []
    for step in steps:
        now = {one.trace.todos for one in step.attempts}
        if now - lists or any(one.changed and not one.failed for one in step.news):
            still.clear()
        elif not step.waits:
            still.append(step)
        lists |= now
    if len(still) < bounds.idle:
        return None
    learned = sum(step.is_fresh or any(one.ran for one in step.news) for step in still[-bounds.idle :])
    rungs = (bounds.idle, bounds.idle + IDLE_MORE, bounds.idle + 2 * IDLE_MORE)
    rung = _climb(len(still), rungs) if learned < bounds.idle * LEARNING else Rung.NONE
    return Finding("idle", "idle", rung, len(still))


def _climb(count: int, rungs: Sequence[int]) -> Rung:
    return Rung(sum(count >= rung for rung in rungs))


def _is_refused(step: Step) -> bool:
    return all(one.outcome == "denied" for one in step.attempts)


def _name(step: Step) -> str:
    return "&".join(sorted({one.call for one in step.attempts}))


def _say(attempts: Sequence[Attempt]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.said for one in attempts))
