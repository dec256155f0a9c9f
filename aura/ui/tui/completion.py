"""What can be completed at the caret: commands at the start, their arguments, files after `@`."""

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from aura.core.facts import CommandFact
from aura.core.text import clean, shorten
from aura.ui.dropped import mention
from aura.ui.files import Files, Search, go_inside
from aura.ui.fuzzy import match, rank
from aura.ui.tui.editor import Editor
from aura.ui.tui.shelf import Choice, Shelf

COMMAND = re.compile(r"/([\w-]*)")
ARGUMENT = re.compile(r"/([\w-]+)[ \t]+(?:.*[ \t])?([^ \t]*)")
MENTION = re.compile(r"(?:^|(?<=[\s(\[{,;:=<>|]))@(?:\"((?:[^\"\\]|\\.)*)|([^\s\"]*))$")
LONGEST_LINE = 4_000  # characters; in a longer line nothing is completed
SLICE = 0.004  # seconds of searching before others may run
FIRST = 0.04  # seconds after which the best so far is shown
MOST = 50


@dataclass(frozen=True, slots=True)
class Word:
    """What is being completed: its kind, what was typed of it, the row and the column it begins at."""

    kind: Literal["command", "argument", "file"]
    query: str
    row: int
    column: int


def find_word(line: str, row: int, column: int) -> Word | None:
    """The word that ends at a caret, if it is of a kind that can be completed."""
    if len(line) > LONGEST_LINE:
        return None
    before = line[:column]
    if found := MENTION.search(before):
        query = found[2] if found[1] is None else re.sub(r"\\(.)", r"\1", found[1])
        return Word("file", query.removeprefix("./"), row, found.start())
    if row == 0 and (found := COMMAND.fullmatch(before)):
        return Word("command", found[1], 0, 0)
    if row == 0 and (found := ARGUMENT.fullmatch(before)):
        return Word("argument", found[2], 0, found.start(2))
    return None


