"""What was done, with evidence: the claim of the model and the facts of aura, kept apart."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from aura.core.durations import show_duration
from aura.core.errors import AuraError
from aura.core.events import Event, ToolJudged
from aura.core.evidence import Check, CommandRun, Entry, FileChange
from aura.core.limits import ENDINGS, PROCESS_ENDED, Spend, StopReason, name_cost
from aura.core.text import shorten
from aura.core.todos import Todo
from aura.core.turn import Turn


@dataclass(frozen=True, slots=True)
class Changed:
    """A file that was changed: how, and how many lines came and went."""

    path: str
    kind: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class Report:
    """How a session's last goal ended.

    `title` is how the goal was said, `spend` what it took and `total` what the whole session took so far. `claim` is
    the model's word, `checks` and `tests` are what aura saw, `verified` whether checks passed after the claim, `flags`
    what a person should look at.
    """

    session: str
    reason: StopReason
    detail: str
    claim: str
    answer: str
    verified: bool
    checks: tuple[CommandRun, ...]
    tests: CommandRun | None
    flags: tuple[str, ...]
    todos: tuple[Todo, ...]
    changed: tuple[Changed, ...]
    denied: tuple[str, ...]
    spend: Spend
    title: str = ""
    total: Spend = Spend()

    def ending(self, reason: StopReason, detail: str) -> "Report":
        """The same with another reason for the end."""
        return replace(self, reason=reason, detail=detail)


def make_failure(reason: StopReason, detail: str) -> Report:
    """The report of what ended before there was a session."""
    return make_report(Turn()).ending(reason, detail)


def make_silence(session: str) -> Report:
    """The report of a session in which only commands were given: nothing was asked, nothing went wrong."""
    return replace(make_failure(StopReason.END_TURN, "no turn ran"), session=session)


def name_failure(error: Exception) -> StopReason:
    """The stop reason that an error stands for, with the same exit code."""
    code = error.exit_code if isinstance(error, AuraError) else 1
    return {2: StopReason.CONFIG, 75: StopReason.PROVIDER}.get(code, StopReason.ERROR)


def make_report(turn: Turn, events: Iterable[Event] = ()) -> Report:
    """The report of where a session stands; `events` tell what was refused."""
    reason = turn.stop or StopReason.CANCELLED
    claim = turn.done.accepted
    reply = turn.last_reply
    entries, checks = _find_evidence(turn)
    runs = [entry.fact for entry in entries if isinstance(entry.fact, CommandRun)]
    facts = [entry.fact for entry in entries if isinstance(entry.fact, FileChange)]
    tests = next((run for run in reversed(runs) if run.is_test), None)
    newest = {check.run.command: check.run for check in checks}
    return Report(
        session=turn.rest.session,
        reason=reason,
        detail=turn.rest.detail,
        claim=claim.summary if claim else "",
        answer=claim.summary if claim else (reply.text if reply else ""),
        verified=turn.done.verified,
        checks=tuple(newest.values()),
        tests=tests,
        flags=turn.done.flags,
        todos=turn.todos,
        changed=sum_changes((*facts, *turn.ledger.found)),
        denied=_find_denied(events),
        spend=turn.spend - turn.goal.before,
        title=turn.goal.title,
        total=turn.spend,
    )


def _find_evidence(turn: Turn) -> tuple[tuple[Entry, ...], tuple[Check, ...]]:
    """The entries and the checks of the ledger that belong to the current goal; what went before it does not."""
    ledger, goal = turn.ledger, turn.goal
    entries = ledger.entries[-(ledger.counted - goal.entries) :] if ledger.counted > goal.entries else ()
    new = ledger.counted_checks - goal.checks
    return entries, ledger.checks[-new:] if new > 0 else ()


def sum_changes(changes: Iterable[FileChange]) -> tuple[Changed, ...]:
    """The files changed, each once, with the lines of all its edits."""
    summed: dict[str, Changed] = {}
    for fact in changes:
        past = summed.get(fact.path)
        kind = fact.kind if past is None or fact.kind == "deleted" else past.kind
        if past is not None and past.kind == "deleted" and fact.kind != "deleted":
            kind = "modified"  # it was there before and is there again
        added, removed = (past.added, past.removed) if past else (0, 0)
        summed[fact.path] = Changed(fact.path, kind, added + fact.added, removed + fact.removed)
    return tuple(summed.values())


def _find_denied(events: Iterable[Event]) -> tuple[str, ...]:
    denied = (event.reason for event in events if isinstance(event, ToolJudged) and event.verdict == "deny")
    return tuple(dict.fromkeys(denied))


def to_json(report: Report) -> dict[str, Any]:
    """The result document of headless runs, version 1."""
    ending = ENDINGS[report.reason]
    spend = report.spend
    return {
        "v": 1,
        "type": "result",
        "session": report.session,
        "reason": report.reason.value,
        "exit_code": ending.exit_code,
        "sentence": ending.sentence,
        "detail": report.detail,
        "answer": report.answer,
        "claim": report.claim,
        "verified": report.verified,
        "checks": [{"command": run.command, "exit_code": run.exit_code} for run in report.checks],
        "flags": list(report.flags),
        "todos": [{"id": todo.id, "content": todo.content, "status": todo.status} for todo in report.todos],
        "changed": [
            {"path": one.path, "kind": one.kind, "added": one.added, "removed": one.removed}
            for one in report.changed
        ],
        "denied": list(report.denied),
        "usage": {
            "steps": spend.steps,
            "turns": spend.turns,
            "tokens_in": spend.input,
            "tokens_out": spend.output,
            "cached": spend.cache_read,
            "cost_usd": None if spend.unpriced else round(spend.cost, 6),
            "known_cost_usd": round(spend.cost, 6),
            "seconds": round(spend.seconds, 3),
        },
    }


WIDTH = 100
SIGNS = ("", "k", "M", "G", "T")
HEADINGS = {
    StopReason.DONE: "DONE",
    StopReason.END_TURN: "ANSWERED",
    StopReason.NOT_VERIFIED: "DONE? the checks do not agree",
    StopReason.BLOCKED: "BLOCKED",
    StopReason.NEEDS_INPUT: "NEEDS YOU",
    StopReason.STALLED: "STOPPED, getting nowhere",
    StopReason.DENIED: "STOPPED, not permitted",
    StopReason.PROVIDER: "FAILED, the provider",
    StopReason.CONFIG: "FAILED, a setting",
    StopReason.ERROR: "FAILED",
    StopReason.CANCELLED: "STOPPED by you",
}


def name_heading(report: Report) -> str:
    """How it ended, in the words that begin a report."""
    if report.reason is StopReason.CANCELLED and report.detail == PROCESS_ENDED:
        return "CUT OFF"
    return HEADINGS.get(report.reason, f"PAUSED, {ENDINGS[report.reason].sentence.lower().rstrip('.')}")


def render_report(report: Report) -> str:
    """The report as text: heading, claim, evidence, what to look at, what was refused, what it took."""
    lines = [f"{name_heading(report)}   {render_spend(report.spend)}"]
    if report.claim:
        lines.append(f"  the model says   {_indent(report.claim)}")
    elif report.detail:
        lines.append(f"  why              {_indent(report.detail)}")
    lines += _render_evidence(report)
    if report.todos:
        closed = sum(not todo.is_open for todo in report.todos)
        lines.append(f"  todos            {closed} of {len(report.todos)} closed")
        lines += [
            f"                   {todo.status}: {shorten(todo.content, WIDTH)}"
            for todo in report.todos
            if todo.status != "completed"
        ]
    if report.changed:
        listed = ", ".join(
            f"{shorten(one.path, WIDTH)} (+{one.added} -{one.removed})" for one in report.changed[:12]
        )
        more = f" and {len(report.changed) - 12} more" if len(report.changed) > 12 else ""
        lines.append(f"  files changed    {listed}{more}")
        lines += [f"  to undo it       aura undo {report.session}"] if report.session else []
    lines += [f"  look at          {_indent(flag)}" for flag in report.flags]
    lines += [f"  refused          {shorten(reason, 2 * WIDTH)}" for reason in report.denied]
    return "\n".join(lines)


def _render_evidence(report: Report) -> list[str]:
    lines = []
    for run in report.checks:
        outcome = "passed" if run.exit_code == 0 else f"failed ({_name_exit(run)})"
        lines.append(f"  run by aura      {shorten(run.command, WIDTH)}: {outcome}")
    if report.reason is StopReason.DONE and not report.checks:
        lines.append("  run by aura      not checked: no checks are set (--check, /check, auto.checks)")
    if report.tests and not report.checks:
        command = shorten(report.tests.command, WIDTH)
        lines.append(f"  last tests       {command}: {_name_exit(report.tests)}")
    return lines


def _name_exit(run: CommandRun) -> str:
    return "killed" if run.exit_code is None else f"exit code {run.exit_code}"


def render_spend(spend: Spend) -> str:
    """Steps, time, cost and tokens in one line; an unknown price is called unknown."""
    time = show_duration(spend.seconds)
    cost = "cost unknown" if spend.unpriced else name_cost(spend.cost)
    if spend.unpriced and spend.cost:
        cost = f"more than {name_cost(spend.cost)}"
    steps = f"{spend.steps} step{'' if spend.steps == 1 else 's'}"
    return f"{steps} · {time} · {cost} · {render_count(spend.tokens)} tokens"


def render_count(number: int) -> str:
    """A count with three digits: 950, 12.3k, 1.9M."""
    value, sign = float(number), 0
    while value >= (999.5 if sign else 1_000) and sign < len(SIGNS) - 1:
        value, sign = value / 1_000, sign + 1
    if sign == 0:
        return str(number)
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    text = f"{value:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if digits else text}{SIGNS[sign]}"


def _indent(text: str) -> str:
    return text.strip().replace("\n", "\n                   ")
