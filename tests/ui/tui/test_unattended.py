"""The first unattended start in the whole interface: its card, and the prompt that waits for it."""

from pathlib import Path

from aura.core.errors import AuraError
from aura.core.events import AutoSwitched
from aura.testing import call
from aura.ui.drafts import load_draft
from aura.ui.tui.docks.preflight import PreflightDock
from tests.ui.tui.rig import Rig, rig


async def open_card(it: Rig) -> PreflightDock:
    """Say something in auto mode, up to its card."""
    it.session.record(AutoSwitched(True, "human"))
    await it.type("fix it")
    await it.pilot.press("enter")
    await it.until(lambda: it.app.chat.docks, "the card")
    card = it.app.chat.docks[0]
    assert isinstance(card, PreflightDock)
    return card


async def test_the_prompt_that_waits_is_a_draft_until_it_starts(tmp_path: Path) -> None:
    async with rig(tmp_path, call("Done", summary="ok")) as it:
        card = await open_card(it)
        draft = load_draft(it.session.id)
        assert draft is not None and draft.text == "fix it"
        assert it.app.chat.prompt.is_empty
        card.close(card._plan.start(hide=False))
        await it.until(lambda: it.session.turn.number == 1, "the start")
        await it.until_idle()
        assert load_draft(it.session.id) is None


async def test_esc_brings_it_back_and_who_quits_there_finds_it_again(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        card = await open_card(it)
        card.cancel()
        await it.until(lambda: it.app.chat.prompt.text == "fix it", "the prompt")
        await it.pilot.press("enter")
        await it.until(lambda: it.app.chat.docks, "the card")
        name = it.session.id
        await it.app.leave(keep=False)
        draft = load_draft(name)
        assert draft is not None and draft.text == "fix it"


async def test_a_start_that_fails_brings_the_prompt_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        card = await open_card(it)

        async def fail(session: object) -> None:
            raise AuraError("The limits cannot be set.")

        card.carry_out = fail  # type: ignore[method-assign]
        card.close(card._plan.start(hide=False))
        await it.until(lambda: it.app.chat.prompt.text == "fix it", "the prompt")
        await it.until(lambda: "The limits cannot be set." in it.text, "why")
        assert it.session.turn.number == 0
