"""/denials: the calls that were refused, with one key to allow one of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from aura.app.approvals import DENIED, Grant
from aura.app.session import Session
from aura.core.attempts import say_call
from aura.core.denials import Denial, lift, tell_denial
from aura.core.errors import AuraError
from aura.core.permissions import Allow, describe_rule
from aura.core.text import clean
from aura.ui.look import Role
from aura.ui.tui.docks.picker import Letter, Picker
from aura.ui.tui.rows import Cell, Column, Row, make_cell

HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Lifted:
    """A refused call is to be allowed, with a scope its rule as well."""

    number: int
    scope: Grant = ""


class DenialsDock(Picker):
    """The refused calls, the newest first; Enter allows one once, `r` its rule for the session."""

    def __init__(self, session: Session) -> None:
        self._denials = session.turn.rest.denials
        super().__init__(
            "Refused calls",
            (Column(4, right=True), Column(0), Column(24, 0)),
            keys="Enter allow once · r allow as a rule · Esc close",
            letters={"r": Letter("allow as a rule")},
            preview=2,
            empty="Nothing was refused.",
        )

    def on_mount(self) -> None:
        """List them."""
        self.fill([self._make_row(one) for one in reversed(self._denials.listed)])

    def _make_row(self, one: Denial) -> Row:
        states: dict[str, tuple[str, Role]] = {
            "allowed": ("allowed once", "good"),
            "used": ("allowed, ran", "muted"),
        }
        refused: tuple[str, Role] = ("waits", "warn") if one.is_parked else (f"by {one.by}", "bad")
        word, role = states.get(one.state, refused)
        named = Cell(str(one.number), "muted")
        return Row(str(one.number), (named, make_cell(say_call(one.call)), Cell(clean(word)[:24], role)))

    def tell(self, row: Row | None) -> Sequence[Text]:
        """Why it was refused, and the rule that would allow it."""
        one = self._denials.find(int(row.key)) if row is not None else None
        if one is None:
            return ()
        rule = f"r allows {describe_rule(one.rule)} from now on" if one.rule else "there is no rule to offer"
        return [Text(tell_denial(one), self.look.style("text")), Text(clean(rule), self.look.style("muted"))]

    def choose(self, row: Row) -> None:
        """Allow it once."""
        self._lift(int(row.key), "")

    def act(self, letter: str, row: Row) -> None:
        """Allow such calls for the session."""
        self._lift(int(row.key), "session")

    def _lift(self, number: int, scope: Grant) -> None:
        try:
            lift(self._denials, number, HUMAN, as_rule=bool(scope))
        except AuraError as error:
            self.hint(error.sentence)
            return
        self.close(Lifted(number, scope))

    async def carry_out(self, session: Session) -> None:
        """Tell the session."""
        if isinstance(self.result, Lifted):
            await session.decide(f"{DENIED}{self.result.number}", Allow(HUMAN), self.result.scope)
