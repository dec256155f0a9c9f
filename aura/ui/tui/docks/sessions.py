"""/resume: choose an older session to open, to branch from, to name or to delete."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.text import Text

from aura.core.errors import AuraError
from aura.core.text import clean, shorten
from aura.core.todos import Todo
from aura.ui.look import Look
from aura.ui.sessions import (
    Known,
    Preview,
    delete_session,
    find_sessions,
    read_preview,
    tell_age,
    tell_cost,
    tell_stand,
    write_name,
)
from aura.ui.tui.docks.frame import FIELD_KEYS
from aura.ui.tui.docks.picker import Letter, Picker
from aura.ui.tui.docks.results import SessionChosen
from aura.ui.tui.rows import Cell, Column, Row, make_cell
from aura.ui.tui.working import start

KEYS = "Enter open · b branch · R rename · x delete · Tab all"
KEYS_EVERYWHERE = "Enter open · b branch · R rename · x delete · Tab here"
LETTERS = {
    "b": Letter("branch", "Branch: go on in a copy of it?"),
    "R": Letter("rename"),
    "x": Letter("delete", "Delete it for good?"),
}
COLUMNS = (
    Column(15, weight=5),  # sign and word
    Column(0, weight=9),  # its name, or how it began
    Column(24, weight=1),  # project
    Column(9, weight=2, right=True),  # turns
    Column(9, weight=3, right=True),  # cost
    Column(10, weight=4, right=True),  # age
)
KEEP = 64  # previews
TODO_SIGNS = {"completed": "ok", "in_progress": "active", "cancelled": "denied", "blocked": "paused"}


class SessionsDock(Picker):
    """The sessions of a workspace, or with Tab of all of them; `current` is the id of the one that is open here."""

    def __init__(self, workspace: Path | str, current: str = "") -> None:
        self._workspace = Path(workspace)
        self._current = current
        self._everywhere = False
        self._known: dict[str, Known] = {}
        self._previews: dict[tuple[str, int], Preview] = {}
        super().__init__(
            "Resume · this project",
            COLUMNS,
            keys=KEYS,
            letters=LETTERS,
            preview=3,
            empty="Looking for sessions …",
        )

    def on_mount(self) -> None:
        """Look for sessions, in a thread."""
        self._load()

    def _load(self) -> None:
        start(self, "sessions", self._find)

    async def _find(self) -> None:
        found = await asyncio.to_thread(find_sessions, self._workspace, everywhere=self._everywhere)
        self._known = {
            str(known.folder): known for known in found if known.summary.turns or known.summary.problem
        }
        self.list.empty = (
            "There are no sessions yet."
            if not self._known
            else "No session fits; Backspace takes letters back."
        )
        where = "all projects" if self._everywhere else "this project"
        self.name_it(f"Resume · {where}")
        now = time.time()
        self.fill([self._make_row(name, known, now) for name, known in self._known.items()])

    def _make_row(self, name: str, known: Known, now: float) -> Row:
        summary = known.summary
        stand = tell_stand(known, self.look.signs)
        word = "here" if summary.id == self._current else stand.word
        project = known.workspace.name if self._everywhere else ""
        turns = f"{summary.turns} turn{'s' * (summary.turns != 1)}" if summary.turns else ""
        title = make_cell(known.title, "strong" if known.name else "text")
        cells = (
            Cell(f"{stand.sign} {word}", stand.role),
            title,
            make_cell(project, "muted"),
            Cell(turns, "muted"),
            Cell(tell_cost(summary), "muted"),
            Cell(tell_age(summary.changed, now), "muted"),
        )
        words = " ".join((title.text, shorten(summary.prompt, 300), word, clean(project), summary.id))
        return Row(name, cells, words)

    # --- keys

    def choose(self, row: Row) -> None:
        """Open the session."""
        self._leave_with(row, fork=False)

    def _leave_with(self, row: Row, *, fork: bool) -> None:
        known = self._known[row.key]
        if known.summary.problem:
            self.hint(shorten(known.summary.problem, 160))
        elif not known.workspace.is_dir():
            self.hint(f"The folder it worked in is gone: {shorten(str(known.workspace), 120)}")
        elif known.summary.id == self._current and not fork:
            self.close()
        else:
            self.close(SessionChosen(known.summary.id, str(known.workspace), fork=fork))

    def act(self, letter: str, row: Row) -> None:
        """Branch, rename, delete."""
        known = self._known[row.key]
        match letter:
            case "b":
                self._leave_with(row, fork=True)
            case "R":
                self.open_field("a name for it", known.name, FIELD_KEYS)
            case "x" if known.summary.holder or known.summary.id == self._current:
                self.hint("A session that is live is not deleted; end it first.")
            case _:
                start(self, "change", self._change, delete_session, known)

    def take_text(self, text: str) -> None:
        """The new name of the session under the cursor."""
        row = self.list.current
        if row is not None:
            folder = self._known[row.key].folder
            start(self, "change", self._change, write_name, folder, text)

    async def _change(self, change: Callable[..., None], *arguments: object) -> None:
        """Change a session in a thread, then look again."""
        said = ""
        try:
            await asyncio.to_thread(change, *arguments)
        except AuraError as error:
            said = error.sentence
        await self._find()
        self.hint(said)

    def turn(self) -> None:
        """This project or all of them."""
        self._everywhere = not self._everywhere
        self.show_keys(KEYS_EVERYWHERE if self._everywhere else KEYS)
        self._load()

    # --- the preview

    def tell(self, row: Row | None) -> Sequence[Text]:
        """What was said last; read in a thread when it is not known yet."""
        known = self._known.get(row.key) if row is not None else None
        if known is None:
            return ()
        preview = self._previews.get((str(known.folder), known.summary.events))
        if preview is None:
            start(self, "preview", self._read, known)
            return render_preview(Preview(shorten(known.summary.prompt, 300)), self.look)
        return render_preview(preview, self.look)

    async def _read(self, known: Known) -> None:
        await asyncio.sleep(0.05)  # whoever runs through the list wants to read none of them
        preview = await asyncio.to_thread(read_preview, known)
        if len(self._previews) >= KEEP:
            self._previews.pop(next(iter(self._previews)))
        self._previews[str(known.folder), known.summary.events] = preview
        self.restyle()


def render_preview(preview: Preview, look: Look) -> list[Text]:
    """Three lines: what was asked last, what was answered, the todo list."""
    asked = Text.assemble((f"{look.signs.prompt} ", look.style("user")), (preview.prompt, look.style("user")))
    reply = Text.assemble(
        ("  ", ""), (preview.reply or "no reply yet", look.style("text" if preview.reply else "muted"))
    )
    return [asked, reply, render_todos(preview.todos, look)]


def render_todos(todos: Sequence[Todo], look: Look) -> Text:
    """A todo list in one line: how many are done, then those that are not."""
    line = Text("  ")
    if not todos:
        return line
    done = sum(todo.status == "completed" for todo in todos)
    line.append(f"todo {done}/{len(todos)}", look.style("muted"))
    for todo in [one for one in todos if one.status != "completed"][:4]:
        sign = str(getattr(look.signs, TODO_SIGNS.get(todo.status, "waiting")))
        line.append(f"  {sign} ", look.style("accent" if todo.status == "in_progress" else "muted"))
        line.append(shorten(todo.content, 60), look.style("text"))
    return line
