"""Write: a whole file, new or known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from aura.core.errors import ToolError
from aura.core.evidence import FileChange
from aura.core.threads import work_in_thread
from aura.core.tools import Access, Effect, Foreseen, Tool, ToolContext, ToolOutput
from aura.tools._changes import count_lines, is_stale, make_change, refuse
from aura.tools._disk import Loaded, hash_bytes, load, store
from aura.tools.define import tool
from aura.tools.textfile import NotEncodable, NotText, TextFile
from aura.tools.workspace import Place, find_place, refuse_dangling


def _access(arguments: Mapping[str, Any]) -> Access:
    return Access(writes=(arguments["path"],))


def _foresee(context: ToolContext, arguments: Mapping[str, Any]) -> Foreseen:
    plan = _plan(context, arguments["path"], arguments["content"])
    if isinstance(plan, ToolOutput):
        return plan
    return (plan.change,) if not plan.is_idle else _tell_idle(plan)


@tool(
    name="Write",
    effect=Effect.WRITE,
    access=_access,
    aliases={"file_path": "path", "text": "content"},
    foresee=_foresee,
)
async def _write(
    context: ToolContext,
    path: Annotated[str, "The file, relative to the workspace or absolute; missing folders are made."],
    content: Annotated[str, "All of its new text."],
) -> ToolOutput:
    """Create a file, or replace the whole of one that you have read. To change parts of a file use Edit.

    A file that exists must have been read and not changed since. It keeps its encoding, byte order mark, CRLF line
    endings and permissions.
    """
    return await work_in_thread(lambda: _write_file(context, path, content))


def make_write() -> Tool:
    """The tool."""
    return _write


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a file would become: as it is (None: not there), its new bytes, and a remark about them."""

    place: Place
    before: Loaded | None
    data: bytes
    remark: str

    @property
    def is_idle(self) -> bool:
        """Whether the file has this content already."""
        return self.before is not None and self.data == self.before.content

    @property
    def change(self) -> FileChange:
        """The change that writing makes."""
        return make_change(self.place, self.before.content if self.before else None, self.data)


def _plan(context: ToolContext, path: str, content: str) -> _Plan | ToolOutput:
    """What would be written, or the refusal; nothing is."""
    place = find_place(context.workspace, path)
    refuse_dangling(context.workspace, place)
    if place.path.is_dir():
        raise ToolError(f"{place.shown} is a folder; name a file in it.")
    before = load(place)
    if before:
        refusal = _refuse_unknown(context, place, before)
        if refusal:
            return refusal
    return _Plan(place, before, *_encode(place, content, before))


def _write_file(context: ToolContext, path: str, content: str) -> ToolOutput:
    plan = _plan(context, path, content)
    if isinstance(plan, ToolOutput):
        return plan
    place, before = plan.place, plan.before
    if before and plan.is_idle:
        return _tell_idle(plan)
    store(place, plan.data, before)
    change = plan.change
    verb = "Replaced" if before else "Created"
    text = f"{verb} {place.shown} ({count_lines(change)}){plan.remark}."
    return ToolOutput(text, changes=(change,), seen={place.key: hash_bytes(plan.data)})


def _tell_idle(plan: _Plan) -> ToolOutput:
    seen = {plan.place.key: plan.before.sha} if plan.before else {}
    return ToolOutput(f"{plan.place.shown} already has exactly this content.", seen=seen)


def _refuse_unknown(context: ToolContext, place: Place, before: Loaded) -> ToolOutput | None:
    """The refusal for a file that the model does not know as it is now."""
    if place.key not in context.seen:
        raise ToolError(
            f"{place.shown} exists and you have not read it; Read it first, or change parts of it with Edit."
        )
    if not is_stale(context, place, before):
        return None
    sentence = f"{place.shown} was changed since you read it, so it was not replaced. It begins now:"
    return refuse(place, before, sentence, [], known=True)


def _encode(place: Place, content: str, before: Loaded | None) -> tuple[bytes, str]:
    """The bytes to write: in the encoding and with the line endings that the file had; and a remark about them."""
    try:
        plain = content.encode()
    except UnicodeEncodeError:
        raise ToolError(
            "The content has half of a character (an unpaired surrogate) in it; leave it out."
        ) from None
    if not before or not before.content:
        return plain, ""
    try:
        old = TextFile.decode(before.content)
    except NotText:
        return plain, ""
    remarks = []
    pairs = old.text.count("\r\n")
    if pairs and pairs == old.text.count("\n") and "\r" not in content:
        content = content.replace("\n", "\r\n")
        remarks.append("CRLF")
    if old.encoding != "utf-8" or old.bom:
        remarks.append(old.encoding + (" with byte order mark" if old.bom else ""))
    try:
        data = old.encode(content.removeprefix("\ufeff"))
    except NotEncodable as error:
        raise ToolError(f"{place.shown}: {error}") from None
    return data, f", kept as {', '.join(remarks)}" if remarks else ""
