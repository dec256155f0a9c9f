"""A run for programs without an event loop: it lives in a thread with a loop of its own."""

import asyncio
import queue
import threading
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from typing import Any, Self, TypeVar

from aura.app.autonomous import Build, RunOptions, RunResult, RunStatus, start_autonomous
from aura.core.errors import AuraError
from aura.core.events import Event

CLOSED = "The run was closed; begin or resume it anew."
Value = TypeVar("Value")


class ThreadedRun:
    """A run that goes on in a thread of its own; every method may be called from any thread and returns when done.

    Made by `run_in_background`. Close it, or use it as a context manager: a run that still goes on is left for
    another process to resume.
    """

    def __init__(self, build: Build, goal: str, options: RunOptions | None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="aura run", daemon=True)
        self._thread.start()
        self._is_closed = False
        self._gate = threading.Lock()  # nothing is handed to the loop once it is told to stop
        try:
            self._handle = self._do(start_autonomous(build, goal, options))
        except BaseException:
            self._end()
            raise

    def _do(self, work: Coroutine[Any, Any, Value]) -> Value:
        try:
            return self._hand_in(work).result()
        except CancelledError:
            raise AuraError(CLOSED) from None

    def _hand_in(self, work: Coroutine[Any, Any, Value]) -> Future[Value]:
        """Have the loop do it; what was handed in before it ends is done, or cancelled."""
        with self._gate:
            if not self._is_closed:
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        work.close()
        raise AuraError(CLOSED)

    @property
    def id(self) -> str:
        """The run's id, which is its session's."""
        return self._handle.id

    def status(self) -> RunStatus:
        """Where it stands now."""
        return self._handle.status()

    def result(self, timeout: float | None = None) -> RunResult:
        """How it came to rest, as soon as it does; raises `TimeoutError` after so many seconds (the run goes on)."""

        async def wait() -> RunResult:
            async with asyncio.timeout(timeout):
                return await self._handle.result()

        return self._do(wait())

    def pause(self) -> None:
        """Have it stop before its next step; returns when it rests."""
        self._do(self._handle.pause())

    def resume(self, text: str = "") -> None:
        """Have it go on, with `text` as its next prompt if there is one."""
        self._do(self._handle.resume(text))

    def steer(self, text: str) -> None:
        """Say something to it."""
        self._do(self._handle.steer(text))

    def answer(self, text: str, question: str = "") -> None:
        """Answer the question of that name, or the only one that is open."""
        self._do(self._handle.answer(text, question))

    def cancel(self) -> None:
        """Give it up."""
        self._do(self._handle.cancel())

    def events(self) -> Iterator[Event]:
        """What happens from now on until the run rests."""
        arrived: queue.SimpleQueue[Event | None] = queue.SimpleQueue()

        async def pump() -> None:
            async for event in self._handle.events():
                arrived.put(event)

        pumping = self._hand_in(pump())
        pumping.add_done_callback(lambda _: arrived.put(None))
        try:
            while (event := arrived.get()) is not None:
                yield event
        finally:
            pumping.cancel()

    def metrics(self) -> Mapping[str, Any]:
        """Numbers of the run so far."""
        return self._handle.metrics()

    def usage(self) -> Mapping[str, Any]:
        """What was spent and may be spent."""
        return self._handle.usage()

    def close(self) -> None:
        """Close the session and end the thread; harmless when repeated."""
        if self._is_closed:
            return
        try:
            self._do(self._handle.close())
        except AuraError as error:
            if error.sentence != CLOSED:  # another thread closed it meanwhile
                raise
        finally:
            self._end()

    def _end(self) -> None:
        """Stop the loop; whoever waits in another thread for something of it is let go."""
        with self._gate:
            if self._is_closed:
                return
            self._is_closed = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def run_in_background(build: Build, goal: str = "", options: RunOptions | None = None) -> ThreadedRun:
    """Begin a run in a thread and return its handle; see `start_autonomous` for what `build` does."""
    return ThreadedRun(build, goal, options)


def run_autonomous(build: Build, goal: str = "", options: RunOptions | None = None) -> RunResult:
    """Pursue a goal until the run rests and return how it ended; for programs without an event loop.

    Without a goal the run of the agent's session goes on; one that is done already returns its result at once.
    `build(extras)` makes the agent with the tools of the run beside its own.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_run(build, goal, options))
    raise AuraError("An event loop is running: use `await start_autonomous(...)` instead.")


async def _run(build: Build, goal: str, options: RunOptions | None) -> RunResult:
    async with await start_autonomous(build, goal, options) as handle:
        return await handle.result()
