"""Undo in a session that is open: asked of its engine, refused while it works, told to the model."""

from dataclasses import asdict
from pathlib import Path

import pytest

from aura.app.undoing import UndoWish
from aura.app.undos import preview_undo, send_undo
from aura.core import events as ev
from aura.core.errors import AuraError
from aura.core.permissions import Mode
from aura.testing import call
from tests.app.hosting import hosting, until_true
from tests.app.test_engine import serving


async def test_an_engine_undoes_what_its_session_did(tmp_path: Path) -> None:
    acts = call("Bash", command="printf x > made"), "done", "I see"
    async with serving(tmp_path, *acts, mode=Mode.YOLO) as served:
        face = await served.attach()
        await face.submit("go")
        made = served.stage.session.opened.workspace / "made"
        await until_true(lambda: made.exists() and not served.stage.session.is_running)
        folder = Path(face.facts.folder)
        preview = await preview_undo(folder, UndoWish())
        assert [(one.path, one.verb) for one in preview.files] == [("made", "delete")]
        undone = await send_undo(folder, UndoWish())
        assert undone.paths == ("made",) and not made.exists()
        assert "made" in served.stage.session.turn.messages[-1].text
        again = await send_undo(folder, UndoWish(redo=True))
        assert again.paths == ("made",) and made.read_text() == "x"


async def test_nothing_is_undone_while_a_turn_runs(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold"), "done") as stage:
        await stage.session.submit("go")
        await stage.until(lambda: stage.of(ev.ToolStarted))
        for query in ("undo", "undo_preview"):
            with pytest.raises(AuraError, match="A turn is running"):
                await stage.session.query(query, wish=asdict(UndoWish()))
