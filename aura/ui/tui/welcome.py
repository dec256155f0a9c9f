"""What stands in the place of the conversation while there is none: where one is, what would answer, what was last."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from aura import __version__
from aura.core.text import clean, shorten
from aura.ui.look import Look, Role
from aura.ui.sessions import Known, find_sessions, tell_age, tell_cost, tell_stand
from aura.ui.tui.rows import cut
from aura.ui.tui.snapshot import Snapshot
from aura.ui.tui.spans import is_plain
from aura.ui.tui.working import start
from aura.ui.ways import brings_anything, tell_key_source

SHOWN = 2  # older sessions
WIDE = 100  # columns from which on the older sessions stand in a box
ROOMY = 20  # rows of the screen from which on there are empty lines
MOST_NOTICES = 3
NO_SANDBOX = "no sandbox"  # as `Facts.sandbox` has it
TRY = "make the tests pass and stop"
Piece = tuple[Role, str]


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the welcome says, apart from colours: compared to see whether anything is new."""

    place: str = ""
    model: str = ""
    mode: str = ""
    auto: bool = False
    sandbox: str = ""
    notices: tuple[str, ...] = ()
    brings: bool = False
    state: str = ""


class Welcome(Widget):
    """The welcome of an empty session; `newest` is the id of the session that Enter on an empty prompt opens."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Welcome { width: 1fr; height: auto; padding: 1 1 0 1; }"

    class Chosen(Message):
        """An older session was clicked."""

        def __init__(self, id: str) -> None:
            super().__init__()
            self.id = id

    def __init__(self) -> None:
        super().__init__()
        self._look = Look()
        self._greeting = Greeting()
        self._sessions: tuple[Known, ...] = ()
        self._source = ""
        self._asked: tuple[str, str, str] = ("", "", "")
        self._spots: dict[int, str] = {}

    @property
    def look(self) -> Look:
        """How things look."""
        return self._look

    @look.setter
    def look(self, look: Look) -> None:
        self._look = look
        self.refresh()

    @property
    def newest(self) -> str:
        """The id of the newest older session; empty: there is none."""
        return self._sessions[0].summary.id if self._sessions else ""

    def show(self, snapshot: Snapshot, sessions: Sequence[Known] | None = None) -> None:
        """Show where things stand; older sessions and where the key is from are looked up once, when not given."""
        facts, switches = snapshot.facts, snapshot.turn.switches
        branch = f" ({snapshot.branch})" if snapshot.branch else ""
        greeting = Greeting(
            place=shorten(tell_place(facts.workspace) + branch, 200),
            model=shorten(facts.model, 80),
            mode=switches.mode.value,
            auto=switches.auto,
            sandbox=shorten(facts.sandbox, 40),
            notices=tuple(shorten(one, 400) for one in facts.notices[:MOST_NOTICES]),
            brings=self._greeting.brings,
            state=snapshot.state,
        )
        if sessions is not None:
            self._take(sessions, facts.session)
        asked = (facts.workspace, facts.session, facts.model)
        if asked != self._asked and self.is_mounted:
            self._asked = asked
            start(self, "welcome", self._find, asked, facts.trusted, sessions is None)
        if greeting != self._greeting:
            self._greeting = greeting
            self.refresh(layout=True)

    async def _find(self, asked: tuple[str, str, str], trusted: bool, wants_sessions: bool) -> None:  # noqa: FBT001 - handed on
        """Look up, in a thread, what the snapshot does not say."""
        workspace, session, model = asked

        def look_up() -> tuple[list[Known], str, bool]:
            found = find_sessions(Path(workspace)) if wants_sessions else []
            brings = not trusted and brings_anything(Path(workspace))
            return found, tell_key_source(model) if model else "", brings

        found, source, brings = await asyncio.to_thread(look_up)
        if wants_sessions:
            self._take(found, session)
        self._source = shorten(source, 60)
        self._greeting = replace(self._greeting, brings=brings)
        self.refresh(layout=True)

    def _take(self, sessions: Iterable[Known], current: str) -> None:
        older = [
            known
            for known in sessions
            if known.summary.turns and known.summary.id != current and not known.summary.problem
        ]
        if tuple(older[:SHOWN]) != self._sessions:
            self._sessions = tuple(older[:SHOWN])
            self.refresh(layout=True)

    def on_click(self, event: Click) -> None:
        """A click on an older session opens it."""
        name = self._spots.get(int(event.y) - self.gutter.top)
        if name is not None:
            event.stop()
            self.post_message(self.Chosen(name))

    # --- painting

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._write(width))

    def render(self) -> Text:
        """All lines."""
        return Text("\n", no_wrap=True, overflow="crop", end="").join(self._write(self.size.width))

    def _write(self, width: int) -> list[Text]:
        width = max(20, width)
        gap = [Text()] if self.app.size.height >= ROOMY else []
        lines = [self._head(width), *self._facts(width), *gap]
        notices = self._notices(width)
        lines += [*notices, *gap] if notices else []
        if self._sessions:
            self._spots = {}
            first = len(lines) + (width >= WIDE)
            for number, known in enumerate(self._sessions):
                self._spots[first + number] = known.summary.id
            lines += [*self._last_here(width), *gap]
        lines.append(self._suggest(width))
        return [cut(line, width, self._look.signs.ellipsis) for line in lines]

    def _head(self, width: int) -> Text:
        look = self._look
        head = Text.assemble((f"{look.signs.done} ", look.style("accent")), ("aura", look.style("strong")))
        head.append(f" {__version__}", look.style("muted"))
        place = self._greeting.place
        if is_plain(look):
            place = place.replace("±", "+-")
        room = width - head.cell_len - 2
        if room >= 8 and place:
            place = place if cell_len(place) <= room else look.signs.ellipsis + place[-(room - 3) :]
            head.append(" " * (width - head.cell_len - cell_len(place)))
            head.append(place, look.style("muted"))
        return head

    def _facts(self, width: int) -> list[Text]:
        """Model and key, permission and auto, sandbox: on one line where they fit, else on two or three."""
        now = self._greeting
        model: list[Piece] = [("muted", "model "), ("text", now.model)]
        if not now.model:
            model = [
                (
                    "muted",
                    f"opening the session {self._look.signs.ellipsis}"
                    if now.state == "starting"
                    else "no model yet",
                )
            ]
        elif self._source:
            model.append(("muted", f" {self._look.signs.dot} {self._source}"))
        auto: Piece = ("accent", "on") if now.auto else ("text", "off")
        mode: list[Piece] = [("muted", "permission "), ("text", now.mode)]
        mode += [("muted", f" {self._look.signs.dot} auto "), auto]
        wall = now.sandbox.removeprefix("sandbox ")
        sandbox: list[Piece] = [("muted", "sandbox "), ("text", wall)] if wall else []
        if wall == NO_SANDBOX:
            sandbox = [("warn", f"{self._look.signs.flag} sandbox off")]
        groups = [self._assemble(pieces) for pieces in (model, mode, sandbox) if pieces]
        lines = [Text("  ")]
        for group in groups:
            gap = 0 if lines[-1].cell_len == 2 else 4
            if gap and lines[-1].cell_len + gap + group.cell_len > width:
                lines.append(Text("  "))
                gap = 0
            lines[-1].append(" " * gap).append_text(group)
        return lines

    def _assemble(self, pieces: Sequence[Piece]) -> Text:
        return Text.assemble(*((text, self._look.style(role)) for role, text in pieces))

    def _notices(self, width: int) -> list[Text]:
        look, now = self._look, self._greeting
        lines: list[Text] = []
        for notice in now.notices:
            said = Text(notice, look.style("warn")).wrap(self.app.console, width - 4)
            for number, line in enumerate(said):
                sign = look.signs.flag if number == 0 else " "
                lines.append(Text.assemble(("  ", ""), (f"{sign} ", look.style("warn")), line))
        if now.brings:
            lines.append(
                Text.assemble(
                    ("    /trust", look.style("accent")),
                    (" shows what this folder would bring, and asks", look.style("muted")),
                )
            )
        return lines

    def _last_here(self, width: int) -> list[Text]:
        """The older sessions, in a box where there is room."""
        boxed = width >= WIDE
        inner = width - (8 if boxed else 4)
        hints = ("Enter  open it", "/resume  all of them")
        rows = [
            self._tell(known, inner, hint)
            for known, hint in zip(self._sessions, hints, strict=False)  # one session needs one hint
        ]
        if not boxed:
            return [Text("  ").append_text(row) for row in rows]
        faint, plain = self._look.style("faint"), self._look.signs.rule != "─"
        corners, rule, edge = ("++++", "-", "|") if plain else ("┌┐└┘", "─", "│")
        title = " last here "
        top = Text("  ").append(f"{corners[0]}", faint).append(title, self._look.style("muted"))
        top.append(rule * (inner + 2 - len(title)) + corners[1], faint)
        body = [
            Text("  ").append(f"{edge} ", faint).append_text(row).append(f" {edge}", faint) for row in rows
        ]
        return [top, *body, Text("  ").append(corners[2] + rule * (inner + 2) + corners[3], faint)]

    def _tell(self, known: Known, width: int, hint: str) -> Text:
        look, summary = self._look, known.summary
        stand = tell_stand(known, look.signs)
        facts = ", ".join(
            part for part in (stand.word, tell_age(summary.changed, time.time()), tell_cost(summary)) if part
        )
        last = f"  {hint}" if width >= 60 else ""
        room = max(10, width - 2 - cell_len(facts) - 2 - cell_len(last) - 1)
        title = cut(Text(clean(known.title), look.style("text")), min(room, 60), look.signs.ellipsis)
        row = Text.assemble((f"{stand.sign} ", look.style(stand.role)), title, ("  ", Style()))
        row.append(facts, look.style(stand.role if summary.holder else "muted"))
        row.append(" " * max(0, width - row.cell_len - cell_len(last)))
        row.append(last, look.style("accent"))
        return row

    def _suggest(self, width: int) -> Text:
        look = self._look
        dot = f"  {look.signs.dot}  "
        line = Text.assemble(("  try  ", look.style("muted")), (f'"{TRY}"', look.style("text")))
        for key, words in (("Ctrl+A", " goes on by itself"), ("?", " keys"), ("/", " commands")):
            if line.cell_len + len(dot) + len(key) + len(words) > width:
                break
            line.append(dot, look.style("faint")).append(key, look.style("accent"))
            line.append(words, look.style("muted"))
        return line


def tell_place(workspace: str) -> str:
    """A folder with the home directory as `~`."""
    try:
        inside = Path(workspace).relative_to(Path.home())
    except (ValueError, RuntimeError):
        return clean(workspace)
    return clean(f"~/{inside}" if inside.parts else "~")
