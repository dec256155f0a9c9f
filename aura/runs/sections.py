"""A run's report in words: sections of items, which every form of it (terminal, markdown) shows in its own way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from aura.core.durations import tell_duration
from aura.core.limits import StopReason, name_cost
from aura.core.text import shorten
from aura.core.todos import Todo
from aura.runs.bills import Bill, sum_bills
from aura.runs.courses import Times
from aura.runs.net_diffs import NetChange
from aura.runs.proofs import PARKED, Proof
from aura.runs.report import name_heading, render_count
from aura.runs.run_report import WIDTH as DETAIL
from aura.runs.run_report import RunReport

Tone = Literal["plain", "good", "warn", "bad", "muted", "said"]
When = Callable[[float], str]
WIDTH = 200
LISTED = 30  # refusals, breaks, undoings that are told one by one
SAID = 6_000  # characters of what a person or a model said


@dataclass(frozen=True, slots=True)
class Item:
    """One fact; `said` marks somebody's own words, which may have several lines."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its facts; `note` is a sentence before them (empty: none)."""

    title: str
    items: tuple[Item, ...]
    note: str = ""


def name_state(report: RunReport) -> str:
    """How it ended or where it stands, in the word or two that begin the report."""
    standing, ending = report.standing, report.ending
    run = standing.run
    if run.name and run.phase.is_active:
        return run.phase.value.upper() + ("" if standing.is_live else ", but no process works on it")
    if run.name and run.reason is StopReason.CANCELLED and run.phase.value in ("paused", "cancelled"):
        return "PAUSED" if run.phase.value == "paused" else "GIVEN UP"
    if not run.name and standing.sentence.startswith(("A turn is running", "Nothing")):
        return "RUNNING" if standing.is_live else "EMPTY"
    return name_heading(ending)


def make_sections(report: RunReport, when: When) -> tuple[Section, ...]:
    """All sections in order; `when` tells a Unix time in seconds. Sections without facts are left out."""
    made = (
        Section("What was asked", (Item(_say(report.goal) or "(nothing)", "said"),)),
        Section("How it stands", tuple(_tell_standing(report, when))),
        Section("Done, with evidence", tuple(_tell_done(report, when)), "What aura saw itself."),
        Section(
            "In the model's words", tuple(_tell_claim(report)), "Said by the model; this is no evidence."
        ),
        Section("Not done", tuple(_tell_left(report, when))),
        Section("Not permitted", tuple(_tell_denied(report))),
        Section("Interruptions", tuple(_tell_breaks(report, when))),
        Section("Cost", tuple(_tell_cost(report))),
        Section("Time", tuple(_tell_times(report.times, when))),
        Section("Files changed", tuple(_tell_files(report))),
        Section("How to undo", tuple(_tell_undo(report))),
    )
    return tuple(section for section in made if section.items)


def _tell_standing(report: RunReport, when: When) -> Iterator[Item]:
    standing, run = report.standing, report.standing.run
    yield Item(standing.sentence)
    detail = report.ending.detail
    if detail and detail not in standing.sentence and detail != shorten(report.ending.claim, DETAIL):
        yield Item(f"why: {detail}")
    if standing.wake:
        yield Item(f"it goes on at {when(standing.wake)}")
    for wait in standing.waits:
        yield Item(f"it waits for {wait}", "warn")
    if run.state:
        yield Item(f"the model reported last: {shorten(run.state, 40)}: {shorten(run.state_detail, WIDTH)}")
    if report.problem:
        yield Item(f"the log could not be read to its end: {shorten(report.problem, 400)}", "bad")


def _tell_done(report: RunReport, when: When) -> Iterator[Item]:
    evidence, ending = report.evidence, report.ending
    for todo in ending.todos:
        if todo.status == "completed":
            yield Item(f"todo completed: {_say_todo(todo)}", "good")
    for check in evidence.checks:
        if check.passed:
            yield Item(f"check run by aura: {tell_proof(check, when)}", "good")
    for test in _choose_tests(report):
        if test.passed:
            yield Item(f"tests run by the model: {tell_proof(test, when)}{_date(test, report)}", "good")
    if evidence.checks and evidence.checked_after:
        yield Item("every check ran after the last edit", "good")
    elif evidence.checks:
        yield Item("files were edited after the last check", "warn")
    elif ending.reason is StopReason.DONE:
        yield Item("not checked: no checks are set (--check, /check, auto.checks)", "warn")
    for flag in ending.flags:
        yield Item(f"look at: {shorten(flag, WIDTH)}", "warn")


def _choose_tests(report: RunReport) -> list[Proof]:
    """The runs of tests that say something: those after the last edit, or else the newest."""
    tests, edited = report.evidence.tests, report.evidence.last_edit
    fresh = [test for test in tests if test.at >= edited]
    return fresh or sorted(tests, key=lambda test: test.at)[-1:]


