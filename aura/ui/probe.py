"""Questions to the terminal itself, asked while a face is still being imported: its background, how wide a sign is.

`begin_probe` writes the questions, `finish_probe` reads the answers. What was typed meanwhile is given back. The last
question is one that every terminal answers, so nobody waits for those it does not know.
"""

import atexit
import os
import re
import select
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aura.core.text import clean
from aura.ui.manners import has_unicode

PATIENCE = 0.1  # seconds
FAR_PATIENCE = 0.6  # seconds, over a network: an answer that came later would look like typed text
SIGN = "◐"  # one cell wide, except where ambiguous characters are two
ASK_BACKGROUND = b"\x1b]11;?\x1b\\"
ASK_PLACE = b"\x1b[6n"
ASK_KIND = b"\x1b[c"
ASK_WIDTH = b"\x1b7" + ASK_PLACE + SIGN.encode() + ASK_PLACE + b"\x1b8\x1b[K"
BACKGROUND = re.compile(rb"\x1b\]11;([^\x07\x1b]*)(?:\x07|\x1b\\)")
PLACE = re.compile(rb"\x1b\[\d+;(\d+)R")
KIND = re.compile(rb"\x1b\[\?[\d;]*c")
ANSWERS = re.compile(b"|".join(one.pattern for one in (BACKGROUND, PLACE, KIND)))
SILENT = re.compile(
    r"$|dumb|unknown|linux|eterm|vt\d|ansi|cons25|sun"
)  # they would print what they do not know
COLOUR = re.compile(
    r"(?:rgba?:)([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:/[0-9a-fA-F]{1,4})?"
)
SHORT_COLOUR = re.compile(r"#([0-9a-fA-F]{2,4})([0-9a-fA-F]{2,4})([0-9a-fA-F]{2,4})")
LIGHT = 0.5  # luminance from which a background is light

Colour = tuple[float, float, float]
Mode = list[Any]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a terminal said: its background (red, green, blue from 0 to 1, None: nothing), the cells of `SIGN` (0:
    unknown), and what was typed meanwhile.

    `is_complete` is false when it did not answer in time: its answers may still come.
    """

    background: Colour | None = None
    sign_cells: int = 0
    typed: str = ""
    is_complete: bool = True


class Probe:
    """Questions that were sent; the terminal neither echoes nor waits for lines until `finish_probe`."""

    def __init__(self, source: int, patience: float) -> None:
        self.source = source
        self.patience = patience
        self._before: Mode | None = termios.tcgetattr(source)
        atexit.register(self.restore)
        mode = termios.tcgetattr(source)
        mode[3] &= ~(termios.ECHO | termios.ICANON)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 0, 0
        termios.tcsetattr(source, termios.TCSADRAIN, mode)

    @property
    def is_over(self) -> bool:
        """Whether the terminal was given back."""
        return self._before is None

    def restore(self) -> None:
        """Give the terminal back as it was."""
        before, self._before = self._before, None
        if before is not None:
            atexit.unregister(self.restore)
            try:
                termios.tcsetattr(self.source, termios.TCSADRAIN, before)
            except termios.error:
                return  # it is gone


def begin_probe(environ: Mapping[str, str], source: int = 0, target: int = 1) -> Probe | None:
    """Ask; None where nobody can be asked. `source` and `target` are the descriptors of the terminal."""
    if SILENT.match(environ.get("TERM", "")) or not (os.isatty(source) and os.isatty(target)):
        return None
    far = environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")
    try:
        if os.tcgetpgrp(source) != os.getpgrp():
            return None  # in the background: touching the terminal would stop us
        probe = Probe(source, FAR_PATIENCE if far else PATIENCE)
    except (OSError, termios.error):
        return None
    try:
        width = ASK_WIDTH if has_unicode(environ) else b""
        os.write(target, width + ASK_BACKGROUND + ASK_KIND)
    except OSError:
        probe.restore()
        return None
    return probe


def finish_probe(probe: Probe | None) -> Findings:
    """What came back, waiting no longer than the probe's patience; the terminal is as it was before. Once only."""
    if probe is None or probe.is_over:
        return Findings()
    data, end = b"", time.monotonic() + probe.patience
    try:
        while not KIND.search(data):
            ready, _, _ = select.select([probe.source], [], [], max(0.0, end - time.monotonic()))
            piece = os.read(probe.source, 4096) if ready else b""
            if not piece:
                break
            data += piece
    except OSError:
        pass
    finally:
        probe.restore()
    return read_answers(data)


def read_answers(data: bytes) -> Findings:
    """What a terminal's answers say; whatever is no answer was typed."""
    said = BACKGROUND.search(data)
    places = [int(match[1]) for match in PLACE.finditer(data)][:2]
    cells = places[1] - places[0] if len(places) == 2 else 0
    return Findings(
        background=read_colour(said[1].decode("ascii", "replace")) if said else None,
        sign_cells=max(0, cells),
        typed=read_typed(ANSWERS.sub(b"", data).decode("utf-8", "replace")),
        is_complete=KIND.search(data) is not None,
    )


def read_typed(keys: str) -> str:
    """The text that typed keys amount to: Backspace takes back, Enter ends a line, other keys are nothing."""
    text = ""
    for key in clean_keys(keys):
        text = text[:-1] if key in "\x7f\x08" else text + key
    return clean("".join(key for key in text if key >= " " or key in "\n\t"))


def clean_keys(keys: str) -> str:
    """The keys without escape sequences."""
    return re.sub(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|\].*?(?:\x07|\x1b\\)|.|$)", "", keys).replace("\r", "\n")


def read_colour(text: str) -> Colour | None:
    """The colour of `rgb:ffff/ffff/ffff`, `rgba:…` or `#ffffff`, each part from 0 to 1."""
    match = COLOUR.fullmatch(text) or SHORT_COLOUR.fullmatch(text)
    if match is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in match.groups())
    return red, green, blue


def luminance(colour: Colour) -> float:
    """How bright a colour looks, from 0 to 1."""
    red, green, blue = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue


def find_background(findings: Findings, environ: Mapping[str, str]) -> Literal["dark", "light"]:
    """Whether the terminal is dark or light: as it said, else as COLORFGBG says, else dark."""
    if findings.background is not None:
        return "light" if luminance(findings.background) >= LIGHT else "dark"
    number = environ.get("COLORFGBG", "").rpartition(";")[2]
    return "light" if number in ("7", *map(str, range(9, 16))) else "dark"
