"""What Tab completes: slash commands at the start of the line, and files behind an @."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from aura.core.facts import CommandFact
from aura.core.text import shorten
from aura.ui.files import Files, go_inside

COMMAND = re.compile(r"/([\w-]*)$")
MENTION = re.compile(r"(?:^|\s)@(\S*)$")
MOST = 30


class Completions(Completer):
    """Completes from the commands of the session and the files of the workspace, which are listed in a thread."""

    def __init__(self, commands: Callable[[], Sequence[CommandFact]], files: Files) -> None:
        self._commands = commands
        self._files = files

    def load(self) -> None:
        """Begin to list the files, if they are not known."""
        if not self._files.is_fresh:
            threading.Thread(target=self._files.load, daemon=True).start()

    def find(self, document: Document) -> list[Completion]:
        """What could stand at the caret."""
        before = document.text_before_cursor
        command = COMMAND.match(before)
        if command is not None:
            return list(self._find_commands(command[1]))
        mention = MENTION.search(before)
        return list(self._find_files(mention[1])) if mention is not None else []

    def _find_commands(self, typed: str) -> Iterator[Completion]:
        for fact in self._commands():
            if fact.name.startswith(typed):
                name = shorten(fact.name, 40)
                yield Completion(
                    f"/{name}", -len(typed) - 1, display_meta=shorten(fact.help, 60), display=f"/{name}"
                )

    def _find_files(self, typed: str) -> Iterator[Completion]:
        self.load()
        for path in go_inside(typed, self._files.search(typed, MOST).run()):
            yield Completion(f"@{path}", -len(typed) - 1, display=shorten(path, 60))

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """The same, as prompt-toolkit asks for it."""
        yield from self.find(document)
