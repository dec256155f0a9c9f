"""How many lines each block takes, with sums that stay cheap while blocks come at either end."""

from array import array
from collections.abc import Iterable


class Sums:
    """Numbers in a row with their running sums (a Fenwick tree); grows and shrinks at its end."""

    def __init__(self) -> None:
        self._values = array("q")
        self._tree = array("q")

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, place: int) -> int:
        return self._values[place]

    def append(self, value: int) -> None:
        """One number more."""
        number = len(self._values) + 1
        total, below = value, number - 1
        while below > number - (number & -number):
            total += self._tree[below - 1]
            below -= below & -below
        self._values.append(value)
        self._tree.append(total)

    def pop(self) -> int:
        """Take the last number away."""
        self._tree.pop()
        return self._values.pop()

    def set(self, place: int, value: int) -> None:
        """Another number at a place."""
        change = value - self._values[place]
        self._values[place] = value
        number = place + 1
        while change and number <= len(self._tree):
            self._tree[number - 1] += change
            number += number & -number

    def before(self, place: int) -> int:
        """The sum of all numbers before a place."""
        total = 0
        while place > 0:
            total += self._tree[place - 1]
            place -= place & -place
        return total

    def find(self, amount: int) -> int:
        """The place of the number with which the sum exceeds an amount; the length when it never does."""
        place, step = 0, 1 << len(self._tree).bit_length()
        while step:
            if place + step <= len(self._tree) and self._tree[place + step - 1] <= amount:
                place += step
                amount -= self._tree[place - 1]
            step >>= 1
        return place


class Heights:
    """The heights of blocks from top to bottom, in lines; everything is O(log n), for each block that comes too.

    What is older than the first block comes at the front, what is newer at the back: each has sums of its own, those
    of the front from the middle up.
    """

    def __init__(self) -> None:
        self._front = Sums()
        self._back = Sums()
        self.total = 0

    def __len__(self) -> int:
        return len(self._front) + len(self._back)

    def __getitem__(self, place: int) -> int:
        fore = len(self._front)
        return self._front[fore - 1 - place] if place < fore else self._back[place - fore]

    def append(self, height: int) -> None:
        """A block behind all others."""
        self._back.append(height)
        self.total += height

    def prepend(self, heights: Iterable[int]) -> None:
        """Blocks before all others, given from the bottom up."""
        for height in heights:
            self._front.append(height)
            self.total += height

    def insert(self, place: int, height: int) -> None:
        """A block between others; cheap near the end, for what stands behind it is moved."""
        behind = [self.pop() for _ in range(len(self) - place)]
        self.append(height)
        for moved in reversed(behind):
            self.append(moved)

    def remove(self, place: int) -> None:
        """Take a block away; cheap near the end."""
        behind = [self.pop() for _ in range(len(self) - place - 1)]
        self.pop()
        for moved in reversed(behind):
            self.append(moved)

    def pop(self) -> int:
        """Take the last block away."""
        if not len(self._back):
            self._move_front()
        height = self._back.pop()
        self.total -= height
        return height

    def _move_front(self) -> None:
        """Let all that came at the front be the back: needed once in a long while."""
        values = [self._front[place] for place in range(len(self._front) - 1, -1, -1)]
        self._front = Sums()
        for value in values:
            self._back.append(value)

    def set(self, place: int, height: int) -> None:
        """Correct the height of a block."""
        self.total += height - self[place]
        fore = len(self._front)
        if place < fore:
            self._front.set(fore - 1 - place, height)
        else:
            self._back.set(place - fore, height)

    def top(self, place: int) -> int:
        """The line in which a block begins."""
        fore = len(self._front)
        if place <= fore:
            return self._front.before(fore) - self._front.before(fore - place)
        return self._front.before(fore) + self._back.before(place - fore)

    def find(self, line: int) -> tuple[int, int]:
        """The block that has a line, and which of its lines that is; behind the last one: (their number, 0)."""
        if line < 0:
            return 0, 0
        if line >= self.total:
            return len(self), 0
        fore = len(self._front)
        above = self._front.before(fore)
        if line < above:
            place = fore - 1 - self._front.find(above - 1 - line)
        else:
            place = fore + self._back.find(line - above)
        return place, line - self.top(place)
