"""What snapshots are made of: states of paths, who left them so, and what is to be put back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

By = Literal["session", "person", "undo"]
Kind = Literal["absent", "file", "link", "folder", "unread"]


@dataclass(frozen=True, slots=True)
class State:
    """What stands at a path: `sha` names the kept content (of a link: its target), `mode` are the permission bits.

    `unread` is something whose content is not kept: too large, unreadable, or special; `sha` then only tells two
    of them apart. `size` is in bytes.
    """

    kind: Kind
    sha: str = ""
    mode: int = 0
    size: int = 0

    @property
    def exists(self) -> bool:
        """Whether anything stands there."""
        return self.kind != "absent"

    @property
    def is_kept(self) -> bool:
        """Whether it can be brought back."""
        return self.kind != "unread"


ABSENT = State("absent")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How the workspace stood behind event `seq`; `changed` counts the paths that differ from the snapshot before.

    `id` counts from 1 in its session, `at` is Unix time in seconds, `by` is who made the changes that it found.
    """

    id: int
    seq: int
    at: float
    label: str
    by: By = "session"
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """A change that a snapshot found: who left a path in which state."""

    by: By
    state: State


@dataclass(frozen=True, slots=True)
class Change:
    """One path that is to be put back: as it is now, and as it shall be; `path` is as in `Snapshots`."""

    path: str
    now: State
    old: State

    @property
    def verb(self) -> Literal["restore", "delete", "recreate"]:
        """What happens to it: an older content comes back, what the session made goes, what it deleted is back."""
        if not self.old.exists:
            return "delete"
        return "restore" if self.now.exists else "recreate"


@dataclass(frozen=True, slots=True)
class Conflict(Change):
    """A path that a person changed after the session did; it stays as it is unless they choose otherwise."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What going back to a snapshot means: `changes` are safe, `conflicts` a person's choice, `lost` cannot be.

    `lost` maps a path to why it cannot be put back, `gaps` maps what no snapshot covers to the reason.
    """

    to: Snapshot
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)
    gaps: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to put back and nothing to choose."""
        return not (self.changes or self.conflicts)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back.

    `before` is the snapshot of the moment before (going back to it undoes the undo), `after` the one behind it, None
    when nothing changed. `beside` are the files that old contents were written to, `kept` the paths that were left
    to a person, `failed` maps a path to why it could not be put back.
    """

    before: Snapshot
    after: Snapshot | None
    paths: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept: bytes in all, bytes of one file, files, and seconds for the first look."""

    bytes: int = 1_000_000_000
    file_bytes: int = 20_000_000
    files: int = 100_000
    seconds: float = 60.0
