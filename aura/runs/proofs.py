"""What aura saw of the work, and what it refused: checks, runs of tests, claims, calls that were not permitted."""

from dataclasses import dataclass, replace

from aura.core import events as ev
from aura.core.attempts import say_call
from aura.core.evidence import CommandRun
from aura.core.text import shorten

MOST = 200  # commands, refusals and reasons that are told apart; what comes after them is only counted
WIDTH = 300


@dataclass(frozen=True, slots=True)
class Proof:
    """A command that was run `times` times, `failed` of them badly; the rest is of the newest run.

    `at` is Unix time in seconds; `exit_code` is None when it was killed.
    """

    command: str
    exit_code: int | None
    seconds: float
    at: float
    times: int = 1
    failed: int = 0

    @property
    def passed(self) -> bool:
        """Whether the newest run ended with exit code 0."""
        return self.exit_code == 0


PARKED = "nobody"  # who decided about a call when no reviewer could be reached


@dataclass(frozen=True, slots=True)
class Refusal:
    """Calls that were not permitted: by whom, why, what (the newest), how often, and at which steps.

    `by` is `PARKED` where nobody could be asked: such calls are not counted as denied.
    """

    by: str
    tool: str
    said: str
    reason: str
    times: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Claims of being done that did not hold, for one reason: how often, what was said last, at which step."""

    reason: str
    detail: str
    times: int
    step: int


class Proofs:
    """Collects what was seen; the newest edit dates what was seen before it."""

    def __init__(self) -> None:
        self.checks: dict[str, Proof] = {}
        self.tests: dict[str, Proof] = {}
        self.refusals: dict[tuple[str, str, str], Refusal] = {}
        self.claims: dict[str, Refused] = {}
        self.commands = self.asides = self.edits = self.denied = 0
        self.last_edit = 0.0
        self.snapshots = 0
        self.restored: list[str] = []
        self.trashed: list[str] = []
        self._judged: dict[str, ev.ToolJudged] = {}

    def add(self, recorded: ev.Recorded, step: int) -> None:
        """One event more."""
        at, event = recorded.at, recorded.event
        match event:
            case ev.ToolFinished():
                self.finish_tool(event, at, step)
            case ev.ToolJudged(verdict="deny" | "park"):
                if len(self._judged) < MOST:
                    self._judged[event.call_id] = event
            case ev.CheckFinished(check=check):
                _see(self.checks, check.run, at)
            case ev.DoneRefused():
                self._refuse_claim(event, step)
            case ev.SnapshotTaken():
                self.snapshots += 1
            case ev.FilesRestored() if len(self.restored) < MOST:
                count = "1 file" if event.count == 1 else f"{event.count} files"
                self.restored.append(f"{count} as they were {shorten(event.what, WIDTH)}")
            case ev.FilesTrashed() if len(self.trashed) < MOST:
                self._trash(event)
            case ev.CommandRan(run=CommandRun()):
                self.asides += 1
            case _:
                pass

    def _trash(self, event: ev.FilesTrashed) -> None:
        count = "1 file" if event.count == 1 else f"{event.count} files"
        if event.count:
            self.trashed.append(f"{count} before a command: {shorten(', '.join(event.paths), WIDTH)}")
        self.trashed += [f"not kept: {shorten(one, WIDTH)}" for one in event.missed]
        if event.refs:
            self.trashed.append(f"branches saved as {event.refs} before git's history was rewritten")

    def finish_tool(self, event: ev.ToolFinished, at: float, step: int) -> None:
        """A call has its answer."""
        if event.command is not None:
            self.commands += 1
            if event.command.is_test:
                _see(self.tests, event.command, at)
        if event.changes:
            self.edits += len(event.changes)
            self.last_edit = at
        judged = self._judged.pop(event.call.id, None)
        if judged is not None and judged.verdict == "park":
            self._note_refusal(event, PARKED, shorten(judged.reason, WIDTH), step)
        elif event.outcome == "denied":
            by = judged.by if judged is not None else "policy"
            reason = judged.reason if judged is not None else event.result.content
            self._refuse(event, shorten(by, 60), shorten(reason, WIDTH), step)

    def _refuse(self, event: ev.ToolFinished, by: str, reason: str, step: int) -> None:
        self.denied += 1
        self._note_refusal(event, by, reason, step)

    def _note_refusal(self, event: ev.ToolFinished, by: str, reason: str, step: int) -> None:
        tool, said = shorten(event.call.name, 60), say_call(event.call)
        key = by, tool, reason
        past = self.refusals.get(key)
        if past is not None:
            self.refusals[key] = replace(past, said=said, times=past.times + 1, last=step)
        elif len(self.refusals) < MOST:
            self.refusals[key] = Refusal(by, tool, said, reason, 1, step, step)

    def _refuse_claim(self, event: ev.DoneRefused, step: int) -> None:
        reason = shorten(event.reason, WIDTH)
        past = self.claims.get(reason)
        if past is not None or len(self.claims) < MOST:
            times = past.times + 1 if past is not None else 1
            self.claims[reason] = Refused(reason, shorten(event.detail, WIDTH), times, step)


def _see(seen: dict[str, Proof], run: CommandRun, at: float) -> None:
    """A run of a command; the newest is kept, in the order of the first ones."""
    name = shorten(run.command, WIDTH)
    past = seen.get(name)
    if past is None and len(seen) >= MOST:
        return
    times, failed = (past.times, past.failed) if past is not None else (0, 0)
    seen[name] = Proof(name, run.exit_code, run.seconds, at, times + 1, failed + (run.exit_code != 0))
