"""How things look: colours by role, signs, and whether anything moves; shared by every face with a screen."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from rich.style import Style

Role = Literal[
    "text",  # what is said
    "muted",  # beside the point: times, hints, numbers of lines
    "faint",  # rules, guides, empty parts of gauges; never text
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
Kind = Literal["keyword", "name", "builtin", "string", "number", "comment", "operator", "meta", "error"]
Pair = Literal["red-green", "blue-orange"]

# what carries a role's meaning where there is no colour
COLOURLESS: dict[Role, str] = {
    "added_word": "underline",
    "removed_word": "underline",
    "selected": "reverse",
    "bad": "bold",
    "link": "underline",
}


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by role, as rich style texts (`bold #d08770 on #101014`); an empty text is the terminal's own.

    `code` holds the same for the kinds of words in a highlighted program. Text has a contrast of 4.5 to 1 or more on
    every background it can stand on (WCAG 2.1); words of a changed line have it in the roles `text` and `strong`.
    """

    name: str
    is_dark: bool
    background: str
    surface: str
    styles: tuple[tuple[Role, str], ...]
    code: tuple[tuple[Kind, str], ...] = ()

    def text_of(self, role: Role) -> str:
        """The rich style text of a role."""
        return dict(self.styles).get(role, "")

    def __hash__(self) -> int:
        return hash(self.name)  # asked for with every style: the tables would take longer than all the rest


@dataclass(frozen=True, slots=True)
class StateSigns:
    """Signs for states, each one cell wide but for the hand; every state has a word beside its sign."""

    ok: str = "✓"
    failed: str = "✗"
    running: str = "◐"
    waiting: str = "○"
    auto: str = "●"
    injector: str = "◇"
    active: str = "▶"
    flag: str = "⚑"
    undo: str = "↶"
    denied: str = "⊘"
    done: str = "◉"
    paused: str = "‖"
    hand: str = "✋"


@dataclass(frozen=True, slots=True)
class ShapeSigns(StateSigns):
    """Signs that draw: lines, marks and what stands between words, each one cell wide but for the ellipsis."""

    closed: str = "▸"
    opened: str = "▾"
    prompt: str = "❯"
    rule: str = "─"
    guide: str = "│"
    cross: str = "┼"
    dot: str = "·"
    bullet: str = "•"
    minus: str = "−"
    times: str = "×"
    ellipsis: str = "…"
    arrow_up: str = "↑"
    arrow_down: str = "↓"


