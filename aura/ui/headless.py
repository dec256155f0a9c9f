"""The face without a screen: answers on stdout, progress on stderr, an exit code at the end."""

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from aura.app.build import Opened, open_session
from aura.app.effort import fit_effort
from aura.app.notifying import tell_question
from aura.app.options import SessionOptions
from aura.core.errors import AuraError, ConfigError, SessionFenced
from aura.core.events import (
    AutoSwitched,
    FactsChanged,
    LimitsSet,
    PanelsShown,
    QuestionAsked,
    Recorded,
    ToolJudged,
    WorkChanged,
)
from aura.core.limits import ENDINGS, StopReason
from aura.core.messages import ToolCall
from aura.core.permissions import Allow, Ask, Deny, Mode
from aura.core.text import clean
from aura.runs.report import Report, make_failure, make_report, make_silence, name_failure, render_report
from aura.ui.attention import Attention
from aura.ui.foreground import Foreground
from aura.ui.prints import Face, make_face
from aura.ui.prompter import Prompter
from aura.ui.run_words import tell_way_on
from aura.ui.signals import Interrupts
from aura.ui.terminal import Terminal, open_terminal

Output = Literal["text", "json", "stream-json"]
GOES_ON = (StopReason.DONE, StopReason.END_TURN, None)
OF_WINDOWS = (FactsChanged, PanelsShown, WorkChanged)  # events that only an interface has a use for
BROKEN = (StopReason.CANCELLED, StopReason.PROVIDER, StopReason.CONFIG, StopReason.ERROR)


@dataclass(frozen=True, slots=True)
class HeadlessOptions:
    """What a headless run is asked for: the session, the prompts in order, how to print, whom to ask.

    Without prompts the session's run goes on.
    """

    session: SessionOptions
    prompts: tuple[str, ...]
    output: Output = "text"
    ask: Literal["auto", "stdin", "off"] = "auto"
    quiet: bool = False
    before: Callable[[Opened], None] | None = None


def run_headless(options: HeadlessOptions) -> int:
    """Run the prompts and return the exit code of how the last one ended.

    Raises what ended it early, after the result document was written: an `AuraError` has a sentence and a code.
    """
    return asyncio.run(_run(options))


def report_failure(output: str, error: AuraError) -> None:
    """Write the result document of a run that could not even be asked for, where stdout carries documents."""
    make_face(output, quiet=True).fail(make_failure(name_failure(error), error.sentence))


async def _run(options: HeadlessOptions) -> int:
    face = make_face(options.output, quiet=options.quiet)
    interrupts = Interrupts().listen()
    try:
        opened = await open_session(options.session)
    except asyncio.CancelledError:
        face.fail(make_failure(StopReason.CANCELLED, "stopped before the session was open"))
        sys.stderr.flush()
        os._exit(ENDINGS[StopReason.CANCELLED].exit_code)  # else the end waits for what the start waits for
    except AuraError as error:
        face.fail(make_failure(name_failure(error), error.sentence))
        raise
    interrupts.attend(opened)
    return await _Run(opened, options, face, interrupts).to_end()


