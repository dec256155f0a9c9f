"""The places of a session that one can go back to: each prompt, and each step that changed something."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from aura.core import events as ev
from aura.core.evidence import FileChange
from aura.core.messages import HUMAN, ToolCall
from aura.core.rewound import Trail
from aura.core.text import shorten

POINTS = ("turn_started", "step_started", "tool_finished", "todos_changed", "files_restored", "rewound")
TOGETHER = 4  # events from the files that were put back to the rewind that they belong to
FEW = 20  # files that a place names
LONGEST = 200  # characters of what was said or done
KEYS = ("path", "command", "pattern", "url", "query", "description")  # what a call is told by, in this order


@dataclass(frozen=True, slots=True)
class Point:
    """A place to go back to: as it was before this prompt, this step, or this rewind (which is undone by that).

    `to` is the number of the event that would be the last one of the conversation, `at` a Unix time. `files` are the
    newest of the `changed` paths that the session's tools changed from here on, `added` and `removed` their lines. A
    prompt comes back whole with `rewind`; `text` is the beginning of it.
    """

    to: int
    at: float
    kind: Literal["prompt", "step", "rewind"]
    turn: int
    step: int
    text: str
    files: tuple[str, ...] = ()
    changed: int = 0
    added: int = 0
    removed: int = 0

    @property
    def name(self) -> str:
        """How it is called in lists: turn, and step within it."""
        return f"{self.turn}.{self.step}" if self.kind == "step" else f"{self.turn}"


def list_points(recorded: Iterable[ev.Recorded]) -> list[Point]:
    """The places of a session that can be gone back to, oldest first, out of the events of the types `POINTS`.

    What a rewind took away is no place any more, and steps that only looked are none.
    """
    events = list(recorded)
    trails = (one.event.trail for one in reversed(events) if isinstance(one.event, ev.Rewound))
    trail = next(trails, Trail())
    found: list[Point] = []
    changes: list[tuple[int, FileChange]] = []
    restored = 0
    for one in events:
        if isinstance(one.event, ev.FilesRestored):
            restored = one.seq
        elif trail.holds(one.seq):
            _add(found, changes, one, restored)
    return _count([point for point in found if point.text], changes)


def find_prompt(recorded: Iterable[ev.Recorded]) -> str:
    """What a person said first in these events, when it is what begins them (empty: something else does)."""
    for one in recorded:
        if isinstance(one.event, ev.TurnStarted):
            return one.event.message.text if one.event.message.origin == HUMAN else ""
    return ""


def _add(found: list[Point], changes: list[tuple[int, FileChange]], one: ev.Recorded, restored: int) -> None:
    match one.event:
        case ev.TurnStarted(number, message):
            text = shorten(message.text, LONGEST) or "(nothing but images)"
            found.append(Point(one.seq - 1, one.at, "prompt", number, 0, text))
        case ev.StepStarted(step) if found and step > 1:  # before the first one is before the prompt
            found.append(Point(one.seq - 1, one.at, "step", found[-1].turn, step, ""))
        case ev.Rewound():
            number = found[-1].turn if found else 0
            is_both = restored and one.seq - restored <= TOGETHER  # its files go forward again with it
            to = (restored if is_both else one.seq) - 1
            found.append(Point(to, one.at, "rewind", number, 0, "as it was before this rewind"))
        case ev.ToolFinished() if found:
            changes += [(one.seq, change) for change in one.event.changes]
            if found[-1].kind == "step" and (one.event.changes or one.event.command is not None):
                _tell(found, describe(one.event.call))
        case ev.TodosChanged(by="model") if found and found[-1].kind == "step":
            _tell(found, "todo list changed")
        case _:
            pass


def _tell(found: list[Point], what: str) -> None:
    point = found[-1]
    found[-1] = replace(point, text=shorten(f"{point.text} · {what}" if point.text else what, LONGEST))


def describe(call: ToolCall) -> str:
    """A call in a few words: its tool, and what it was about."""
    about = next((call.arguments[key] for key in KEYS if isinstance(call.arguments.get(key), str)), "")
    return shorten(f"{call.name.lower()} {about}".strip(), LONGEST)


def _count(points: list[Point], changes: list[tuple[int, FileChange]]) -> list[Point]:
    """The points with what changed from each of them on."""
    counted: list[Point] = []
    files: dict[str, None] = {}
    added = removed = 0
    for point in reversed(points):
        while changes and changes[-1][0] > point.to:
            change = changes.pop()[1]
            files.setdefault(change.path)
            added, removed = added + change.added, removed + change.removed
        counted.append(
            replace(point, files=tuple(islice(files, FEW)), changed=len(files), added=added, removed=removed)
        )
    return counted[::-1]


def tell_points(points: Sequence[Point], most: int = 30) -> list[str]:
    """The newest places as lines of text: what to name, when, what it was, and what changed from there on."""
    lines = ["There is nothing to go back to yet."] if not points else []
    if len(points) > most:
        lines.append(f"({len(points) - most} older places are left out)")
    width = max((len(str(point.to)) for point in points), default=0)
    for point in points[-most:]:
        clock = time.strftime("%H:%M", time.localtime(point.at))
        mark = {"prompt": "»", "step": " ", "rewind": "↶"}[point.kind]
        lines.append(f"{point.to:>{width}}  {clock} {mark} {point.text}{_tell_files(point)}")
    return lines


def _tell_files(point: Point) -> str:
    """What changed from a place on, short."""
    if not point.changed:
        return ""
    files = "1 file" if point.changed == 1 else f"{point.changed} files"
    return f"  ({files} since, +{point.added} −{point.removed})"