@dataclass(frozen=True, slots=True)
class Signs(ShapeSigns):
    """All signs; of the last three each character is one sign."""

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
    cross="+",
    dot="-",
    bullet="*",
    minus="-",
    times="x",
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
        ("muted", "#a0a0b2"),
        ("faint", "#3a3a4c"),
        ("strong", "bold #f2f2f8"),
        ("accent", "bold #f0a850"),
        ("user", "bold #8fb4f0"),
        ("good", "#7fd894"),
        ("warn", "#f2bf6b"),
        ("bad", "#f58a8a"),
        ("injector", "#c39af2"),
        ("link", "underline #8fb4f0"),
        ("added", "on #12301c"),
        ("removed", "on #3a161a"),
        ("added_word", "on #1f5a31"),
        ("removed_word", "on #6d2530"),
        ("code", "on #1a1a26"),
        ("selected", "on #26365a"),
        ("cursor", "on #1c1c2a"),
        ("gauge", "on #1f2433"),
        ("bar", "on #191b2b"),
    ),
    code=(
        ("keyword", "#7cc7e8"),
        ("name", "#f2bf6b"),
        ("builtin", "#8fd3c7"),
        ("string", "#a5d68f"),
        ("number", "#c9a5f2"),
        ("comment", "italic #9a9aac"),
        ("operator", "#e8a0a8"),
        ("meta", "#d8a878"),
        ("error", "#f58a8a"),
    ),
)
LIGHT = Palette(
    name="light",
    is_dark=False,
    background="#fdfdfb",
    surface="#f2f4f7",
    styles=(
        ("text", "#1d1d24"),
        ("muted", "#585864"),
        ("faint", "#c6cad2"),
        ("strong", "bold #101018"),
        ("accent", "bold #974b00"),
        ("user", "bold #1b4fa0"),
        ("good", "#176a2f"),
        ("warn", "#7d5300"),
        ("bad", "#a82626"),
        ("injector", "#653ab0"),
        ("link", "underline #1b4fa0"),
        ("added", "on #daf7dd"),
        ("removed", "on #ffe7e6"),
        ("added_word", "on #a6e8b0"),
        ("removed_word", "on #ffbcba"),
        ("code", "on #eeeff2"),
        ("selected", "on #cadcf9"),
        ("cursor", "on #eef2fa"),
        ("gauge", "on #e6e9ef"),
        ("bar", "on #eaeef4"),
    ),
    code=(
        ("keyword", "bold #14603a"),
        ("name", "#1b4fa0"),
        ("builtin", "#0f5f6b"),
        ("string", "#8a3f10"),
        ("number", "#653ab0"),
        ("comment", "italic #585f6b"),
        ("operator", "#7a3344"),
        ("meta", "#7d5300"),
        ("error", "#a82626"),
    ),
)
CONTRAST = Palette(
    name="contrast",
    is_dark=True,
    background="#000000",
    surface="#000000",
    styles=(
        ("text", "#ffffff"),
        ("muted", "#dcdcdc"),
        ("faint", "#8c8c8c"),
        ("strong", "bold #ffffff"),
        ("accent", "bold #ffc933"),
        ("user", "bold #7fd4ff"),
        ("good", "#6bff8a"),
        ("warn", "#ffd95c"),
        ("bad", "#ffa0a0"),
        ("injector", "#e2b8ff"),
        ("link", "underline #7fd4ff"),
        ("added", "on #003d14"),
        ("removed", "on #4a0008"),
        ("added_word", "bold underline on #00561c"),
        ("removed_word", "bold underline on #7a000e"),
        ("code", "on #141414"),
        ("selected", "on #003a80"),
        ("cursor", "on #262626"),
        ("gauge", "on #2b2b2b"),
        ("bar", "on #1c1c1c"),
    ),
    code=(
        ("keyword", "bold #7fd4ff"),
        ("name", "#ffd95c"),
        ("builtin", "#8af0e0"),
        ("string", "#9cff9c"),
        ("number", "#e2b8ff"),
        ("comment", "italic #dcdcdc"),
        ("operator", "#ffffff"),
        ("meta", "#ffc933"),
        ("error", "#ffa0a0"),
    ),
)
ANSI = Palette(
    name="ansi",
    is_dark=True,
    background="default",
    surface="default",
    styles=(
        ("text", ""),
        ("muted", "dim"),
        ("faint", "dim"),
        ("strong", "bold"),
        ("accent", "bold yellow"),
        ("user", "bold blue"),
        ("good", "green"),
        ("warn", "yellow"),
        ("bad", "red"),
        ("injector", "magenta"),
        ("link", "underline blue"),
        ("added", "green"),
        ("removed", "red"),
        ("added_word", "bold underline green"),
        ("removed_word", "bold underline red"),
        ("code", ""),
        ("selected", "reverse"),
        ("cursor", ""),
        ("gauge", ""),
        ("bar", ""),
    ),
    code=(
        ("keyword", "blue"),
        ("name", "bold"),
        ("builtin", "cyan"),
        ("string", "green"),
        ("number", "magenta"),
        ("comment", "dim italic"),
        ("operator", ""),
        ("meta", "yellow"),
        ("error", "red"),
    ),
)
PALETTES = {palette.name: palette for palette in (DARK, LIGHT, ANSI, CONTRAST)}

# blue for what came and orange for what went: told apart by people who do not tell red from green
BLUE_ORANGE: dict[str, tuple[tuple[Role, str], ...]] = {
    "dark": (
        ("added", "on #10294a"),
        ("removed", "on #3d2408"),
        ("added_word", "on #1d4a80"),
        ("removed_word", "on #6e430f"),
    ),
    "light": (
        ("added", "on #dcebff"),
        ("removed", "on #ffead2"),
        ("added_word", "on #a9cdfb"),
        ("removed_word", "on #fbc989"),
    ),
    "contrast": (
        ("added", "on #002a66"),
        ("removed", "on #4d2900"),
        ("added_word", "bold underline on #0040a0"),
        ("removed_word", "bold underline on #804400"),
    ),
    "ansi": (
        ("added", "blue"),
        ("removed", "yellow"),
        ("added_word", "bold underline blue"),
        ("removed_word", "bold underline yellow"),
    ),
}


def use_pair(palette: Palette, pair: Pair) -> Palette:
    """The palette of that name with these two colours for changed lines; its own are red and green."""
    palette = PALETTES.get(palette.name, palette)
    if pair == "red-green":
        return palette
    other = dict(BLUE_ORANGE.get(palette.name, BLUE_ORANGE["dark" if palette.is_dark else "light"]))
    return replace(palette, styles=tuple((role, other.get(role, text)) for role, text in palette.styles))


def pair_of(palette: Palette) -> Pair:
    """The colours that a palette has for changed lines."""
    return "red-green" if palette == PALETTES.get(palette.name, palette) else "blue-orange"


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
        """The rich style of a role; without colour only attributes are left."""
        return _style(self.palette, role, self.colour)


@cache
def _style(palette: Palette, role: Role, colour: bool) -> Style:  # noqa: FBT001 - a cached function of values
    text = palette.text_of(role)
    if colour:
        return Style.parse(text)
    return Style.parse(text).without_color + Style.parse(COLOURLESS.get(role, ""))