class Completion:
    """Follows the caret, shows what fits on the shelf, and puts in what is chosen.

    `arguments` says what may follow a command: it gets the line up to the caret.
    """

    def __init__(self, editor: Editor, shelf: Shelf) -> None:
        self.files: Files | None = None
        self.facts: tuple[CommandFact, ...] = ()
        self.own: tuple[CommandFact, ...] = ()
        self.arguments: Callable[[str], Sequence[Choice]] = lambda line: ()
        self._editor = editor
        self._shelf = shelf
        self._word: Word | None = None
        self._dismissed: tuple[int, int] | None = None
        self._is_picked = False  # a row was chosen with the arrows
        self._search: Search | None = None
        self._known = asyncio.Event()
        self._loading: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose."""
        return self._word is not None and self._shelf.is_open

    @property
    def commands(self) -> dict[str, CommandFact]:
        """All commands by name; one of the app's own comes before one of the session's."""
        return {fact.name: fact for fact in (*self.facts, *self.own)}

    def look(self, *, may_open: bool = True) -> None:
        """See what stands at the caret; without `may_open` an open list is followed, but none is opened."""
        row, column = self._editor.cursor_location
        is_plain = self._editor.selection.is_empty
        word = find_word(self._editor.document.get_line(row), row, column) if is_plain else None
        if word is None or self._dismissed != (word.row, word.column):
            self._dismissed = None
        if word is None or self._dismissed is not None or (not may_open and not self.is_open):
            self.close()
            return
        if word == self._word:
            return
        self._word, self._is_picked = word, False
        if word.kind == "file":
            self._editor.run_worker(
                self._find_files(word), group="completion", exclusive=True, exit_on_error=False
            )
        else:
            self._show(word, self._find_words(word))

    def reopen(self) -> None:
        """Open the list at the caret, though it was dismissed."""
        self._dismissed = self._word = None
        self.look()

    def close(self, *, dismiss: bool = False) -> bool:
        """Close the list; with `dismiss` it stays closed for this word. Whether it was open."""
        was_open = self.is_open
        if dismiss and self._word is not None:
            self._dismissed = (self._word.row, self._word.column)
        if self._word is not None:
            self._word = None
            self._shelf.show(())
        return was_open

    def take_key(self, key: str) -> bool:
        """Take a key while the list is open; whether it was one of its own."""
        if not self.is_open:
            return False
        match key:
            case "up" | "ctrl+p" | "down" | "ctrl+n":
                self._shelf.move(-1 if key in ("up", "ctrl+p") else 1)
                self._is_picked = True
            case "escape":
                self.close(dismiss=True)
            case "tab":
                self.accept()
            case "enter" if not self._is_typed():
                self.accept()
            case _:
                return False
        return True

    def _is_typed(self) -> bool:
        """Whether what stands there is whole, the chosen row or a folder: Enter then means the line."""
        chosen, word = self._shelf.chosen, self._word
        assert chosen is not None
        assert word is not None
        if word.kind == "file" and word.query.endswith("/") and not self._is_picked:
            return True
        row, column = self._editor.cursor_location
        return self._editor.document.get_line(row)[word.column : column] == chosen.insert

    def accept(self) -> None:
        """Put in what is chosen; after a folder it goes on."""
        word, choice = self._word, self._shelf.chosen
        if word is None or choice is None:
            return
        self.close()
        row, column = self._editor.cursor_location
        after = self._editor.document.get_line(row)[column : column + 1]
        insert = choice.insert + ("" if choice.is_open or after.isspace() else " ")
        if choice.is_open and insert.endswith('"'):
            insert = insert[:-1]
        self._editor.replace(insert, (row, word.column), (row, column), maintain_selection_offset=False)

    def _show(self, word: Word, choices: Iterable[Choice]) -> None:
        if word == self._word:
            self._shelf.show(tuple(choices))

    def _find_words(self, word: Word) -> list[Choice]:
        if word.kind == "argument":
            row, column = self._editor.cursor_location
            line = self._editor.document.get_line(row)[:column]
            by_label = {choice.label: choice for choice in self.arguments(line)}
            return [by_label[one.text] for one in rank(word.query, by_label, MOST)]
        commands = self.commands
        found = []
        for one in rank(word.query, sorted(commands), MOST):
            usage = clean(commands[one.text].usage).partition(" ")[2]
            label = f"/{one.text} {usage}".strip()
            places = tuple(place + 1 for place in one.places)
            found.append(Choice(f"/{one.text}", label, shorten(commands[one.text].help, 200), places))
        return found

    # --- files ---

    async def _find_files(self, word: Word) -> None:
        files = self.files
        if files is None:
            self._show(word, ())
            return
        if not files.is_fresh:
            self._known.clear()
            loop = asyncio.get_running_loop()

            def tell() -> None:
                loop.call_soon_threadsafe(self._known.set)

            self._loading = asyncio.create_task(asyncio.to_thread(files.load, tell))
            self._loading.add_done_callback(lambda _: self._known.set())
        if not files.listing.paths:
            await self._known.wait()
        await self._search_files(files, word)
        if self._loading is not None and not self._loading.done():
            await asyncio.shield(self._loading)  # the next key ends this search, not the listing
            await self._search_files(files, word)

    async def _search_files(self, files: Files, word: Word) -> None:
        search = files.search(word.query, MOST)
        begun = since = time.monotonic()
        is_shown = False
        for _ in search.steps(self._search):
            now = time.monotonic()
            if now - since < SLICE:
                continue
            if not is_shown and now - begun > FIRST and search.paths:
                is_shown = True
                self._show(word, self._make_choices(files, search))
            await asyncio.sleep(0)
            since = time.monotonic()
        self._search = search
        self._show(word, self._make_choices(files, search))

    def _make_choices(self, files: Files, search: Search) -> list[Choice]:
        found = []
        for path in go_inside(search.query, search.paths):
            if files.exists(path):
                hit = match(search.query, path) if search.query else None
                places = hit.places if hit is not None else ()
                found.append(Choice(mention(path), path, "", places, path.endswith("/"), is_path=True))
        return found
