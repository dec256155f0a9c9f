"""How things look: colours by role, signs, and whether anything moves; shared by every face with a screen."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from rich.style import Style

Role = Literal[
    "text",  # what is said
    "muted",  # beside the point: times, hints, numbers of lines
    "faint",  # rules, guides, empty parts of gauges
    "strong",  # names of tools, headings
    "accent",  # running, or yours to act
    "user",  # what a person said
    "good",
    "warn",
    "bad",
    "injector",
    "link",
    "added",  # a line that came
    "removed",  # a line that went
    "added_word",
    "removed_word",
    "code",  # a block of code
    "selected",
    "cursor",  # the block with the cursor
    "gauge",  # the empty part of a gauge
    "bar",  # header and status
]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by role, as rich style texts (`bold #d08770 on #101014`); an empty text is the terminal's own.

    `code_style` names the pygments style of highlighted code.
    """

    name: str
    is_dark: bool
    background: str
    surface: str
    styles: tuple[tuple[Role, str], ...]
    code_style: str

    def text_of(self, role: Role) -> str:
        """The rich style text of a role."""
        return dict(self.styles).get(role, "")


@dataclass(frozen=True, slots=True)
class Signs:
    """One-cell signs for states; every state has a word beside its sign."""

    ok: str = "✓"
    failed: str = "✗"
    running: str = "◐"
    waiting: str = "○"
    closed: str = "▸"
    opened: str = "▾"
    auto: str = "●"
    injector: str = "◇"
    active: str = "▶"
    flag: str = "⚑"
    undo: str = "↶"
    denied: str = "⊘"
    prompt: str = "❯"
    done: str = "◉"
    paused: str = "‖"
    hand: str = "✋"
    rule: str = "─"
    guide: str = "│"
    dot: str = "·"
    ellipsis: str = "…"
    arrow_up: str = "↑"
    arrow_down: str = "↓"
    bars: str = "▏▎▍▌▋▊▉█"
    sparks: str = "▁▂▃▄▅▆▇█"
    spinner: str = "◐◓◑◒"


ASCII = Signs(
    ok="v",
    failed="x",
    running="*",
    waiting=".",
    closed=">",
    opened="+",
    auto="@",
    injector="#",
    active=">",
    flag="!",
    undo="<",
    denied="x",
    prompt=">",
    done="@",
    paused="=",
    hand="!",
    rule="-",
    guide="|",
    dot="-",
    ellipsis="...",
    arrow_up="^",
    arrow_down="v",
    bars="#",
    sparks="_.-=*#",
    spinner="|/-\\",
)

DARK = Palette(
    name="dark",
    is_dark=True,
    background="#101014",
    surface="#161622",
    styles=(
        ("text", "#e4e4ec"),
        ("muted", "#9a9aac"),
        ("faint", "#3a3a4c"),
        ("strong", "bold #f2f2f8"),
        ("accent", "bold #f0a850"),
        ("user", "bold #8fb4f0"),
        ("good", "#7fd894"),
        ("warn", "#f2bf6b"),
        ("bad", "#f07a7a"),
        ("injector", "#bf90f0"),
        ("link", "underline #8fb4f0"),
        ("added", "on #12301c"),
        ("removed", "on #3a161a"),
        ("added_word", "on #1f5a31"),
        ("removed_word", "on #6d2530"),
        ("code", "on #1a1a26"),
        ("selected", "on #33456b"),
        ("cursor", "on #1c1c2a"),
        ("gauge", "on #1f2433"),
        ("bar", "on #191b2b"),
    ),
    code_style="monokai",
)
LIGHT = replace(
    DARK,
    name="light",
    is_dark=False,
    background="#fdfdfb",
    surface="#f2f4f7",
    styles=(
        ("text", "#1d1d24"),
        ("muted", "#62626e"),
        ("faint", "#c6cad2"),
        ("strong", "bold #101018"),
        ("accent", "bold #a85400"),
        ("user", "bold #1b4fa0"),
        ("good", "#1d7a37"),
        ("warn", "#8f5f00"),
        ("bad", "#b02a2a"),
        ("injector", "#6d3fb0"),
        ("link", "underline #1b4fa0"),
        ("added", "on #daf7dd"),
        ("removed", "on #ffe7e6"),
        ("added_word", "on #a6e8b0"),
        ("removed_word", "on #ffbcba"),
        ("code", "on #eeeeee"),
        ("selected", "on #bcd3f7"),
        ("cursor", "on #eef2fa"),
        ("gauge", "on #e6e9ef"),
        ("bar", "on #eaeef4"),
    ),
    code_style="friendly",
)
PALETTES = {palette.name: palette for palette in (DARK, LIGHT)}


@dataclass(frozen=True, slots=True)
class Look:
    """All that painting depends on besides content and width.

    `colour` is false under NO_COLOR: then no colour at all is emitted, and bold, underline and reverse carry what
    colour carried. `motion` is false when nothing should move by itself.
    """

    palette: Palette = DARK
    signs: Signs = Signs()
    colour: bool = True
    motion: bool = True

    def style(self, role: Role) -> Style:
        """The rich style of a role; without colour only its attributes are left."""
        return _style(self.palette.text_of(role), self.colour)


@cache
def _style(text: str, colour: bool) -> Style:  # noqa: FBT001 - a cached function of two values
    style = Style.parse(text)
    return style if colour else style.without_color