def _date(test: Proof, report: RunReport) -> str:
    return ", before the last edit" if test.at < report.evidence.last_edit else ""


def _tell_claim(report: RunReport) -> Iterator[Item]:
    ending = report.ending
    if ending.claim:
        yield Item(_say(ending.claim), "said")
    elif ending.answer.strip():
        yield Item(_say(ending.answer), "said")


def _tell_left(report: RunReport, when: When) -> Iterator[Item]:
    evidence = report.evidence
    for todo in report.ending.todos:
        if todo.status != "completed":
            tone: Tone = "bad" if todo.status == "blocked" else "warn"
            yield Item(f"todo {todo.status.replace('_', ' ')}: {_say_todo(todo)}", tone)
    for check in evidence.checks:
        if not check.passed:
            yield Item(f"check fails: {tell_proof(check, when)}", "bad")
    for test in _choose_tests(report):
        if not test.passed:
            yield Item(f"tests fail: {tell_proof(test, when)}{_date(test, report)}", "bad")
    for claim in evidence.claims:
        detail = f" ({claim.detail})" if claim.detail else ""
        yield Item(
            f"Done was refused{_times(claim.times)}, last at step {claim.step}: {claim.reason}{detail}",
            "warn",
        )


def _tell_denied(report: RunReport) -> Iterator[Item]:
    refusals = report.evidence.refusals
    for one in refusals[:LISTED]:
        steps = f"step {one.first}" if one.first == one.last else f"steps {one.first} to {one.last}"
        if one.by == PARKED:
            yield Item(f"{one.said}: not run{_times(one.times)}, {steps}: {one.reason}", "warn")
        else:
            yield Item(f"{one.said}: refused{_times(one.times)} by {one.by}, {steps}: {one.reason}", "bad")
    told = sum(one.times for one in refusals[:LISTED] if one.by != PARKED)
    if report.evidence.denied > told:
        yield Item(f"and {report.evidence.denied - told} more calls", "muted")


def _tell_breaks(report: RunReport, when: When) -> Iterator[Item]:
    breaks = report.breaks
    for one in breaks.crashes[:LISTED]:
        gone = f"taken up again after {tell_duration(one.seconds)}"
        yield Item(
            f"{when(one.at)}, step {one.step}: the process ended in the middle of the work; {gone}", "warn"
        )
    yield from _more(breaks.crash_count - min(len(breaks.crashes), LISTED), "crashes")
    for one in breaks.unknown[:LISTED]:
        said = f"{when(one.at)}: nobody knows whether this call took effect: {one.what}"
        yield Item(said, "warn")
    yield from _more(breaks.unknown_count - min(len(breaks.unknown), LISTED), "calls of unknown fate")
    for out in breaks.outages[:LISTED]:
        tries = "1 failed call" if out.failures == 1 else f"{out.failures} failed calls"
        end = f"over after {tell_duration(out.seconds)}" if out.is_over else "not over when the log ends"
        model, kind = shorten(out.model, 60), shorten(out.kind, 40)
        yield Item(f"{when(out.at)}: {model} failed ({kind}), {tries}, {end}: {out.sentence}", "warn")
    yield from _more(breaks.outage_count - min(len(breaks.outages), LISTED), "outages")
    for plugin in breaks.unplugged:
        yield Item(f"a plugin failed and took no further part: {plugin}", "warn")
    if breaks.resumes > (0 if breaks.crash_count else 1):  # a run in the background begins with one
        yield Item(f"taken up again {_count(breaks.resumes, 'time')} in all", "muted")
    if breaks.unreadable:
        yield Item(f"{_count(breaks.unreadable, 'entry', 'entries')} of the log could not be read", "bad")


def _more(count: int, what: str) -> Iterator[Item]:
    if count > 0:
        yield Item(f"and {count} more {what}", "muted")


def _tell_cost(report: RunReport) -> Iterator[Item]:
    bills, spend = report.bills, report.ending.spend
    total = sum(bills, Bill("all", ""))
    yield Item(f"in all: {tell_bill(total)}")
    yield Item(f"{_count(spend.turns, 'turn')}, {_count(spend.steps, 'step')}")
    parts, models = sum_bills(bills, "part"), sum_bills(bills, "model")
    for bill in parts if len(parts) > 1 else ():
        yield Item(f"part {bill.part}: {tell_bill(bill)}")
    for bill in models:
        name = f"model {shorten(bill.model, 80)}" if bill.model else "a model that the log does not name"
        yield Item(f"{name}: {tell_bill(bill)}")
    if report.compactions:
        yield Item(f"the context was shortened {_count(report.compactions, 'time')}")


