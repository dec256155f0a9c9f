"""The event of the trash: what a command is about to delete or overwrite was put aside."""

from dataclasses import dataclass
from typing import Literal

LONGEST_LIST = 50  # paths that an event names


@dataclass(frozen=True, slots=True)
class FilesTrashed:
    """Files that no snapshot covers were copied to the session's trash before a command ran that may lose them.

    `paths` names them (at most `LONGEST_LIST`), `count` counts them all; `bytes` is their size. `missed` are paths that
    could not be kept, with the reason. `refs` is where the branches of a repository were saved before its history is
    rewritten (empty: they were not).
    """

    call_id: str
    paths: tuple[str, ...] = ()
    count: int = 0
    bytes: int = 0
    missed: tuple[str, ...] = ()
    refs: str = ""
    type: Literal["files_trashed"] = "files_trashed"
