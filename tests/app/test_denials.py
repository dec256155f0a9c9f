"""Allowing what was refused: in a turn, over the hosted session, by /denials, and for a session nobody has open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aura.app.approvals import DENIED
from aura.app.lifting import Lift, read_denials, send_lift
from aura.core import events as ev
from aura.core.errors import AuraError
from aura.core.limits import StopReason
from aura.core.messages import ToolCall
from aura.core.permissions import Allow, Ask, Deny, Facts
from aura.core.run import Phase, Terms
from aura.core.tools import Access, Effect
from aura.hookspecs import hookimpl
from aura.testing import Act, FakeModel, FakeTool, Player, Props, Stage, call
from tests.app.hosting import Hosting, hosting, until
from tests.app.test_engine import rest, serving

ON = ev.AutoSwitched(on=True, by="human")
NO = '{"answer": "no", "deny_rule": 0}'
DENY = '{"risk": "high", "authority": "none", "decision": "deny", "deny_rule": 0, "reason": "too wide"}'


class _Net:
    @hookimpl
    def register_tools(self) -> tuple[FakeTool, ...]:
        """A tool that reaches the network."""
        return (FakeTool("Net", Effect.NETWORK),)


@asynccontextmanager
async def net_session(folder: Path, *acts: Act | Player) -> AsyncIterator[Hosting]:
    """A session in auto mode with a tool that is reviewed; its model plays the worker and the reviewer."""
    flags = {"auto.enabled": True, "auto.require_done": False}
    async with hosting(folder, *acts, flags=flags, extra=(("net", _Net()),)) as hosted:
        yield hosted


async def test_an_allowed_call_runs_once_unreviewed_and_the_model_is_told() -> None:
    tool = FakeTool("Net", Effect.NETWORK)
    same = call("Net", url="http://x")
    worker = FakeModel(same, "I could not.", same, same, call("Net", url="http://y"), "done")
    stage = Stage(worker, [tool], [ON])
    reviewed: list[str] = []

    async def review(call: ToolCall, ask: Ask) -> Deny:
        reviewed.append(ask.reason)
        return Deny("no", by="reviewer")

    stage.approvals.find_reviewer = lambda: review
    await stage.prompt("Fetch it.")
    stage.approvals.decide(f"{DENIED}1", Allow("human"))
    await stage.prompt("go on")
    assert tool.calls == [{"url": "http://x"}]
    assert len(reviewed) == 3  # the first, the same once more, the other
    verdicts = [(one.verdict, one.by, one.lifts) for one in stage.of(ev.ToolJudged)]
    assert verdicts == [
        ("deny", "reviewer", 0),
        ("allow", "human", 1),
        ("deny", "reviewer", 0),
        ("deny", "reviewer", 0),
    ]
    (told,) = stage.of(ev.Injected)
    assert told.message.text.startswith("[aura] A person allows what was refused: Net http://x.")


@pytest.mark.parametrize("is_floor", [False, True])
async def test_what_only_a_person_may_agree_to_can_be_allowed_and_the_floor_cannot(is_floor: bool) -> None:
    """Once text came in that nobody vouches for, no reviewer is asked; a person may still lift the refusal."""

    def examine(tool: str, effect: Effect, access: Access) -> Facts:
        return Facts(effect, access, person="it reaches the network", floor="never" if is_floor else "")

    tool, same = FakeTool("Net", Effect.NETWORK), call("Net", url="http://x")
    stage = Stage(
        FakeModel(same, "I could not.", same, same, "done"), [tool], [ON], props=Props(examine=examine)
    )
    await stage.prompt("Fetch it.")
    if is_floor:
        with pytest.raises(AuraError, match="hard floor"):
            stage.approvals.decide(f"{DENIED}1", Allow("human"))
        one = stage.turn.rest.denials.listed[0]
        stage.session.record(ev.DenialAllowed(1, one.sign, "human"))  # forged
    else:
        stage.approvals.decide(f"{DENIED}1", Allow("human"))
    await stage.prompt("go on")
    assert len(tool.calls) == (0 if is_floor else 1)


async def test_what_a_person_allows_in_the_middle_of_a_turn_is_told_with_the_next_step() -> None:
    tool = FakeTool("Net", Effect.NETWORK)
    same = call("Net", url="http://x")

    def allow() -> str:
        stage.approvals.decide(f"{DENIED}1", Allow("human"))
        return "read"

    stage = Stage(FakeModel(same, call("Read"), same, "done"), [tool, FakeTool("Read", does=allow)], [ON])
    await stage.prompt()
    assert tool.calls == [{"url": "http://x"}]
    roles = [message.role for message in stage.turn.messages]
    assert roles == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "tool",
        "user",
        "assistant",
        "tool",
        "assistant",
    ]


async def test_a_session_takes_it_from_a_face(tmp_path: Path) -> None:
    same = call("Net", url="http://x")
    async with net_session(tmp_path, same, NO, DENY, "I could not.", same, "done") as hosted:
        session = hosted.session
        await session.submit("Fetch it.")
        await hosted.rest()
        (denial,) = session.turn.rest.denials.listed
        assert (denial.by, denial.risk, denial.reason) == ("reviewer", "high", "too wide")
        with pytest.raises(AuraError, match="no refused call 9"):
            await session.decide(f"{DENIED}9", Allow("human"))
        with pytest.raises(AuraError, match="no rule to offer"):
            await session.decide(f"{DENIED}1", Allow("human"), "session")
        await session.decide(f"{DENIED}1", Allow("human"))
        await session.submit("Again.")
        await hosted.rest()
        assert [one.outcome for one in hosted.of(ev.ToolFinished)] == ["denied", "ok"]
        assert {one.part for one in hosted.of(ev.CallCounted)} == {"reviewer"}


async def test_the_command_lists_and_allows(tmp_path: Path) -> None:
    same = call("Net", url="http://x")
    async with net_session(tmp_path, same, NO, DENY, "I could not.") as hosted:
        session = hosted.session
        for line in (
            "/denials",
            "Fetch it.",
            "/denials",
            "/denials allow 1",
            "/denials allow 1",
            "/denials rule x",
        ):
            await session.submit(line)
            await hosted.rest()
        said = [one.text for one in hosted.of(ev.CommandSaid)]
        assert said[0] == "Nothing was refused."
        assert (
            "1. Net http://x" in said[1]
            and "refused by reviewer, high risk: too wide [can be allowed]" in said[1]
        )
        assert said[2] == "Call 1 is allowed once; the model is told with its next step."
        assert [one.number for one in hosted.of(ev.DenialAllowed)] == [1]
        assert "is allowed already" in str(hosted.recorded)
        assert "Usage: /denials" in str(hosted.recorded)


async def make_blocked(tmp_path: Path) -> Path:
    """The folder of a closed session whose run ended as blocked after a refusal."""
    async with net_session(tmp_path, call("Net", url="http://x"), NO, DENY, "I could not.") as hosted:
        session = hosted.session
        await session.submit("Fetch it.")
        await hosted.rest()
        folder = hosted.session.opened.session.folder
        spend = session.turn.spend
        session.record(ev.RunStarted("r", "Fetch it.", session.opened.session.clock.now(), Terms()))
        blocked = ev.Checkpointed("r", Phase.BLOCKED, spend, 1, reason=StopReason.BLOCKED)
        session.record(blocked)
    return folder


async def test_a_run_that_nobody_has_open_takes_it_and_goes_on(tmp_path: Path) -> None:
    folder = await make_blocked(tmp_path)
    (before,) = read_denials(folder).listed
    assert before.state == ""
    sent = await send_lift(folder, Lift(1))
    assert not sent.was_live
    assert sent.run.phase.is_active
    (after,) = read_denials(folder).listed
    assert after.state == "allowed"
    with pytest.raises(AuraError, match="allowed already"):
        await send_lift(folder, Lift(1))


async def test_a_living_engine_is_told_over_its_socket(tmp_path: Path) -> None:
    same = call("Net", url="http://x")
    options = {"flags": {"auto.enabled": True, "auto.require_done": False}, "extra": (("net", _Net()),)}
    async with serving(tmp_path, same, NO, DENY, "I could not.", **options) as served:
        face = await served.attach()
        await face.submit("Fetch it.")
        await rest(face)
        assert [one.number for one in face.turn.rest.denials.listed] == [1]
        sent = await send_lift(served.folder, Lift(1))
        assert sent.was_live
        await until(face, lambda: face.turn.rest.denials.listed[0].state == "allowed")
        with pytest.raises(AuraError, match="allowed already"):
            await face.decide(f"{DENIED}1", Allow("human"))
        await face.leave(keep=False)
