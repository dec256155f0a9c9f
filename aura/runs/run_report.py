"""A whole run as one value, folded from its log: what was done with evidence, what was not, what it took."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from aura.core import events as ev
from aura.core.copies import change
from aura.core.limits import ENDINGS, PROCESS_ENDED, Spend, StopReason
from aura.core.messages import History
from aura.core.run import Phase, Run
from aura.core.text import shorten
from aura.core.turn import Turn, apply
from aura.runs.bills import Bill, Bills
from aura.runs.courses import Breaks, Course, Times
from aura.runs.net_diffs import NetChange, NetDiffs
from aura.runs.proofs import Proof, Proofs, Refusal, Refused
from aura.runs.report import Changed, Report, make_report

WIDTH = 300
PHRASES: dict[Phase, str] = {
    Phase.QUEUED: "It has not begun yet.",
    Phase.RUNNING: "It is running.",
    Phase.WAITING: "It waits until a time it chose.",
    Phase.PAUSED: "It is paused.",
}
# What stands in a turn without its conversation; the rest is counted by hand, as logs are long.
PLAIN = (
    ev.SessionStarted,
    ev.TodosChanged,
    ev.CheckFinished,
    ev.DoneRefused,
    ev.DoneAccepted,
    ev.QuestionAsked,
    ev.QuestionAnswered,
    ev.PromptQueued,
    ev.PromptUnqueued,
    ev.TurnStopped,
    ev.RunStarted,
    ev.RunOrdered,
    ev.Checkpointed,
    ev.StatusReported,
    ev.LimitWarned,
    ev.SnapshotTaken,
    ev.FilesRestored,
    ev.FilesTrashed,
)
SPOKEN = (ev.TurnStarted, ev.Steered)
RECORDED = (
    *(kind for kind in (*PLAIN, *SPOKEN)),
    ev.SessionResumed,
    ev.StepStarted,
    ev.ModelReplied,
    ev.ModelFailed,
    ev.ToolJudged,
    ev.ToolFinished,
    ev.StepEnded,
    ev.Compacted,
    ev.CallCounted,
    ev.CommandRan,
    ev.NoticeShown,
    ev.PluginUnplugged,
    ev.SandboxChosen,
)
TYPES = tuple(sorted({str(kind.__dataclass_fields__["type"].default) for kind in RECORDED}))


@dataclass(frozen=True, slots=True)
class Place:
    """Where and by what the work was done; `sandbox` is what stood around commands (empty: it is not known)."""

    session: str = ""
    workspace: str = ""
    version: str = ""
    sandbox: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where it stands: the run (its name is empty for a session without one), one sentence, what it waits for.

    `is_live` says that a process works on it now; `wake` is the Unix time in seconds of the next turn (0: none).
    """

    run: Run
    sentence: str
    is_live: bool = False
    wake: float = 0.0
    waits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What aura saw: checks it ran itself, tests that the model ran, what was not let pass.

    `last_edit` is the Unix time in seconds of the newest edit (0: none). `commands` counts shell commands of the model,
    `asides` those of people: what they changed is in no diff. `snapshots` counts those of the files, `restored` tells
    of files that were put back, `trashed` of those that were put aside.
    """

    checks: tuple[Proof, ...]
    tests: tuple[Proof, ...]
    claims: tuple[Refused, ...]
    refusals: tuple[Refusal, ...]
    denied: int
    commands: int
    asides: int
    edits: int
    last_edit: float
    snapshots: int = 0
    restored: tuple[str, ...] = ()
    trashed: tuple[str, ...] = ()

    @property
    def checked_after(self) -> bool:
        """Whether every check ran after the newest edit."""
        return all(check.at >= self.last_edit for check in self.checks)


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run, or a session without one, from its beginning to where its log ends.

    `ending` is the report of how it stands as the Done card has it; `problem` is why the log could not be read to its
    end (empty: it could).
    """

    place: Place
    goal: str
    ending: Report
    standing: Standing
    times: Times
    evidence: Evidence
    breaks: Breaks
    bills: tuple[Bill, ...]
    compactions: int
    files: tuple[NetChange, ...]
    problem: str = ""


