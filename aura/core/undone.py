"""Events of undoing: the workspace was kept as it stood, files were put back."""

from dataclasses import dataclass
from typing import Literal

from aura.core.evidence import FileChange

LONGEST_LIST = 100  # paths that an event names


@dataclass(frozen=True, slots=True)
class SnapshotTaken:
    """The session keeps how the workspace stands; `snapshot` is its number, `changed` counts files since the last.

    `by` is who changed them: the session's own work, a person between two pieces of it, or an undo. `files` tells what
    a command of the session did to files; what a tool edited is told by that tool.
    """

    snapshot: int
    label: str
    by: Literal["session", "person", "undo"] = "session"
    changed: int = 0
    files: tuple[FileChange, ...] = ()
    type: Literal["snapshot_taken"] = "snapshot_taken"


@dataclass(frozen=True, slots=True)
class FilesRestored:
    """Files were put back as they were at snapshot `to` (0: as the session found them); `before` undoes that.

    `what` says it in words, `paths` names the files (at most `LONGEST_LIST`), `count` counts them all, `kept` those
    that a person changed and that stayed, `failed` those that could not be put back.
    """

    to: int
    before: int
    what: str = ""
    paths: tuple[str, ...] = ()
    count: int = 0
    kept: int = 0
    failed: int = 0
    by: str = "human"
    type: Literal["files_restored"] = "files_restored"
