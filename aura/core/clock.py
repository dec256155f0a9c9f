"""Time as something that is handed in, so that tests need not wait."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

BOOT: int | None = getattr(time, "CLOCK_BOOTTIME", None)


class Clock(Protocol):
    """Wall time for people, monotonic time for deadlines, and sleep."""

    def now(self) -> float:
        """Unix time in seconds."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Span:
    """Unix time that goes on from where it began by what really passed: nobody who sets the clock moves it.

    Sleep of the machine counts as time that passed, where the system tells it from a clock that was set.
    """

    def __init__(self, clock: Clock) -> None:
        self._begun = clock.now() - find_passed(clock)
        self._clock = clock

    def now(self) -> float:
        """Unix time in seconds, by the clock as it stood at the beginning."""
        return self._begun + find_passed(self._clock)


def find_passed(clock: Clock) -> float:
    """Seconds since some fixed moment, with those that the machine slept; without them where nobody knows."""
    passed: Callable[[], float] = getattr(clock, "passed", clock.monotonic)
    return passed()


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        return time.monotonic()

    def passed(self) -> float:
        """As `monotonic`, with the time that the machine was suspended, on systems that count it."""
        return time.clock_gettime(BOOT) if BOOT is not None else time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
