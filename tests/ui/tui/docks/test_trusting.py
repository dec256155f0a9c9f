"""/trust: what a folder would bring."""

from pathlib import Path

import pytest

from aura.config.paths import trust_file
from aura.safety.trust import add_trust, is_trusted
from aura.ui.look import ASCII, Look
from aura.ui.tui.docks.results import Trusted
from aura.ui.tui.docks.trusting import TrustDock
from tests.ui.tui.docks.plain_stage import VIEWS, show


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with settings, and with more plugins than are listed."""
    folder = tmp_path / "project"
    for number in range(9):
        plugin = folder / ".aura" / "plugins" / f"plugin{number}"
        plugin.mkdir(parents=True)
        (plugin / "plugin.py").write_text("")
    (folder / ".aura" / "config.yaml").write_text("")
    (folder / ".aura" / "config\x1b[31m.yaml").write_text("")
    return folder


@pytest.mark.parametrize(("size", "look"), VIEWS)
async def test_what_would_come_is_named(project: Path, size: tuple[int, int], look: Look) -> None:
    async with show(TrustDock(project), size=size, look=look) as it:
        await it.until(lambda: "config.yaml" in it.text, "the settings")
        words = " ".join(it.text.replace("│", " ").replace("|", " ").split())
        assert "plugin0 (1 file)" in words and "and 3 more" in words
        assert "Plugins are programs" in words
        assert look.colour or it.colours == set()
        assert look.signs != ASCII or it.text.isascii()


@pytest.mark.parametrize("key", ["n", "escape", "enter", "ctrl+c"])
async def test_whatever_is_no_yes_is_a_no(project: Path, key: str) -> None:
    async with show(TrustDock(project)) as it:
        await it.awake()
        await it.press(key)
        assert it.app.results == [None]
        assert not is_trusted(project)


async def test_a_yes_counts_for_the_folder_as_it_is_now(project: Path) -> None:
    async with show(TrustDock(project)) as it:
        await it.awake()
        await it.press("t")
        await it.until(lambda: it.app.results, "the answer")
        assert it.app.results == [Trusted()]
        assert is_trusted(project)
    (project / ".aura" / "config.yaml").write_text("changed")
    async with show(TrustDock(project)) as it:
        await it.until(lambda: "It has changed since it was trusted." in it.text, "that it changed")


async def test_trust_that_cannot_be_kept_is_told(project: Path) -> None:
    trust_file().parent.mkdir(parents=True, exist_ok=True)
    trust_file().mkdir()
    async with show(TrustDock(project), size=(120, 40)) as it:
        await it.awake()
        await it.press("t")
        await it.until(lambda: "cannot be written" in it.text, "the sentence")
        assert it.app.results == []


async def test_a_folder_that_brings_nothing_says_so(tmp_path: Path) -> None:
    add_trust(tmp_path)
    async with show(TrustDock(tmp_path)) as it:
        await it.until(lambda: "neither settings nor plugins" in it.text, "the sentence")