def make_run_report(
    events: Iterable[ev.Recorded], *, now: float | None = None, problem: str = "", with_files: bool = True
) -> RunReport:
    """The report of a log's events, in order; those not of `TYPES` may be left out.

    `now` is Unix time in seconds when a process works on it (None: nobody does). Without `with_files` no diffs are
    rebuilt.
    """
    tally = Tally(with_files=with_files)
    for recorded in events:
        tally.add(recorded)
    return tally.tell(now, problem)


def _name_wall(event: ev.SandboxChosen) -> str:
    missing = f"; not covered: {', '.join(event.missing)}" if event.missing else ""
    return shorten(
        f"{event.enforced}, asked for: {event.requested}, network: {event.network}{missing}", WIDTH
    )


class Tally:
    """Folds a log into a report, event by event; a run that starts begins everything anew."""

    def __init__(self, *, with_files: bool = True) -> None:
        self._with_files = with_files
        self._turn = Turn()
        self._place = Place()
        self._step = 0
        self._rules: dict[type, Callable[[Any], None]] = {
            ev.StepStarted: self._start_step,
            ev.StepEnded: self._end_step,
            ev.ModelReplied: self._reply,
            ev.ToolFinished: self._finish_tool,
        }
        self._begin(0.0)

    def _begin(self, at: float) -> None:
        self._course = Course(at)
        self._proofs = Proofs()
        self._bills = Bills()
        self._files = NetDiffs()
        self._steps = self._turns = self._compactions = 0
        self._seconds = 0.0
        self._answer = ""

    def add(self, recorded: ev.Recorded) -> None:
        """One event more."""
        rule = self._rules.get(type(recorded.event))
        if rule is not None:
            rule(recorded)
        else:
            self._add_rare(recorded)

    def _start_step(self, recorded: ev.Recorded) -> None:
        self._step += 1
        self._steps += 1
        self._bills.start_step(recorded.event)  # type: ignore[arg-type]
        self._course.last = recorded.at

    def _end_step(self, recorded: ev.Recorded) -> None:
        self._course.pass_time(recorded.event.seconds, recorded.at)  # type: ignore[union-attr]

    def _reply(self, recorded: ev.Recorded) -> None:
        event = recorded.event
        assert isinstance(event, ev.ModelReplied)
        self._bills.hear(event)
        self._course.add(recorded, self._step)
        if not event.interrupted:
            self._answer = event.completion.message.text or self._answer

    def _finish_tool(self, recorded: ev.Recorded) -> None:
        event = recorded.event
        assert isinstance(event, ev.ToolFinished)
        self._proofs.finish_tool(event, recorded.at, self._step)
        for file in event.changes if self._with_files else ():
            self._files.add(file)
        if event.outcome == "unknown":
            self._course.add(recorded, self._step)
        else:
            self._course.last = recorded.at

    def _add_rare(self, recorded: ev.Recorded) -> None:
        event = recorded.event
        match event:
            case ev.SessionStarted():
                self._begin(recorded.at)
                self._place = Place(
                    event.session, shorten(event.workspace, WIDTH), shorten(event.version, 40)
                )
            case ev.SandboxChosen():
                self._place = replace(self._place, sandbox=_name_wall(event))
            case ev.SnapshotTaken():
                for file in event.files if self._with_files else ():
                    self._files.add(file)
            case ev.RunStarted():
                self._begin(recorded.at)
            case ev.TurnStarted():
                self._turns += 1
            case ev.Compacted():
                self._compactions += 1
                self._bills.shorten(event)
            case ev.CallCounted():
                self._bills.count(event)
            case _:
                self._proofs.add(recorded, self._step)
        if isinstance(event, SPOKEN):
            self._turn = change(apply(self._turn, event), messages=History())
        elif isinstance(event, PLAIN):
            self._turn = apply(self._turn, event)
        self._course.add(recorded, self._step)

    def tell(self, now: float | None, problem: str = "") -> RunReport:
        """The report so far; see `make_run_report`."""
        proofs, turn = self._proofs, self._turn
        files = self._files.tell()
        checks = tuple(proofs.checks.values())
        times = self._course.tell_times(now)
        return RunReport(
            place=self._place,
            goal=turn.run.goal or turn.goal.title,
            ending=self._make_ending(files, self._spend(times.active)),
            standing=make_standing(turn, now),
            times=times,
            evidence=Evidence(
                checks,
                tuple(proofs.tests.values()),
                tuple(proofs.claims.values()),
                tuple(proofs.refusals.values()),
                proofs.denied,
                proofs.commands,
                proofs.asides,
                proofs.edits,
                proofs.last_edit,
                proofs.snapshots,
                tuple(proofs.restored),
                tuple(proofs.trashed),
            ),
            breaks=self._course.tell_breaks(),
            bills=self._bills.tell(),
            compactions=self._compactions,
            files=files,
            problem=problem,
        )

    def _spend(self, active: float) -> Spend:
        bills = self._bills.tell()
        return Spend(
            self._steps,
            self._turns,
            sum(bill.input for bill in bills),
            sum(bill.output for bill in bills),
            sum(bill.cache_read for bill in bills),
            sum(bill.cost for bill in bills),
            sum(bill.unpriced for bill in bills),
            active,
        )

    def _make_ending(self, files: tuple[NetChange, ...], spend: Spend) -> Report:
        turn = self._turn
        base = make_report(turn)
        run = turn.run
        reason = (run.reason if run.name and not run.phase.is_active else None) or base.reason
        return replace(
            base,
            reason=reason,
            detail=shorten(run.detail if run.name and run.detail else base.detail, WIDTH),
            answer=base.claim or self._answer,
            changed=tuple(Changed(file.path, file.kind, file.added, file.removed) for file in files),
            spend=spend,
            title=run.goal or base.title,
            total=spend,
        )


