"""A model that works until its time is over: prints its address, serves until its input ends.

It edits files, runs commands, reads, searches, keeps todos, recalls what it said, claims once too early to be done, and
now and then fails; when its time is over it makes the check pass and claims again.
"""

import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from aura.core.clock import Clock, SystemClock
from aura.core.errors import ModelError, ModelErrorKind
from aura.core.messages import MODEL, Message, Text, ToolCall
from aura.core.models import Completion, Delta, Finish, ModelInfo, Request
from aura.demo.server import Server
from aura.models.scripted import cut_up, estimate

CHECK = "test -e finished"
WINDOW = 24_000  # tokens: an older part is summarised every fifty steps or so
FILES = 12
FAULT_EVERY, CUT_EVERY = 90, 150  # requests
RECALL_EVERY = 200  # steps
LEAST_STEPS = 120  # on a slow machine it works for longer than it was asked to
EARLY_CLAIM = 30  # the step at which it claims to be done before it is

Reply = tuple[str, ToolCall | None]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What fails: a used-up quota comes back after `reset` seconds, an outage lasts for `outage` requests."""

    quota_every: int = 400
    reset: float = 2.0
    outage_every: int = 0
    outage: int = 6


class Endless:
    """Works for `seconds`, a reply every `pace` seconds or more, then ends."""

    def __init__(
        self,
        seconds: float,
        pace: float,
        trouble: Trouble = Trouble(),
        clock: Clock | None = None,
        window: int = WINDOW,
    ) -> None:
        self._clock = clock or SystemClock()
        self._window = window
        self._ends = self._clock.monotonic() + seconds
        self._pace = pace
        self._trouble = trouble
        self._requests = 0
        self._step = 0
        self._ended = 0
        self._written: dict[str, int] = {}

    @property
    def info(self) -> ModelInfo:
        """A small window."""
        return ModelInfo("script:endless", self._window, capabilities=frozenset({"tools"}))

    async def stream(self, request: Request) -> AsyncIterator[Delta | Completion]:
        """The next reply; raises `ModelError` now and then."""
        self._requests += 1
        await self._clock.sleep(self._pace)
        self._fail(self._requests)
        is_over = self._ended > 0 or (self._clock.monotonic() >= self._ends and self._step >= LEAST_STEPS)
        text, call = self._answer(request, is_over=is_over)
        parts = (Text(text), *((call,) if call else ()))
        message = Message("assistant", parts, MODEL)
        finish = Finish.TOOL_CALLS if call else Finish.STOP
        pieces = list(cut_up(message, 24))
        for place, piece in enumerate(pieces):
            if self._requests % CUT_EVERY == 0 and place > len(pieces) // 2:
                raise ModelError(ModelErrorKind.CUT, "The line dropped.")
            yield piece
        self._ended += is_over and call is not None
        self._step += call is not None
        if call is not None and call.name in ("Write", "Edit"):
            self._written[call.arguments["path"]] = self._step
        yield Completion(message, estimate(request, message), finish, self.info.name, 0.0)

    def _fail(self, number: int) -> None:
        trouble = self._trouble
        if number % trouble.quota_every in (trouble.quota_every - 2, trouble.quota_every - 1):
            raise ModelError(
                ModelErrorKind.QUOTA, "The quota is used up.", status=429, retry_after=trouble.reset
            )
        if trouble.outage_every and number % trouble.outage_every < trouble.outage <= number:
            raise ModelError(ModelErrorKind.NETWORK, "Nobody answers.")
        if number % FAULT_EVERY == 0:
            raise ModelError(ModelErrorKind.OVERLOADED, "Too much to do.", status=503, retry_after=0.5)

    def _answer(self, request: Request, *, is_over: bool) -> Reply:
        if not request.tools:
            return f"So far {self._step} steps were made; all files hold what they should.", None
        if is_over:
            return self._end()
        step = self._step
        if step == EARLY_CLAIM:
            return "I think it is done.", self._call("Done", summary="All of it works.")
        if step % RECALL_EVERY == RECALL_EVERY - 1:
            return "What was it?", self._call("Recall", query=f"step {step // 2}\\b")
        acts: tuple[Callable[[int], ToolCall], ...] = (
            self._plan,
            self._write,
            self._read,
            self._run,
            self._edit,
            self._search,
            self._run,
        )
        return f"Step {step}: I go on with part {step % FILES}. " * 3, acts[step % len(acts)](step)

    def _end(self) -> Reply:
        todos = [{"id": "1", "content": "the parts", "status": "completed"}]
        acts = [
            ("The last of it.", self._call("Bash", command="touch finished")),
            ("The list.", self._call("TodoWrite", todos=todos)),
        ]
        return (
            acts[self._ended]
            if self._ended < len(acts)
            else ("All.", self._call("Done", summary="It works."))
        )

    def _call(self, tool: str, **arguments: object) -> ToolCall:
        return ToolCall(f"call-{self._requests}", tool, arguments)

    def _plan(self, step: int) -> ToolCall:
        items = [{"id": str(part), "content": f"part {part} at step {step}"} for part in range(1, 7)]
        states = ["in_progress", *["pending"] * 5]
        return self._call(
            "TodoWrite", todos=[{**item, "status": state} for item, state in zip(items, states, strict=True)]
        )

    def _write(self, step: int) -> ToolCall:
        path = f"part_{step % FILES}.py"
        lines = [f"value_{line} = {step * line}" for line in range(60)]
        return self._call("Write", path=path, content="\n".join([f"made = {step + 1}", *lines, ""]))

    def _edit(self, step: int) -> ToolCall:
        path, made = max(self._written.items(), key=lambda one: one[1])
        return self._call("Edit", path=path, old=f"made = {made}", new=f"made = {step + 1}")

    def _read(self, step: int) -> ToolCall:
        path, _ = max(self._written.items(), key=lambda one: one[1])
        return self._call("Read", path=path, offset=step % 20 + 1, limit=30)

    def _run(self, step: int) -> ToolCall:
        return self._call("Bash", command=f"echo step {step}; wc -c part_*.py; seq {step} {step + 80}")

    def _search(self, step: int) -> ToolCall:
        return self._call("Grep", pattern=f"value_{step % 60} = ", path=".")


def main(seconds: float, pace: float) -> None:
    """Serve until standard input ends."""
    server = Server(Endless(seconds, pace), keep=False).start()
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.close()


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
