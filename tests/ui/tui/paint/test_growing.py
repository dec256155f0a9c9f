"""A reply that is being written: what stands there stays, and the end is read as it will most likely be."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.ui.blocks import Prose
from aura.ui.highlight import _highlight
from aura.ui.look import Look
from aura.ui.splitting import Splitter
from aura.ui.tui.paint import paint
from aura.ui.tui.paint.pieces import settle
from tests.ui.tui.paint.test_markdown import TEXT

MORE = """\
The **failure** shows up *once* in `sixty` runs, see [docs](https://example.org/path) and ***both***. A snake_case_name.

- one **bold item** here
- two `code`
  - nested

```python
def f(x):
    return x
```

| a | b |
|---|:-:|
| 1 | **x** |

Steps taken: 2 * 3 * 4 and 5 ** 6.
"""


def tell(body: Prose, width: int = 50) -> list[str]:
    lines = [strip.text.rstrip() for strip in paint(body, Look(), width, expanded=False, now=0)]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def grow(text: str) -> list[list[str]]:
    """What is on the screen after each character."""
    splitter = Splitter()
    done: list[str] = []
    frames = []
    for character in text:
        for piece in splitter.feed(character):
            done += [
                strip.text.rstrip()
                for strip in paint(Prose(piece.text, fence=piece.fence), Look(), 50, expanded=False, now=0)
            ]
        rest = splitter.rest
        open_lines = tell(Prose(rest.text, open=True, fence=rest.fence)) if rest.text.strip() else []
        frames.append([*done, *open_lines])
    return frames


@pytest.mark.parametrize("text", [TEXT, MORE])
def test_lines_above_the_last_one_hardly_ever_change(text: str) -> None:
    frames = [[line for line in frame if line] for frame in grow(text)]
    changed = [
        (before, after)
        for before, after in pairwise(frames)
        if before[:-1] != after[: max(len(before) - 1, 0)]
    ]
    assert len(changed) <= 2, changed  # a table that closes, and a heading that is underlined


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a **bold", "a bold"),
        ("a **", "a"),
        ("a *sl", "a sl"),
        ("a ***both", "a both"),
        ("a `code", "a code"),
        ("a ~~gone", "a gone"),
        ("see [docs](https://exam", "see docs"),
        ("text\n-", "text"),
        ("text\n==", "text"),
        ("text\n1.", "text"),
        ("#", ""),
        ("42", "42"),
        ("2 * 3", "2 * 3"),
        ("x_1", "x_1"),
        ("- item **b", "• item b"),
        ("`a` and **b** and", "a and b and"),
    ],
)
def test_the_end_is_read_as_it_will_be(text: str, shown: str) -> None:
    assert "\n".join(line.strip() for line in tell(Prose(text, open=True))) == shown


@given(st.text(st.sampled_from("ab *_`~[]()#->|\n1."), max_size=60))
def test_settling_never_adds_words(text: str) -> None:
    assert [c for c in settle(text) if c in "ab"] == [c for c in text if c in "ab"] or "](" in text


def test_a_half_fence_is_not_shown_as_code() -> None:
    assert [line.strip() for line in tell(Prose("```python\nx = 1\n``", open=True))] == ["x = 1"]


def test_a_table_is_raw_until_it_is_whole() -> None:
    rows = "| a | b |\n|---|---|\n| 1 | 2 |\n"
    assert [line.strip() for line in tell(Prose(rows, open=True))] == rows.splitlines()
    assert [line.strip() for line in tell(Prose(rows))] == ["a │ b", "──┼──", "1 │ 2"]


def test_of_a_growing_program_only_the_last_line_is_read_again() -> None:
    code = "".join(f"value_{number} = compute({number})\n" for number in range(30))
    tell(Prose(f"```python\n{code}", open=True))
    tell(Prose(f"```python\n{code}r", open=True))
    before = _highlight.cache_info().misses
    for end in range(1, 20):
        tell(Prose(f"```python\n{code}{'result = 1 + 2 + 3 + 4'[:end]}", open=True))
    assert _highlight.cache_info().misses - before == 18
