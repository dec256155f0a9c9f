"""Old blocks, made again from the log: pages of it, and the bodies of single blocks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from aura.core import events as ev
from aura.core.errors import AuraError
from aura.core.messages import History
from aura.core.rewound import WHOLE, Trail
from aura.core.turn import Turn, apply
from aura.runs.report import Report, make_report
from aura.store.rows import read_events
from aura.ui.blocks import Block, Ending, Note, StepRule
from aura.ui.folding import Folder
from aura.ui.tail import apply_changes

PAGE = 256  # events
LONGEST_PAGE = 2_048  # events of a page that is searched for a step's beginning
SEARCHED = 400  # events before a block that are searched for the step it belongs to
STEPS = ("step_started", "turn_started")
NEIGHBOURS = 24  # blocks on either side that are made again together with one
LOST = "This part of the log cannot be read any more."


class Archive:
    """The log of a session, read by whoever shows it; raises nothing: what cannot be read is said in a block.

    `trail` says what of it is read: what a rewind took away is passed over.
    """

    def __init__(self, folder: Path, trail: Trail = WHOLE) -> None:
        self.folder = folder
        self.trail = trail

    def read(self, first: int, last: int) -> list[ev.Recorded]:
        """The events from one place to another; empty when the log cannot be read."""
        try:
            events = list(read_events(self.folder, first - 1, limit=max(0, last - first + 1)))
        except (AuraError, OSError):
            return []
        return [one for one in events if self.trail.holds(one.seq)] if self.trail.stretches else events

    def read_page(self, last: int, size: int = PAGE) -> list[ev.Recorded]:
        """The events up to a place: about `size`, beginning where a step or a turn begins if one is near.

        They are of one stretch of the trail.
        """
        floor, last = self.trail.find_stretch(last)
        first = max(floor, last - size + 1)
        events = self.read(first, last)
        while first > floor:
            start = next((at for at, one in enumerate(events) if _begins(one)), None)
            if start is not None:
                return events[start:]
            if len(events) >= LONGEST_PAGE:
                break
            older = self.read(max(floor, first - size), first - 1)
            first = max(floor, first - size)
            events = [*older, *events]
        return events

    def restore(self, blocks: Sequence[Block], wanted: int) -> None:
        """Make the missing body of a block again, and those of its neighbours; `wanted` is its place in `blocks`."""
        near = blocks[max(0, wanted - NEIGHBOURS) : wanted + NEIGHBOURS + 1]
        missing = [block for block in near if block.body is None and block.first]
        first, last = min(one.first for one in missing), max(one.last for one in missing)
        auto = any(isinstance(block.body, StepRule) for block in near)
        if last - first < LONGEST_PAGE:
            _fill(missing, fold(self.read(first, last), auto=auto, step=self._find_step(first)))
        block = blocks[wanted]
        if block.body is None:  # the neighbourhood cut it in two
            events = self.read(block.first, block.last)
            _fill([block], fold(events, step=self._find_step(block.first)))
        if block.body is None:
            block.body = Note(LOST, "warning")

    def _find_step(self, seq: int) -> int:
        """The step in which an event happened (0: before the first one of a turn, or not known)."""
        step = 0
        try:
            near = read_events(self.folder, max(0, seq - SEARCHED), STEPS, SEARCHED)
            for recorded in near:
                if recorded.seq >= seq:
                    break
                step = recorded.event.step if isinstance(recorded.event, ev.StepStarted) else 0
        except (AuraError, OSError):
            pass
        return step

    def make_reports(self, wait: Callable[[], None] = lambda: None) -> dict[int, Report]:
        """How each turn of the whole log ended, by the place of its end; `wait` is called now and then."""
        reports: dict[int, Report] = {}
        turn, denied = Turn(), list[ev.Event]()
        try:
            for count, recorded in enumerate(read_events(self.folder)):
                event = recorded.event
                if isinstance(event, ev.TurnStarted):
                    denied.clear()
                turn = _forget(apply(turn, event), event)
                if isinstance(event, ev.ToolJudged):
                    denied.append(event)
                elif isinstance(event, ev.TurnStopped):
                    reports[recorded.seq] = make_report(turn, denied)
                if count % 16 == 0:
                    wait()
        except (AuraError, OSError):
            pass
        return reports


def fold(events: Iterable[ev.Recorded], *, auto: bool = False, step: int = 0) -> list[Block]:
    """The blocks of a part of a log, as if nothing followed; `auto` and `step` say where it begins."""
    folder = Folder(auto=auto)
    folder.step = step
    blocks: list[Block] = []
    for recorded in events:
        apply_changes(blocks, folder.take(recorded))
    apply_changes(blocks, folder.finish())
    for block in blocks:
        block.final = True
    return blocks


def find_auto(events: Iterable[ev.Recorded], *, after: bool) -> bool:
    """Whether auto mode was on before these events, if it is as `after` says behind them."""
    switch = next((one.event for one in events if isinstance(one.event, ev.AutoSwitched)), None)
    return not switch.on if switch is not None and switch.by != "settings" else after


def complete(block: Block, report: Report) -> None:
    """Give the card of a turn's end its report."""
    if isinstance(block.body, Ending):
        block.body = replace(block.body, report=report, context={})
        block.version += 1


def is_unreported(block: Block) -> bool:
    """Whether the block is the end of a turn of which only the reason is known yet."""
    return isinstance(block.body, Ending) and bool(block.body.context.get("brief"))


def _begins(recorded: ev.Recorded) -> bool:
    return isinstance(recorded.event, ev.StepStarted | ev.TurnStarted)


def _fill(missing: Iterable[Block], made: Iterable[Block]) -> None:
    """Hand over the bodies of blocks that were made again, where they are the same blocks."""
    known = {(*block.place, block.last): block.body for block in made}
    for block in missing:
        block.body = known.get((*block.place, block.last))


def _forget(turn: Turn, event: ev.Event) -> Turn:
    """The turn without the messages that no report needs."""
    if isinstance(event, ev.TurnStarted | ev.ModelReplied | ev.Compacted):
        reply = turn.last_reply
        return replace(turn, messages=History((reply,) if reply is not None else ()), lifetimes={})
    return turn
