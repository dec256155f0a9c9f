"""/theme without a name: choose the colours, seen at once."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace

from rich.style import Style
from rich.text import Text
from textual.message import Message

from aura.core.errors import AuraError
from aura.ui.look import PALETTES, Look, Role, pair_of, use_pair
from aura.ui.tui.docks.picker import Picker
from aura.ui.tui.docks.results import ThemeChosen
from aura.ui.tui.rows import Cell, Column, Row
from aura.ui.tui.working import start
from aura.ui.ways import keep_settings

WORDS = {
    "auto": "as the background of the terminal is: dark or light",
    "dark": "dark background",
    "light": "light background",
    "ansi": "the 16 colours of your terminal",
    "contrast": "high contrast",
}
SAMPLE: tuple[tuple[Role, str], ...] = (
    ("text", "text "),
    ("muted", "muted "),
    ("user", "you "),
    ("accent", "running "),
    ("good", "done "),
    ("warn", "warning "),
    ("bad", "failed "),
    ("injector", "injector "),
    ("added", " + added "),
    ("removed", " - removed "),
)


class ThemeDock(Picker):
    """The palettes; moving shows each (`Tried`), Enter takes and keeps it, Esc brings the old one back."""

    class Tried(Message):
        """Colours that are only looked at: `name` is auto or that of a palette."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, look: Look, chosen: str = "") -> None:
        self._before = chosen or look.palette.name
        self._tried = self._before
        super().__init__(
            "Colours",
            (Column(10), Column(0)),
            keys="↑↓ look · Enter take and keep · Esc back to before",
            preview=1,
        )

    def on_mount(self) -> None:
        """List what there is."""
        rows = [
            Row(name, (Cell(name), Cell(WORDS.get(name, ""), "muted")))
            for name in dict.fromkeys(("auto", *PALETTES))
        ]
        self.fill(rows, key=self._before)

    def tell(self, row: Row | None) -> Sequence[Text]:
        """The colours of the palette, and the whole screen in them."""
        name = row.key if row is not None else self._before
        if name != self._tried and self.is_mounted and not self.is_closed:
            self._tried = name
            self.post_message(self.Tried(name))
        palette = PALETTES.get(name)
        if palette is None:
            return [Text(WORDS["auto"], self.look.style("muted"))]
        look = replace(self.look, palette=use_pair(palette, pair_of(self.look.palette)))
        back = Style(bgcolor=palette.background) if look.colour and palette.background else Style()
        sample = Text(" ", back)
        for role, text in SAMPLE:
            sample.append(text, back + look.style("text") + look.style(role))
        return [sample]

    def choose(self, row: Row) -> None:
        """Take it, and keep it in the person's own settings."""
        start(self.app, "theme", keep_theme, row.key)  # the app's work: it outlives the dock
        self.close(ThemeChosen(row.key))

    def cancel(self) -> None:
        """Back to the colours of before."""
        if self._tried != self._before:
            self.post_message(self.Tried(self._before))
        super().cancel()


async def keep_theme(name: str) -> None:
    """Write the theme into the settings; where that cannot be, it holds for this time only."""
    with contextlib.suppress(AuraError):
        await asyncio.to_thread(keep_settings, {"ui.theme": name})
