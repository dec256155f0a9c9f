"""How much a goal is worth by its words, on goals that people give."""

import pytest

from aura.core.effort import route_by_words

FAST = """\
what is this project?
What's the difference between these two files
what does parse_line do?
how do I run the tests
How many modules are there?
why does main import json
explain the retry logic
Help me with the flags of tar
hi
thanks!
list the TODO comments
show me the config format
which python versions are supported
is there a test for the parser?
fix a typo in the README
rename foo to bar in utils.py
tell me who wrote this
where is the entry point?
can you explain the build?
describe the data model"""

DEEP = """\
Research which library fits best and write a report
Analyse the memory use of the server
review the codebase and list the risks
test all the endpoints
migrate from unittest to pytest
Refactor the storage layer
implement rate limiting for the API
find the root cause of the flaky test
make it faster until all benchmarks pass
Go through every file and add type hints
Port this to Python 3.13
what is the root cause of the crash? Investigate it.
How do I migrate the whole codebase? Do it.
audit the dependencies
Build a parser for the log format
rewrite the scheduler"""


@pytest.mark.parametrize("goal", FAST.splitlines())
def test_quick_ones(goal: str) -> None:
    route = route_by_words(goal)
    assert route is not None
    assert route.effort == "fast"


@pytest.mark.parametrize("goal", DEEP.splitlines())
def test_thorough_ones(goal: str) -> None:
    route = route_by_words(goal)
    assert route is not None
    assert route.effort == "deep"


@pytest.mark.parametrize("goal", ["add a flag --quiet", "the login is broken", "bump the version", ""])
def test_words_do_not_always_show_it(goal: str) -> None:
    assert route_by_words(goal) is None


def test_a_long_goal_is_no_quick_question() -> None:
    route = route_by_words("what is this? " + "Look at it closely and say more. " * 30)
    assert route is not None
    assert route.effort == "deep"
