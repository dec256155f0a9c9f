"""What the arrows bring into the prompt: a queued line first, then older entries, and back to what was typed."""

from collections.abc import Mapping
from typing import Literal

from aura.ui.history import Browsing, History


class Recall:
    """A walk through older entries, which ends with the first change of the text.

    While it `goes_on` a change is its own doing.
    """

    def __init__(self) -> None:
        self.history: History | None = None
        self.goes_on = False
        self._browsing: Browsing | None = None
        self._taken: set[str] = set()

    @property
    def is_walking(self) -> bool:
        """Whether what stands in the prompt came from a walk, and nothing was changed in it."""
        return self._browsing is not None

    def stop(self) -> None:
        """The text was changed, or the caret moved in it."""
        if not self.goes_on:
            self._browsing = None

    def take_queued(self, queue: Mapping[str, str]) -> tuple[str, str] | None:
        """The newest queued line, as (id, text); one that was taken may be shown as queued for a moment."""
        waiting = [item for item in queue.items() if item[0] not in self._taken]
        if not waiting:
            return None
        self._taken = {*queue} & {*self._taken, waiting[-1][0]}
        return waiting[-1]

    def walk(self, way: Literal["older", "newer"], typed: str) -> str | None:
        """The next text on the way; None when there is none. A walk begins with what was typed."""
        walk = self._browsing
        if walk is None:
            if self.history is None or way == "newer":
                return None
            walk = Browsing(self.history.entries, typed)
        if not (walk.older() if way == "older" else walk.newer()):
            return None
        self._browsing = walk
        return walk.text

    def keep(self, text: str, *, in_file: bool = True) -> None:
        """Remember an entry."""
        if self.history is not None:
            self.history.add(text, keep=in_file)
