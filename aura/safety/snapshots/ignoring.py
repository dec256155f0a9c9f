"""What git would leave out: the ignore files of a workspace, read as they are needed."""

import contextlib
from pathlib import Path

from pathspec import GitIgnoreSpec

FILES = (".gitignore", ".ignore")


class Ignoring:
    """The ignore rules of one workspace; works the same without git."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._rules: dict[str, GitIgnoreSpec | None] = {}

    def forget(self) -> None:
        """Read the rules anew when they are needed next: one of the files has changed."""
        self._rules.clear()

    def is_ignored(self, folder: str, name: str) -> bool:
        """Whether a file (a folder, when `name` ends with `/`) in a folder that is not ignored itself is ignored."""
        below = name
        while True:
            rules = self._read(folder)
            verdict = rules.check_file(below).include if rules is not None else None
            if verdict is not None or not folder:
                return bool(verdict)
            folder, _, last = folder.rpartition("/")
            below = f"{last}/{below}"

    def _read(self, folder: str) -> GitIgnoreSpec | None:
        if folder in self._rules:
            return self._rules[folder]
        place = self._workspace / folder if folder else self._workspace
        names = FILES if folder else (".git/info/exclude", *FILES)
        lines: list[str] = []
        for name in names:
            with contextlib.suppress(OSError):
                lines += (place / name).read_text(encoding="utf-8", errors="replace").splitlines()
        try:
            rules = GitIgnoreSpec.from_lines(lines) if lines else None
        except ValueError:  # a pattern that git would complain about, too
            rules = None
        self._rules[folder] = rules
        return rules
