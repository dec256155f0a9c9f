"""What the parts of the screen say, and what the application does about it."""

from collections.abc import Callable

from textual import events, on
from textual.message import Message

from aura.app.session import Session
from aura.core.errors import AuraError
from aura.core.events import AutoSwitched
from aura.ui.tui.chat import Chat
from aura.ui.tui.docks.themes import ThemeDock
from aura.ui.tui.header import Header
from aura.ui.tui.panel import SidePanel
from aura.ui.tui.prompt import Prompt
from aura.ui.tui.transcript import Transcript
from aura.ui.tui.welcome import Welcome
from aura.ui.tui.window import Window

LIMIT_WORDS = {"seconds": "time", "turn_seconds": "turn-time"}


class Listening(Window):
    """The application with ears."""

    # What waits for the engine runs beside the app: keys are heard meanwhile, whatever the engine does.

    @on(Prompt.Submitted)
    def _submitted(self, event: Prompt.Submitted) -> None:
        self.run_worker(self.submit(event.text, event.images), group="submit")

    @on(Prompt.Steered)
    def _steered(self, event: Prompt.Steered) -> None:
        if event.text.startswith(("/", "!")):
            self.run_worker(self.submit(event.text), group="submit")
        elif self._tell(lambda session: session.steer(event.text), event.text):
            self.hint("It is told after this step.")

    @on(Prompt.Queued)
    def _queued(self, event: Prompt.Queued) -> None:
        self._tell(lambda session: session.enqueue(event.text), event.text)

    def _tell(self, tell: Callable[[Session], None], text: str) -> bool:
        """Hand a line to the work under way; whether it was taken, else it comes back into the prompt."""
        try:
            if self.session is None:
                raise AuraError("The session is not open; what you wrote is kept.")
            tell(self.session)
        except AuraError as error:
            self.chat.prompt.set_text(text)
            self.hint(error.sentence)
            return False
        return True

    @on(Prompt.SentNow)
    def _sent_now(self, event: Prompt.SentNow) -> None:
        self.run_worker(self._interrupt_and_submit(event), group="submit")

    async def _interrupt_and_submit(self, event: Prompt.SentNow) -> None:
        try:
            if self.session is not None and self.session.is_running:
                await self.session.interrupt()
        except AuraError as error:
            self.chat.prompt.set_text(event.text)
            self.hint(error.sentence)
            return
        await self.submit(event.text, event.images)

    @on(Prompt.QueueEdited)
    def _queue_edited(self, event: Prompt.QueueEdited) -> None:
        if self.session is not None:
            self.session.unqueue(event.id)

    @on(Prompt.OpenWanted)
    def _open_wanted(self) -> None:
        if self.session is None and not self.chat.docks:
            self.run_worker(self.open(self.options), exclusive=True, group="open")

    @on(Prompt.HelpWanted)
    @on(Prompt.PaletteWanted)
    @on(Transcript.RewindWanted)
    async def _dialog_wanted(self, event: Message) -> None:
        if isinstance(event, Transcript.RewindWanted):
            await self.do("rewind", f"@{event.seq}")
            return
        await self.do("help" if isinstance(event, Prompt.HelpWanted) else "palette")

    @on(Prompt.Hint)
    def _hinted(self, event: Prompt.Hint) -> None:
        self.hint(event.text)

    @on(Header.AutoClicked)
    def _auto_clicked(self) -> None:
        if self.session is not None and not self.chat.docks:
            self.session.record(AutoSwitched(not self.session.turn.auto, "human"))

    @on(SidePanel.LimitWanted)
    def _limit_wanted(self, event: SidePanel.LimitWanted) -> None:
        self.chat.prompt.set_text(f"/limits {LIMIT_WORDS.get(event.name, event.name)} +")
        self.chat.prompt.focus()

    @on(Welcome.Chosen)
    async def _session_chosen(self, event: Welcome.Chosen) -> None:
        await self.switch(resume=event.id)

    @on(Prompt.BlankEntered)
    async def _blank_entered(self) -> None:
        if self.standing.snapshot.state == "closed":
            self._open_wanted()
            return
        newest = self.chat.welcome.newest
        if newest and self.chat.has_class("-empty") and not self.chat.docks:
            await self.switch(resume=newest)

    @on(Transcript.Copied)
    def _copied(self, event: Transcript.Copied) -> None:
        self.copy(event.text)

    @on(Chat.Concluded)
    async def _concluded(self, event: Chat.Concluded) -> None:
        await self.conclude(event)

    @on(ThemeDock.Tried)
    def _theme_tried(self, event: ThemeDock.Tried) -> None:
        self.set_theme(event.name)

    async def conclude(self, event: Chat.Concluded) -> None:
        """Do what was decided in a dialog."""

    @on(events.AppFocus)
    @on(events.AppBlur)
    def _looked(self, event: events.Event) -> None:
        self.attend(has_focus=isinstance(event, events.AppFocus))

    def attend(self, *, has_focus: bool) -> None:
        """Somebody looks here now, or elsewhere."""
