"""The app's dialogs: which one is opened when, and what comes of it."""

import asyncio
import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import replace

from aura.core.errors import AuraError
from aura.core.events import ApprovalAsked, QuestionAsked
from aura.core.messages import Image
from aura.ui.tui.docks import results
from aura.ui.tui.docks.define import Dock
from aura.ui.tui.window import WANTS_DEMO, Window


class Asking:
    """Opens dialogs and carries out what was decided in them."""

    def __init__(self, app: Window) -> None:
        self._app = app
        self._started: set[str] = set()
        self._held: tuple[str, Sequence[Image]] | None = None

    async def ask(self, event: ApprovalAsked | QuestionAsked) -> None:
        """Open the dialog for what waits for a person."""
        chat = self._app.chat
        if isinstance(event, ApprovalAsked):
            from aura.ui.tui.docks.approval import ApprovalDock

            await chat.open_dock(ApprovalDock(event, self._app.facts))
            self._number()
            return
        from aura.ui.tui.docks.question import QuestionDock

        open_one = next((dock for dock in chat.docks if isinstance(dock, QuestionDock)), None)
        if open_one is not None:
            open_one.join(event)
        else:
            await chat.open_dock(QuestionDock(event))

    def _number(self) -> None:
        """Say on each approval which of how many it is."""
        from aura.ui.tui.docks.approval import ApprovalDock

        waiting = [dock for dock in self._app.chat.docks if isinstance(dock, ApprovalDock)]
        for number, dock in enumerate(waiting, start=1):
            dock.show_place(number, len(waiting))

    async def may_start(self, text: str, images: Sequence[Image]) -> bool:
        """Whether a line may go to the session now.

        The first prompt in auto mode in a project waits until the pre-flight card was seen.
        """
        app, session = self._app, self._app.session
        if session is None or not session.turn.auto or text.startswith(("/", "!")) or app.begin.is_demo:
            return True
        from aura.ui.preflight import is_hidden
        from aura.ui.tui.docks.preflight import PreflightDock

        if session.id in self._started or is_hidden(app.workspace):
            return True
        try:
            known = await session.query("preflight")
        except AuraError as error:  # an engine of another version: the card is a courtesy
            app.hint(error.sentence)
            return True
        self._held = (text, images)
        app.chat.prompt.hold_back(text)
        await app.chat.open_dock(PreflightDock(text, known, app.workspace))
        return False

    async def tell_failure(self, error: AuraError) -> None:
        """The session could not be opened: say why, and what can be done."""
        from aura.ui.tui.docks.onboarding import Onboarding
        from aura.ui.ways import read_failure

        app = self._app
        failure = read_failure(error.sentence, error.exit_code)
        app.standing.set(state="closed")
        app.mark()
        await app.chat.open_dock(Onboarding(failure, app.workspace))

    async def tell_loss(self, sentence: str) -> None:
        """The engine is gone: offer to go on where it was; nobody waits any more for what it asked."""
        from aura.ui.tui.docks.loss import LossDock

        for dock in self._app.chat.docks:
            if dock.asked:
                dock.close()
        await self._app.chat.open_dock(LossDock(sentence))

    async def conclude(self, dock: Dock) -> None:
        """Do what was decided in a dialog."""
        app = self._app
        try:
            await self._carry_out(dock)
        except AuraError as error:
            app.hint(error.sentence)
        self._number()
        app.mark()

    async def _carry_out(self, dock: Dock) -> None:
        app, result = self._app, dock.result
        match result:
            case results.SessionChosen():
                await app.switch(resume=result.id, fork=result.fork, workspace=result.workspace)
            case results.PlaceChosen(branch=True):
                if app.session is not None:
                    await app.switch(resume=app.session.id, fork=True, back_to=result.to)
            case results.PlaceChosen():
                await self.rewind(result)
            case results.ModelChosen():
                if result.model:
                    await app.submit_line(f"/model {result.model}")
                if result.thinking:
                    await app.submit_line(f"/think {result.thinking}")
            case results.ThemeChosen():
                app.set_theme(result.name)
            case results.ActionChosen():
                await app.do(result.name)
            case results.LineChosen():
                await self._take_line(result)
            case results.KeyWanted():
                from aura.ui.tui.docks.rebinding import KeyDock

                await app.chat.open_dock(KeyDock(app.actions[result.name], app.actions))
            case results.KeyChosen():
                from aura.ui.tui.doing_keys import change_key, reset_key

                if result.key:
                    change_key(app, result.name, result.key)
                else:
                    reset_key(app, result.name)
            case results.Again():
                await self._open_again(result)
            case results.EditWanted():
                await self._edit(result)
            case results.QuitWanted():
                await app.leave(keep=False)
            case results.Trusted():
                await app.restart()
            case _:
                await self._decide(dock)

    async def rewind(self, place: results.PlaceChosen) -> None:
        """Go back; what a person changed since is asked about first, and what they said there comes back."""
        app = self._app
        if app.session is None:
            return
        if place.conflicts and place.choice is None:
            from aura.ui.tui.docks.rewind import ChangedSinceDock

            await app.chat.open_dock(ChangedSinceDock(place))
            return
        others = place.choice or "mine"
        said = await app.session.rewind(
            place.to, files=place.files, conversation=place.conversation, others=others
        )
        if said and app.chat.prompt.is_empty:
            app.chat.prompt.set_text(said)
        app.hint("Rewound · /rewind has an entry that undoes it")

    async def branch(self, to: int) -> None:
        """Go back in a copy that was just opened."""
        try:
            await self.rewind(results.PlaceChosen(to, files=False, conversation=True))
        except AuraError as error:
            self._app.hint(error.sentence)
        else:
            self._app.hint("A branch · the session it came from stays as it was")

    async def _take_line(self, chosen: results.LineChosen) -> None:
        if chosen.send:
            await self._app.submit(chosen.line)
        else:
            self._app.chat.prompt.set_text(chosen.line)

    async def _decide(self, dock: Dock) -> None:
        """What the session itself is to be told; after the pre-flight card the prompt that waited is sent."""
        app, held = self._app, None
        if type(dock).__name__ == "PreflightDock":
            held, self._held = self._held, None
        is_started = False
        try:
            if app.session is not None:
                await dock.carry_out(app.session)
                is_started = held is not None and dock.result is not None
        finally:
            if held is not None and not is_started:
                app.chat.prompt.set_text(held[0])
            if held is not None:
                app.chat.prompt.hold_back("")
        if is_started and held is not None and app.session is not None:
            self._started.add(app.session.id)
            await app.submit_line(*held)

    async def _open_again(self, again: results.Again) -> None:
        app = self._app
        if again.demo:
            app.exit(WANTS_DEMO)
            return
        options = replace(app.options, flags={**app.options.flags, **again.flags})
        if again.fresh:
            options = replace(options, resume="", latest=False, fork=False)
        options = replace(options, fork=again.fork or options.fork)
        app.run_worker(app.open(options), exclusive=True, group="open")

    async def _edit(self, wanted: results.EditWanted) -> None:
        """Open a file in the person's editor, then try again."""
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        line = [f"+{wanted.line}"] if wanted.line else []
        with self._app.suspend():
            await asyncio.to_thread(subprocess.run, [*shlex.split(editor), *line, wanted.file], check=False)
        self._app.run_worker(self._app.open(self._app.options), exclusive=True, group="open")
