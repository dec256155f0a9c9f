"""Rules that a person granted with a yes: for a session, or for a project from then on.

Those of a project lie in a file of their own below aura's state folder, out of reach of the project itself.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from aura.config.paths import private_folder, state_dir, write_private
from aura.core.errors import AuraError, ConfigError
from aura.core.permissions import Rule, parse_rule
from aura.safety.offers import read_offer

PATIENCE = 10  # seconds
Scope = Literal["session", "project"]


@dataclass(frozen=True, slots=True)
class Granted:
    """One rule and how far it reaches."""

    rule: Rule
    scope: Scope


def grants_file(workspace: Path) -> Path:
    """The file with the rules that were granted for a folder; it need not exist."""
    resolved = os.path.realpath(workspace)
    return state_dir() / "grants" / f"{hashlib.sha256(os.fsencode(resolved)).hexdigest()[:16]}.json"


class Grants:
    """The rules that were granted for one workspace; those of the project are read once, at the start.

    `notice` says what is wrong with the file (empty: nothing). A rule that cannot be read does not count.
    """

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._file = grants_file(workspace)
        self.notice = ""
        self.granted = tuple(Granted(rule, "project") for rule in self._read())

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All of them."""
        return tuple(one.rule for one in self.granted)

    def add(self, offer: str, scope: Scope) -> None:
        """Grant the rules of an offer; raises `AuraError` when those of a project cannot be written."""
        rules = read_offer(offer)
        fresh = [Granted(rule, scope) for rule in rules if Granted(rule, scope) not in self.granted]
        if scope == "project" and fresh:
            with self._change() as kept:
                kept += [one.rule for one in fresh if one.rule not in kept]
        self.granted += tuple(fresh)

    def drop(self, number: int) -> Granted:
        """Take a rule back, by its place in `granted` (from 1); raises `AuraError` when there is none."""
        if not 1 <= number <= len(self.granted):
            raise AuraError(f"There is no granted rule {number}; /permissions lists them.")
        gone = self.granted[number - 1]
        if gone.scope == "project":
            with self._change() as kept, contextlib.suppress(ValueError):
                kept.remove(gone.rule)
        self.granted = tuple(one for one in self.granted if one != gone)
        return gone

    def _read(self) -> list[Rule]:
        try:
            texts = json.loads(self._file.read_text(encoding="utf-8"))["allow"]
            rules = [parse_rule(str(text), "allow") for text in texts]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError, ConfigError):
            self.notice = f"The rules granted for this project cannot be read, so none counts: {self._file}"
            return []
        return rules

    @contextlib.contextmanager
    def _change(self) -> Iterator[list[Rule]]:
        """The project's rules as they are now, to be changed by one process at a time and written as a whole."""
        file = self._file
        try:
            private_folder(file.parent)
            with FileLock(file.with_suffix(".lock"), timeout=PATIENCE, mode=0o600):
                rules = self._read()
                yield rules
                data = {
                    "version": 1,
                    "path": os.path.realpath(self._workspace),
                    "allow": [str(rule) for rule in rules],
                }
                write_private(file, json.dumps(data, indent=1))
        except Timeout:
            raise AuraError(f"{file} is being written by another process; try again.") from None
        except OSError as error:
            raise AuraError(f"{file} cannot be written: {error.strerror or error}.") from None
