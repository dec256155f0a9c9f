"""/model without a name: choose which model answers, and how much it may think before."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from aura.app.session import Session
from aura.core.errors import AuraError
from aura.core.text import shorten
from aura.ui.tui.docks.picker import Picker
from aura.ui.tui.docks.results import ModelChosen
from aura.ui.tui.rows import Cell, Column, Row, make_cell
from aura.ui.tui.working import start

KEYS = "Enter use · Tab thinking · Esc close"
COLUMNS = (
    Column(1, weight=8),  # the current one
    Column(0, weight=9),
    Column(8, weight=4, right=True),  # window
    Column(8, weight=3),  # role
    Column(32, weight=2),  # where it is from
)
LONGEST_NAME = 200
LEVELS = {
    "off": 0,
    "low": 1_024,
    "medium": 4_096,
    "high": 16_384,
}  # of /think, whose module is heavy to import


def name_level(tokens: int) -> str:
    """The name of a level of thinking; empty for a number between them."""
    return next((name for name, size in LEVELS.items() if size == tokens), "")


def tell_window(tokens: int) -> str:
    """A window for people: `200k`, `1.0M`, empty when it is unknown."""
    if tokens <= 0:
        return ""
    return f"{tokens / 1_000_000:.1f}M" if tokens >= 1_000_000 else f"{round(tokens / 1000)}k"


class ModelDock(Picker):
    """The models that can be used now; what is typed and not among them is taken as a name."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._models: tuple[Mapping[str, Any], ...] = ()
        tokens = session.turn.switches.thinking
        self._before = name_level(tokens)
        self._level = self._before
        self._tokens = tokens
        super().__init__(
            "Model", COLUMNS, keys=KEYS, preview=1, empty="Looking which models can be used now …"
        )
        self.entry.placeholder = "type to filter, or the name of another model"

    def on_mount(self) -> None:
        """Ask the session's process which models there are."""
        self.fill([])
        start(self, "models", self._ask)

    async def _ask(self) -> None:
        try:
            found = await self._session.query("models")
        except AuraError as error:
            self.list.empty = shorten(error.sentence, 160)
            found = []
        else:
            self.list.empty = "No model was found; type the name of one."
        self._models = tuple(one for one in found if isinstance(one, Mapping))
        self.fill([self._make_row(one) for one in self._models], key=self._session.facts.model)

    def _make_row(self, model: Mapping[str, Any]) -> Row:
        name = shorten(str(model.get("name", "")), LONGEST_NAME)
        is_current = name == self._session.facts.model
        window = model.get("window")
        return Row(
            name,
            (
                Cell(self.look.signs.ok if is_current else "", "good"),
                Cell(name, "strong" if is_current else "text"),
                Cell(tell_window(window if isinstance(window, int) else 0), "muted"),
                make_cell("in use" if is_current else str(model.get("role") or ""), "muted"),
                make_cell(str(model.get("source") or ""), "muted"),
            ),
        )

    def find(self, query: str) -> list[Row]:
        """The rows that fit, then what was typed as a name of its own."""
        rows = super().find(query)
        if query and all(row.key != query for row in rows):
            name = shorten(query, LONGEST_NAME)
            rows.append(Row(query, (Cell(), Cell(name), Cell(), Cell("typed", "muted"), Cell())))
        return rows

    def choose(self, row: Row) -> None:
        """Use the model, with the level that is shown."""
        model = "" if row.key == self._session.facts.model else row.key
        level = "" if self._level == self._before else self._level
        self.close(ModelChosen(model, level) if model or level else None)

    def turn(self) -> None:
        """The next level of thinking."""
        names = list(LEVELS)
        place = names.index(self._level) if self._level in names else -1
        self._level = names[(place + 1) % len(names)]
        self.restyle()

    def tell(self, row: Row | None) -> Sequence[Text]:
        """The levels of thinking, with the one that is chosen."""
        look = self.look
        line = Text("thinking  ", look.style("muted"))
        if not self._level:
            line.append(f"[{self._tokens:,} tokens]  ", look.style("accent"))
        for name in LEVELS:
            is_on = name == self._level
            line.append(
                f"[{name}]" if is_on else f" {name} ", look.style("accent") if is_on else look.style("muted")
            )
            line.append(" ")
        line.append(" Tab changes it", look.style("muted"))
        if self._level and LEVELS[self._level]:
            line.append(f" {look.signs.dot} {LEVELS[self._level]:,} tokens", look.style("muted"))
        return [line]
