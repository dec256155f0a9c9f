"""The prompt that stays usable: keys, printing above it, and what a screen shows of it."""

import asyncio
import contextlib
import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pyte
import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.input.base import PipeInput
from prompt_toolkit.output.vt100 import Vt100_Output

from aura.ui.files import Files
from aura.ui.history import History
from aura.ui.look import Look
from aura.ui.repl.completing import Completions
from aura.ui.repl.prompting import LEAVE_FOCUS, WATCH_FOCUS, PromptTerminal
from aura.ui.repl.sheet import Sheet
from tests.ui.repl.test_bare import Heard

QUIET_ROUNDS = 20  # of the event loop in which nothing happens: then nothing will
SHEET = Sheet()
COLOUR = re.compile(r"\x1b\[[\d;]*m")


class Wire(io.StringIO):
    """What was written to a terminal, and the screen that shows it."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        super().__init__()
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self.written = ""
        self.changed = asyncio.Event()

    def write(self, text: str) -> int:
        self.written += text
        self._stream.feed(text)
        self.changed.set()
        return len(text)

    def fileno(self) -> int:
        return -1

    @property
    def lines(self) -> list[str]:
        """The lines of the screen, without the empty ones at its end."""
        lines = [line.rstrip() for line in self.screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines


@dataclass
class Rig:
    """A terminal that runs, the keys that are pressed, what it shows."""

    terminal: PromptTerminal
    keys: PipeInput
    wire: Wire
    heard: Heard
    history: History

    def type(self, text: str) -> None:
        """Press keys."""
        self.keys.send_text(text)

    async def settle(self) -> list[str]:
        """The lines that are shown when all keys are taken and all of it is drawn."""
        app, quiet = self.terminal.app, 0
        async with asyncio.timeout(10):
            while quiet < QUIET_ROUNDS:
                await asyncio.sleep(0)
                busy = app.invalidated or app.key_processor.input_queue or self.terminal.is_printing
                quiet = 0 if busy else quiet + 1
        return self.wire.lines

    async def until(self, shown: str) -> list[str]:
        """The lines that are shown, once a text is one of them."""
        async with asyncio.timeout(10):
            while not any(shown in line for line in self.wire.lines):
                self.wire.changed.clear()
                await self.wire.changed.wait()
        return self.wire.lines


@contextlib.asynccontextmanager
async def rig(place: Path, *, sheet: Sheet = SHEET, typed: str = "", rows: int = 24) -> AsyncIterator[Rig]:
    """A terminal that runs."""
    heard, wire = Heard(), Wire(80, rows)
    output = Vt100_Output(wire, lambda: Size(rows, 80), term="xterm", enable_cpr=False)
    (place / "alpha.py").write_text("")
    (place / "beta.py").write_text("")
    files = Files(place)
    files.load()
    history = History(str(place), place / "history.jsonl")
    with create_pipe_input() as keys:
        terminal = PromptTerminal(heard, sheet, history, Completions(heard.commands, files), keys, output)
        task = asyncio.create_task(terminal.run(typed))
        made = Rig(terminal, keys, wire, heard, history)
        await made.settle()
        try:
            yield made
        finally:
            terminal.close()
            await task


async def test_the_prompt_stands_at_the_end_with_the_gauges_below(tmp_path: Path) -> None:
    async with rig(tmp_path, typed="early ") as made:
        made.type("bird")
        assert await made.settle() == ["aura> early bird", " gauges"]
        assert made.terminal.draft == "early bird"
        made.type("\r")
        assert await made.heard.until(1) == ["enter early bird"]
        assert await made.settle() == ["aura>", " gauges"]
    assert made.wire.lines == []
    assert made.wire.written.count(WATCH_FOCUS) == 1
    assert made.wire.written.endswith(LEAVE_FOCUS)


async def test_lines_are_printed_above_and_the_draft_stays(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.type("half a thought")
        await made.until("half a thought")
        made.terminal.print("one\n")
        made.terminal.print("two\n")
        await made.until("two")
        assert await made.settle() == ["one", "two", "aura> half a thought", " gauges"]
        made.type(" more")
        assert (await made.until("more"))[2] == "aura> half a thought more"


async def test_what_is_printed_scrolls_and_the_prompt_stays_at_the_bottom(tmp_path: Path) -> None:
    async with rig(tmp_path, rows=12) as made:
        for number in range(40):
            made.terminal.print(f"line {number}\n")
        await made.until("line 39")
        lines = await made.settle()
        assert lines[-3:] == ["line 39", "aura>", " gauges"]
        assert lines[0] == "line 30"


async def test_what_was_printed_last_is_there_at_the_end(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.terminal.print("To go on: …\n")
        made.terminal.close()
    assert made.wire.lines == ["To go on: …"]


@pytest.mark.parametrize("newline", ["\n", "\x1b\r", "\\\r"])
async def test_three_ways_to_a_new_line(tmp_path: Path, newline: str) -> None:
    async with rig(tmp_path) as made:
        made.type(f"one{newline}two\r")
        assert await made.heard.until(1) == ["enter one\ntwo"]


async def test_a_paste_is_text_and_harmless(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.type("\x1b[200~one\r\ntwo\x1b[31m\u202ethree\x1b[201~")
        await made.settle()
        assert made.terminal.draft == "one\ntwo<U+202E>three"
        assert made.heard.told == []


@pytest.mark.parametrize(
    ("keys", "told"),
    [("\x03", "stop"), ("\x04", "end"), ("\x01", "auto"), ("\x1ba", "auto")],
)
async def test_keys_have_their_meaning(tmp_path: Path, keys: str, told: str) -> None:
    async with rig(tmp_path) as made:
        made.type(keys)
        assert await made.heard.until(1) == [told]


async def test_ctrl_a_leaves_text_and_caret_and_home_goes_to_the_start(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.type("abc\x01d\x1b[Hx")
        await made.heard.until(1)
        await made.settle()
        assert made.terminal.draft == "xabcd"


async def test_emacs_has_its_line_start_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.heard.wants_emacs = True
        made.type("abc\x01x")
        await made.settle()
        assert made.terminal.draft == "xabc"
        made.type("\x1ba")
        assert await made.heard.until(1) == ["auto"]


async def test_esc_cancels_a_question_at_once_and_means_nothing_else(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.type("\x1b")
        await made.settle()
        async with asyncio.timeout(10):
            while made.terminal.app.key_processor.key_buffer:  # noqa: ASYNC110 - it waits for what may follow
                await asyncio.sleep(0)
        assert made.heard.told == []
        made.heard.is_asking, made.heard.prompt = True, "Enter 1 or 2: "
        made.type("\x1b")
        assert await made.heard.until(1) == ["cancel"]


async def test_cleared_text_comes_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.type("precious")
        await made.settle()
        made.terminal.clear()
        assert made.terminal.draft == ""
        made.type("\x19")
        await made.settle()
        assert made.terminal.draft == "precious"


async def test_what_is_put_aside_comes_back_unless_something_was_typed(tmp_path: Path) -> None:
    async with rig(tmp_path, typed="first") as made:
        made.terminal.put_aside()
        assert made.terminal.draft == ""
        made.terminal.bring_back()
        assert made.terminal.draft == "first"
        made.terminal.put_aside()
        made.type("other")
        await made.settle()
        made.terminal.bring_back()
        assert made.terminal.draft == "other"


async def test_tab_completes_commands_and_files_and_else_queues(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.type("/st\t")
        await made.settle()
        assert made.terminal.draft == "/status"
        made.terminal.clear()
        made.type("see @alp\t")
        await made.settle()
        assert made.terminal.draft == "see @alpha.py"
        made.type(" then\t")
        await made.settle()
        assert made.terminal.draft == "see @alpha.py then"
        made.heard.is_working = True
        made.type("\t")
        assert await made.heard.until(1) == ["queue see @alpha.py then"]


async def test_several_answers_are_a_menu_and_enter_takes_one(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.type("see @py\t")
        lines = await made.until("beta.py")
        assert any("alpha.py" in line for line in lines)
        made.type("\t\r")
        await made.settle()
        assert re.fullmatch(r"see @(alpha|beta)\.py", made.terminal.draft)
        assert made.heard.told == []


async def test_what_was_entered_is_history_but_answers_are_not(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.type("first\rsecond\r")
        await made.heard.until(2)
        made.heard.is_asking = True
        made.type("y\r")
        await made.heard.until(3)
        made.heard.is_asking = False
        await made.settle()
        assert made.history.entries == ["second", "first"]
        made.type("\x1b[A\x1b[A")
        await made.settle()
        assert made.terminal.draft == "first"
    assert History(str(tmp_path), tmp_path / "history.jsonl").entries == ["second", "first"]


async def test_the_history_is_searched(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.type("fix the parser\rsay hello\r")
        await made.heard.until(2)
        made.type("\x12pars")
        await made.settle()
        made.type("\r")
        await made.settle()
        assert made.terminal.draft == "fix the parser"
        assert len(made.heard.told) == 2


async def test_whether_anybody_looks_is_known(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        seen = []
        for report in ("\x1b[O", "\x1b[I"):
            made.type(report)
            await made.settle()
            seen.append(made.terminal.is_focused)
        assert seen == [False, True]
        assert made.terminal.draft == ""


async def test_without_colour_there_is_none(tmp_path: Path) -> None:
    async with rig(tmp_path, sheet=Sheet(Look(colour=False))) as made:
        made.type("/st\t see @py\t\t")
        await made.settle()
        made.terminal.print("line\n")
        await made.settle()
    used = {number for match in COLOUR.findall(made.wire.written) for number in match[2:-1].split(";")}
    assert used <= {"", "0", "1", "3", "4", "7"}


async def test_for_somebody_who_listens_there_is_no_line_below_and_no_menu(tmp_path: Path) -> None:
    async with rig(tmp_path, sheet=Sheet(spoken=True)) as made:
        assert not made.terminal.has_gauges
        made.type("see @py\t")
        await made.until("@beta.py")
        lines = await made.settle()
        assert lines[0] in ("@alpha.py, @beta.py", "@beta.py, @alpha.py")
        assert lines[-1].startswith("aura> see @")
        assert not any("gauges" in line for line in lines)


async def test_a_terminal_that_is_closed_ends_it_and_nobody_said_so(tmp_path: Path) -> None:
    heard, wire = Heard(), Wire()
    output = Vt100_Output(wire, lambda: Size(24, 80), term="xterm", enable_cpr=False)
    with create_pipe_input() as keys:
        completions = Completions(heard.commands, Files(tmp_path))
        history = History(str(tmp_path), tmp_path / "history.jsonl")
        terminal = PromptTerminal(heard, SHEET, history, completions, keys, output)
        keys.close()
        await asyncio.wait_for(terminal.run(), 10)
    assert heard.told == []


async def test_nothing_is_asked_of_the_terminal(tmp_path: Path) -> None:
    async with rig(tmp_path) as made:
        made.type("x\r")
        await made.heard.until(1)
    assert "\x1b[6n" not in made.wire.written
    assert "\x1b[?1049h" not in made.wire.written
