"""The end of a transcript, where blocks come and may still change."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from aura.core.events import Recorded, SessionStarted
from aura.ui.blocks import Block, Body, CommandLog, Injection


class Change(NamedTuple):
    """What became of one block; its `place` says where it stands.

    `appended` is new (nearly always behind all others), `changed` has another body or became final, `removed` is gone.
    """

    kind: Literal["appended", "changed", "removed"]
    block: Block


class Tail:
    """Collects changes; `now` is the event under way, `last` the last block that a logged event made.

    `before_append` is called before a block follows `last`.
    """

    def __init__(self) -> None:
        self.now = Recorded(0, 0.0, SessionStarted("", "", ""))
        self.last: Block | None = None
        self.before_append: Callable[[], None] = lambda: None
        self._changes: list[Change] = []

    def collect(self) -> list[Change]:
        """The changes since the last time, in order."""
        changes, self._changes = self._changes, []
        return changes

    def make_room(self) -> None:
        """Something follows: what could have grown stays as it is."""
        self.before_append()
        if self.last is not None and isinstance(self.last.body, Injection | CommandLog):
            self.settle(self.last)

    def append(self, body: Body | None, *, final: bool = True) -> Block:
        """A block of the event under way, behind everything that is logged."""
        self.make_room()
        return self.join(body, final=final)

    def join(self, body: Body | None, *, final: bool = True) -> Block:
        """The same, but what stands before may still grow together with it."""
        seq = self.now.seq
        block = Block(seq, seq, version=1, final=final, body=body)
        self.last = block
        self.add(block)
        return block

    def add(self, block: Block) -> None:
        """A new block that stands where its place says."""
        self._changes.append(Change("appended", block))

    def change(self, block: Block, body: Body, *, final: bool = False) -> None:
        """Give a block another body."""
        if self.now.seq and block.first:
            block.last = max(block.last, self.now.seq)
        if block.body == body and block.final == final:
            return
        block.body = body
        block.final = final
        block.version += 1
        self._changes.append(Change("changed", block))

    def settle(self, block: Block) -> None:
        """From now on the block is what it is."""
        if not block.final:
            block.final = True
            self._changes.append(Change("changed", block))

    def remove(self, block: Block) -> None:
        """Take a block away."""
        self._changes.append(Change("removed", block))


def find_place(blocks: Sequence[Block], block: Block) -> int:
    """Where a block stands, or would stand, in blocks that are in order."""
    if not blocks or blocks[-1].place < block.place:
        return len(blocks)
    return bisect_left(blocks, block.place, key=lambda one: one.place)


def apply_changes(blocks: list[Block], changes: Iterable[Change]) -> None:
    """Bring a list of blocks up to date."""
    for kind, block in changes:
        if kind == "appended":
            blocks.insert(find_place(blocks, block), block)
        elif kind == "removed":
            del blocks[find_place(blocks, block)]
