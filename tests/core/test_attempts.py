"""Digests: equal for what is equal to a reader, blind to what changes by itself."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.attempts import VOLATILE, digest_call, digest_result, is_pause
from aura.core.messages import ToolCall, ToolResult


def test_the_order_of_arguments_means_nothing() -> None:
    one = ToolCall("1", "Edit", {"path": "a", "old": "x"})
    other = ToolCall("2", "Edit", {"old": "x", "path": "a"})
    assert digest_call(one) == digest_call(other)
    assert digest_call(one) != digest_call(ToolCall("1", "Write", one.arguments))
    assert digest_call(one) != digest_call(ToolCall("1", "Edit", {"path": "b", "old": "x"}))


def test_arguments_that_cannot_be_read_count_as_they_came() -> None:
    one = ToolCall("1", "Edit", raw='{"path": ', problem="cut")
    assert digest_call(one) == digest_call(ToolCall("2", "Edit", raw='{"path": ', problem="cut"))
    assert digest_call(one) != digest_call(ToolCall("2", "Edit", raw='{"path"', problem="cut"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 passed in 0.12s", "3 passed in 1.40s"),
        ("at 2026-01-02 03:04:05", "at 2026-01-02 03:09:59"),
        ("12:00:01 ready", "12:00:02 ready"),
        ("<object at 0x7f01>", "<object at 0x7f99>"),
        ("pid 12", "pid 99"),
        ("wrote /tmp/abc/x", "wrote /tmp/def/x"),
        ("[job-1 is running, 5 s]", "[job-1 is running, 65 s]"),
    ],
)
def test_times_and_addresses_are_not_news(one: str, other: str) -> None:
    assert digest_result(ToolResult("1", one)) == digest_result(ToolResult("2", other))


@pytest.mark.parametrize(
    ("one", "other"), [("3 passed", "4 passed"), ("line 12", "line 13"), ("test_a failed", "test_b failed")]
)
def test_what_a_reader_would_call_different_is(one: str, other: str) -> None:
    assert digest_result(ToolResult("1", one)) != digest_result(ToolResult("1", other))


@pytest.mark.parametrize(
    ("command", "pause"),
    [
        ("sleep 30; tail log", True),
        ("until curl x; do :; done", True),
        ("cat wait.txt", True),
        ("sleeping", False),
    ],
)
def test_commands_that_wait(command: str, pause: bool) -> None:
    assert is_pause(command) is pause


# The same as `VOLATILE`, written to be read: each kind of news that is none.
PLAINLY = re.compile(
    r"0x[0-9a-fA-F]+|\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?|\b\d\d:\d\d:\d\d(\.\d+)?"
    r"|\b\d+(\.\d+)?\s?(ms|s|sec|secs|seconds|minutes)\b|\bpid[ =:]*\d+|/tmp/\S+"
)
SCRAPS = [
    "0x",
    "0",
    "23",
    "4567",
    "-",
    ":",
    "T",
    " ",
    ".",
    "s",
    "ms",
    "minutes",
    "pid",
    "p",
    "/tmp/",
    "a",
    "_",
    "é",
]


@given(st.lists(st.sampled_from([*SCRAPS, "2024-10-11T12:13:14.5", "12:13:14", "\n", "\u0663"]), max_size=12))
def test_the_fast_pattern_is_the_plain_one(scraps: list[str]) -> None:
    text = "".join(scraps)
    assert VOLATILE.sub("#", text) == PLAINLY.sub("#", text)
