"""Starts that fail: what is said, and what can be done about it."""

from pathlib import Path

import pytest

from aura.ui import ways
from aura.ui.tui.docks.onboarding import Onboarding
from aura.ui.tui.docks.results import Again, EditWanted, QuitWanted
from tests.ui.tui.docks.plain_stage import show

CONFIG = ways.StartFailure(
    "config", "/home/x/config.yaml:3: auto.x is not a setting.", "/home/x/config.yaml", 3
)
LOCKED = ways.StartFailure("locked", "The session abc is open in another process.")
OTHER = ways.StartFailure("other", "The disk is full.")


async def test_a_wrong_setting_is_repaired_in_the_editor_where_it_stands(tmp_path: Path) -> None:
    async with show(Onboarding(CONFIG, tmp_path)) as it:
        assert "config.yaml:3: auto.x is not a setting." in it.text
        await it.awake()
        await it.press("e")
        assert await it.finished() == EditWanted("/home/x/config.yaml", 3)


async def test_without_a_file_there_is_nothing_to_edit(tmp_path: Path) -> None:
    failure = ways.StartFailure("config", "AURA_MODEL is wrong.")
    async with show(Onboarding(failure, tmp_path)) as it:
        assert "editor" not in it.text and "try again" in it.text


@pytest.mark.parametrize(
    ("failure", "key", "expected"),
    [
        (CONFIG, "t", Again()),
        (CONFIG, "q", QuitWanted()),
        (LOCKED, "t", Again()),
        (LOCKED, "b", Again(fork=True)),
        (LOCKED, "n", Again(fresh=True)),
        (OTHER, "enter", Again()),
        (OTHER, "q", QuitWanted()),
    ],
)
async def test_every_failure_has_its_ways_out(
    tmp_path: Path, failure: ways.StartFailure, key: str, expected: object
) -> None:
    async with show(Onboarding(failure, tmp_path)) as it:
        assert failure.sentence in it.text
        await it.awake()
        await it.press(key)
        assert await it.finished() == expected


async def test_keys_in_the_first_moment_answer_nothing(tmp_path: Path) -> None:
    async with show(Onboarding(OTHER, tmp_path)) as it:
        dock = it.app.widget
        assert isinstance(dock, Onboarding)
        dock.begin_dead_time()
        await it.press("q", "enter")
        assert it.app.results == [] and it.app.strayed == ["q"]
