"""What is asked of an edit, and what comes back: the new bytes with their story, or a refusal that helps."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class EditSpec:
    """Replace `old` by `new`: at its only place, or everywhere with `replace_all`."""

    old: str
    new: str
    replace_all: bool = False


class Tolerance(StrEnum):
    """How a text that does not stand in the file as sent was recognised all the same."""

    LINE_ENDINGS = "line endings"
    TRAILING_BLANKS = "trailing blanks"
    INDENTATION = "indentation"
    BLANK_LINES = "blank lines"
    SPACING = "spacing within a line"
    CHARACTERS = "look-alike characters"
    LINE_NUMBERS = "line numbers"
    FENCE = "code fence"
    ESCAPES = "escapes"
    ELLIPSIS = "ellipsis"
    CONTEXT = "changed context"


class Reason(StrEnum):
    """Why nothing was changed."""

    NOT_TEXT = "not_text"
    NOT_ENCODABLE = "not_encodable"
    NO_EDITS = "no_edits"
    NO_CHANGE = "no_change"
    EMPTY_OLD = "empty_old"
    EXISTS = "exists"
    MISSING = "missing"
    NOT_FOUND = "not_found"
    AMBIGUOUS = "ambiguous"
    ALREADY_APPLIED = "already_applied"
    ELLIPSIS = "ellipsis"
    INDENTATION = "indentation"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class NearLine:
    """A line of the file that comes close: its number from 1, its text, and how it differs from what was sent."""

    number: int
    text: str
    difference: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed. `edit` counts from 0: the edit or hunk at fault, if it was one of them."""

    reason: Reason
    sentence: str
    edit: int | None = None
    near: tuple[NearLine, ...] = ()

    def __str__(self) -> str:
        shown = [f"{line.number:>6}  {line.text}" + _remark(line.difference) for line in self.near]
        return "\n".join([self.sentence, *shown])


@dataclass(frozen=True, slots=True)
class Place:
    """Where an edit went: lines from 1, both inclusive, in the new text; `tolerances` is empty for exact matches.

    A deletion leaves no lines: then `last` is the line before the gap and `first` the one behind it.
    """

    edit: int
    first: int
    last: int
    tolerances: tuple[Tolerance, ...] = ()


@dataclass(frozen=True, slots=True)
class Edited:
    """The new bytes, where each edit went, the hunks of a unified diff (no file header) and its line counts."""

    content: bytes
    places: tuple[Place, ...]
    diff: str
    added: int
    removed: int


EditOutcome = Edited | Refused


class Refusal(Exception):
    """Carries a Refused from the depth of the engine to its door."""

    def __init__(self, reason: Reason, sentence: str, near: tuple[NearLine, ...] = ()) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence
        self.near = near

    def answer(self, edit: int | None) -> Refused:
        """The refusal as a value, with the edit it belongs to."""
        return Refused(self.reason, self.sentence, edit, self.near)


def _remark(difference: str) -> str:
    return f"    <- {difference}" if difference else ""
