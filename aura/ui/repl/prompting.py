"""A terminal with a prompt that stays usable while lines are printed above it."""

import asyncio
from collections.abc import Iterable

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import is_done
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History as KeptHistory
from prompt_toolkit.input import Input
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import (
    ConditionalContainer,
    Dimension,
    Float,
    FloatContainer,
    HSplit,
    Layout,
    Window,
)
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.output import Output
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import Style, default_ui_style, merge_styles
from prompt_toolkit.widgets import SearchToolbar

from aura.ui.history import History
from aura.ui.repl.completing import Completions
from aura.ui.repl.define import Listener
from aura.ui.repl.keys import bind_keys
from aura.ui.repl.sheet import Sheet

TALLEST = 10  # rows of the prompt; a longer text scrolls
MENU = 8
SETTLE = 0.03  # seconds that lines are collected for, so that the prompt is drawn anew only once
FOCUS, BLUR = Keys.F23, Keys.F24  # keys that no keyboard sends
WATCH_FOCUS, LEAVE_FOCUS = "\x1b[?1004h", "\x1b[?1004l"
ESCAPE_SECONDS = 0.05  # how long the rest of a sequence may take after its Esc
CHORD_SECONDS = 0.3  # how long a key may follow an Esc that was pressed for it
DEPTHS = {
    "none": ColorDepth.DEPTH_1_BIT,
    "standard": ColorDepth.DEPTH_4_BIT,
    "256": ColorDepth.DEPTH_8_BIT,
    "truecolor": ColorDepth.DEPTH_24_BIT,
}


class SharedHistory(KeptHistory):
    """What was entered in any face, as the prompt walks through it."""

    def __init__(self, kept: History) -> None:
        super().__init__()
        self._kept = kept

    def load_history_strings(self) -> Iterable[str]:
        """The entries, newest first."""
        return self._kept.entries

    def store_string(self, string: str) -> None:
        """Take an entry."""
        self._kept.add(string)


class Wire(Vt100_Output):
    """What is written to a terminal; nothing is, once it is gone."""

    def flush(self) -> None:
        """Send what was written."""
        try:
            super().flush()
        except OSError:
            self._buffer.clear()


