"""/rewind and Esc Esc: choose an earlier place of the session, and what is to be as it was there."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich.text import Text
from textual.app import ComposeResult

from aura.app.session import OTHERS, Session
from aura.core.errors import AuraError
from aura.core.evidence import FileChange
from aura.core.text import shorten
from aura.ui.look import Look
from aura.ui.tui.docks.choices import Choice
from aura.ui.tui.docks.define import Dock
from aura.ui.tui.docks.picker import Letter, Picker, Preview
from aura.ui.tui.docks.results import PlaceChosen
from aura.ui.tui.rows import Cell, Column, Row, make_cell
from aura.ui.tui.working import start

KEYS = "Enter chat · b branch · Esc close"
KEYS_WITH_FILES = "Enter both · f files · c chat · b branch · p preview"
LETTERS = {"f": Letter("files"), "c": Letter("chat"), "b": Letter("branch"), "p": Letter("preview")}
COLUMNS = (
    Column(1, weight=8),  # what kind of place
    Column(0, weight=9),  # what was said or done there
    Column(16, weight=4, right=True),  # what changed from there on
    Column(5, weight=3, right=True),  # when
)
NAMED = 4  # files that the preview names
CHOICES = (
    Choice("mine", "m", "keep yours", detail="the other files go back"),
    Choice("old", "o", "take the old ones", detail="yours are kept for aura undo --redo"),
    Choice("beside", "b", "put the old ones beside yours", detail="as NAME.aura-old"),
)
UNASKED: Mapping[str, Any] = {}


class RewindDock(Picker):
    """The places of a session, newest first; the cursor is on the last one before event `seq` (0: on the newest)."""

    def __init__(self, session: Session, seq: int = 0) -> None:
        self._session = session
        self._seq = seq
        self._points: dict[str, Mapping[str, Any]] = {}
        self._previews: dict[str, Mapping[str, Any]] = {}
        super().__init__(
            "Rewind", COLUMNS, keys=KEYS, letters=LETTERS, preview=2, empty="Looking for places …"
        )

    def on_mount(self) -> None:
        """Ask the session's process which places there are."""
        self.fill([])
        start(self, "places", self._ask)

    async def _ask(self) -> None:
        try:
            found = await self._session.query("points")
        except AuraError as error:
            self.list.empty = shorten(error.sentence, 160)
            found = []
        else:
            self.list.empty = "No place fits." if found else "There is nothing to go back to yet."
        points = [one for one in found if isinstance(one, Mapping)][::-1]
        self._points = {str(one.get("to")): one for one in points}
        near = next((key for key, one in self._points.items() if one["to"] < self._seq), "")
        self.fill([_make_row(key, one, self.look) for key, one in self._points.items()], key=near)
        self.restyle()

    # --- keys

    def choose(self, row: Row) -> None:
        """Go back with the conversation, and with the files where that is possible."""
        self._leave(row, files=self._has_files(row), conversation=True)

    def act(self, letter: str, row: Row) -> None:
        """Only the files, only the conversation, a copy that goes back, or a look at what would change."""
        if letter == "c":
            self._leave(row, files=False, conversation=True)
        elif letter == "b":
            self.close(PlaceChosen(int(row.key), files=False, conversation=True, branch=True))
        elif not self._has_files(row):
            self.hint("No file would change.")
        elif letter == "f":
            self._leave(row, files=True, conversation=False)
        else:
            self._show_changes(row)

    def _leave(self, row: Row, *, files: bool, conversation: bool) -> None:
        preview = self._previews.get(row.key, UNASKED)
        conflicts = tuple(str(path) for path in preview.get("conflicts", ())) if files else ()
        self.close(PlaceChosen(int(row.key), files, conversation, conflicts))

    def _has_files(self, row: Row) -> bool:
        preview = self._previews.get(row.key, UNASKED)
        return bool(preview.get("changes") or preview.get("conflicts"))

    def _show_changes(self, row: Row) -> None:
        """The files as they would become, on the whole screen."""
        from aura.ui.tui.docks.full import make_sides

        made = self._previews[row.key].get("changes", ())
        changes = [FileChange(**one) for one in made if isinstance(one, Mapping)]
        self.app.push_screen(make_sides("What a rewind of the files would change", changes, self.look))

    # --- the preview

    def tell(self, row: Row | None) -> Sequence[Text]:
        """What would change; asked for when the cursor rests on a place."""
        point = self._points.get(row.key) if row is not None else None
        if row is None or point is None:
            return ()
        preview = self._previews.get(row.key)
        if preview is None:
            start(self, "preview", self._look_ahead, row.key)
            return (Text("  …", self.look.style("muted")),)
        self.show_keys(KEYS_WITH_FILES if self._has_files(row) else KEYS)
        return render_preview(point, preview, self.look)

    async def _look_ahead(self, key: str) -> None:
        try:
            preview = await self._session.query("rewind_preview", to=int(key))
        except AuraError as error:
            preview = {"problem": error.sentence}
        self._previews[key] = preview if isinstance(preview, Mapping) else {}
        self.restyle()


