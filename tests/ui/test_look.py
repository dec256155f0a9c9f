"""Palettes can be read, signs are one cell wide, and no colour means none."""

from dataclasses import fields

import pytest
from rich.cells import cell_len
from rich.color import Color
from rich.style import Style

from aura.ui.look import ASCII, DARK, PALETTES, Look, Palette, Role, Signs, use_pair

WORDS: tuple[Role, ...] = (
    "text",
    "muted",
    "strong",
    "accent",
    "user",
    "good",
    "warn",
    "bad",
    "injector",
    "link",
)
GROUNDS: tuple[Role, ...] = ("added", "removed", "code", "selected", "cursor", "gauge", "bar")
CHANGED: tuple[Role, ...] = ("added_word", "removed_word")
OWN = [palette for palette in PALETTES.values() if palette.name != "ansi"]
ALL = [use_pair(palette, pair) for palette in OWN for pair in ("red-green", "blue-orange")]


def luminance(colour: Color) -> float:
    """The relative luminance of WCAG 2.1."""
    shares = [value / 255 for value in colour.get_truecolor()]
    linear = [share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2.1, 1.0 to 21.0."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def front(palette: Palette, role: Role) -> Color:
    colour = Style.parse(palette.text_of(role)).color
    assert colour is not None, role
    return colour


def back(palette: Palette, role: Role) -> Color:
    colour = Style.parse(palette.text_of(role)).bgcolor
    assert colour is not None, role
    return colour


def test_the_ratio_is_the_one_of_the_standard() -> None:
    assert contrast(Color.parse("#000000"), Color.parse("#ffffff")) == pytest.approx(21)
    assert contrast(Color.parse("#767676"), Color.parse("#ffffff")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("palette", ALL, ids=lambda palette: palette.name)
@pytest.mark.parametrize("role", WORDS)
def test_text_can_be_read_on_every_ground(palette: Palette, role: Role) -> None:
    grounds = [(str(name), back(palette, name)) for name in GROUNDS]
    grounds += [("background", Color.parse(palette.background)), ("surface", Color.parse(palette.surface))]
    for name, ground in grounds:
        assert contrast(front(palette, role), ground) >= 4.5, (role, name)


@pytest.mark.parametrize("palette", ALL, ids=lambda palette: palette.name)
def test_changed_words_can_be_read_and_seen(palette: Palette) -> None:
    for role in CHANGED:
        for word in WORDS[:1] + WORDS[2:3]:
            assert contrast(front(palette, word), back(palette, role)) >= 4.5, (word, role)
    assert contrast(back(palette, "added"), back(palette, "added_word")) > 1.2
    assert contrast(back(palette, "removed"), back(palette, "removed_word")) > 1.2


@pytest.mark.parametrize("palette", OWN, ids=lambda palette: palette.name)
def test_programs_can_be_read(palette: Palette) -> None:
    assert palette.code
    for kind, text in palette.code:
        colour = Style.parse(text).color
        assert colour is not None
        assert contrast(colour, back(palette, "code")) >= 4.5, kind


def test_high_contrast_is_higher() -> None:
    contrasts = {
        palette.name: min(contrast(front(palette, role), Color.parse(palette.background)) for role in WORDS)
        for palette in OWN
    }
    assert contrasts["contrast"] >= 9 > max(contrasts["dark"], contrasts["light"])


def test_ansi_uses_the_sixteen_colours_of_the_terminal() -> None:
    ansi = PALETTES["ansi"]
    for _, text in (*ansi.styles, *ansi.code):
        style = Style.parse(text)
        for colour in (style.color, style.bgcolor):
            assert colour is None or (colour.number is not None and colour.number < 16)
    assert ansi.background == "default"


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_without_colour_there_is_none_but_changes_can_be_told(palette: Palette) -> None:
    look = Look(palette, colour=False)
    for role, _ in palette.styles:
        assert look.style(role).color is None
        assert look.style(role).bgcolor is None
    assert look.style("added_word").underline
    assert look.style("selected").reverse
    assert look.style("strong").bold


def test_the_other_pair_is_blue_and_orange() -> None:
    for name, palette in PALETTES.items():
        other = use_pair(palette, "blue-orange")
        changed = {
            role for (role, one), (_, two) in zip(palette.styles, other.styles, strict=True) if one != two
        }
        assert changed == {"added", "removed", "added_word", "removed_word"}, name
    red, green, blue = back(use_pair(DARK, "blue-orange"), "added").get_truecolor()
    assert blue > green > red
    assert use_pair(DARK, "red-green") is DARK


def test_both_sets_of_signs_hold_the_same_and_are_one_cell_wide() -> None:
    longer = {"hand", "ellipsis", "bars", "sparks", "spinner"}
    for name in (field.name for field in fields(Signs)):
        for signs in (Signs(), ASCII):
            sign = getattr(signs, name)
            assert cell_len(sign) == 1 or name in longer, name
        assert getattr(ASCII, name).isascii(), name
    for name in ("bars", "sparks", "spinner"):
        assert all(cell_len(sign) == 1 for sign in getattr(Signs(), name))


def test_palettes_that_differ_have_different_styles() -> None:
    looks = [Look(palette) for palette in (*PALETTES.values(), use_pair(DARK, "blue-orange"))]
    assert len({look.style("added") for look in looks}) == len(looks)
