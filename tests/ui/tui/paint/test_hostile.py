"""Whatever the text: every strip fits, none carries control or direction characters, and nothing raises."""

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aura.ui import blocks as bl
from aura.ui.look import ASCII, PALETTES, Look
from aura.ui.tui.paint import estimate, paint, source_of
from tests.ui.tui.paint.bodies import BODIES, NOW

UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
WEB = re.compile(r"https?://[!-~]+")
LOOKS = (Look(), Look(signs=ASCII, colour=False), Look(PALETTES["ansi"]), Look(PALETTES["light"]))
KEPT = ("outcome", "kind", "how", "level", "type", "status")  # words of aura, never of anybody else
BITS = (
    "word ", "x", " ", "\n", "\n\n", "\t", "\r", "\x1b[31m", "\x1b]8;;http://x\x07", "\x9b1m", "\x00", "日本", "👍🏽",
    "e\u0301\u0301", "\u202e", "\u200b", "\ud800", "\u2028", "\x85", "\ufe0f", "\u00ad", "a" * 200, "**", "*", "_a_",
    "`",
    "```py\n", "~~~\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "- ", "1. ", "> ", "# ", "[x](http://y)", "](", "![",
    "<b>",
    "&#27;", "&#x202e;", "---\n", "\\", "@@ -1,2 +1,2 @@\n", "-x\n", "+y\n", "--- a/x\n+++ b/x\n", "https://a.b/c",
    "[bold red]", "{", "%s",
)  # fmt: skip
HOSTILE = st.lists(st.sampled_from(BITS) | st.text(max_size=8), max_size=20).map("".join)
Value = TypeVar("Value")


def poison(value: Value, draw: st.DrawFn) -> Value:
    """The value with every text in it replaced."""
    return _poison(value, draw)  # type: ignore[no-any-return]


def _poison(value: Any, draw: st.DrawFn) -> Any:
    if isinstance(value, str) and type(value) is str:
        return draw(HOSTILE)
    if isinstance(value, tuple | list):
        return type(value)(_poison(item, draw) for item in value)
    if isinstance(value, dict):
        return {name: _poison(item, draw) for name, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value) if field.name not in KEPT]
        if type(value).__name__ == "ToolCall" and draw(st.booleans()):
            names.remove("name")  # a tool that is known, with arguments that are not
        return replace(value, **{name: _poison(getattr(value, name), draw) for name in names})
    return value


@st.composite
def bodies(draw: st.DrawFn) -> bl.Body:
    body = poison(draw(st.sampled_from(BODIES))[1], draw)
    if isinstance(body, bl.Prose):
        return replace(body, open=draw(st.booleans()), fence=draw(st.sampled_from(("", "```py", "~~~"))))
    if isinstance(body, bl.ToolCard):
        outcomes = ("ok", "error", "denied", "invalid", "unknown", "cancelled", None)
        return replace(body, outcome=draw(st.sampled_from(outcomes)))
    return body


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(bodies(), st.integers(1, 120), st.sampled_from(LOOKS), st.booleans())
def test_any_text_can_be_painted(body: bl.Body, width: int, look: Look, expanded: bool) -> None:
    strips = paint(body, look, width, expanded=expanded, now=NOW)
    assert strips
    for strip in strips:
        assert strip.cell_length <= width, strip.text
        assert not UNSAFE.search(strip.text), strip.text
        for segment in strip:
            style = segment.style
            assert style is None or style.link is None or WEB.fullmatch(style.link)
            assert look.colour or style is None or (style.color is None and style.bgcolor is None)
    assert estimate(body, width) >= 1
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", source_of(body))


@settings(max_examples=60)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.just("\n"), max_size=200))
def test_ascii_stays_ascii_with_ascii_signs(text: str) -> None:
    look = Look(signs=ASCII)
    for body in (bl.Prose(text), bl.Prose(text, open=True), bl.Said(text), bl.Thought(text), bl.Note(text)):
        for expanded in (False, True):
            for strip in paint(body, look, 30, expanded=expanded, now=NOW):
                assert strip.text.isascii(), strip.text


def test_markup_of_libraries_is_text() -> None:
    said = bl.Said("[bold red]x[/] {style} %s $VAR")
    assert paint(said, Look(), 78, expanded=False, now=NOW)[0].text == "  ❯ [bold red]x[/] {style} %s $VAR"