class PromptTerminal:
    """A prompt with history and completion, a line of gauges below it, and lines above it that stay.

    Nothing is asked of the terminal, so a slow line or an odd terminal costs nothing.
    """

    def __init__(
        self,
        listener: Listener,
        sheet: Sheet,
        history: History,
        completions: Completions,
        input: Input,
        output: Output,
    ) -> None:
        self.is_focused = True
        self.has_gauges = not sheet.spoken
        self.keeps_lines = False
        self._aside = ""
        self._listener = listener
        self._sheet = sheet
        self._output = output
        self._pending = ""
        self._timer: asyncio.TimerHandle | None = None
        self.cleared = ""
        self.completions = completions
        self.is_spoken = sheet.spoken
        self.buffer = Buffer(
            multiline=True,
            history=SharedHistory(history),
            completer=completions,
            enable_history_search=True,
        )
        self.app = self._build(input, output)
        self.app.ttimeoutlen, self.app.timeoutlen = ESCAPE_SECONDS, CHORD_SECONDS

    def _build(self, input: Input, output: Output) -> Application[None]:
        search = SearchToolbar()
        control = BufferControl(
            self.buffer,
            input_processors=[BeforeInput(self._draw_prompt)],
            search_buffer_control=search.control,
            preview_search=True,
        )
        window = Window(control, height=self._measure, wrap_lines=True, dont_extend_height=True)
        rows: list[Window | SearchToolbar | ConditionalContainer] = [window, search]
        floats: list[Float] = []
        if self.has_gauges:
            gauges = Window(FormattedTextControl(self._draw_gauges), height=1, style="class:gauges")
            rows.append(ConditionalContainer(gauges, ~is_done))
            floats.append(Float(CompletionsMenu(max_height=MENU), xcursor=True, ycursor=True))
        depth = self._sheet.depth if self._sheet.look.colour else "none"
        return Application(
            layout=Layout(FloatContainer(HSplit(rows), floats), focused_element=control),
            key_bindings=bind_keys(self, self._listener),
            style=merge_styles([default_ui_style(), self._make_style()]),
            include_default_pygments_style=False,
            color_depth=DEPTHS[depth],
            erase_when_done=True,
            input=input,
            output=output,
        )

    def _measure(self) -> Dimension:
        """The rows of the prompt: more while there is a menu, which needs the room below the caret."""
        return Dimension(min=1 + MENU if self.buffer.complete_state and self.has_gauges else 1, max=TALLEST)

    def _make_style(self) -> Style:
        if not self._sheet.look.colour:
            return Style([("gauges", "noinherit"), ("search", "bold")])
        return Style([("gauges", "noinherit"), ("completion-menu", "bg:default")])

    def _draw_prompt(self) -> StyleAndTextTuples:
        return [("bold", self._listener.prompt)]

    def _draw_gauges(self) -> StyleAndTextTuples:
        drawn: StyleAndTextTuples = [("", " ")]
        for text, role in self._listener.gauges(self.width - 2):
            style = self._sheet.look.style(role)
            words = ["bold"] if style.bold else []
            if style.color is not None and style.color.triplet is not None:
                words.append(f"fg:{style.color.triplet.hex}")
            drawn.append((" ".join(words), text))
        return drawn

    @property
    def draft(self) -> str:
        """What is typed and not sent."""
        return self.buffer.text

    def clear(self) -> None:
        """Take away what is typed; Ctrl+Y brings it back."""
        self.cleared = self.buffer.text or self.cleared
        self.buffer.reset()

    def put_aside(self) -> None:
        """Take away what is typed until `bring_back`."""
        self._aside = self.buffer.text or self._aside
        self.buffer.reset()

    def bring_back(self) -> None:
        """Put what was taken aside back, if nothing was typed since."""
        if self._aside and not self.buffer.text:
            self.buffer.insert_text(self._aside)
            self._aside = ""

    @property
    def width(self) -> int:
        """The terminal's width in cells."""
        return self._output.get_size().columns

    def print(self, text: str) -> None:
        """Print whole lines above the prompt; lines that come together are printed together."""
        self._pending += text
        if not self.app.is_running:
            self._flush()
        elif self._timer is None and self._pending:
            self._timer = asyncio.get_running_loop().call_later(SETTLE, self._flush)

    def _flush(self) -> None:
        text, self._pending, self._timer = self._pending, "", None
        if not text:
            return
        if self.app.is_running:
            self.app.renderer.erase()
            text = text.replace("\n", "\r\n")
        self._output.write_raw(text)
        self._output.flush()
        self.app.invalidate()

    @property
    def is_printing(self) -> bool:
        """Whether lines wait to be printed."""
        return bool(self._pending)

    def refresh(self) -> None:
        """Draw the prompt and the gauges anew."""
        self.app.invalidate()

    def send(self, sequence: str) -> None:
        """Send a sequence that shows nothing."""
        self._output.write_raw(sequence)
        self._output.flush()

    def note_focus(self, *, is_focused: bool) -> None:
        """The terminal says whether anybody looks at it."""
        self.is_focused = is_focused

    async def run(self, typed: str = "") -> None:
        """Take keys until it is closed."""
        ANSI_SEQUENCES["\x1b[I"], ANSI_SEQUENCES["\x1b[O"] = FOCUS, BLUR
        self.send(WATCH_FOCUS)
        try:
            await self.app.run_async(
                pre_run=lambda: self.buffer.insert_text(typed),
                handle_sigint=False,
                set_exception_handler=False,
            )
        except EOFError:
            pass  # the terminal was closed: what becomes of the session is not said here
        finally:
            self.send(LEAVE_FOCUS)
            self._flush()

    def close(self) -> None:
        """Let `run` return."""
        if self.app.is_running and not self.app.is_done:
            self.app.exit()
