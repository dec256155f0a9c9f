"""The full-screen application: one session, its screen, and the actions between them."""

from collections.abc import Sequence
from dataclasses import replace

from textual.binding import Binding

from aura.app.options import SessionOptions
from aura.core.errors import AuraError
from aura.core.events import ApprovalAsked, NoticeShown, QuestionAsked, Recorded
from aura.core.facts import Facts
from aura.core.messages import Image
from aura.core.turn import Turn
from aura.ui.joining import Join
from aura.ui.ladders import AutoKey, EscapeKey, StopKey
from aura.ui.leaving import find_whether_it_goes_on
from aura.ui.look import Look
from aura.ui.manners import make_look
from aura.ui.tui.asking import Asking
from aura.ui.tui.chat import Chat
from aura.ui.tui.closing import Closing
from aura.ui.tui.intake import TerminalDriver
from aura.ui.tui.keymap import Keymap
from aura.ui.tui.link import Link
from aura.ui.tui.listening import Listening
from aura.ui.tui.showing import Shower
from aura.ui.tui.standing import Standing
from aura.ui.tui.themes import choose_scrollbars, make_theme
from aura.ui.tui.window import Begin, Keys


class AuraApp(Closing, Listening):
    """aura's interface; `join` brings the session that the options ask for, from wherever it lives."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "aura"
    BINDINGS = [Binding("ctrl+q", "do('nothing')", show=False)]  # noqa: RUF012 - Textual's own way

    def __init__(self, join: Join, options: SessionOptions, begin: Begin | None = None) -> None:
        begin = begin or Begin()
        super().__init__(
            driver_class=TerminalDriver,
            ansi_color=None if begin.look.colour and begin.look.palette.name != "ansi" else True,
        )
        self.begin = begin
        self.options = options
        self.look = begin.look
        self.session = None
        self.standing = Standing(Facts("", str(options.workspace)), Turn())
        self.keys = Keys(AutoKey(), StopKey(), EscapeKey())
        self.chat = Chat(begin.look)
        self.link = Link(self, join, self.watch_event, self._tell_loss)
        self.shower = Shower(self)
        self.asking = Asking(self)
        self.keymap = Keymap(self, begin.wanted.ui)

    async def on_mount(self) -> None:
        """Show the screen, then open the session."""
        self.wear(self.look)
        await self.push_screen(self.chat)
        self.keymap.show()
        self.chat.prompt.focus()
        if self.begin.typed:
            self.chat.prompt.preload(self.begin.typed)
        self.heed()
        self.run_worker(self.open(self.options, self.begin.prompt), exclusive=True, group="open")

    # --- the session

    async def open(self, options: SessionOptions, prompt: str = "") -> None:
        """Join the session of the options; a failure is told with what can be done about it."""
        try:
            session = await self.link.open(options)
        except AuraError as error:
            if prompt:
                self.chat.prompt.set_text(prompt)
            await self.asking.tell_failure(error)
            return
        self.shower.begin(session.facts)
        if prompt:
            if self.begin.intro:
                session.record(NoticeShown(self.begin.intro))
            await self.submit(prompt)
        elif self.begin.choose:
            self.begin = replace(self.begin, choose=False)
            await self.do("resume")

    def watch_event(self, recorded: Recorded) -> None:
        """Take one event of the session."""
        assert self.session is not None
        before = self.standing.snapshot.state
        self.standing.take(recorded, self.session.turn)
        self.chat.transcript.take(recorded)
        if isinstance(recorded.event, ApprovalAsked | QuestionAsked):
            self.run_worker(self.asking.ask(recorded.event))
        self.shower.note(recorded.event)
        self.shower.mark(at_once=self.standing.snapshot.state != before)

    def _tell_loss(self, sentence: str) -> None:
        self.run_worker(self.asking.tell_loss(sentence))

    async def restart(self) -> None:
        """Open the session anew where it was; keys are heard meanwhile."""
        self._move(self.link.again(), keep=False)

    async def switch(
        self, *, resume: str = "", fork: bool = False, workspace: str = "", back_to: int = 0
    ) -> None:
        """Let go of this session, which goes on if it runs, and open another one (or a new one), beside the app."""
        keep = self.session is not None and self.session.is_running
        self.chat.prompt.save_now(put_away=True)
        self._move(self.link.another(resume, workspace, fork=fork), keep=keep, back_to=back_to)

    def _move(self, options: SessionOptions, *, keep: bool, back_to: int = 0) -> None:
        self.link.detach(keep=keep)  # at once: a line that follows is for the next session
        self.standing.set(state="starting")
        self.shower.mark(at_once=True)
        self.run_worker(self._change(options, keep=keep, back_to=back_to), exclusive=True, group="open")

    async def _change(self, options: SessionOptions, *, keep: bool, back_to: int) -> None:
        """Let go of the session and open the one of the options."""
        await self.link.let_go(keep=keep)
        self.chat.transcript.clear()
        await self.open(options)
        if back_to:
            await self.asking.branch(back_to)

    async def leave(self, *, keep: bool) -> None:
        """End the interface; the session is closed, or with `keep` what runs goes on."""
        self.hint("Leaving …")
        keep = keep and not self.begin.is_demo and await find_whether_it_goes_on(self.session)
        self.shower.is_detached = keep
        await self.link.let_go(keep=keep)
        self.exit(0)

    # --- what a person wants

    async def do(self, name: str, rest: str = "") -> None:
        """Run an action; what it does not like is told."""
        action = self.actions.get(name)
        if action is None:
            return
        try:
            await action.run(self, rest)
        except AuraError as error:
            self.hint(error.sentence)
        self.mark()

    async def submit(self, text: str, images: Sequence[Image] = ()) -> None:
        """Take what a person entered: an action, or a line for the session."""
        head, _, rest = text.partition(" ")
        own = next((one for one in self.actions.values() if one.slash and head == f"/{one.slash}"), None)
        if own is not None:
            await self.do(own.name, rest.strip())
        elif await self.asking.may_start(text, images):
            await self.submit_line(text, images)

    async def submit_line(self, text: str, images: Sequence[Image] = ()) -> None:
        """Hand a line to the session; one that it refuses comes back into the prompt."""
        prompt = self.chat.prompt
        if self.session is None:
            prompt.set_text(text)
            prompt.held = prompt.text
            self.hint("Sent as soon as the session is open.")
            return
        try:
            self.chat.transcript.go_to_end()  # who asks wants to see what comes of it
            if self.session.is_running and not text.startswith(("/", "!")):
                self.session.steer(text)  # the turn began while the key was on its way
            else:
                await self.session.submit(text, images)
        except AuraError as error:
            prompt.set_text(text)
            self.hint(error.sentence)

    async def conclude(self, event: Chat.Concluded) -> None:
        """Do what was decided in a dialog."""
        await self.asking.conclude(event.dock)

    # --- what is shown

    def mark(self) -> None:
        """Something that is shown has changed."""
        self.shower.mark()

    def hint(self, text: str) -> None:
        """Say something in the status line for some seconds."""
        self.shower.hint(text)

    def copy(self, text: str) -> None:
        """Copy to the clipboard."""
        self.shower.copy(text)

    def attend(self, *, has_focus: bool) -> None:
        """Somebody looks here now, or elsewhere."""
        self.shower.focus(has=has_focus)

    def wear(self, look: Look) -> None:
        """Another look for the whole screen."""
        self.look = look
        choose_scrollbars(look)
        theme = make_theme(look)
        self.register_theme(theme)
        self.theme = theme.name
        if self.chat.is_mounted:
            self.chat.apply(look)

    def set_theme(self, name: str) -> None:
        """Other colours, by the name of a palette or auto."""
        wanted = replace(self.begin.wanted, theme=name)
        self.wear(make_look(wanted, "dark" if self.begin.is_dark else "light"))
