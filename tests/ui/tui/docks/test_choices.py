"""A list of choices: how it stands in windows of any width, and how it is answered."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import ComposeResult

from aura.ui.look import ASCII, Look, Signs
from aura.ui.tui.docks.choices import Choice, spell
from aura.ui.tui.docks.define import Dock
from tests.ui.tui.docks.bay import Clock, bay

YES_NO = (
    Choice("yes", "y", "yes, whatever it may be", "yes"),
    Choice("maybe", "m", "perhaps, but not today", "maybe"),
    Choice("no", "n", "no, not at all", "no"),
)


class Trial(Dock):
    """Closes with the name of what was chosen."""

    def __init__(self, clock: Clock, rows: Sequence[Choice], *, inline: bool = False) -> None:
        super().__init__(clock=clock)
        self.rows, self.inline = rows, inline

    def compose_body(self) -> ComposeResult:
        yield self.offer(self.rows, inline=self.inline)

    def pick(self, choice: Choice) -> None:
        self.close(choice.name)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [(["enter"], "yes"), (["up", "enter"], "no"), (["down", "right", "enter"], "no"), (["m"], "maybe")],
)
async def test_letters_arrows_and_enter_choose(keys: list[str], expected: str) -> None:
    clock = Clock()
    async with bay(Trial(clock, YES_NO, inline=True), clock) as place:
        await place.press(*keys)
        assert place.result == expected


@pytest.mark.parametrize("inline", [True, False])
async def test_a_click_chooses_but_not_too_early(inline: bool) -> None:
    clock = Clock()
    async with bay(Trial(clock, YES_NO, inline=inline)) as place:
        await place.click("no, not")
        clock.wait()
        await place.click("╯")
        assert not place.app.closed
        await place.click("no, not")
        assert place.result == "no"


async def test_there_are_fewer_words_where_there_is_less_room() -> None:
    clock = Clock()
    async with bay(Trial(clock, YES_NO, inline=True)) as place:
        assert "❯ y yes, whatever it may be   m perhaps, but not today   n no, not at all" in place.text
        await place.pilot.resize_terminal(50, 20)
        await place.pilot.pause()
        assert "❯ y yes   m maybe   n no" in place.text


async def test_a_choice_that_fits_no_line_is_wrapped_and_never_cut() -> None:
    clock = Clock()
    words = " ".join(f"word{number}" for number in range(30))
    rows = [Choice("long", "l", words), Choice("short", "s", "short")]
    async with bay(Trial(clock, rows, inline=True), clock, size=(60, 20)) as place:
        shown = " ".join(" ".join(line.strip("│ ") for line in place.lines).split())
        assert f"❯ l {words} s short" in shown
        await place.press("s")
        assert place.result == "short"


async def test_what_explains_a_choice_stands_beside_it_or_below_it() -> None:
    rows = [
        Choice("a", "1", "SQLite", detail="one file, crash-safe"),
        Choice("b", "2", "JSONL", detail="append only"),
    ]
    async with bay(Trial(Clock(), rows)) as place:
        assert "❯ 1 SQLite   one file, crash-safe" in place.text
        assert "  2 JSONL    append only" in place.text
        await place.pilot.resize_terminal(30, 20)
        await place.pilot.pause()
        lines = [line.strip("│").rstrip() for line in place.lines]
        assert lines[lines.index(" ❯ 1 SQLite") + 1] == "     one file, crash-safe"


async def test_words_from_outside_are_text() -> None:
    rows = [
        Choice("a", "1", "[red]one[/]\x1b[2J", detail="\x1b]0;title\x07two\u202e"),
        Choice("b", "2", "日本語"),
    ]
    async with bay(Trial(Clock(), rows)) as place:
        assert "1 [red]one[/]   two<U+202E>" in place.text
        assert "2 日本語" in place.text


@given(st.text())
def test_spelling_leaves_no_sign_of_ours_that_ascii_has_not(text: str) -> None:
    assert not set("·…↑↓−") & set(spell(text, ASCII))
    assert spell(text, Signs()) == text
    assert spell("a · b", Look().signs) == "a · b"
