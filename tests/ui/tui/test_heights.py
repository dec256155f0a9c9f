"""Sums of heights against a plain list."""

from itertools import accumulate
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from aura.ui.tui.heights import Heights

HEIGHT = st.integers(0, 9)


class HeightsAgainstList(RuleBasedStateMachine):
    """Whatever comes at either end, is corrected or goes: the sums are those of a list."""

    def __init__(self) -> None:
        super().__init__()
        self.heights = Heights()
        self.model: list[int] = []

    @rule(height=HEIGHT)
    def append(self, height: int) -> None:
        self.heights.append(height)
        self.model.append(height)

    @rule(page=st.lists(HEIGHT, max_size=20))
    def prepend(self, page: list[int]) -> None:
        self.heights.prepend(reversed(page))
        self.model[:0] = page

    @precondition(lambda self: self.model)
    @rule(data=st.data(), height=HEIGHT)
    def correct(self, data: Any, height: int) -> None:
        place = data.draw(st.integers(0, len(self.model) - 1))
        self.heights.set(place, height)
        self.model[place] = height

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: Any) -> None:
        place = data.draw(st.integers(0, len(self.model) - 1))
        self.heights.remove(place)
        del self.model[place]

    @rule(data=st.data(), height=HEIGHT)
    def insert(self, data: Any, height: int) -> None:
        place = data.draw(st.integers(0, len(self.model)))
        self.heights.insert(place, height)
        self.model.insert(place, height)

    @invariant()
    def sums_are_right(self) -> None:
        assert [self.heights[place] for place in range(len(self.heights))] == self.model
        tops = [0, *accumulate(self.model)]
        assert [self.heights.top(place) for place in range(len(tops))] == tops
        assert self.heights.total == tops[-1]

    @invariant()
    def every_line_is_found(self) -> None:
        lines = [(place, line) for place, height in enumerate(self.model) for line in range(height)]
        assert [self.heights.find(line) for line in range(len(lines))] == lines
        assert self.heights.find(len(lines)) == (len(self.model), 0)


TestHeightsAgainstList = HeightsAgainstList.TestCase
HeightsAgainstList.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@given(st.lists(HEIGHT, max_size=50))
def test_a_line_above_all_is_the_first(heights: list[int]) -> None:
    column = Heights()
    column.prepend(heights)
    assert column.find(-1) == (0, 0)
