"""What a press of Ctrl+C or Ctrl+A means now; pure, so that every case is a test."""

from typing import Literal

TWICE_AUTO = 0.6  # seconds; a second Ctrl+A within them means the start of the line
TWICE_STOP = 2.0  # seconds; a second Ctrl+C within them kills what runs, or quits

StopStep = Literal["close", "stop", "kill", "clear", "warn", "quit"]


class StopKey:
    """Ctrl+C: say no; stop, then kill what runs; clear what is typed; warn, then quit."""

    def __init__(self) -> None:
        self._last: tuple[StopStep, float] = ("close", float("-inf"))

    def press(self, now: float, *, asking: bool, working: bool, draft: bool) -> StopStep:
        """What this press does; `now` is monotonic time in seconds."""
        before, at = self._last
        is_second = now - at <= TWICE_STOP
        step: StopStep
        if asking:
            step = "close"
        elif working:
            step = "kill" if is_second and before in ("stop", "kill") else "stop"
        elif draft:
            step = "clear"
        else:
            step = "quit" if is_second and before == "warn" else "warn"
        self._last = (step, now)
        return step


class AutoKey:
    """Ctrl+A: switches; a second one at once switches back and goes to the start of the line."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def press(self, now: float) -> bool:
        """Whether this press is the second."""
        is_second = now - self._last <= TWICE_AUTO
        self._last = float("-inf") if is_second else now
        return is_second
