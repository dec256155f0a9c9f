"""ApplyPatch: a patch over several files, all of it or nothing."""

import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from aura.core.errors import ToolError
from aura.core.evidence import FileChange as Changed
from aura.core.threads import work_in_thread
from aura.core.tools import Access, Effect, Foreseen, Tool, ToolContext, ToolOutput
from aura.tools._changes import count_lines, is_stale, make_change, refuse
from aura.tools._disk import Loaded, hash_bytes, load
from aura.tools._transaction import Step, make_all
from aura.tools.define import tool
from aura.tools.matching import Refused
from aura.tools.patchtext import ChangeKind, FileChange, UnreadablePatch, apply_change, parse_patch
from aura.tools.workspace import Place, explain_missing, find_place, refuse_dangling

SIGNS = {"created": "A", "modified": "M", "deleted": "D", "renamed": "R"}


class Refusal(Exception):
    """Carries a refusal with its fresh look from one file's part to the call's answer."""

    def __init__(self, output: ToolOutput) -> None:
        super().__init__(output.content)
        self.output = output


@dataclass(slots=True)
class Draft:
    """One file in the course of a patch: as it is on disk, and as the patch has left it so far (None: not there).

    `mode` is set where the patch sets it; `source` is what a file was moved from, `moved` marks that one.
    """

    place: Place
    before: Loaded | None
    after: bytes | None
    mode: int | None = None
    source: "Draft | None" = None
    moved: bool = False


@dataclass(slots=True)
class Plan:
    """What a patch makes of the files it names, before anything is written."""

    context: ToolContext
    drafts: dict[str, Draft] = field(default_factory=dict)

    def add(self, change: FileChange) -> None:
        """Take one file's part of the patch; raises `Refusal` or `ToolError` when it cannot be made."""
        if change.kind is ChangeKind.ADD:
            self._fill(self._open_free(change.path), change)
            return
        draft = self._open(change.path)
        if draft.after is None:
            raise explain_missing(self.context.workspace, draft.place)
        self._refuse_stale(draft)
        if change.kind is ChangeKind.DELETE:
            if change.hunks:
                self._apply(draft, change)
            draft.after = None
            return
        content = self._apply(draft, change) if change.hunks else draft.after
        if change.new_path and change.new_path != change.path:
            self._move(draft, change, content)
        else:
            draft.after, draft.mode = content, _mode_of(change, draft)

    def steps(self) -> list[Step]:
        """What is to be written and removed; first what is written, so that nothing is gone when a disk is full."""
        drafts = [draft for draft in self.drafts.values() if draft.after is not None or draft.before]
        drafts.sort(key=lambda draft: draft.after is None)
        return [Step(draft.place, draft.before, draft.after, draft.mode) for draft in drafts]

    def changes(self) -> list[Changed]:
        """What becomes of each file; a moved one is told where it went."""
        told = []
        for draft in self.drafts.values():
            if draft.moved or (draft.before is None and draft.after is None):
                continue
            source = draft.source
            old = source.before if source else draft.before
            before = old.content if old else None
            told.append(
                make_change(draft.place, before, draft.after, source=source.place if source else None)
            )
        return told

    def seen(self) -> dict[str, str]:
        """What the model knows of each file afterwards."""
        drafts = self.drafts.items()
        return {key: "" if draft.after is None else hash_bytes(draft.after) for key, draft in drafts}

    def _open(self, path: str) -> Draft:
        """The draft of a file; it is read from disk once."""
        place = find_place(self.context.workspace, path)
        refuse_dangling(self.context.workspace, place)
        if place.path.is_dir():
            raise ToolError(f"{place.shown} is a folder; a patch changes files.")
        if place.key not in self.drafts:
            before = load(place)
            self.drafts[place.key] = Draft(place, before, before.content if before else None)
        return self.drafts[place.key]

    def _open_free(self, path: str) -> Draft:
        """The draft of a file that must not be there."""
        draft = self._open(path)
        if draft.after is not None:
            raise ToolError(f"{draft.place.shown} exists already, so nothing was changed; update it instead.")
        return draft

    def _fill(self, draft: Draft, change: FileChange) -> None:
        outcome = apply_change(change, None)
        if isinstance(outcome, Refused):
            raise Refusal(_refuse(draft, outcome))
        draft.after, draft.mode, draft.moved = outcome.content, _mode_of(change, draft), False

    def _apply(self, draft: Draft, change: FileChange) -> bytes:
        outcome = apply_change(change, draft.after)
        if isinstance(outcome, Refused):
            raise Refusal(_refuse(draft, outcome))
        is_known = draft.before is None or draft.place.key in self.context.seen
        if not is_known and any(place.tolerances for place in outcome.places):
            assert draft.before
            sentence = (
                f"{draft.place.shown} has not been read yet and the patch does not fit exactly, so nothing was "
                "changed. It reads:"
            )
            spans = [(place.first, place.last) for place in outcome.places]
            raise Refusal(refuse(draft.place, draft.before, sentence, spans, known=True))
        return outcome.content

    def _move(self, draft: Draft, change: FileChange, content: bytes) -> None:
        assert change.new_path
        target = self._open_free(change.new_path)
        target.after, target.mode = content, _mode_of(change, draft)
        if change.is_copy:
            return
        draft.after, draft.moved = None, target.before is None
        target.source = draft.source or draft if target.before is None else None

    def _refuse_stale(self, draft: Draft) -> None:
        if draft.before and is_stale(self.context, draft.place, draft.before):
            sentence = (
                f"{draft.place.shown} was changed since you read it, so nothing was changed. It begins now:"
            )
            raise Refusal(refuse(draft.place, draft.before, sentence, [], known=True))


