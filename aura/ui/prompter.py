"""Lines of a person, turned into turns and commands of an open session."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from aura.app.build import Opened
from aura.app.chain import name_given
from aura.app.effort import fit_effort
from aura.app.hosted import HostedSession
from aura.app.pursuit import Pursuit, make_wish
from aura.app.rewinding import make_rewinding
from aura.app.walls import require_wall
from aura.commands.define import Command, CommandContext, is_command, load_commands, run_command
from aura.core.events import GIVEN, CommandSaid, ModelChanged
from aura.core.facts import CommandFact
from aura.core.limits import StopReason
from aura.core.messages import Image
from aura.core.run import Run
from aura.runs.orders import Wanted, plan
from aura.ui.queries import make_queries


class Prompter:
    """Runs prompts and slash commands of one session, with the commands that there are.

    `say` shows what a command says. `check` is called before each turn and may refuse it. `take_order` is given what
    is ordered of the run; whoever hosts the session sets it.
    """

    def __init__(
        self, opened: Opened, say: Callable[[str], None], check: Callable[[], None] = lambda: None
    ) -> None:
        self._opened = opened
        self._check = check
        self.pursuit = Pursuit(opened.session)
        self.take_order: Callable[[Wanted], Awaitable[Run]] = self._take_order
        self.commands: dict[str, Command] = load_commands(opened.plugins.commands())
        self._context = CommandContext(
            session=opened.session,
            say=say,
            prompt=self,
            holds=opened.holds,
            reload=self._reload,
            compact=opened.compact,
            commands=self.commands,
            switch_model=opened.switch_model,
            policy=opened.policy,
            pursue=self.pursue,
            order=self._order,
            rewinding=make_rewinding(opened),
            workspace=opened.workspace,
            sandbox=opened.runners.summary,
        )

    def is_command(self, line: str) -> bool:
        """Whether a line is a command; one that names something that exists (`/tmp is full`) is a prompt."""
        return is_command(line, self.commands)

    async def __call__(self, text: str, images: Sequence[Image] = ()) -> StopReason | None:
        """Run a line to its end and return why it stopped (None: no turn ran)."""
        session = self._opened.session
        if not self.is_command(text):
            self._check()
            async for _ in session.prompt(text, images):
                pass
            return session.turn.stop
        number = session.turn.number
        await run_command(self._context, text)
        return session.turn.stop if session.turn.number > number else None

    async def pursue(self, goal: str = "") -> Run:
        """Begin a run, or go on with the one there is, until it rests; where it stands then."""
        await self.begin(goal)
        return await self.pursuit.drive()

    async def begin(self, goal: str = "") -> None:
        """Begin a run, or take up the one there is, without driving it; raises `ConfigError` without a sandbox."""
        self._check()
        require_wall(self._opened.runners)
        if goal:
            self._keep_model()
            wish = make_wish(self._opened.settings, goal)
            limits = await fit_effort(self._opened, goal, wish.limits)
            self.pursuit.begin(replace(wish, limits=limits))
        else:
            self.pursuit.take_up()

    async def _order(self, wanted: Wanted) -> Run:
        return await self.take_order(wanted)

    async def _take_order(self, wanted: Wanted) -> Run:
        """Record what is ordered of the run where no engine drives it, and go on with it here if that is wanted."""
        session = self._opened.session
        for event in plan(session.turn, wanted, session.clock.now()):
            session.record(event)
        run = await self.pursuit.halt()
        return await self.pursuit.drive() if run.phase.is_active and wanted.kind != "steer" else run

    def _keep_model(self) -> None:
        """Have the model that was named for this start answer in the next process, too."""
        session, name = self._opened.session, name_given(self._opened.settings)
        if name and name != session.turn.switches.chosen:
            session.record(ModelChanged(name, GIVEN))

    def _reload(self) -> str:
        said = self._opened.reload_plugins()
        self.commands.clear()
        self.commands.update(load_commands(self._opened.plugins.commands()))
        return said


def host(opened: Opened, prompter: Prompter | None = None) -> HostedSession:
    """The open session as faces have it: what commands say becomes events, unless a prompter of its own is given."""
    prompter = prompter or Prompter(opened, lambda text: opened.session.record(CommandSaid(text)))

    def list_commands() -> list[CommandFact]:
        commands = sorted(prompter.commands.values(), key=lambda command: command.name)
        return [CommandFact(one.name, one.help, one.usage, one.title) for one in commands]

    hosted = HostedSession(
        opened, prompter, prompter.is_command, list_commands, make_queries(opened), prompter.pursuit
    )
    prompter.take_order = hosted.steering.order
    return hosted
