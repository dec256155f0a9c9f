"""A session that does not open: how to get a model, or what to repair; at most three questions, all may be skipped."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult

from aura.core.errors import AuraError
from aura.core.text import clean, shorten
from aura.ui import ways
from aura.ui.look import Role
from aura.ui.tui.docks.choices import Choice, spell
from aura.ui.tui.docks.define import Dock
from aura.ui.tui.docks.results import Again, EditWanted, QuitWanted
from aura.ui.tui.docks.trusting import CHOICES as TRUST
from aura.ui.tui.docks.trusting import describe_brought
from aura.ui.tui.lines import Lines
from aura.ui.tui.working import start

NUMBERS = "123456789"
MOST_MODELS = 8
SHORTEST_PASTED = 20  # characters of a word that is taken for a key when it is pasted unasked

DEMO = Choice("demo", "d", "watch the demo", "demo", "needs no key")
KEY = Choice("key", "k", "paste a key", "key", "Anthropic, OpenAI, …")
LOCAL = Choice("local", "l", "find a local server", "local", "Ollama, LM Studio, …")
NAME = Choice("name", "m", "another model or server", "other", "by name or address")
RETRY = Choice("again", "t", "try again", "again")
QUIT = Choice("quit", "q", "quit", "quit")
EDIT = Choice("edit", "e", "open the file in your editor", "edit")
COPY = Choice("copy", "b", "branch", "branch", "go on in a copy of it")
FRESH = Choice("fresh", "n", "a new session", "new")

OFFERS: Mapping[ways.FailureKind, tuple[Choice, ...]] = {
    "no_model": (DEMO, KEY, LOCAL, NAME),
    "key": (KEY, NAME, LOCAL, RETRY, QUIT),
    "config": (EDIT, RETRY, QUIT),
    "locked": (RETRY, COPY, FRESH, QUIT),
    "other": (RETRY, FRESH, QUIT),
}
TITLES: Mapping[ways.FailureKind, str] = {
    "no_model": "Welcome · how shall aura reach a model?",
    "key": "A key is missing",
    "config": "A setting is wrong",
    "locked": "The session is open elsewhere",
    "other": "The session did not open",
}
LATER_KEYS = "letters or ↑↓ Enter answer · Esc later"
BACK_KEYS = "letters or ↑↓ Enter answer · Esc back"
TYPING_KEYS = "Enter take it · Esc back"


class Onboarding(Dock):
    """Asks until the session can be opened again; the result says how (`Again`, `EditWanted`, `QuitWanted`, None).

    `failure` is why it did not open. A key that is pasted is kept, and nowhere shown, logged or remembered.
    """

    def __init__(self, failure: ways.StartFailure, workspace: Path | str) -> None:
        self._failure = failure
        self._workspace = Path(workspace)
        self._said: tuple[tuple[Role, str], ...] = ()
        self._flags: dict[str, str] = {}
        self._brought: ways.Brought | None = None
        self._page: Callable[[str], None] = self._leave_start
        self._take: Callable[[str], None] = self._take_key
        self._is_first = True
        self.lines = Lines()
        super().__init__(TITLES[failure.kind], LATER_KEYS)

    def compose_body(self) -> ComposeResult:
        yield self.lines
        yield self.offer(OFFERS[self._failure.kind])

    # --- pages

    def _show(self, title: str, said: Sequence[tuple[Role, str]], choices: Sequence[Choice]) -> None:
        """Another question."""
        self.name_it(title)
        self._said = tuple(said)
        if self.choices is not None:
            self.choices.replace(choices)
        self._is_first = title == TITLES[self._failure.kind]
        self.show_keys(LATER_KEYS if self._is_first else BACK_KEYS)
        self.begin_dead_time()
        self.restyle()

    def restyle(self) -> None:
        """Paint anew."""
        if self._page == self._leave_trust:
            self.lines.show(describe_brought(self._workspace, self._brought, self.look))
        else:
            lines = [Text(spell(text, self.look.signs), self.look.style(role)) for role, text in self._said]
            self.lines.show(lines)

    def on_mount(self) -> None:
        """Begin with what failed; also to go back to it."""
        kind = self._failure.kind
        self._page = self._leave_start
        said: tuple[Role, str] = ("text", shorten(self._failure.sentence, 600))
        if kind == "no_model":
            said = ("text", "No key and no local server was found. Each of these takes a minute:")
        choices = [one for one in OFFERS[kind] if one is not EDIT or self._failure.file]
        self._show(TITLES[kind], (said,), choices)

    def _leave_start(self, name: str) -> None:
        match name:
            case "demo":
                self.close(Again(demo=True))
            case "key":
                self._ask_key()
            case "local":
                start(self, "ways", self._look_for_servers)
            case "name":
                self._ask_name()
            case "edit":
                self.close(EditWanted(self._failure.file, self._failure.line))
            case "copy" | "fresh":
                self.close(Again(fork=name == "copy", fresh=name == "fresh"))
            case "quit":
                self.close(QuitWanted())
            case _:
                self.close(Again())

    def _ask_key(self, fault: str = "") -> None:
        said: tuple[Role, str] = ("muted", "It is kept in a file that only you can read, and shown nowhere.")
        self._show("Paste a key", [("bad", fault) if fault else said], ())
        self._take = self._take_key
        self.field.secret = True
        self.open_field("the key")
        self.show_keys(TYPING_KEYS)

    def _take_key(self, text: str) -> None:
        fault = ways.find_fault_in_key(text)
        if fault:
            self._ask_key(fault)
            return
        key = text.strip()
        found = ways.guess_providers(key)
        if len(found) == 1:
            self._keep(key, found[0].name)
            return
        self._page = partial(self._keep, key)
        choices = [
            Choice(one.name, NUMBERS[number] if number < len(NUMBERS) else "", one.title)
            for number, one in enumerate(found or ways.key_providers())
        ]
        self._show("Whose key is it?", [("text", "Its form does not say.")], choices)

    def _keep(self, key: str, provider: str) -> None:
        start(self, "ways", self._run, ways.keep_key, provider, key)

    async def _look_for_servers(self) -> None:
        self._show("Local servers", [("muted", "Looking on their usual ports …")], ())
        found = await asyncio.to_thread(ways.find_local_models)
        if not found.models:
            missing = "; ".join(clean(one) for one in found.missing)
            self._page = self._leave_start
            said: list[tuple[Role, str]] = [
                ("text", "No server answered, or none has a model that can call tools."),
                ("muted", f"Looked for {missing}."),
            ]
            self._show("Local servers", said, (Choice("local", "l", "look again"), KEY, NAME))
            return
        self._page = self._take_name
        choices = [
            Choice(one.name, NUMBERS[number], one.name, "", f"{one.server}, {one.window or '?'} tokens")
            for number, one in enumerate(found.models[:MOST_MODELS])
        ]
        self._show("Which one?", [("muted", "It becomes your model until you choose another.")], choices)

    def _ask_name(self) -> None:
        said: list[tuple[Role, str]] = [
            (
                "muted",
                "A model is written provider/model. A server is its address, and after a blank the model's name:",
            ),
            ("muted", "  anthropic/claude-haiku-5-5     http://127.0.0.1:8000/v1 my-model"),
        ]
        self._show("Another model or server", said, ())
        self._take = self._take_name
        self.field.secret = False
        self.open_field("model, or address and model")
        self.show_keys(TYPING_KEYS)

    def _take_name(self, text: str) -> None:
        try:
            self._flags = ways.read_endpoint(text)
        except AuraError as error:
            self._ask_name()
            self.field.set_text(text)
            self.hint(error.sentence)
            return
        start(self, "ways", self._run, ways.keep_settings, self._flags)

    async def _run(self, work: Callable[..., object], *arguments: object) -> None:
        """Keep something in a thread, then go on to the last question, if there is one."""
        self._show("One moment", [("muted", "Keeping it …")], ())
        try:
            await asyncio.to_thread(work, *arguments)
            brought = await asyncio.to_thread(ways.find_untrusted, self._workspace)
        except AuraError as error:
            self.on_mount()
            self._said = (*self._said, ("bad", error.sentence))
            self.restyle()
            return
        if brought is None:
            self.close(Again(self._flags))
            return
        self._brought = brought
        self._page = self._leave_trust
        self._show("Trust this folder?", (), TRUST)
        if self.choices is not None:
            self.choices.cursor = 1

    def _leave_trust(self, name: str) -> None:
        if name == "trust":
            seen = self._brought.digest if self._brought is not None else ""
            start(self, "ways", self._run, ways.trust_folder, self._workspace, seen)
        else:
            self.close(Again(self._flags))

    # --- keys

    def pick(self, choice: Choice) -> None:
        """An answer."""
        self._page(choice.name)

    def take_text(self, text: str) -> None:
        """The line was sent."""
        self._take(text)

    @property
    def is_dead(self) -> bool:
        """Not while a line is open: no letter of a key may stray into the prompt."""
        return super().is_dead and not self.is_typing

    def take_paste(self, text: str) -> None:
        """Take pasted text; a key may be pasted without being asked for."""
        is_key = not ways.find_fault_in_key(text) and len(text.strip()) >= SHORTEST_PASTED
        if is_key and not self.is_typing and not self.is_closed:
            self._take_key(text)
        else:
            super().take_paste(text)

    def leave_field(self) -> None:
        """Esc in the line goes back."""
        self.close_field()
        self.on_mount()

    def cancel(self) -> None:
        """Back to the first question, and from there: later. At the question of trust it is no."""
        if self._page == self._leave_trust:
            self._leave_trust("")
        elif self.is_typing or not self._is_first:
            self.leave_field()
        else:
            super().cancel()