def make_standing(turn: Turn, now: float | None) -> Standing:
    """Where a run stands, and what it waits for; `now` as in `make_run_report`."""
    run, is_live = turn.run, now is not None
    waits = [f"an answer: {shorten(one.text, WIDTH)}" for one in turn.rest.pending.questions.values()]
    waits += [f"its turn: the prompt {shorten(text, 80)!r}" for text in turn.rest.queue.values()]
    if run.order:
        waits.append(f"the order to {run.order} to be carried out")
    wake = run.wake if run.phase.is_active else 0.0
    if run.name:
        sentence = _say_run(run, is_live=is_live)
    elif turn.stop is None and turn.number:
        sentence = "A turn is running." if is_live else "It was cut off in the middle of a turn."
    elif turn.stop is None:
        sentence = "Nothing was asked yet."
    else:
        sentence = say_stop(turn.stop, turn.rest.detail)
    return Standing(run, sentence, is_live, wake, tuple(waits))


def _say_run(run: Run, *, is_live: bool) -> str:
    if not run.phase.is_active:
        return PHRASES.get(run.phase) or say_stop(run.reason or StopReason.CANCELLED, run.detail)
    if is_live:
        return PHRASES[run.phase]
    if run.phase is Phase.RUNNING:
        return "It is to go on, but no process works on it now."
    return f"{PHRASES[run.phase][:-1]}, and no process works on it now."


def say_stop(reason: StopReason, detail: str) -> str:
    """Why something ended, in one sentence."""
    if reason is StopReason.CANCELLED and detail == PROCESS_ENDED:
        return "It was cut off: the process ended in the middle of the work."
    return ENDINGS[reason].sentence
