"""Whether what one edit of a call blundered in is to be feared in the others, where nothing shows it.

An edit that stands in the file as sent is taken at its word. But if another of the same call was indented
otherwise, or had look-alike characters, lines that are only new may have the same fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aura.tools._editing.folding import ONE_TO_ONE, parts
from aura.tools._editing.outcomes import Reason, Refusal, Tolerance


@dataclass(frozen=True, slots=True)
class Sent:
    """The old lines of an edit, its new ones, and what was tolerated to find it."""

    base: Sequence[str]
    new: Sequence[str]
    tolerances: Sequence[Tolerance]


def first_doubtful(edits: Sequence[Sent], text: str) -> tuple[int, Refusal] | None:
    """The first edit that was taken at its word although its new lines may have the fault of another one."""
    faults = {tolerance for edit in edits for tolerance in edit.tolerances}
    for number, edit in enumerate(edits):
        if edit.tolerances:
            continue
        kept = set(edit.base)
        fresh = [line for line in edit.new if line not in kept]
        for fault in faults:
            if any(_may_have(line, fault, edit, text) for line in fresh):
                return number, Refusal(
                    Reason.UNCLEAR,
                    f"Other edits of this call differ from the file in {fault}, and the new lines of this one may, "
                    "too. Copy the lines from the file.",
                )
    return None


def _may_have(line: str, fault: Tolerance, edit: Sent, text: str) -> bool:
    lead, _, trail = parts(line)
    if fault is Tolerance.TRAILING_BLANKS:
        return bool(trail)
    if fault is Tolerance.CHARACTERS:
        return any(unit not in text for unit in set(line) if unit.translate(ONE_TO_ONE) != unit)
    if fault is Tolerance.INDENTATION:
        return bool(lead) and not any(old[:1].isspace() and old.strip() for old in edit.base)
    return False
