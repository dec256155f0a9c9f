"""The blocks of a transcript one below the other: how high each is, how each is painted, which bodies are kept."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Protocol

from textual.strip import Strip

from aura.ui.blocks import (
    Block,
    Body,
    CardGroup,
    CommandLog,
    Injection,
    Prose,
    Said,
    Shortened,
    Thought,
    ToolCard,
)
from aura.ui.look import Look
from aura.ui.tail import Change, find_place
from aura.ui.tui.heights import Heights

PAINTED_BLOCKS = 500
PAINTED_LINES = 3_000
KEPT_BLOCKS = 1_500
KEPT_SIZE = 6_000_000  # characters of the bodies that are kept
REMADE_BLOCKS = 300
REMADE_SIZE = 2_000_000

Restorer = Callable[[Sequence[Block], int], None]


class Painter(Protocol):
    """Makes strips of a body."""

    def __call__(self, body: Body, look: Look, width: int, *, expanded: bool, now: float) -> list[Strip]:
        """The strips, none wider than `width` cells; `now` is Unix time."""
        ...


class Column:
    """Blocks with their heights (estimated until they are painted) and what was painted of them last.

    With a `restore` the bodies of older blocks are let go, and made again when they are to be painted.
    """

    def __init__(self, paint: Painter) -> None:
        self.blocks: list[Block] = []
        self.heights = Heights()
        self.look = Look()
        self.width = 80
        self.restore: Restorer | None = None
        self.slowest = 0.0  # seconds that painting one block took since this was set to 0
        self._paint = paint
        self._painted: OrderedDict[int, tuple[Block, int, bool, list[Strip]]] = OrderedDict()
        self._lines = 0
        self._kept = Kept(KEPT_BLOCKS, KEPT_SIZE)
        self._remade = Kept(REMADE_BLOCKS, REMADE_SIZE)

    def apply(self, change: Change) -> int:
        """Take a change; the place of the block, or where it was."""
        block = change.block
        place = find_place(self.blocks, block)
        if change.kind == "appended":
            height = self._estimate(block)
            self.blocks.insert(place, block)
            self.heights.insert(place, height)
        elif change.kind == "removed":
            del self.blocks[place]
            self.heights.remove(place)
            self.forget(block)
        if block.final and change.kind != "removed" and self.restore is not None:
            self._kept.add(block)
        return place

    def prepend(self, blocks: Sequence[Block]) -> int:
        """Take older blocks, from top to bottom; the lines they are estimated to take."""
        before = self.heights.total
        self.blocks[:0] = blocks
        self.heights.prepend(self._estimate(block) for block in reversed(blocks))
        if self.restore is not None:
            for block in blocks:
                self._remade.add(block)
        return self.heights.total - before

    def clear(self) -> None:
        """Nothing is left."""
        self.blocks = []
        self.heights = Heights()
        self._kept.clear()
        self._remade.clear()
        self.repaint()

    def repaint(self) -> None:
        """Everything has to be painted anew: another width, another look."""
        self._painted.clear()
        self._lines = 0

    def forget(self, block: Block) -> None:
        """One block has to be painted anew."""
        painted = self._painted.pop(id(block), None)
        if painted is not None:
            self._lines -= len(painted[3])

    def strips(self, place: int) -> list[Strip]:
        """A block as it is painted; its height is right from then on."""
        block = self.blocks[place]
        painted = self._painted.get(id(block))
        if painted is not None and painted[1] == block.version and painted[2] == block.expanded:
            self._painted.move_to_end(id(block))
            return painted[3]
        strips = self._paint_block(place, block)
        self.forget(block)
        self._painted[id(block)] = (block, block.version, block.expanded, strips)
        self._lines += len(strips)
        while len(self._painted) > PAINTED_BLOCKS or (
            self._lines > PAINTED_LINES and len(self._painted) > PAINTED_BLOCKS // 10
        ):
            _, dropped = self._painted.popitem(last=False)
            self._lines -= len(dropped[3])
        if self.heights[place] != len(strips):
            self.heights.set(place, len(strips))
        return strips

    def is_painted(self, place: int) -> bool:
        """Whether a block would not have to be painted."""
        return id(self.blocks[place]) in self._painted

    def _paint_block(self, place: int, block: Block) -> list[Strip]:
        started = time.perf_counter()
        body = self.body(place)
        if body is None:
            return []
        strips = self._paint(body, self.look, self.width, expanded=block.expanded, now=time.time())
        self.slowest = max(self.slowest, time.perf_counter() - started)
        return strips

    def _estimate(self, block: Block) -> int:
        from aura.ui.tui.paint import estimate

        return estimate(block.body, self.width) if block.body is not None else 1

    def body(self, place: int) -> Body | None:
        """What a block shows, made again from the log if it was let go."""
        block = self.blocks[place]
        if block.body is None and self.restore is not None:
            self.restore(self.blocks, place)
            for near in self.blocks[max(0, place - 50) : place + 51]:
                if near.body is not None and near.final:
                    self._remade.add(near, unless=self._kept)
        return block.body


class Kept:
    """Final blocks whose bodies are in memory; of the oldest they are let go when there are too many."""

    def __init__(self, most: int, size: int) -> None:
        self._most = most
        self._left = size
        self._blocks: deque[tuple[Block, int]] = deque()
        self._known: set[int] = set()

    def add(self, block: Block, unless: "Kept | None" = None) -> None:
        """Keep one more, if its body can be made again."""
        if id(block) in self._known or not is_remakable(block) or (unless is not None and block in unless):
            return
        size = measure(block.body)
        self._known.add(id(block))
        self._blocks.append((block, size))
        self._left -= size
        while len(self._blocks) > self._most or (self._left < 0 and len(self._blocks) > 1):
            oldest, size = self._blocks.popleft()
            self._known.discard(id(oldest))
            self._left += size
            oldest.body = None

    def __contains__(self, block: Block) -> bool:
        return id(block) in self._known

    def clear(self) -> None:
        """Forget them all, without letting anything go."""
        self._left += sum(size for _, size in self._blocks)
        self._blocks.clear()
        self._known.clear()


def is_remakable(block: Block) -> bool:
    """Whether the body of a block can be let go: it is final, in the log, and more than a line."""
    match block.body:
        case ToolCard(reason=reason):
            return bool(block.first and not reason)
        case Said() | Prose() | Thought() | CardGroup() | Injection() | CommandLog() | Shortened():
            return block.first > 0
        case _:
            return False


def measure(body: Body | None) -> int:
    """About how many characters a body holds."""
    match body:
        case Said() | Prose() | Thought():
            return len(body.text)
        case ToolCard():
            changes = sum(len(change.diff) for change in body.changes)
            return 500 + len(body.result) + len(body.display) + len(body.output) + changes
        case CardGroup():
            return sum(measure(card) for card in body.cards)
        case Injection():
            return sum(len(text) for _, text in body.texts)
        case CommandLog():
            return sum(len(text) for text in body.said)
        case Shortened():
            return len(body.summary) + len(body.pinned)
        case _:
            return 200
