"""What a shell command would do, as far as its text tells. `examine` is the seam for a better reading.

Nothing here is a boundary: a command that runs has all the rights of its user. It decides what may pass without
being asked about, it names what must never happen, and in doubt it asks.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aura.safety.acts import Level
from aura.safety.catalogue import PROFILES
from aura.safety.danger import find_danger
from aura.safety.inquiry import Inquiry
from aura.safety.places import Places

LONGEST = 8000  # characters; what is longer cannot be shown to a person either
ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u206f\u3000\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)


ENDLESS = re.compile(
    r"\b(while\s+(true|:|\[\s*1\s*\]|\(\(\s*1\s*\)\))|until\s+(false|!\s*true)|for\s*\(\(\s*;\s*;\s*\)\))\s*[;\n]\s*do\b[^;&\n]*(?<!&)&(?!&)\s*(;\s*)?done\b|"
    r"\$0[\"']?\s*[|&]\s*((ba|da|z|k)?sh\s+)?[\"']?\$0\b"
)
Goes = Literal["looks", "works", "needs a person", "never"]
LEVELS: tuple[Goes, ...] = ("looks", "works", "needs a person", "never")


@dataclass(frozen=True, slots=True)
class Part:
    """One simple command of a text: its words, whether a rule may speak for it, and whether it is known harmless.

    `argv` holds the words as far as they are known; a word that is computed stands as it is written. `plain` is
    false when a word is computed, a variable is set, or a file is written by redirection. `level` says how far the
    command goes by itself, and `reason` why.
    """

    argv: tuple[str, ...]
    plain: bool = True
    harmless: bool = False
    level: Goes = "looks"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CommandFacts:
    """What is known of a shell text before it runs.

    `floor` names what must never happen, `consent` why a person has to agree even in auto mode, `risky` why a yes is
    needed outside of it (all empty: known to be harmless). `reads` and `writes` are absolute paths.
    """

    parts: tuple[Part, ...]
    floor: str = ""
    consent: str = ""
    risky: str = ""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


def examine(command: str, workspace: Path, home: Path, *, places: Places | None = None) -> CommandFacts:
    """Read a shell text and say what it would do in the workspace; never raises, never runs anything."""
    inquiry = Inquiry(places or Places(workspace, home), profiles=PROFILES)
    inquiry.cwd = inquiry.places.workspace
    if ODD.search(command):
        inquiry.note(Level.CONSENT, "it has characters that cannot be seen")
    if len(command) > LONGEST:
        inquiry.note(Level.CONSENT, "it is too long to be judged")
    if Level.CONSENT in inquiry.reasons and (danger := find_danger(command)):
        inquiry.note(Level.FLOOR, danger)
    if ENDLESS.search(command):
        inquiry.note(Level.FLOOR, "it starts programs without end")
    try:
        if len(command) <= 2 * LONGEST:
            inquiry.read_text(command)
    except RecursionError:
        inquiry.note(Level.CONSENT, "it is nested too deeply")
    reasons = inquiry.reasons
    consent = reasons.get(Level.CONSENT, "")
    floor = reasons.get(Level.FLOOR, "")
    return CommandFacts(
        parts=tuple(
            Part(ran.argv, ran.plain, ran.plain and ran.level is Level.FREE, LEVELS[ran.level], ran.reason)
            for ran in inquiry.ran
        ),
        floor=floor,
        consent=consent,
        risky=floor or consent or reasons.get(Level.CHANGES, ""),
        reads=tuple(inquiry.reads),
        writes=tuple(inquiry.writes),
    )
