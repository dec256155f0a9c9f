"""What one press of Ctrl+A, Ctrl+C or Esc means now; pure, so that every case is a test."""

from dataclasses import dataclass
from typing import Literal

TWICE_AUTO = 0.6  # seconds; a second Ctrl+A within them means the start of the line
TWICE_STOP = 2.0  # seconds; a second Ctrl+C within them kills what runs, or quits
QUIET_STOP = 1.0  # seconds after a stop took effect in which a further Ctrl+C changes nothing
TWICE_ESCAPE = 0.8  # seconds between two Esc

AutoStep = Literal["ignore", "toggle", "home"]
StopStep = Literal["close", "stop", "kill", "copy", "tell", "clear", "warn", "quit"]
EscapeStep = Literal["close", "prompt", "warn", "stop", "offer", "rewind", "nothing"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a key meets: a dock that is open, work that runs, a selection, text in the prompt, who has the focus."""

    dock: bool = False
    running: bool = False
    selection: bool = False
    draft: bool = False
    in_prompt: bool = True


class AutoKey:
    """Ctrl+A: toggles auto; twice within `TWICE_AUTO` restores it and goes to the start of the line."""

    def __init__(self) -> None:
        self._last = -1e9

    def press(self, scene: Scene, now: float) -> AutoStep:
        """What this press does; `now` is monotonic time in seconds."""
        if scene.dock:
            self._last = -1e9
            return "ignore"
        is_second = now - self._last <= TWICE_AUTO
        self._last = -1e9 if is_second else now
        return "home" if is_second else "toggle"


class StopKey:
    """Ctrl+C: close a dialog; stop, then kill what runs; copy; clear the draft; warn, then quit.

    Between a stop and `QUIET_STOP` after it took effect, which `settle` tells, a press that comes too late to kill
    takes nothing away: it only says what it would do (`tell`, `warn`).
    """

    def __init__(self) -> None:
        self._last: tuple[StopStep, float] = ("close", -1e9)
        self._quiet_until = -1e9
        self._is_stopping = False

    @property
    def is_stopping(self) -> bool:
        """Whether what runs was told to stop and has not settled yet: whoever leaves then leaves nothing running."""
        return self._is_stopping

    def begin(self) -> None:
        """What runs was told to stop, by this key or otherwise."""
        self._is_stopping = True

    def settle(self, now: float) -> None:
        """What ran has stopped, or cannot be stopped."""
        self._is_stopping = False
        self._quiet_until = now + QUIET_STOP

    def press(self, scene: Scene, now: float) -> StopStep:
        """What this press does."""
        step = self._choose(scene, now)
        self._last = (step, now)
        if step in ("stop", "kill"):
            self.begin()
        return step

    def _choose(self, scene: Scene, now: float) -> StopStep:
        before, at = self._last
        is_quiet = self._is_stopping or now < self._quiet_until
        is_second = now - at <= TWICE_STOP
        if scene.dock:
            return "close"
        if scene.running:
            return "kill" if is_second and before in ("stop", "kill") else "stop"
        if scene.selection:
            return "copy"
        if scene.draft:
            return "tell" if is_quiet else "clear"
        return "quit" if is_second and before == "warn" and not is_quiet else "warn"


class EscapeKey:
    """Esc: close a dialog, go back to the prompt; twice: stop what runs, or with an empty prompt go back in time."""

    def __init__(self) -> None:
        self._last: tuple[EscapeStep, float] = ("nothing", -1e9)

    def press(self, scene: Scene, now: float) -> EscapeStep:
        """What this press does."""
        step = self._choose(scene, now)
        self._last = (step, now)
        return step

    def _choose(self, scene: Scene, now: float) -> EscapeStep:
        before, at = self._last
        is_second = now - at <= TWICE_ESCAPE
        if scene.dock:
            return "close"
        if not scene.in_prompt:
            return "prompt"
        if scene.running:
            return "stop" if is_second and before == "warn" else "warn"
        if scene.draft:
            return "nothing"
        return "rewind" if is_second and before == "offer" else "offer"
