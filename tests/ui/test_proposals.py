"""What a call proposes, as a text: what a person changes in it comes back as arguments."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.errors import AuraError
from aura.core.messages import ToolCall
from aura.ui.proposals import read_proposal, write_proposal

TEXT = st.text()
CALLS = st.one_of(
    st.builds(lambda text: {"command": text, "timeout": 3}, TEXT),
    st.builds(lambda text: {"path": "a/b.py", "content": text}, TEXT),
    st.builds(lambda text: {"patch": text}, TEXT),
    st.builds(
        lambda news: {"path": "b", "edits": [{"old": "o", "new": new, "replace_all": True} for new in news]},
        st.lists(TEXT, min_size=1, max_size=4),
    ),
    st.dictionaries(st.sampled_from(["url", "query", "depth"]), st.one_of(TEXT, st.integers(), st.none())),
)


def call(arguments: dict[str, Any]) -> ToolCall:
    return ToolCall("c1", "Any", arguments)


@given(CALLS)
def test_what_is_not_changed_comes_back_as_it_was(arguments: dict[str, Any]) -> None:
    made = call(arguments)
    assert read_proposal(made, write_proposal(made).text) == arguments


@pytest.mark.parametrize(
    ("arguments", "text", "ending"),
    [
        ({"command": "ls -la", "timeout": 3}, "ls -la", ".sh"),
        ({"path": "a/b.py", "content": "x = 1\n"}, "x = 1\n", ".py"),
        ({"path": "a/b.p/../;y", "content": ""}, "", ".txt"),
        ({"path": "b.md", "edits": [{"old": "o", "new": "n"}]}, "n", ".md"),
        ({"patch": "*** Begin"}, "*** Begin", ".diff"),
        ({"url": "x"}, '{\n  "url": "x"\n}\n', ".json"),
    ],
)
def test_what_is_edited_is_what_matters(arguments: dict[str, Any], text: str, ending: str) -> None:
    proposal = write_proposal(call(arguments))
    assert (proposal.text, proposal.ending) == (text, ending)


def test_only_what_was_edited_changes() -> None:
    edits = [{"old": "a", "new": "1"}, {"old": "b", "new": "2\n", "replace_all": True}]
    made = call({"path": "q", "edits": edits})
    text = write_proposal(made).text.replace("2\n", "two\nthree\n")
    assert read_proposal(made, text.rstrip("\n"))["edits"] == [
        {"old": "a", "new": "1"},
        {"old": "b", "new": "two\nthree", "replace_all": True},
    ]
    assert read_proposal(call({"command": "a", "timeout": 9}), "b") == {"command": "b", "timeout": 9}
    assert read_proposal(call({"url": "x"}), '{"url": "y"}') == {"url": "y"}


@pytest.mark.parametrize("text", ["", "[1]", "{", "{" * 100_000])
def test_arguments_that_are_none_are_not_taken(text: str) -> None:
    with pytest.raises(AuraError, match="no JSON object"):
        read_proposal(call({"url": "x"}), text)


def test_edits_that_cannot_be_told_apart_are_not_taken() -> None:
    made = call({"path": "q", "edits": [{"old": "a", "new": "1"}, {"old": "b", "new": "2"}]})
    text = write_proposal(made).text
    for broken in (text.replace("2 of 2", "3 of 3"), "", f"stray\n{text}"):
        with pytest.raises(AuraError, match="were changed"):
            read_proposal(made, broken)
