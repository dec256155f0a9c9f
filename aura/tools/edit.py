"""Edit: texts in one file replaced, all or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from aura.core.errors import ToolError
from aura.core.evidence import FileChange
from aura.core.threads import work_in_thread
from aura.core.tools import Access, Effect, Foreseen, Tool, ToolContext, ToolOutput
from aura.tools._changes import count_lines, is_stale, refuse, tell_change
from aura.tools._disk import Loaded, hash_bytes, load, store
from aura.tools.define import Fields, tool
from aura.tools.matching import Edited, EditSpec, Reason, Refused, apply_edits
from aura.tools.matching import Place as EditPlace
from aura.tools.textfile import NotText, TextFile
from aura.tools.workspace import Place, explain_missing, find_place, refuse_dangling


class Replacement(Fields):
    """One text and what takes its place."""

    old: str
    new: str
    replace_all: bool = False


FLAT = {
    "old": "old",
    "old_string": "old",
    "old_str": "old",
    "new": "new",
    "new_string": "new",
    "new_str": "new",
    "replace_all": "replace_all",
}


def _gather(arguments: dict[str, Any]) -> dict[str, Any]:
    """Flat forms of one edit (`old_string`, `new_string`) and such names inside `edits`, as they are meant."""
    rest = {name: value for name, value in arguments.items() if name not in FLAT}
    flat = {FLAT[name]: value for name, value in arguments.items() if name in FLAT and value is not None}
    if flat and not rest.get("edits"):
        rest["edits"] = [flat]
    elif flat and "old" in flat:
        rest |= {name: value for name, value in arguments.items() if name in FLAT}
    if isinstance(rest.get("edits"), list):
        rest["edits"] = [
            {FLAT.get(name, name): value for name, value in item.items()} if isinstance(item, dict) else item
            for item in rest["edits"]
        ]
    return rest


def _access(arguments: Mapping[str, Any]) -> Access:
    return Access(writes=(arguments["path"],))


def _foresee(context: ToolContext, arguments: Mapping[str, Any]) -> Foreseen:
    specs = [EditSpec(item["old"], item["new"], item["replace_all"]) for item in arguments["edits"]]
    plan = _plan(context, arguments["path"], specs)
    return (plan.change,) if isinstance(plan, _Plan) else plan


@tool(
    name="Edit",
    effect=Effect.WRITE,
    access=_access,
    prepare=_gather,
    aliases={"file_path": "path"},
    foresee=_foresee,
)
async def _edit(
    context: ToolContext,
    path: Annotated[str, "The file, relative to the workspace or absolute."],
    edits: Annotated[
        list[Replacement],
        "What to replace, in order: old (exactly as in the file, once in it unless replace_all), new.",
    ],
) -> ToolOutput:
    """Replace texts in a file; all edits are made or none is.

    Give as much of the surrounding lines in old as makes it unique. An old text that is off in blanks, indentation or
    quotes is taken if only one place can be meant. An empty old text fills a new or empty file.
    """
    specs = [EditSpec(item.old, item.new, item.replace_all) for item in edits]
    return await work_in_thread(lambda: _edit_file(context, path, specs))


def make_edit() -> Tool:
    """The tool."""
    return _edit


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a file would become: as it is (None: not there), and what the edits make of it."""

    place: Place
    before: Loaded | None
    outcome: Edited

    @property
    def change(self) -> FileChange:
        """The change that the edits make."""
        outcome = self.outcome
        difference = (outcome.diff, outcome.added, outcome.removed)
        return tell_change(self.place, outcome.content, difference, is_new=self.before is None)


def _plan(context: ToolContext, path: str, specs: Sequence[EditSpec]) -> _Plan | ToolOutput:
    """What the edits would make of the file, or the refusal; nothing is written."""
    place = find_place(context.workspace, path)
    refuse_dangling(context.workspace, place)
    if place.path.is_dir():
        raise ToolError(f"{place.shown} is a folder; name a file in it.")
    before = load(place)
    if before is None and not (specs and not specs[0].old):
        raise explain_missing(context.workspace, place)
    outcome = apply_edits(before.content if before else b"", specs)
    if before and is_stale(context, place, before):
        sentence = f"{place.shown} was changed since you read it, so nothing was edited. It reads now:"
        return refuse(place, before, sentence, _spans(outcome, before, specs), known=True)
    if isinstance(outcome, Refused):
        return _refuse(context, place, before, outcome, len(specs))
    if before and place.key not in context.seen and not _is_evident(outcome, before, specs):
        sentence = (
            f"{place.shown} has not been read yet and the old text is not exactly and only once in it, so nothing was "
            "edited. It reads:"
        )
        return refuse(place, before, sentence, _spans(outcome, before, specs), known=True)
    return _Plan(place, before, outcome)


def _edit_file(context: ToolContext, path: str, specs: Sequence[EditSpec]) -> ToolOutput:
    plan = _plan(context, path, specs)
    if isinstance(plan, ToolOutput):
        return plan
    place, outcome, change = plan.place, plan.outcome, plan.change
    store(place, outcome.content, plan.before)
    verb = "Edited" if plan.before else "Created"
    text = f"{verb} {place.shown} ({count_lines(change)}){_tell_tolerances(outcome.places)}."
    return ToolOutput(text, changes=(change,), seen={place.key: hash_bytes(outcome.content)})


def _refuse(
    context: ToolContext, place: Place, before: Loaded | None, refused: Refused, count: int
) -> ToolOutput:
    """The engine's refusal, with the nearest lines it names."""
    which = f"Edit {refused.edit + 1} of {count}: " if refused.edit is not None and count > 1 else ""
    if refused.reason is Reason.ALREADY_APPLIED and before:
        return ToolOutput(f"{place.shown}: {which}{refused}", seen=dict.fromkeys((place.key,), before.sha))
    return ToolOutput(
        f"{place.shown}: {which}{refused}", display=f"{place.shown}: {refused.sentence}", is_error=True
    )


def _is_evident(outcome: Edited, before: Loaded, specs: Sequence[EditSpec]) -> bool:
    """Whether the old texts show by themselves that the model knows the file: exact, and each at one place."""
    if any(place.tolerances for place in outcome.places):
        return False
    try:
        text = TextFile.decode(before.content).full
    except NotText:
        return False
    return not any(spec.replace_all and text.count(spec.old) > 1 for spec in specs)


def _spans(outcome: Edited | Refused, before: Loaded, specs: Sequence[EditSpec]) -> list[tuple[int, int]]:
    """The lines of the file, as it is now, that the edits are about."""
    if isinstance(outcome, Refused):
        return [(line.number, line.number) for line in outcome.near]
    text = TextFile.decode(before.content).full
    spans = []
    for spec, place in zip(specs, outcome.places, strict=False):
        at = text.find(spec.old)
        first = text.count("\n", 0, at) + 1 if at >= 0 and spec.old else place.first
        spans.append((first, first + spec.old.count("\n")))
    return spans


def _tell_tolerances(places: Sequence[EditPlace]) -> str:
    """A word about every edit whose old text did not stand in the file as sent."""
    notes = [
        f"lines {place.first}-{place.last} matched despite other {', '.join(place.tolerances)}"
        for place in places
        if place.tolerances
    ]
    return f"; {'; '.join(notes)}" if notes else ""
