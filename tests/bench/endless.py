"""A model that works until its time is over: prints its address, serves until its input ends.

It edits files, runs commands, reads, searches, keeps todos, claims once too early that it is done, now and then talks
too long or fails; when its time is over it makes the check pass and claims again.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable

from aura.core.errors import ModelError, ModelErrorKind
from aura.core.messages import MODEL, Message, Text, ToolCall
from aura.core.models import Completion, Delta, Finish, ModelInfo, Request
from aura.demo.server import Server
from aura.models.scripted import cut_up, estimate

CHECK = "test -e finished"
WINDOW = 24_000  # tokens: an older part is summarised every fifty steps or so
FILES = 12
QUOTA_EVERY, FAULT_EVERY, CUT_EVERY = 400, 90, 150  # requests
EARLY_CLAIM = 30  # the step at which it claims to be done before it is

Reply = tuple[str, ToolCall | None]


class Endless:
    """Works for `seconds`, a reply every `pace` seconds or more, then ends; without an end when `seconds` is 0."""

    def __init__(self, seconds: float, pace: float) -> None:
        self._ends = time.monotonic() + seconds if seconds else float("inf")
        self._pace = pace
        self._requests = 0
        self._step = 0
        self._written: dict[str, int] = {}

    @property
    def info(self) -> ModelInfo:
        """A small window, and a price."""
        return ModelInfo(
            "script:endless", WINDOW, capabilities=frozenset({"tools"}), input_price=1e-6, output_price=4e-6
        )

    async def stream(self, request: Request) -> AsyncIterator[Delta | Completion]:
        """The next reply; raises `ModelError` now and then."""
        self._requests += 1
        await asyncio.sleep(self._pace)
        self._fail(self._requests)
        text, call = self._answer(request)
        parts = (Text(text), *((call,) if call else ()))
        message = Message("assistant", parts, MODEL)
        finish = Finish.TOOL_CALLS if call else Finish.STOP
        pieces = list(cut_up(message, 24))
        for place, piece in enumerate(pieces):
            if self._requests % CUT_EVERY == 0 and place > len(pieces) // 2:
                raise ModelError(ModelErrorKind.CUT, "The line dropped.")
            yield piece
        self._step += call is not None
        if call is not None and call.name in ("Write", "Edit"):
            self._written[call.arguments["path"]] = self._step
        yield Completion(message, estimate(request, message), finish, self.info.name, 0.0)

    def _fail(self, number: int) -> None:
        if number % QUOTA_EVERY in (QUOTA_EVERY - 2, QUOTA_EVERY - 1):
            raise ModelError(ModelErrorKind.QUOTA, "The quota is used up.", status=429, retry_after=2.0)
        if number % FAULT_EVERY == 0:
            raise ModelError(ModelErrorKind.OVERLOADED, "Too much to do.", status=503, retry_after=0.5)

    def _answer(self, request: Request) -> Reply:
        if not request.tools:
            return f"So far {self._step} steps were made; all files hold what they should.", None
        if time.monotonic() >= self._ends:
            return self._end(request)
        step = self._step
        if step == EARLY_CLAIM:
            return "I think it is done.", self._call("Done", summary="All of it works.")
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

    def _end(self, request: Request) -> Reply:
        newest = request.messages[-1].text + "".join(one.content for one in request.messages[-1].results)
        if "it is there now" in newest:
            todos = [{"id": "1", "content": "the parts", "status": "completed"}]
            return "The list.", self._call("TodoWrite", todos=todos)
        if any(one.name == "TodoWrite" for one in request.messages[-2].tool_calls):
            return "That is all.", self._call("Done", summary="All parts are written.")
        return "The last of it.", self._call("Bash", command="touch finished; echo it is there now")

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