class ChangedSinceDock(Dock):
    """What is to become of files that a person changed since the session did; Esc goes back to nothing."""

    def __init__(self, place: PlaceChosen) -> None:
        self._place = place
        self.below = Preview(min(len(place.conflicts), NAMED))
        count = len(place.conflicts)
        were = "1 file was" if count == 1 else f"{count} files were"
        super().__init__(f"Rewind · {were} also changed by you since", "m o b · Enter · Esc do nothing")

    def compose_body(self) -> ComposeResult:
        """The files, and what may be done with them."""
        yield self.below
        yield self.offer(CHOICES)

    def restyle(self) -> None:
        """Paint anew."""
        self.below.look = self.look
        named = self._place.conflicts[:NAMED]
        self.below.show([Text(f"  {shorten(path, 200)}", self.look.style("text")) for path in named])

    def pick(self, choice: Choice) -> None:
        """Go on with what was chosen."""
        self.close(replace(self._place, choice=OTHERS[choice.name]))


def _make_row(key: str, point: Mapping[str, Any], look: Look) -> Row:
    kind = str(point.get("kind"))
    sign = {"prompt": look.signs.prompt, "rewind": look.signs.undo}.get(kind, look.signs.dot)
    files = point.get("files") or ()
    changed = point.get("changed")
    count = (
        f"{changed} file{'s' * (changed != 1)} +{point.get('added')} {look.signs.minus}{point.get('removed')}"
    )
    clock = time.strftime("%H:%M", time.localtime(float(point.get("at") or 0.0)))
    text = str(point.get("text"))
    cells = (
        Cell(sign, "user" if kind == "prompt" else "muted"),
        make_cell(text, "user" if kind == "prompt" else "text"),
        Cell(count if changed else "", "muted"),
        Cell(clock, "muted"),
    )
    return Row(key, cells, f"{text} {' '.join(map(str, files))}")


def render_preview(point: Mapping[str, Any], preview: Mapping[str, Any], look: Look) -> list[Text]:
    """Two lines: what goes with the conversation, and what happens to the files."""
    kind = str(point.get("kind"))
    what = {"prompt": "before this was said", "rewind": "before this rewind"}.get(kind, "before this step")
    first = Text(f"  The conversation is as it was {what}.", look.style("text"))
    if kind == "prompt":
        first.append(" What you said comes back for editing.", look.style("muted"))
    return [first, _render_files(preview, look)]


def _render_files(preview: Mapping[str, Any], look: Look) -> Text:
    if problem := preview.get("problem"):
        return Text(f"  {shorten(str(problem), 160)}", look.style("muted"))
    changes, conflicts = preview.get("changes") or (), preview.get("conflicts") or ()
    if not changes and not conflicts:
        return Text("  No file changes.", look.style("muted"))
    names = ", ".join(shorten(str(one["path"]), 60) for one in changes[:NAMED])
    more = f", {look.signs.ellipsis}" if len(changes) > NAMED else ""
    line = Text(
        f"  {len(changes)} file{'s' * (len(changes) != 1)} change{'s' * (len(changes) == 1)}",
        look.style("text"),
    )
    line.append(f": {names}{more}" if changes else "", look.style("muted"))
    if conflicts:
        were = "was" if len(conflicts) == 1 else "were"
        line.append(f" {look.signs.dot} {len(conflicts)} {were} changed by you since", look.style("warn"))
    return line
