"""The finish gate: is "done" true? Checks run fresh, evidence read, refusals counted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aura.agent.auto import REFUSALS
from aura.agent.flags import find_flags
from aura.core.events import CheckFinished, DoneAccepted, DoneRefused
from aura.core.evidence import Check, CommandRun, Ledger
from aura.core.recorder import Recorder
from aura.core.todos import render_todos
from aura.core.tools import Claim, CommandRunner, GateAnswer

CHECK_SECONDS = 600.0
TAIL_CHARS = 4_000

Verifier = Callable[[Claim, Ledger], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a claim does not pass: a short reason that is counted, and the text for the model."""

    reason: str
    detail: str


class Gate:
    """Judges claims of Done by facts that aura gathers itself.

    `verifier` is asked last, when there is one: it answers with what is missing (empty: nothing).
    """

    def __init__(
        self, record: Recorder, runner: CommandRunner, workspace: Path, verifier: Verifier | None = None
    ) -> None:
        self._record = record
        self._runner = runner
        self._workspace = workspace
        self._verifier = verifier

    async def __call__(self, claim: Claim) -> GateAnswer:
        """Accept or refuse one claim; the third refusal for the same reason ends the turn as not verified."""
        if self._record.turn.done.accepted is not None:
            return GateAnswer(True, "Accepted already.", ends_turn=True)
        if claim.status != "done":
            self._record(DoneAccepted(claim, verified=False, flags=self._flags()))
            return GateAnswer(True, f"Recorded as {claim.status}.", ends_turn=True)
        refusal = await self._find_refusal(claim)
        if refusal is None:
            checked = bool(self._record.turn.switches.checks)
            self._record(DoneAccepted(claim, verified=checked, flags=self._flags()))
            return GateAnswer(
                True, "Accepted." if checked else "Accepted; there were no checks to run.", ends_turn=True
            )
        self._record(DoneRefused(claim, refusal.reason, refusal.detail))
        spent = self._record.turn.done.same_refusals >= REFUSALS
        return GateAnswer(False, f"Not accepted: {refusal.detail}", ends_turn=spent)

    async def _find_refusal(self, claim: Claim) -> Refusal | None:
        turn = self._record.turn
        if turn.open_todos:
            listed = render_todos(turn.open_todos)
            return Refusal(
                "open todos",
                f"these todos are open:\n{listed}\nFinish them, or mark them cancelled or blocked with the reason.",
            )
        for command in turn.switches.checks:
            refusal = await self._run_check(command)
            if refusal is not None:
                return refusal
        if refusal := self._find_stale(turn.switches.checks):
            return refusal
        if self._verifier is not None:
            missing = await self._verifier(claim, self._record.turn.ledger)
            if missing:
                return Refusal("verifier", f"the verifier says: {missing}")
        return None

    async def _run_check(self, command: str) -> Refusal | None:
        result = await self._runner.run(command, cwd=self._workspace, timeout=CHECK_SECONDS)
        tail = result.output[-TAIL_CHARS:]
        run = CommandRun(command, result.exit_code, tail, result.seconds)
        self._record(CheckFinished(Check(run, self._record.turn.steps)))
        if result.exit_code == 0:
            return None
        how = (
            f"ran longer than {CHECK_SECONDS:g} s"
            if result.timed_out
            else f"ended with exit code {result.exit_code}"
        )
        return Refusal(f"check failed: {command}", f"the check `{command}` {how}:\n{tail.rstrip()}")

    def _find_stale(self, checks: Sequence[str]) -> Refusal | None:
        """A run of tests that is older than the last edit proves nothing; said once, then named in the report."""
        ledger = self._record.turn.ledger
        if checks or ledger.last_test < 0 or not ledger.test_is_stale:
            return None
        if "stale tests" in self._record.turn.done.refusals:
            return None
        return Refusal(
            "stale tests", "the last run of the tests is older than the last edit. Run them again."
        )

    def _flags(self) -> tuple[str, ...]:
        ledger = self._record.turn.ledger
        flags = list(find_flags(ledger.changes))
        if ledger.edits and ledger.last_test < 0:
            flags.append("files were edited and no test was run")
        elif ledger.test_is_stale:
            flags.append("the last run of tests is older than the last edit")
        return tuple(flags)
