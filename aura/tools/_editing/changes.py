"""What a patch does to one file."""

from dataclasses import dataclass
from enum import StrEnum

from aura.tools._editing.hunks import Hunk


class ChangeKind(StrEnum):
    """Whether a file comes, goes, or changes (and perhaps moves)."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class FileChange:
    """A patch's part for one file; `path` is the file before, `new_path` after, where it moves or is copied.

    `text` is the whole of an added file, `mode` the mode bits as git writes them (100755) where they change.
    """

    kind: ChangeKind
    path: str
    new_path: str | None = None
    hunks: tuple[Hunk, ...] = ()
    text: str | None = None
    mode: str | None = None
    is_copy: bool = False
