"""What plugins show in the interface: plain, short, in order, and never with an exception."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.facts import Panel
from aura.core.passing import PanelsShown
from aura.core.turn import Turn
from aura.hookspecs import PanelSource, StatusSource, hookimpl
from aura.plugins import Circumstances, Plugins, Sources
from aura.plugins.listing import list_plugins
from aura.plugins.shown import ITEM, LINES, MOST, TITLE, WIDTH
from aura.store.codec import decode_recorded, encode_recorded
from aura.ui.tui.spans import tidy

TURN = Turn(number=3)


class Showing:
    """A plugin that shows what it was given; `asked` counts how often it was asked to register."""

    def __init__(self, *panels: Any, status: Any = ()) -> None:
        self.panels, self.status, self.asked = panels, status, 0

    @hookimpl
    def register_panels(self) -> Any:
        self.asked += 1
        return self.panels

    @hookimpl
    def register_status(self) -> Any:
        return self.status


class Watching:
    """A plugin that shows nothing."""

    @hookimpl
    def on_event(self) -> None: ...


def make(*plugins: object) -> Plugins:
    named = [(chr(ord("a") + place), plugin) for place, plugin in enumerate(plugins)]
    return Plugins(Sources(builtins=named), Circumstances(Path("/nowhere")))


def panel(said: object, title: str = "Notes") -> PanelSource:
    return PanelSource(title, lambda turn: said)  # type: ignore[arg-type,return-value]


def status(said: object) -> StatusSource:
    return StatusSource(lambda turn: said)  # type: ignore[arg-type,return-value]


def shown(*plugins: object) -> PanelsShown:
    return make(*plugins).shown.render(TURN)


def test_sections_and_items_come_in_the_order_of_the_plugins() -> None:
    first = Showing(PanelSource("Turn", lambda turn: [f"number {turn.number}"]), status=[status("one")])
    second = Showing(panel(["b"], "B"), panel("c\nd", "C"), status=[status("two"), status(None), status("")])
    assert shown(first, Watching(), second) == PanelsShown(
        (Panel("Turn", ("number 3",)), Panel("B", ("b",)), Panel("C", ("c", "d"))), ("one", "two")
    )


def test_nothing_to_show_shows_nothing() -> None:
    assert shown(Showing(panel(None), panel([]), panel(""))) == PanelsShown()
    assert shown(Watching()) == PanelsShown()
    assert make(Watching()).shown.sources == ()


def test_what_is_shown_travels() -> None:
    recorded = ev.Recorded(0, 1.0, shown(Showing(panel(["a"]), status=[status("b")])))
    assert decode_recorded(encode_recorded(recorded)) == recorded


def test_plugins_are_asked_once_what_they_show_and_again_after_a_reload() -> None:
    showing = Showing(panel(["x"]))
    plugins = make(showing)
    for _ in range(3):
        plugins.shown.render(TURN)
    assert showing.asked == 1
    plugins.reload()
    assert plugins.shown.render(TURN).panels == (Panel("Notes", ("x",)),)
    assert showing.asked == 2


def test_too_much_is_cut() -> None:
    def endless() -> Iterator[str]:
        for number in count():
            yield "x" * 10_000 if number == 1 else str(number)

    found = shown(
        Showing(
            panel(endless(), "t" * 100),
            *(panel(["x"], str(number)) for number in range(20)),
            status=[status("word " * 100)] * 20,
        )
    )
    assert len(found.panels) == MOST
    assert len(found.panels[0].lines) == LINES
    assert found.panels[0].lines[1] == f"{'x' * (WIDTH - 1)}…"
    assert len(found.panels[0].title) == TITLE
    assert len(found.status) == MOST
    assert all(len(item) <= ITEM for item in found.status)


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_gets_through_that_a_terminal_would_obey(one: str, other: str) -> None:
    found = shown(
        Showing(panel([f"\x1b[31m{one}", "a\tb\x07"], other), status=[status(f"\x1b]0;{other}\x07{one}")])
    )
    (section,) = found.panels
    for text in (section.title, *section.lines, *found.status):
        assert not set(text) & set("\x1b\x07\n\r\t")
        assert tidy(text).split() == text.split()
    assert section.lines[1] == "a   b␇"


@pytest.mark.parametrize(
    ("plugin", "hook", "reason"),
    [
        (Showing(PanelSource("x", lambda turn: 1 // 0)), "register_panels", "ZeroDivisionError"),  # type: ignore[arg-type,return-value]
        (Showing(panel(7)), "register_panels", "its panel returned int instead of lines"),
        (Showing(panel(["a", 7])), "register_panels", "a line of its panel is int instead of text"),
        (
            Showing(panel({"a": b"b"}.values())),
            "register_panels",
            "a line of its panel is bytes instead of text",
        ),
        (Showing(status=[status(["a"])]), "register_status", "its status item is list instead of text"),
        (Showing("Notes"), "register_panels", "it registered str, which has no `render`"),
        (Showing(status=7), "register_status", "'int' object is not iterable"),
    ],
)
def test_a_plugin_that_fails_is_unplugged_and_the_others_are_shown(
    plugin: Showing, hook: str, reason: str
) -> None:
    plugins = make(plugin, Showing(panel(["well"], "Other")))
    for _ in range(2):
        assert plugins.shown.render(TURN) == PanelsShown((Panel("Other", ("well",)),))
    (event,) = plugins.drain()
    assert isinstance(event, ev.PluginUnplugged)
    assert (event.plugin, event.hook) == ("a", hook)
    assert reason in event.error


def test_a_coroutine_is_no_line() -> None:
    async def render(turn: Turn) -> list[str]:
        return ["x"]

    coroutines = []

    def remember(turn: Turn) -> Any:
        coroutines.append(render(turn))
        return coroutines[-1]

    plugins = make(Showing(PanelSource("x", remember)))
    assert plugins.shown.render(TURN) == PanelsShown()
    (event,) = plugins.drain()
    assert isinstance(event, ev.PluginUnplugged)
    assert "its panel returned coroutine instead of lines" in event.error
    coroutines[0].close()


def test_a_plugin_is_unplugged_once() -> None:
    plugins = make(Showing(panel(["x"]), status=[status("y")]))
    source = plugins.shown.sources[0]
    plugins.shown.unplug(source, "too slow")
    plugins.shown.unplug(source, "again")
    assert [event for event in plugins.drain() if isinstance(event, ev.PluginUnplugged)] == [
        ev.PluginUnplugged("a", "register_panels", "too slow")
    ]
    assert plugins.shown.render(TURN) == PanelsShown()


def test_the_listing_says_what_a_plugin_shows() -> None:
    plugins = make(
        Showing(panel(["x"]), panel(["y"], "More\x1b[31m"), status=[status("z")]), Watching(), Showing(7)
    )
    listed = {one.name: one for one in list_plugins(plugins)}
    assert listed["a"].shows == ("the panel 'Notes'", "the panel 'More'", "a status item")
    assert listed["b"].shows == ()
    assert listed["c"].state == "unplugged"
    assert listed["a"].as_json()["shows"] == listed["a"].shows
