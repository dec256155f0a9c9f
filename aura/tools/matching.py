"""Edits found in a file and made, byte for byte: exact first, then one tolerant reading that must be the only one.

`apply_edits` is the door. All edits of one call are made, or none is.
"""

from collections.abc import Sequence

from aura.tools._editing.consistency import Sent, first_doubtful
from aura.tools._editing.draft import Draft
from aura.tools._editing.exact import unified
from aura.tools._editing.finding import Found, find_exact, in_original
from aura.tools._editing.outcomes import (
    Edited,
    EditOutcome,
    EditSpec,
    NearLine,
    Place,
    Reason,
    Refusal,
    Refused,
    Tolerance,
)
from aura.tools._editing.tolerating import find_tolerantly
from aura.tools.textfile import MARK, NotEncodable, NotText, Splice, TextFile

__all__ = [
    "EditOutcome",
    "EditSpec",
    "Edited",
    "NearLine",
    "Place",
    "Reason",
    "Refused",
    "Tolerance",
    "apply_edits",
]


def apply_edits(content: bytes, edits: Sequence[EditSpec]) -> EditOutcome:
    """The content with all edits made in their order, or a refusal; each edit sees what the ones before left."""
    try:
        file = TextFile.decode(content)
    except NotText as error:
        return Refused(Reason.NOT_TEXT, str(error))
    outcome = _applied(file, edits)
    if isinstance(outcome, Refused) and not all(edit.old.isascii() for edit in edits):
        for other in file.other_readings():
            again = _applied(other, edits)
            if isinstance(again, Edited):
                return again
    return outcome


def _applied(file: TextFile, edits: Sequence[EditSpec]) -> EditOutcome:
    if not edits:
        return Refused(Reason.NO_EDITS, "No edit was given.")
    draft = Draft(file)
    sent: list[Sent] = []
    for number, edit in enumerate(edits):
        try:
            found = _found(draft, edit)
        except Refusal as refusal:
            return refusal.answer(number)
        draft.replace(found.splices, number, found.tolerances)
        sent.append(Sent(unified(edit.old).split("\n"), unified(edit.new).split("\n"), found.tolerances))
    doubtful = first_doubtful(sent, draft.original)
    if doubtful:
        return doubtful[1].answer(doubtful[0])
    if draft.text == draft.original:
        return Refused(Reason.NO_CHANGE, "The edits undo each other: the file would stay as it is.")
    try:
        return draft.finish()
    except NotEncodable as error:
        return Refused(Reason.NOT_ENCODABLE, str(error))


def _found(draft: Draft, edit: EditSpec) -> Found:
    if edit.old == edit.new:
        raise Refusal(Reason.NO_CHANGE, "Old and new text are the same. Nothing was changed.")
    if not edit.old:
        return _filled(draft, edit)
    if not draft.text.removeprefix(MARK):
        raise Refusal(Reason.NOT_FOUND, "The file is empty, so the old text is not in it.")
    return find_exact(draft, edit) or in_original(draft, edit) or find_tolerantly(draft, edit)


def _filled(draft: Draft, edit: EditSpec) -> Found:
    if draft.text.removeprefix(MARK):
        raise Refusal(
            Reason.EMPTY_OLD,
            "The old text is empty, which only fills an empty file; this file has text. Send the lines next to "
            "the place that is meant, or write the whole file.",
        )
    start = len(draft.text)
    text = edit.new.removeprefix(MARK) if start else edit.new
    if not unified(text):
        raise Refusal(Reason.NO_CHANGE, "There is nothing to put into the empty file. Nothing was changed.")
    return Found((Splice(start, start, text),))
