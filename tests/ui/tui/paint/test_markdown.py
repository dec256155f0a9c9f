"""Markdown as lines."""

import pytest
from rich.segment import Segment

from aura.ui.blocks import Prose
from aura.ui.look import ASCII, PALETTES, Look
from aura.ui.splitting import split
from aura.ui.tui.paint import paint
from aura.ui.tui.paint.markdown import render_markdown


def tell(text: str, width: int = 60, look: Look | None = None) -> list[str]:
    lines = render_markdown(text, look or Look(), width)
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def find(text: str, part: str, look: Look | None = None) -> Segment:
    """The segment that holds a part of the text."""
    lines = render_markdown(text, look or Look(), 80)
    return next(segment for line in lines for segment in line if part in segment.text)


def test_emphasis_is_style_and_not_signs() -> None:
    text = "a **bold** and *slanted* and ~~gone~~ word"
    assert tell(text) == ["a bold and slanted and gone word"]
    bold, slanted, gone = (find(text, word).style for word in ("bold", "slanted", "gone"))
    assert bold and bold.bold and slanted and slanted.italic and gone and gone.strike


@pytest.mark.parametrize("text", ["snake_case_name", "2 * 3 * 4", "a < b && c > d", "[x](", "x[0](1", "50 %"])
def test_what_is_no_markdown_stays(text: str) -> None:
    assert tell(text) == [text]


def test_code_in_text_is_told_apart() -> None:
    style = find("see `queue.py`", "queue.py").style
    assert style and style.bgcolor
    assert tell("see `queue.py`", look=Look(colour=False)) == ["see `queue.py`"]
    assert tell("see `queue.py`", look=Look(PALETTES["ansi"])) == ["see `queue.py`"]


def test_headings_stand_apart() -> None:
    assert tell("# One\ntext\n## Two\ntext") == ["One", "", "text", "", "Two", "", "text"]
    style = find("# One", "One").style
    assert style and style.bold and style.underline


def test_lists_hang() -> None:
    assert tell("- a long item that wraps\n  - nested and also long\n    1. deep\n", 16) == [
        "• a long item", "  that wraps", "  • nested and", "    also long", "    1. deep",
    ]  # fmt: skip
    assert tell("9. nine\n10. ten\n\n    more of ten") == ["9. nine", "10. ten", "", "    more of ten"]
    assert tell("- [x] done\n- [ ] open\n1. [x] both") == ["✓ done", "○ open", "1. ✓ both"]
    assert tell("- a\n-\n- b") == ["• a", "•", "• b"]
    assert tell("- a\n  ```py\n  x = 1\n  ```\n  after") == ["• a", "   x = 1", "  after"]


def test_loose_lists_keep_their_gaps() -> None:
    assert tell("- a\n\n- b\n- c") == ["• a", "", "• b", "• c"]


def test_deep_nesting_leaves_room_for_the_text() -> None:
    deep = "".join(f"{'  ' * level}- level {level}\n" for level in range(15))
    lines = tell(deep, 24)
    assert all(len(line) <= 24 for line in lines)
    assert all(any(f"level {level}" in line for line in lines) for level in range(9))


def test_quotes_have_a_guide() -> None:
    assert tell("> one\n> two\n>\n> - three") == ["│ one two", "│", "│ • three"]


def test_tables_fit() -> None:
    source = "| name | n |\n|---|---:|\n| a | 1 |\n| much longer | 12 |"
    assert tell(source) == ["name        │  n", "────────────┼───", "a           │  1", "much longer │ 12"]
    assert tell(source, 11)[-2:] == ["much   │ 12", "longer │"]
    assert tell(source, 9) == ["name: a", "n: 1", "─────────", "name:", "much", "longer", "n: 12"]


def test_wide_cells_wrap_and_rows_get_rules() -> None:
    lines = tell("| a | b |\n|---|---|\n| x | one two three four |\n| y | five |", 16)
    assert lines == [
        "a │ b",
        "──┼─────────────",
        "x │ one two",
        "  │ three four",
        "──┼─────────────",
        "y │ five",
    ]


