"""/theme: colours that are seen before they are taken."""

import pytest

from aura.config.paths import user_config_file
from aura.ui.look import PALETTES, Look
from aura.ui.tui.docks.results import ThemeChosen
from aura.ui.tui.docks.themes import WORDS, ThemeDock, keep_theme
from tests.ui.tui.docks.plain_stage import BARE, STILL, show


async def test_moving_shows_a_theme_and_enter_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []
    monkeypatch.setattr("aura.ui.tui.docks.themes.keep_settings", kept.append)
    async with show(ThemeDock(STILL, "dark")) as it:
        assert it.app.said == []
        await it.press("down")
        assert it.app.said == ["light"]
        await it.press("enter")
        assert it.app.results == [ThemeChosen("light")]
        await it.until(lambda: kept, "that it is kept")
        assert kept == [{"ui.theme": "light"}]


async def test_escape_brings_the_old_one_back() -> None:
    async with show(ThemeDock(STILL, "dark")) as it:
        await it.press("down", "down", "escape")
        assert it.app.said[-1] == "dark" and it.app.results == [None]


async def test_escape_without_a_look_at_others_changes_nothing() -> None:
    async with show(ThemeDock(STILL, "light")) as it:
        await it.press("escape")
        assert it.app.said == [] and it.app.results == [None]


async def test_every_palette_is_listed_with_words() -> None:
    assert set(PALETTES) < set(WORDS)
    async with show(ThemeDock(Look()), size=(80, 40)) as it:
        for name in WORDS:
            assert WORDS[name] in it.text
        assert "added" in it.text and "removed" in it.text


async def test_without_colour_there_is_none() -> None:
    async with show(ThemeDock(BARE), look=BARE) as it:
        await it.press("down", "down")
        assert it.colours == set()


async def test_a_theme_is_kept_where_that_can_be() -> None:
    await keep_theme("light")
    assert "light" in user_config_file().read_text()
    await keep_theme("no such theme")
    assert "no such" not in user_config_file().read_text()
