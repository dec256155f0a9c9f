"""repeated-patch: many edits to one file that was not read whole in between."""

from dataclasses import dataclass
from posixpath import normpath

from aura.api import AfterTool, Attempt, Injection, Turn, hookimpl

TEXT = """\
{path} was edited {count} times without being read whole. Read all of it now, then make what is still missing in one \
edit, or write the file anew."""

WHOLE = "Write"


@dataclass
class Plugin:
    """`threshold` is how many edits to one file are too many."""

    threshold: int = 5

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise ValueError("threshold has to be 1 or more")

    @hookimpl
    def after_tool(self, turn: Turn) -> AfterTool | None:
        """Name a file when this step brings its edits to the threshold, or to a multiple of it."""
        edited = [one.path for one in turn.recent if one.changed and one.step == turn.steps]
        for path in dict.fromkeys(edited):
            count, added = _count_edits(turn.recent, path, turn.steps)
            if added and count // self.threshold > (count - added) // self.threshold:
                return AfterTool(Injection(TEXT.format(path=path, count=count)))
        return None


def _count_edits(attempts: tuple[Attempt, ...], path: str, step: int) -> tuple[int, int]:
    """The edits to a file since it was last read or written whole, and how many of them belong to the step."""
    count = added = 0
    for one in attempts:
        if not _is_same(one.path, path):
            continue
        if one.whole_read or (one.changed and one.name == WHOLE):
            count = added = 0
        elif one.changed:
            count += 1
            added += one.step == step
    return count, added


def _is_same(one: str, other: str) -> bool:
    """Whether two paths mean one file: equal, or one absolute and the other its end."""
    first, second = sorted((normpath(one), normpath(other)), key=len) if one else ("", "/")
    return first == second or (second.startswith("/") and second.endswith(f"/{first}"))
