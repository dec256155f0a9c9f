"""What holds for every dock: time in which keys do not count, the safe answer, text that is never lost."""

from textual import events
from textual.app import ComposeResult

from aura.ui.look import ASCII, Look
from aura.ui.tui.docks.choices import Choice
from aura.ui.tui.docks.define import DEAD_SECONDS, NO_AUTO, Dock
from tests.ui.tui.docks.bay import Clock, bay


class Trial(Dock):
    """Yes, no, or a word."""

    def __init__(self, clock: Clock, *, inline: bool = True) -> None:
        super().__init__("Try [bold]it[/] · once\x1b[31m", "letters answer · Esc = no", clock=clock)
        self.inline = inline
        self.restyled = 0

    def compose_body(self) -> ComposeResult:
        rows = [Choice("yes", "y", "yes"), Choice("tell", "t", "tell it"), Choice("no", "n", "no")]
        yield self.offer(rows, inline=self.inline)

    def pick(self, choice: Choice) -> None:
        if choice.name == "tell":
            self.open_field("what to tell")
        else:
            self.close(choice.name)

    def take_text(self, text: str) -> None:
        self.close(("told", text))

    def cancel(self) -> None:
        self.close("safe")

    def restyle(self) -> None:
        self.restyled += 1


async def test_a_key_counts_only_after_a_while() -> None:
    clock = Clock()
    async with bay(Trial(clock)) as place:
        await place.press("y", "enter", "escape", "ctrl+c")
        assert not place.app.closed
        clock.wait(DEAD_SECONDS - 0.01)
        await place.press("n")
        assert not place.app.closed
        clock.wait()
        await place.press("y")
        assert place.result == "yes"


async def test_whoever_goes_on_typing_answers_nothing_and_loses_nothing() -> None:
    """Somebody types a sentence when the dock appears: its letters go to the prompt, however long it takes."""
    clock = Clock()
    async with bay(Trial(clock)) as place:
        for letter in "yny yn":
            clock.wait(DEAD_SECONDS - 0.1)
            await place.type(letter)
        assert not place.app.closed
        assert "".join(place.app.strayed) == "yny yn"
        clock.wait()
        await place.press("n")
        assert place.result == "no"


async def test_pasted_text_answers_nothing_and_belongs_to_the_prompt() -> None:
    clock = Clock()
    async with bay(Trial(clock), clock) as place:
        place.app.dock.post_message(events.Paste("y\nes"))
        await place.pilot.pause()
        assert not place.app.closed
        assert place.app.strayed == ["y\nes"]


async def test_text_pasted_into_the_line_stays_on_it() -> None:
    clock = Clock()
    async with bay(Trial(clock), clock) as place:
        await place.press("t")
        place.app.dock.post_message(events.Paste("use\nthe \x1b[31mlock"))
        await place.press("enter")
        assert place.result == ("told", "use the lock")


async def test_ctrl_a_does_nothing_and_says_so_until_the_next_key() -> None:
    clock = Clock()
    async with bay(Trial(clock), clock) as place:
        await place.press("ctrl+a")
        assert NO_AUTO in place.text
        await place.press("down")
        assert NO_AUTO not in place.text
        assert "Esc = no" in place.text
        await place.press("t", "ctrl+a", "x", "enter")
        assert place.result == ("told", "x")


async def test_escape_and_ctrl_c_are_the_safe_answer() -> None:
    for key in ("escape", "ctrl+c"):
        clock = Clock()
        async with bay(Trial(clock), clock) as place:
            await place.press(key)
            assert place.result == "safe"


async def test_escape_goes_back_from_the_line_and_ctrl_c_does_not() -> None:
    clock = Clock()
    async with bay(Trial(clock), clock) as place:
        await place.press("t", "h", "escape", "t", "enter")
        assert not place.app.closed  # an empty line is not sent
        await place.press("ctrl+c")
        assert place.result == "safe"


async def test_letters_right_after_the_one_that_opens_the_line_are_text() -> None:
    clock = Clock()
    async with bay(Trial(clock), clock) as place:
        await place.pilot.press(*"tyn", "enter")
        await place.pilot.pause()
        assert place.result == ("told", "yn")


async def test_a_dock_is_closed_once() -> None:
    clock = Clock()
    async with bay(Trial(clock), clock) as place:
        dock = place.app.dock
        await place.pilot.press("y", "n", "escape")
        dock.close("again")
        await place.pilot.pause()
        assert place.result == "yes"


async def test_what_was_settled_before_it_was_shown_goes_at_once() -> None:
    dock = Trial(Clock())
    dock.asked = "a1"
    dock.withdraw("a2")
    assert not dock.is_closed
    dock.withdraw("a1")
    async with bay(dock) as place:
        assert place.result is None


async def test_titles_are_text_and_never_markup() -> None:
    async with bay(Trial(Clock())) as place:
        assert "╭─ Try [bold]it[/] · once ─" in place.text
        assert "╰─ letters answer · Esc = no ─" in place.text


async def test_signs_that_the_terminal_cannot_show_are_spelled() -> None:
    async with bay(Trial(Clock()), look=Look(signs=ASCII, motion=False)) as place:
        shown = "\n".join(line for line in place.lines if line not in ("above", "below"))
        assert shown.isascii(), shown
        assert "Esc = no" in shown


async def test_without_colour_there_is_none() -> None:
    clock = Clock()
    async with bay(Trial(clock), clock, look=Look(colour=False, motion=False)) as place:
        await place.press("t", "x")
        assert place.colours == set()


async def test_another_look_reaches_every_part() -> None:
    clock = Clock()
    async with bay(Trial(clock), clock) as place:
        dock = place.app.dock
        assert isinstance(dock, Trial)
        before = dock.restyled
        dock.look = Look(signs=ASCII, motion=False)
        await place.pilot.pause()
        assert dock.restyled == before + 1
        assert "> y yes" in place.text
        assert "❯" not in place.text
