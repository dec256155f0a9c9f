"""What a terminal is told beside the picture: the title of its window, progress, notifications.

The functions make the sequences; `TerminalNotices` is the one place that writes them. No text gets into one uncleaned.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aura.core.limits import StopReason
from aura.core.text import shorten
from aura.core.turn import Turn

if TYPE_CHECKING:
    from aura.ui.look import Signs  # it takes rich along, which faces without a screen have no use for

TITLE_WIDTH = 80
NOTICE_WIDTH = 200
PUSH_TITLE, POP_TITLE = "\x1b[22;2t", "\x1b[23;2t"
BELL = "\x07"
ITERM_WITH_PROGRESS = (3, 6, 6)  # before that it took progress for a notification
VTE_WITH_PROGRESS = 7900
NO_TITLE = re.compile(r"$|dumb|unknown|linux|vt\d|cons25|eterm")

Progress = Literal["none", "running", "share", "failed", "paused"]
Occasion = Literal["needs you", "done", "failed"]
PROGRESS_CODES: dict[Progress, int] = {"none": 0, "share": 1, "failed": 2, "running": 3, "paused": 4}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a terminal understands: how it is notified, whether it shows titles and progress, what is around it."""

    notification: Literal["osc9", "osc777", "bell"] = "bell"
    title: bool = True
    progress: bool = False
    around: Literal["", "tmux", "screen"] = ""


def identify(environ: Mapping[str, str]) -> Kind:
    """The kind of this terminal; what is not known to be understood is not sent."""
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    around: Literal["", "tmux", "screen"] = (
        "tmux" if environ.get("TMUX") else "screen" if environ.get("STY") else ""
    )
    return Kind(
        notification=_find_notification(environ, term, program),
        title=not NO_TITLE.match(term),
        progress=not around and _has_progress(environ, program),
        around=around,
    )


def _find_notification(
    environ: Mapping[str, str], term: str, program: str
) -> Literal["osc9", "osc777", "bell"]:
    names = {program.lower(), environ.get("LC_TERMINAL", "").lower()}
    if names & {"iterm.app", "iterm2", "wezterm", "ghostty", "kitty", "warpterminal"}:
        return "osc9"
    if environ.get("KITTY_WINDOW_ID") or "kitty" in term or "ghostty" in term:
        return "osc9"
    if environ.get("VTE_VERSION") or term.startswith(("foot", "rxvt")):
        return "osc777"
    return "bell"


def _has_progress(environ: Mapping[str, str], program: str) -> bool:
    """Whether progress is shown, and not taken for a notification."""
    if environ.get("WT_SESSION") or environ.get("ConEmuANSI") == "ON":
        return True
    if program == "iTerm.app":
        numbers = re.findall(r"\d+", environ.get("TERM_PROGRAM_VERSION", ""))[:3]
        return tuple(map(int, numbers)) >= ITERM_WITH_PROGRESS
    version = environ.get("VTE_VERSION", "")
    return program in ("ghostty", "WezTerm") or (version.isdecimal() and int(version) >= VTE_WITH_PROGRESS)


def make_title(text: str) -> str:
    """The sequence that names the window."""
    return f"\x1b]2;{_plain(text, TITLE_WIDTH)}\x1b\\"


def make_progress(kind: Kind, progress: Progress, percent: int = 0) -> str:
    """The sequence that shows progress on the tab or in the task bar; empty where none is shown."""
    if not kind.progress:
        return ""
    share = f";{min(100, max(0, percent))}" if progress in ("share", "failed", "paused") else ""
    return f"\x1b]9;4;{PROGRESS_CODES[progress]}{share}\x1b\\"


def make_notification(kind: Kind, text: str) -> str:
    """The sequence that brings a notification, with a bell where that alone is seen."""
    said = _plain(text, NOTICE_WIDTH)
    match kind.notification:
        case "osc9":
            sequence = f"\x1b]9;aura: {said}\x1b\\"  # the name in front: digits would be another command
        case "osc777":
            sequence = f"\x1b]777;notify;aura;{said.replace(';', ',')}\x1b\\"
        case _:
            return BELL
    is_seen = kind.notification == "osc9" and not kind.around
    return pass_through(kind, sequence) + ("" if is_seen else BELL)


def pass_through(kind: Kind, sequence: str) -> str:
    """The sequence for the terminal around a multiplexer, which drops it where that is not allowed."""
    match kind.around:
        case "tmux":
            doubled = sequence.replace("\x1b", "\x1b\x1b")
            return f"\x1bPtmux;{doubled}\x1b\\"
        case "screen":
            return f"\x1bP{sequence.removesuffix(chr(27) + chr(92))}{BELL}\x1b\\"
        case _:
            return sequence


def _plain(text: str, width: int) -> str:
    """Text that can stand inside a sequence: one line, nothing that would end it."""
    return shorten(text, width)


def describe_state(turn: Turn, name: str, signs: "Signs", state: str, asked: str = "") -> str:
    """The title of the window: a sign, how far it is, and the session's name (`◐ 37/300 fix-flaky`).

    `state` is as in a snapshot (`idle`, `working`, `asking`, …), `asked` says what a person is needed for.
    """
    if state == "asking" or asked:
        return f"{signs.hand} {name}: {asked or 'needs you'}"
    if state in ("working", "stopping", "starting"):
        limit = f"/{turn.limits.steps}" if turn.limits.steps else ""
        steps = f"{turn.steps}{limit} " if turn.steps else ""
        return f"{signs.running} {steps}{name}"
    if state == "lost" or turn.stop in (StopReason.ERROR, StopReason.PROVIDER, StopReason.CONFIG):
        return f"{signs.failed} {name}"
    if turn.stop is None:
        return f"aura {name}"
    return f"{signs.ok if turn.stop in (StopReason.DONE, StopReason.END_TURN) else signs.paused} {name}"


class TerminalNotices:
    """Tells a terminal its title, progress and notifications; `write` takes text and sends it as it is.

    `when` is the setting `ui.notify`. Nothing is sent twice in a row, and `close` takes everything back.
    """

    def __init__(self, write: Callable[[str], None], kind: Kind, when: str = "unfocused") -> None:
        self._write = write
        self._kind = kind
        self.when = when
        self.is_focused = True
        self._title = ""
        self._progress = ""

    def show_title(self, text: str) -> None:
        """Name the window."""
        if not self._kind.title or text == self._title:
            return
        push = "" if self._title else PUSH_TITLE
        self._title = text
        self._write(push + make_title(text))

    def show_progress(self, progress: Progress, percent: int = 0) -> None:
        """Show how far it is."""
        sequence = make_progress(self._kind, progress, percent)
        if sequence != (self._progress or make_progress(self._kind, "none")):
            self._write(sequence)
        self._progress = sequence

    def notify(self, occasion: Occasion, text: str) -> None:
        """Call a person who looks elsewhere, as far as that is wanted."""
        if self.when == "never" or (self.is_focused and self.when != "always"):
            return
        self._write(make_notification(self._kind, f"{occasion}: {text}" if text else occasion))

    def close(self) -> None:
        """Give the window back its former title, and take progress away."""
        self.show_progress("none")
        if self._title:
            self._title = ""
            self._write(POP_TITLE)