def _tell_times(times: Times, when: When) -> Iterator[Item]:
    if not times.begun:
        return
    yield Item(f"from {when(times.begun)} to {when(times.until)}: {tell_duration(times.wall)}")
    yield Item(f"active: {tell_duration(times.active)}")
    for name, seconds in (
        ("of that with a question open", times.asking),
        ("waiting until a time", times.waiting),
        ("resting until somebody went on", times.resting),
        ("without a process", times.absent),
    ):
        if seconds >= 1:
            yield Item(f"{name}: {tell_duration(seconds)}")


def _tell_files(report: RunReport) -> Iterator[Item]:
    evidence = report.evidence
    for file in report.files:
        yield Item(tell_file(file), "warn" if file.note else "plain")
    if evidence.edits and not report.files:
        yield Item("every file is as it was before: what was changed was changed back")
    ran = evidence.commands + evidence.asides
    if ran:
        yield Item(f"not covered: what {_count(ran, 'shell command')} changed; `git status` shows it", "warn")


def _tell_undo(report: RunReport) -> Iterator[Item]:
    files, evidence = report.files, report.evidence
    yield from (Item(f"put back: {one}") for one in evidence.restored)
    yield from (Item(f"in the trash: {one}") for one in evidence.trashed[:LISTED])
    if evidence.trashed:
        yield Item(f"`aura trash {report.place.session}` lists it and puts it back")
    if evidence.snapshots:
        name = report.place.session
        yield Item(
            f"`aura undo {name}` shows what it would put back, asks, and puts it back, commands included"
        )
        if evidence.restored:
            yield Item(f"`aura undo {name} --redo` undoes the last undo")
        return
    if not files and not (evidence.commands + evidence.asides):
        return
    if files:
        yield Item(
            "in a git repository: `git restore PATH` takes back all that is not committed in a file, also what "
            "stood there before the run"
        )
        yield Item("without git: save the diff of a file and run `patch -R -p1` on it in the workspace")
    for file in files[:LISTED]:
        if file.kind == "created":
            yield Item(f"created: delete {shorten(file.path, WIDTH)}")
        elif file.kind == "renamed":
            yield Item(f"renamed: move {shorten(file.path, WIDTH)} back to {shorten(file.before, WIDTH)}")
        elif file.kind == "deleted":
            yield Item(f"deleted: bring {shorten(file.path, WIDTH)} back, its lines are in the diff")
    if evidence.commands + evidence.asides:
        yield Item("what shell commands did has to be undone by hand", "warn")


# --- pieces -------------------------------------------------------------------------------------------------


def tell_file(file: NetChange) -> str:
    """A file and what became of it, in one line."""
    path = shorten(file.path, WIDTH)
    moved = f" (was {shorten(file.before, WIDTH)})" if file.kind == "renamed" else ""
    note = f"; no net diff: {file.note}" if file.note else ""
    return f"{file.kind} {path}{moved} +{file.added} -{file.removed}, {_count(file.edits, 'edit')}{note}"


def tell_proof(proof: Proof, when: When) -> str:
    """A command, how its newest run ended and when, and how often it was run."""
    end = "killed" if proof.exit_code is None else f"exit code {proof.exit_code}"
    often = f", {proof.times} runs, {proof.failed} of them failed" if proof.times > 1 else ""
    return f"{proof.command}: {end} in {tell_duration(proof.seconds)}, {when(proof.at)}{often}"


def tell_bill(bill: Bill) -> str:
    """Calls, tokens and cost; an unknown price is called unknown."""
    share = f" ({min(bill.cache_read / bill.input, 1):.0%} cached)" if bill.cache_read and bill.input else ""
    tokens = f"{render_count(bill.input)} tokens in{share}, {render_count(bill.output)} out"
    return f"{_count(bill.calls, 'model call')}, {tokens}, {tell_price(bill)}"


def tell_price(bill: Bill) -> str:
    """What is known of the cost: never a number where nothing is known."""
    if not bill.unpriced:
        return name_cost(bill.cost)
    if not bill.cost:
        return "price unknown"
    return f"more than {name_cost(bill.cost)} ({_count(bill.unpriced, 'call')} without a price)"


def _say_todo(todo: Todo) -> str:
    note = f" ({shorten(todo.note, WIDTH)})" if todo.note else ""
    return f"{shorten(todo.content, WIDTH)}{note}"


def _say(text: str) -> str:
    """Somebody's words, not too many of them."""
    text = text.strip()
    return text if len(text) <= SAID else f"{text[:SAID]}…"


def _times(count: int) -> str:
    return "" if count == 1 else f" {count} times"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one}" if number == 1 else f"{number} {many or f'{one}s'}"
