"""The question before the first unattended start in a project, in words."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from aura.app.session import Session
from aura.core.errors import AuraError
from aura.core.text import clean, shorten
from aura.ui.bounds import read_limits
from aura.ui.preflight import Plan, Start, carry_out, is_hidden, read_known
from aura.ui.repl.answering import UNCLEAR, Answering
from aura.ui.repl.asking import Asked, Departure, list_ways

NOT_STARTED = "Not started; what you typed stands above. /auto off leaves auto mode."


class Preflight:
    """Asks before a line begins unattended work, once a session, until nobody wants to be asked here again.

    `ask` shows what waits for an answer now, `say` prints a sentence.
    """

    def __init__(self, answering: Answering, ask: Callable[[], None], say: Callable[[str], None]) -> None:
        self._answering = answering
        self._ask = ask
        self._say = say
        self._agreed: set[str] = set()
        self._decision: asyncio.Future[Start | None] | None = None

    async def may_start(self, session: Session, line: str) -> bool:
        """Whether a line may go to the session now; waits for a person's answer where one is wanted."""
        is_free = not session.turn.auto or line.startswith(("/", "!")) or session.id in self._agreed
        if is_free or is_hidden(session.facts.workspace):
            return True
        try:
            known = await session.query("preflight")
        except AuraError as error:  # an engine of another version: the question is a courtesy
            self._say(error.sentence)
            return True
        self._decision = asyncio.get_running_loop().create_future()
        self._answering.put(Asked("start", departure=Departure(line, Plan(read_known(known)))))
        self._ask()
        start = await self._decision
        if start is None:
            return False
        carry_out(start, session, session.facts.workspace)
        self._agreed.add(session.id)
        return True

    def answer(self, asked: Departure, line: str) -> None:
        """Take a line as the answer."""
        ways = list_ways(asked.plan)
        word = line.strip().lower()
        way = next(
            (one for number, one in enumerate(ways, 1) if word in (str(number), one.letter, one.label)), None
        )
        if "=" in word:
            self._change(asked, word)
        elif way is None:
            self._say(UNCLEAR)
        elif way.name == "usual":
            self._show(replace(asked, plan=asked.plan.with_limits(asked.plan.usual)))
        elif way.name == "checks":
            plan = asked.plan
            self._show(replace(asked, plan=replace(plan, takes_found=not plan.takes_found)))
        else:
            self.settle(None if way.name == "no" else asked.plan.start(hide=way.name == "hide"))

    def _change(self, asked: Departure, line: str) -> None:
        try:
            self._show(replace(asked, plan=asked.plan.with_limits(read_limits(line, asked.plan.limits))))
        except ValueError as error:
            self._say(shorten(clean(str(error)), 300))

    def _show(self, asked: Departure) -> None:
        self._answering.put(Asked("start", departure=asked))
        self._ask()

    def settle(self, start: Start | None) -> None:
        """It is decided; None: not now, or nothing can be started any more."""
        if self._decision is None or self._decision.done():
            return
        self._answering.drop("start")
        self._ask()
        if start is None:
            self._say(NOT_STARTED)
        self._decision.set_result(start)
