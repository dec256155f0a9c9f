"""/rewind: the list of places."""

from dataclasses import replace
from typing import Any

import pytest

from aura.core.errors import AuraError
from aura.ui.look import ASCII, Look
from aura.ui.tui.docks.results import PlaceChosen
from aura.ui.tui.docks.rewind import ChangedSinceDock, RewindDock
from tests.ui.tui.docks.plain_stage import VIEWS, Shown, show
from tests.ui.tui.still import StillSession

NOON = 1_760_000_000.0
BOTH = {"files": ["a.py", "b.py"], "changed": 2, "added": 8, "removed": 2}
POINTS = [
    {"to": 1, "at": NOON, "kind": "prompt", "text": "fix the \x1b[2Jflaky test", **BOTH},
    {
        "to": 9,
        "at": NOON,
        "kind": "step",
        "text": "edit a.py",
        "files": ["a.py"],
        "changed": 1,
        "added": 1,
        "removed": 1,
    },
    {"to": 20, "at": NOON, "kind": "rewind", "text": "as it was before this rewind", "files": []},
]
CHANGE = {"path": "a.py", "kind": "modified", "added": 1, "removed": 1, "diff": "@@ -1 +1 @@\n-new\n+old\n"}
PREVIEWS: dict[int, dict[str, Any]] = {
    20: {"changes": [], "conflicts": []},
    9: {"changes": [CHANGE], "conflicts": ["mine.py"]},
}


class Past(StillSession):
    """A session with some places."""

    def __init__(self, points: list[dict[str, Any]]) -> None:
        super().__init__(())
        self.points = points

    async def query(self, name: str, **arguments: Any) -> Any:
        """The places, or what a rewind would do."""
        if name == "points":
            return self.points
        if arguments["to"] not in PREVIEWS:
            raise AuraError("Nothing from that time is kept any more.")
        return PREVIEWS[arguments["to"]]


async def loaded(it: Shown) -> RewindDock:
    """The dock, with its places."""
    dock = it.app.widget
    assert isinstance(dock, RewindDock)
    await it.until(lambda: len(dock.all) == len(POINTS), "the places")
    await it.until_still()
    return dock


@pytest.mark.parametrize(("size", "look"), VIEWS)
async def test_places_stand_newest_first_with_what_changed_since(size: tuple[int, int], look: Look) -> None:
    async with show(RewindDock(Past(POINTS)), size=size, look=look) as it:
        await loaded(it)
        lines = it.lines
        order = [
            next(at for at, line in enumerate(lines) if words in line)
            for words in ("before this", "edit a.py", "fix the")
        ]
        assert order == sorted(order)
        assert "2 files +8" in it.text
        assert all(len(line) <= size[0] for line in lines)
        assert look.signs != ASCII or it.text.isascii()


async def test_enter_takes_the_conversation_and_the_files_if_any_would_change() -> None:
    for keys, chosen in (
        (["enter"], PlaceChosen(20, files=False, conversation=True)),
        (["down", "enter"], PlaceChosen(9, files=True, conversation=True, conflicts=("mine.py",))),
        (["down", "c"], PlaceChosen(9, files=False, conversation=True)),
        (["down", "f"], PlaceChosen(9, files=True, conversation=False, conflicts=("mine.py",))),
        (["down", "b"], PlaceChosen(9, files=False, conversation=True, branch=True)),
        (["escape"], None),
    ):
        async with show(RewindDock(Past(POINTS))) as it:
            await loaded(it)
            for key in keys:
                await it.press(key)
                await it.until_still()
            assert it.app.results == [chosen]


async def test_the_preview_names_files_and_what_was_changed_since() -> None:
    async with show(RewindDock(Past(POINTS))) as it:
        await loaded(it)
        assert "No file changes." in it.text
        await it.press("f")
        assert "No file would change." in it.text
        await it.press("down")
        await it.until(lambda: "1 file changes: a.py" in it.text, "the preview")
        assert "1 was changed by you since" in it.text
        await it.press("down")
        await it.until(lambda: "Nothing from that time is kept" in it.text, "the reason")


async def test_p_shows_the_diff_and_leads_back() -> None:
    async with show(RewindDock(Past(POINTS))) as it:
        await loaded(it)
        await it.press("down")
        await it.until(lambda: "a.py" in it.text and "f files" in it.text, "the preview")
        await it.press("p")
        await it.until(lambda: "old" in it.text and "What a rewind" in it.text, "the diff")
        await it.press("q")
        await it.until(lambda: "edit a.py" in it.text, "the list")


async def test_the_list_opens_near_the_block_that_was_pointed_at() -> None:
    async with show(RewindDock(Past(POINTS), 12)) as it:
        dock = await loaded(it)
        assert dock.list.current is not None
        assert dock.list.current.key == "9"


async def test_an_empty_past_says_so() -> None:
    async with show(RewindDock(Past([]))) as it:
        await it.until(lambda: "nothing to go back to" in it.text, "the sentence")
        await it.press("enter")
        assert not it.app.results


@pytest.mark.parametrize(("size", "look"), VIEWS)
async def test_files_that_a_person_changed_are_asked_about(size: tuple[int, int], look: Look) -> None:
    place = PlaceChosen(9, files=True, conversation=True, conflicts=("mine.py", "other.py"))
    for key, choice in (("m", "mine"), ("o", "old"), ("b", "beside")):
        async with show(ChangedSinceDock(place), size=size, look=look) as it:
            await it.until(lambda: not it.app.widget.is_dead, "the keys")  # type: ignore[attr-defined]
            assert "2 files were also changed by you" in it.text
            assert "other.py" in it.text
            assert look.signs != ASCII or it.text.isascii()
            await it.press(key)
            assert await it.finished() == replace(place, choice=choice)  # type: ignore[arg-type]
