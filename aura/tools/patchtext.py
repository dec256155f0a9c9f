"""Patches as text: the format with *** Begin Patch, and unified diffs. Read into changes of files, and applied.

`parse_patch` and `apply_change` are the doors. The rules are those of `matching`: exact first, then one tolerant
reading that must be the only one; all hunks of a file are applied, or none.
"""

from aura.tools._editing.arranging import HunkRefusal, arrange
from aura.tools._editing.changes import ChangeKind, FileChange
from aura.tools._editing.draft import Draft
from aura.tools._editing.envelope import is_envelope, read_envelope
from aura.tools._editing.hunks import Hunk, HunkLine, UnreadablePatch
from aura.tools._editing.outcomes import Edited, EditOutcome, Reason, Refused
from aura.tools._editing.unified import is_unified, read_unified
from aura.tools.textfile import NotEncodable, NotText, Splice, TextFile

__all__ = ["ChangeKind", "FileChange", "Hunk", "HunkLine", "UnreadablePatch", "apply_change", "parse_patch"]


def parse_patch(text: str) -> tuple[FileChange, ...]:
    """The changes that a patch makes, file by file; raises UnreadablePatch with the line at fault."""
    lines = text.split("\n")
    if all(line.endswith("\r") for line in lines if line):  # the whole patch was sent with CRLF
        text = "\n".join(line.removesuffix("\r") for line in lines)
    if is_envelope(text):
        return read_envelope(text)
    if is_unified(text):  # perhaps between *** Begin Patch and *** End Patch
        return read_unified(text)
    raise UnreadablePatch("This is no patch: it has neither *** Begin Patch nor the --- and +++ of a diff.")


def apply_change(change: FileChange, content: bytes | None) -> EditOutcome:
    """The file after the change, or a refusal; `content` is the file before, None if there is none.

    A deletion leaves b"". A change that only moves a file or alters its mode gives its content back as it is.
    """
    if change.kind is ChangeKind.ADD:
        return _added(change, content)
    if content is None:
        return Refused(Reason.MISSING, f"{change.path} does not exist.")
    if change.kind is ChangeKind.DELETE and not change.hunks:
        return _emptied(content)
    if not change.hunks:
        return Edited(content, (), "", 0, 0)
    try:
        draft = Draft(TextFile.decode(content))
    except NotText as error:
        return Refused(Reason.NOT_TEXT, str(error))
    outcome = _applied(change, draft)
    if isinstance(outcome, Refused) and not _is_ascii(change):
        for other in draft.file.other_readings():
            again = _applied(change, Draft(other))
            if isinstance(again, Edited):
                outcome = again
                break
    if change.kind is ChangeKind.DELETE and isinstance(outcome, Edited) and outcome.content:
        return Refused(
            Reason.NOT_FOUND, f"{change.path} has more lines than the patch deletes. Nothing was changed."
        )
    return outcome


def _applied(change: FileChange, draft: Draft) -> EditOutcome:
    try:
        found = arrange(draft, change.hunks)
    except HunkRefusal as stop:
        return stop.refusal.answer(stop.number)
    draft.replace_all([(part.splices, part.tolerances) for part in found])
    try:
        return draft.finish()
    except NotEncodable as error:
        return Refused(Reason.NOT_ENCODABLE, str(error))


def _added(change: FileChange, content: bytes | None) -> EditOutcome:
    text = change.text or ""
    if content and content == text.encode("utf-8", "surrogatepass"):
        return Refused(
            Reason.ALREADY_APPLIED, f"{change.path} exists with just this content. Nothing was changed."
        )
    if content:
        return Refused(Reason.EXISTS, f"{change.path} exists already; update it instead of adding it.")
    if not text:
        return Edited(b"", (), "", 0, 0)
    draft = Draft(TextFile.decode(b""))
    draft.replace([Splice(0, 0, text)], 0)
    try:
        return draft.finish()
    except NotEncodable as error:
        return Refused(Reason.NOT_ENCODABLE, str(error))


def _emptied(content: bytes) -> EditOutcome:
    try:
        draft = Draft(TextFile.decode(content))
    except NotText:
        return Edited(b"", (), "", 0, 0)  # binary files may go, too
    draft.replace([Splice(0, len(draft.text), "")], 0)
    return draft.finish()


def _is_ascii(change: FileChange) -> bool:
    """Whether the lines that must stand in the file fit every reading of it; what is added says nothing of them."""
    return all(line.text.isascii() for hunk in change.hunks for line in hunk.lines if line.sign != "+")
