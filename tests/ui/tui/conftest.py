"""A pilot waits until the app has nothing left to do, however slow the machine, and not a moment longer."""

import asyncio
from typing import Any

import pytest
import textual.app
import textual.pilot
from textual._wait import SLEEP_GRANULARITY
from textual._wait import wait_for_idle as wait_for_idle_processor

QUIET = 4  # turns of the loop in which nothing came
TIMERS = 50  # timers that are waited for: an app that moves by itself always has another
PATIENCE = 30.0  # seconds for an app that never comes to rest


async def wait_for_idle(min_sleep: float = SLEEP_GRANULARITY, max_sleep: float = 1) -> None:
    """As Textual's own, which sleeps and looks at the processor's clock; this one looks at the loop.

    Nothing is ready, no timer is due soon and no thread of the loop works: then nothing can happen any more. How long
    that takes on a machine that has other work is no reason to look too early.
    """
    loop: Any = asyncio.get_running_loop()
    end, quiet, timers = loop.time() + PATIENCE, 0, 0
    while quiet < QUIET and timers < TIMERS and loop.time() < end:
        await asyncio.sleep(0)
        quiet += 1
        if loop._ready:
            quiet = 0
        elif is_any_thread_busy(loop):
            await wait_for_idle_processor(min_sleep, max_sleep)
            return
        elif (due := seconds_to_next(loop)) <= SLEEP_GRANULARITY:
            await asyncio.sleep(max(due, 0.0))
            quiet, timers = 0, timers + 1


def is_any_thread_busy(loop: Any) -> bool:
    """Whether something given to a thread (`asyncio.to_thread`) is not done."""
    executor = loop._default_executor
    return executor is not None and executor._idle_semaphore._value < len(executor._threads)


def seconds_to_next(loop: Any) -> float:
    """How long it is to the next timer; infinite without one."""
    whens = [handle._when for handle in loop._scheduled if not handle._cancelled]
    return float(min(whens, default=float("inf")) - loop.time())


@pytest.fixture(autouse=True)
def patient_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test here waits so."""
    for module in (textual.app, textual.pilot):
        monkeypatch.setattr(module, "wait_for_idle", wait_for_idle)
