"""What code finds out about a call for its reviewer: where its paths lead, what is there, what a command is made of."""

import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from aura.agent.dispatch import Dispatcher
from aura.agent.reviewer import Case, gather_words, show
from aura.config.reviewing import Reviewing
from aura.core.evidence import FileChange
from aura.core.messages import ToolCall
from aura.core.permissions import Ask
from aura.core.recorder import Recorder
from aura.core.text import shorten
from aura.core.tools import Access
from aura.core.turn import Turn
from aura.safety.shell import examine

MOST_PATHS = 20
MOST_PARTS = 30
LONGEST_INDEX = 64_000_000  # bytes; a git index that is larger is not searched
INSIDE = "commands run inside of it, if there is one; the workspace can be written there"
OUTSIDE = "this call is no command and runs outside of it"
ASKED = "the rule "  # how the reason begins when a rule of the user says to ask


def make_describe(
    record: Recorder,
    dispatcher: Dispatcher,
    rules: Reviewing,
    workspace: Path,
    sandbox: str,
) -> Callable[[ToolCall, Ask], Case]:
    """A function that gathers all that is shown of a call; it looks at files, so it is called in a thread."""

    def describe(call: ToolCall, ask: Ask) -> Case:
        turn, tool = record.turn, dispatcher.tools.get(call.name)
        access = tool.access(call.arguments) if tool is not None else Access()
        facts = [f"why it is reviewed: {show(ask.reason)}"]
        if tool is not None:
            facts.append(f"kind of effect: {tool.effect.value}")
        facts.append(f"sandbox: {sandbox}; {INSIDE if access.command else OUTSIDE}")
        facts += [f"workspace: {show(str(workspace))}"]
        facts += list_facts(access, turn, workspace)
        return Case(
            gather_words(turn), call, tuple(facts), rules.allow, rules.deny, ask.reason.startswith(ASKED)
        )

    return describe


def list_facts(access: Access, turn: Turn, workspace: Path) -> list[str]:
    """One line for each address, part of a command and path of a call."""
    facts = [f"address: {show(access.url)}"] if access.url else []
    reads, writes = list(access.reads), list(access.writes)
    if access.command:
        seen = examine(access.command, workspace, Path.home())
        parts = seen.parts[:MOST_PARTS]
        facts += [
            f"runs: {show(list(part.argv))}{'' if part.plain else ' (partly computed)'}" for part in parts
        ]
        if len(seen.parts) > len(parts):
            facts.append(f"and {len(seen.parts) - len(parts)} more commands")
        reads, writes = [*reads, *seen.reads], [*writes, *seen.writes]
    tracked = TrackedFiles(workspace)
    named = [("writes", path) for path in dict.fromkeys(writes)]
    named += [("reads", path) for path in dict.fromkeys(reads) if path not in writes]
    facts += [
        f"{how} {show(path)}: {', '.join(_look_at(path, turn, workspace, tracked))}"
        for how, path in named[:MOST_PATHS]
    ]
    if len(named) > MOST_PATHS:
        facts.append(f"and {len(named) - MOST_PATHS} more paths")
    return facts


def _look_at(path: str, turn: Turn, workspace: Path, tracked: "TrackedFiles") -> Sequence[str]:
    """What is known of one path."""
    named = os.path.normpath(workspace / Path(path).expanduser())
    place = os.path.realpath(named)
    root = os.path.realpath(workspace)
    inside = place == root or place.startswith(f"{root}/")
    told = ["inside the workspace" if inside else "outside the workspace"]
    if place != named:
        told.append(f"leads to {show(place)}")
    told.append(_tell_kind(place))
    below = os.path.relpath(place, root) if inside else ""
    if below:
        told.append(tracked.tell(below))
    made = find_made(turn, {path, place, below})
    return [*told, *([made] if made else [])]


def _tell_kind(place: str) -> str:
    try:
        found = os.lstat(place)
    except FileNotFoundError:
        return "does not exist"
    except (OSError, ValueError) as error:
        return f"cannot be looked at ({type(error).__name__})"
    if stat.S_ISDIR(found.st_mode):
        with contextlib.suppress(OSError):
            count = sum(1 for _ in zip(os.scandir(place), range(1_000), strict=False))
            return f"a folder with {count if count < 1_000 else 'at least 1,000'} entries"
        return "a folder"
    return f"a file of {found.st_size:,} bytes" if stat.S_ISREG(found.st_mode) else "neither file nor folder"


def find_made(turn: Turn, names: Iterable[str]) -> str:
    """What the assistant did to the file in this goal, as the ledger has it; empty: nothing."""
    wanted, told = {name for name in names if name}, ""
    for entry in turn.ledger.entries:
        fact = entry.fact
        if isinstance(fact, FileChange) and fact.path in wanted:
            told = (
                "made by the assistant in this task"
                if fact.kind == "created" or told.startswith("made")
                else ""
            )
            told = told or f"{shorten(fact.kind, 20)} by the assistant in this task"
    return told


class TrackedFiles:
    """Says whether git tracks a file, from the index alone: no program runs and no setting of the repository counts."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._index: bytes | None = None
        self._is_read = False

    def tell(self, path: str) -> str:
        """In words, for a path below the workspace."""
        index = self._read()
        if index is None:
            return "not known whether git tracks it"
        name = os.fsencode(path) + b"\0"
        at = index.find(name)
        while at >= 0:
            length = min(len(name) - 1, 0xFFF)
            if any(int.from_bytes(index[at - back : at - back + 2]) & 0xFFF == length for back in (2, 4)):
                return "tracked by git"
            at = index.find(name, at + 1)
        below = index.find(os.fsencode(path) + b"/")
        return "not tracked by git" if below < 0 else "holds files that git tracks"

    def _read(self) -> bytes | None:
        if not self._is_read:
            self._is_read = True
            with contextlib.suppress(OSError):
                file = self._workspace / ".git" / "index"
                if file.stat().st_size <= LONGEST_INDEX:
                    data = file.read_bytes()
                    if data[:4] == b"DIRC" and int.from_bytes(data[4:8]) in (2, 3):
                        self._index = data
        return self._index
