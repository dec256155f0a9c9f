"""/rewind in a line: the places, and going back to one."""

from pathlib import Path

import pytest

from aura.core.errors import AuraError
from tests.commands.test_commands import open_desk


async def test_places_are_listed_and_gone_back_to(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path, "one", "two")
    assert await desk("/rewind") == "There is nothing to go back to yet."
    await desk("first", "second")
    listed = (await desk("/rewind")).splitlines()
    assert [line.partition("» ")[2] for line in listed] == ["first", "second"]
    place = listed[1].split()[0]
    said = await desk(f"/rewind {place}")
    assert said.endswith("to be said anew:\nsecond")
    assert desk.asked == ["first"]
    with pytest.raises(AuraError, match="A place is the number of an event"):
        await desk("/rewind yesterday")
    with pytest.raises(AuraError, match="There is no event"):
        await desk("/rewind 99999")
    await desk.opened.close()
