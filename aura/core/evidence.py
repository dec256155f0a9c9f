"""The evidence ledger: what was edited and run, kept by aura and never by the model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from aura.core.copies import change

TEST_COMMAND = re.compile(
    r"\b(pytest|unittest|tox|nox|jest|vitest|mocha|rspec|phpunit|ctest|ginkgo|behave)\b"
    r"|\b(go|cargo|npm|pnpm|yarn|bun|deno|make|just|mvn|gradle|gradlew|dotnet|swift|mix|bundle exec|stack|cabal|rake)"
    r"\s+(run\s+)?(\S+:)?(test|tests|check|verify|spec|nextest)\b"
    r"|\b\S*(run|check)[_-]?tests?\S*|\b\S*test_\w+\.(py|sh|js|ts|rb)\b"
)
SEPARATOR = re.compile(r"&&|\|\|?|;|\n|&(?!\d)")
BYSTANDER = re.compile(
    r"(\w+=\S*\s+)*(sudo\s+)?(cat|head|tail|less|more|bat|grep|egrep|rg|ag|ls|find|fd|wc|stat|file|diff|sed|awk|echo|printf"
    r"|git|cp|mv|rm|mkdir|touch|chmod|which|type|command|man|vi|vim|nano|code|cd|export"
    r"|(\S+\s+-m\s+)?\S*pip\d?\s+\w+|(apt|apt-get|brew|dnf|apk|conda)\s+\w+"
    r"|(uv|poetry|pdm|cargo|npm|pnpm|yarn|bun|go)\s+(pip|add|install|i|get|remove|uninstall))\b"
)


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that a tool changed: its path below the workspace (or absolute), and a capped unified diff."""

    path: str
    kind: Literal["created", "modified", "deleted", "renamed"]
    added: int = 0
    removed: int = 0
    diff: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class CommandRun:
    """One shell command that ended: its exit code (None: killed or timed out) and the tail of what it printed."""

    command: str
    exit_code: int | None
    tail: str = ""
    seconds: float = 0.0

    @property
    def is_test(self) -> bool:
        """Whether the command looks like a run of tests; one that only reads, installs or names them does not."""
        return _is_test(self.command)


@lru_cache(maxsize=256)
def _is_test(command: str) -> bool:
    parts = (part.strip() for part in SEPARATOR.split(command))
    return any(TEST_COMMAND.search(part) and not BYSTANDER.match(part) for part in parts)


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the finish gate, run fresh by aura."""

    run: CommandRun
    step: int

    @property
    def passed(self) -> bool:
        """Whether the command ended with exit code 0."""
        return self.run.exit_code == 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger: the step it happened in, and an edit or a command."""

    step: int
    call_id: str
    fact: FileChange | CommandRun


@dataclass(frozen=True, slots=True)
class Ledger:
    """What happened in the current goal: edits, commands and checks in order.

    Only the newest `KEEP` entries are held; `edits` and `commands` count all. `found` are changes of files that were
    found behind commands, the newest `KEEP` likewise: nobody knows whether they are work or what a tool leaves behind,
    so they are told and looked through, and make no run of tests stale.
    """

    entries: tuple[Entry, ...] = ()
    checks: tuple[Check, ...] = ()
    edits: int = 0
    commands: int = 0
    last_edit: int = -1
    last_test: int = -1
    position: int = 0
    found: tuple[FileChange, ...] = ()

    @property
    def changes(self) -> tuple[FileChange, ...]:
        """What became of files, by edits and then by commands."""
        edits = tuple(entry.fact for entry in self.entries if isinstance(entry.fact, FileChange))
        return (*edits, *self.found)

    @property
    def test_is_stale(self) -> bool:
        """Whether files were edited after the last run of tests (or no test ever ran)."""
        return self.edits > 0 and self.last_edit > self.last_test

    @property
    def counted(self) -> int:
        """How many edits and commands there were, also those that are not held any more."""
        return self.edits + self.commands

    @property
    def counted_checks(self) -> int:
        """How many checks there were."""
        return self.position - self.counted

    @property
    def changed_files(self) -> tuple[str, ...]:
        """The paths edited, each once, in order of their first edit."""
        return tuple(dict.fromkeys(change.path for change in self.changes))


KEEP = 500


def add_entries(ledger: Ledger, entries: Sequence[Entry]) -> Ledger:
    """The ledger with some entries more, in order."""
    edits, last_edit, last_test = ledger.edits, ledger.last_edit, ledger.last_test
    position = ledger.position
    for entry in entries:
        position += 1
        if isinstance(entry.fact, FileChange):
            edits, last_edit = edits + 1, position
        elif entry.fact.is_test:
            last_test = position
    return change(
        ledger,
        entries=(*ledger.entries, *entries)[-KEEP:],
        edits=edits,
        commands=ledger.commands + len(entries) - (edits - ledger.edits),
        last_edit=last_edit,
        last_test=last_test,
        position=position,
    )


def add_found(ledger: Ledger, changes: Sequence[FileChange]) -> Ledger:
    """The ledger with what a command did to files."""
    return change(ledger, found=(*ledger.found, *changes)[-KEEP:])


def add_check(ledger: Ledger, check: Check) -> Ledger:
    """The ledger with one check more; a check counts as a fresh run of tests."""
    position = ledger.position + 1
    return change(ledger, checks=(*ledger.checks[-99:], check), last_test=position, position=position)