def test_pipes_in_cells_and_missing_cells() -> None:
    assert tell("| a | b |\n|---|---|\n| x \\| y |\n| 1 | 2 | 3 |") == [
        "a     │ b",
        "──────┼──",
        "x | y │",
        "1     │ 2",
    ]


def test_tables_in_lists() -> None:
    assert tell("- t\n\n  | a | b |\n  |:-:|---|\n  | 1 | 2 |") == [
        "• t",
        "",
        "  a │ b",
        "  ──┼──",
        "  1 │ 2",
    ]


def test_html_and_images_are_text() -> None:
    assert tell("<script>x</script> ![alt](a.png)") == ["<script>x</script> [image: alt] (a.png)"]


def test_links_name_where_they_lead() -> None:
    assert tell("[docs](https://example.org/a)") == ["docs (https://example.org/a)"]
    assert tell("<https://example.org/a>") == ["https://example.org/a"]
    assert tell("[https://example.org](https://example.org/)") == ["https://example.org"]
    assert tell("[good.org](https://evil.org)") == ["good.org (https://evil.org)"]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("[a](https://example.org/x)", "https://example.org/x"),
        ("see https://example.org/x.", "https://example.org/x"),
        ("[a](file:///etc/passwd)", None),
        ("[a](src/queue.py)", None),
        ("[a](mailto:x@example.org)", None),
    ],
)
def test_the_terminal_is_told_of_web_pages_only(text: str, target: str | None) -> None:
    links = {
        s.style.link for line in render_markdown(text, Look(), 80) for s in line if s.style and s.style.link
    }
    assert links == ({target} if target else set())


def test_entities_cannot_smuggle_anything_in() -> None:
    assert "\u202e" not in "".join(tell("a &#x202e; b &#27;[31m `&#x202e;` [x](https://a.b/&#x202e;)"))


def test_code_is_as_wide_as_there_is_room_and_chopped() -> None:
    lines = render_markdown("```python\nx = 'a long line of code'\n```", Look(), 16)
    texts = ["".join(segment.text for segment in line) for line in lines]
    assert texts == [" x = 'a long li ", " ne of code'    "]
    assert all(segment.style and segment.style.bgcolor for line in lines for segment in line)


def test_where_code_has_no_background_it_has_a_guide() -> None:
    assert tell("```\nx\n\ny\n```", look=Look(colour=False)) == ["│ x", "│", "│ y"]
    assert tell("```\nx\n```", look=Look(signs=ASCII, colour=False)) == ["| x"]


@pytest.mark.parametrize("mark", ["```", "~~~", "````"])
def test_fences_end_where_they_should(mark: str) -> None:
    assert tell(f"{mark}\na\n``\n{mark}\nb") == [" a", " ``", "", "b"]


def test_an_indented_block_is_code() -> None:
    assert tell("text\n\n    x = 1\n\n    y = 2\n\nmore") == ["text", "", " x = 1", "", " y = 2", "", "more"]


TEXT = """\
# Title
Intro:
- one
- two

  with a second paragraph
1. first

```python
a = 1

b = 2
```
After.

| a | b |
|---|---|
| 1 | 2 |
***
> quote

The end."""


def test_pieces_of_a_reply_look_like_the_whole() -> None:
    strips = [
        strip.text.rstrip()
        for piece in split(TEXT)
        for strip in paint(Prose(piece.text, fence=piece.fence), Look(), 62, expanded=False, now=0)
    ]
    assert [line.removeprefix("  ") for line in strips[:-1]] == tell(TEXT)


def test_a_long_program_in_pieces_has_no_gaps() -> None:
    code = "".join(f"line_{number} = {number}\n" for number in range(130))
    pieces = split(f"```python\n{code}```\nAfter.\n")
    assert len(pieces) > 3
    strips = [
        strip.text.strip()
        for piece in pieces
        for strip in paint(Prose(piece.text, fence=piece.fence), Look(), 62, expanded=False, now=0)
    ]
    assert strips[:131] == [*(f"line_{number} = {number}" for number in range(130)), ""]
    assert strips[131] == "After."


def test_a_paragraph_of_brackets_does_not_take_for_ever() -> None:
    assert len(tell("[" * 30_000, 100)) == 300