class _Run:
    """One headless run of an open session."""

    def __init__(self, opened: Opened, options: HeadlessOptions, face: Face, interrupts: Interrupts) -> None:
        self._opened = opened
        self._options = options
        self._face = face
        self._interrupts = interrupts
        self._denied: dict[str, ToolJudged] = {}  # by the reason: the report names each once
        self._terminal: Terminal | None = None
        self._prompter = Prompter(opened, face.say, self._check_people)
        self._foreground: Foreground | None = None
        self._attention = Attention(opened.settings.ui.notify, None if options.quiet else sys.stderr)

    async def to_end(self) -> int:
        """Run the prompts, close the session, say how it ended; the exit code."""
        session = self._opened.session
        first, reason, failure = session.turn.number, None, None
        session.watchers.append(self._watch)
        try:
            self._seat_people()
            self._face.begin(self._opened)
            if self._options.before is not None:
                self._options.before(self._opened)
            reason = await self._run_prompts()
            await asyncio.sleep(0)  # a Ctrl+C that came last is taken here, not while everything is closed
        except asyncio.CancelledError:
            reason = StopReason.CANCELLED
        except Exception as error:  # noqa: BLE001 - raised again below
            failure, reason = error, name_failure(error)
        self._interrupts.leave()
        try:
            await self._close()
        except Exception as error:  # noqa: BLE001 - raised again below
            if failure is None:
                failure, reason = error, name_failure(error)
        self._tell(reason, failure, ran=session.turn.number > first)
        if failure is not None:
            raise failure
        if self._face.problem:
            raise AuraError(f"The output could not be written ({self._face.problem}); the session is kept.")
        code = ENDINGS[reason].exit_code if reason is not None else 0
        return ENDINGS[StopReason.CANCELLED].exit_code if self._face.is_gone and not code else code

    async def _close(self) -> None:
        """Stop what still runs, send away who came from elsewhere, close the session."""
        if self._foreground is not None:
            await self._foreground.stop()
            await self._foreground.close()
        await self._opened.close()

    def _tell(self, reason: StopReason | None, failure: Exception | None, *, ran: bool) -> None:
        """The last word: the report, and the same for a CI service."""
        turn = self._opened.session.turn
        report = make_silence(turn.rest.session)
        if ran:  # all prompts of the run were paid for
            report = replace(make_report(turn, self._denied.values()), spend=turn.window)
        if reason is not None:
            report = report.ending(reason, name_detail(failure) if failure is not None else report.detail)
        if failure is not None:
            self._face.fail(report)
        else:
            self._face.finish(report)
        if turn.run.name and not turn.run.phase.is_final and not isinstance(failure, SessionFenced):
            state = "is to go on" if turn.run.phase.is_active else f"rests ({turn.run.phase.word})"
            self._face.note(f"aura: the run {state}: {tell_way_on(turn.run, turn.rest.session)}.")
        if ran:
            _write_summary(report)
            self._attention.end(reason, turn)

    def _watch(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, OF_WINDOWS):
            return
        if isinstance(event, ToolJudged) and event.verdict == "deny":
            self._denied.setdefault(event.reason, event)
        elif isinstance(event, AutoSwitched):
            self._seat_asker()
        self._face.show(recorded, self._opened.session.turn)
        if isinstance(event, QuestionAsked):
            self._tell_question(event)
        if self._face.is_gone:
            self._interrupts.stop()

    def _tell_question(self, event: QuestionAsked) -> None:
        """Call whoever is to answer; of a question that stays open it is said how that is done."""
        approvals = self._opened.approvals
        if approvals.asker is None and not approvals.keeps_open:
            return
        if not approvals.is_attended:
            self._face.note(f"aura: {tell_question(event.question, self._opened.session.id)}")
        self._attention.need(event.question.text)

    async def _approve(self, call: ToolCall, ask: Ask) -> Allow | Deny:
        """Ask on the terminal whether a call may run."""
        assert self._terminal is not None
        self._attention.need(f"may {call.name} run?")
        return await self._terminal.approve(call, ask)

    async def _run_prompts(self) -> StopReason | None:
        """Run them one after the other until one does not end well; why the last turn stopped (None: none ran)."""
        if not self._options.prompts:
            return await self._pursue("")
        last: StopReason | None = None
        for text in self._options.prompts:
            if self._face.is_gone:
                return StopReason.CANCELLED
            reason = await self._run_prompt(text)
            if reason is not None and reason not in BROKEN:
                self._face.answer(make_report(self._opened.session.turn).answer)
            if self._interrupts.was_stopped:
                return StopReason.CANCELLED
            last = reason or last
            if reason not in GOES_ON:
                break
        return last

    async def _run_prompt(self, text: str) -> StopReason | None:
        """A command, a turn, or in auto mode a goal over turns; why it ended (None: no turn ran)."""
        session, run = self._opened.session, self._prompter
        if run.is_command(text):
            return await run(text)
        if not session.turn.auto:
            limits = await fit_effort(self._opened, text, session.turn.limits)
            if limits != session.turn.limits:
                session.record(LimitsSet(limits, by="effort"))
            return await run(text)
        return await self._pursue(text)

    async def _pursue(self, goal: str) -> StopReason:
        """Begin a run, or (without a goal) go on with the one there is; others may join it. Why it rests."""
        if self._foreground is None:
            self._foreground = Foreground(self._opened, self._prompter, self._face.note)
            await self._foreground.open()
        await self._prompter.begin(goal)
        run = await self._foreground.drive(lambda: self._interrupts.was_stopped)
        return StopReason.CANCELLED if run.phase.is_active else run.reason or StopReason.CANCELLED

    def _seat_people(self) -> None:
        """Connect whoever is there to answer."""
        if self._options.ask == "off":
            return
        self._terminal = open_terminal()
        if self._terminal is None:
            if self._options.ask == "stdin":
                raise ConfigError(
                    "--ask stdin needs a terminal, and there is none. Use --ask off, or --mode."
                )
            return
        self._opened.session.on_close(self._terminal.close)
        self._opened.approvals.approver = self._approve
        self._seat_asker()

    def _seat_asker(self) -> None:
        """In auto mode nobody is asked, unless that is wanted in so many words."""
        watching = self._options.ask == "stdin" or not self._opened.session.turn.auto
        self._opened.approvals.asker = self._terminal.ask if self._terminal and watching else None

    def _check_people(self) -> None:
        """Ask mode with nobody there is refused before the first model call."""
        turn = self._opened.session.turn
        if self._terminal is not None or self._options.ask == "off" or turn.auto:
            return
        if turn.switches.mode is Mode.ASK:
            raise ConfigError(
                "The permission mode is ask, and nobody is there to ask. "
                "Use --mode plan|edit|auto, --auto, or --ask off to refuse what would be asked."
            )


def name_detail(failure: Exception) -> str:
    """What a result document says of a failure."""
    return failure.sentence if isinstance(failure, AuraError) else "something went wrong inside aura"


def _write_summary(report: Report) -> None:
    """Hand the report to a CI service that shows Markdown (GITHUB_STEP_SUMMARY names the file)."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    text = clean(render_report(report)).replace("```", "'''")
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"### aura\n\n```\n{text}\n```\n")
    except OSError as error:
        make_face("json", quiet=True).say(f"aura: the step summary could not be written: {error.strerror}.")
