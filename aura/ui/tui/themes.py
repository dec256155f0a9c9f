"""Textual's theme for a look."""

from typing import ClassVar

from rich.style import Style
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.theme import Theme

from aura.ui.look import Look, Role
from aura.ui.tui.spans import is_plain

NEEDED = (
    "ansi-background",
    "ansi-foreground",
)  # Textual's own styles ask for them, and have none of their own
TINTED = (  # what Textual gives a colour in a theme of the terminal's own colours
    "border",
    "border-blurred",
    "block-cursor-background",
    "scrollbar",
    "scrollbar-hover",
    "scrollbar-active",
    "scrollbar-background",
    "scrollbar-background-hover",
    "scrollbar-background-active",
    "link-color",
    "link-color-hover",
    "link-background-hover",
    "footer-key-foreground",
    "input-selection-background",
    "screen-selection-background",
)


class PlainBar(ScrollBarRender):
    """A scrollbar of whole cells, without the signs for parts of one."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


def choose_scrollbars(look: Look) -> None:
    """Have every scrollbar use signs that the terminal can show."""
    ScrollBar.renderer = PlainBar if is_plain(look) else ScrollBarRender


def make_theme(look: Look) -> Theme:
    """The theme; its name tells the palette apart, and colourless from coloured."""
    palette = look.palette
    if not look.colour or palette.name == "ansi":
        return Theme(
            name="aura-terminal",
            primary="ansi_default",
            foreground="ansi_default",
            background="ansi_default",
            surface="ansi_default",
            panel="ansi_default",
            dark=palette.is_dark,
            ansi=True,
            variables=dict.fromkeys(NEEDED if look.colour else (*NEEDED, *TINTED), "ansi_default"),
        )
    return Theme(
        name=f"aura-{palette.name}",
        primary=_colour(look, "user"),
        accent=_colour(look, "accent"),
        warning=_colour(look, "warn"),
        error=_colour(look, "bad"),
        success=_colour(look, "good"),
        foreground=_colour(look, "text"),
        background=palette.background,
        surface=palette.surface,
        panel=palette.surface,
        dark=palette.is_dark,
        variables={
            "muted": _colour(look, "muted"),
            "faint": _colour(look, "faint"),
            "scrollbar": _colour(look, "faint"),
            "scrollbar-background": palette.background,
            "scrollbar-corner-color": palette.background,
            "input-selection-background": _colour(look, "selected"),
        },
    )


def _colour(look: Look, role: Role) -> str:
    """The colour of a role as `#rrggbb`: of its text, or of its background when it has only that."""
    style = Style.parse(look.palette.text_of(role))
    colour = style.color or style.bgcolor
    return colour.get_truecolor().hex if colour is not None else look.palette.background