def _refuse(draft: Draft, refused: Refused) -> ToolOutput:
    which = f"hunk {refused.edit + 1}: " if refused.edit is not None else ""
    text = f"{draft.place.shown}: {which}{refused}\nNothing was changed, in no file."
    return ToolOutput(text, display=f"{draft.place.shown}: {refused.sentence}", is_error=True)


def _mode_of(change: FileChange, draft: Draft) -> int | None:
    """The mode bits a patch asks for (git speaks of 100644 and 100755 only), those of the file that moves, or None."""
    moves = change.new_path and change.new_path != change.path
    known = stat.S_IMODE(draft.before.stat.st_mode) if draft.before else None
    if change.mode not in (None, "100644", "100755"):
        raise ToolError(
            f"{change.new_path or change.path} would be a link or a submodule; a patch makes only files."
        )
    if change.mode == "100755":
        return 0o755 if known is None else known | (known & 0o444) >> 2
    if change.mode == "100644" and known is not None:
        return known & ~0o111
    return known if moves else draft.mode


def _read(patch: str) -> Sequence[FileChange]:
    try:
        return parse_patch(patch)
    except UnreadablePatch as error:
        raise ToolError(f"The patch cannot be read: {error}") from None


def _check(arguments: dict[str, Any]) -> dict[str, Any]:
    """Refuse a patch that cannot be read before anybody judges what it would touch."""
    patch = arguments.get("patch")
    if isinstance(patch, (str, int, float)):  # numbers are taken for text later
        _read(str(patch))
    return arguments


def _access(arguments: Mapping[str, Any]) -> Access:
    paths: dict[str, None] = {}
    for change in _read(arguments["patch"]):
        paths |= dict.fromkeys((change.path, *((change.new_path,) if change.new_path else ())))
    return Access(writes=tuple(paths))


def _foresee(context: ToolContext, arguments: Mapping[str, Any]) -> Foreseen:
    try:
        return tuple(_plan(context, _read(arguments["patch"])).changes())
    except Refusal as refusal:
        return refusal.output


@tool(
    name="ApplyPatch",
    effect=Effect.WRITE,
    access=_access,
    prepare=_check,
    aliases={"input": "patch", "diff": "patch"},
    foresee=_foresee,
)
async def _patch(
    context: ToolContext,
    patch: Annotated[
        str, "*** Begin Patch … *** End Patch with Add, Update, Delete File parts; or a unified diff."
    ],
) -> ToolOutput:
    """Change several files by one patch; all of it is applied or nothing is.

    Give three lines of context around each change. Lines may be off in number or blanks if only one place can be
    meant. Files that are updated must not have changed since you read them.
    """
    return await work_in_thread(lambda: _apply_patch(context, _read(patch)))


def make_patch() -> Tool:
    """The tool."""
    return _patch


def _plan(context: ToolContext, changes: Sequence[FileChange]) -> Plan:
    """What a patch makes of its files; raises `Refusal` or `ToolError`, and writes nothing."""
    plan = Plan(context)
    for change in changes:
        plan.add(change)
    return plan


def _apply_patch(context: ToolContext, changes: Sequence[FileChange]) -> ToolOutput:
    try:
        plan = _plan(context, changes)
    except Refusal as refusal:
        return refusal.output
    make_all(plan.steps())
    told = plan.changes()
    rows = [f"{SIGNS[change.kind]} {change.path} ({count_lines(change)})" for change in told]
    return ToolOutput("\n".join(rows) or "Nothing was changed.", changes=tuple(told), seen=plan.seen())
