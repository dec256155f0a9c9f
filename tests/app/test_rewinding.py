"""Going back in a session: in its own process, over its socket, and without an engine."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from aura.app.rewound import Wish, read_points, send_rewind
from aura.core import events as ev
from aura.core.errors import AuraError
from aura.core.messages import Message
from aura.core.said import SAID, find_said
from aura.core.turn import fold
from aura.store.index import fork
from aura.store.rows import read_events
from aura.testing import call
from tests.app.hosting import Hosting, hosting
from tests.app.test_engine import rest, serving

TODOS = [{"id": "1", "content": "look", "status": "completed"}]


async def say(stage: Hosting, *prompts: str) -> None:
    """Have prompts answered."""
    for prompt in prompts:
        await stage.session.submit(prompt)
        await stage.rest()


def texts(messages: Any) -> list[str]:
    """What was said, without empty texts."""
    return [one.text for one in messages if one.text]


async def test_the_conversation_goes_back_and_the_prompt_comes_back(tmp_path: Path) -> None:
    async with hosting(tmp_path, "one", "two", "three") as stage:
        await say(stage, "first", "second")
        session = stage.session
        points = await session.query("points")
        assert [(one["kind"], one["text"]) for one in points] == [("prompt", "first"), ("prompt", "second")]
        spent = session.turn.spend
        assert await session.rewind(points[1]["to"]) == "second"
        assert texts(session.turn.messages) == ["first", "one"]
        assert session.turn.spend == spent
        (event,) = stage.of(ev.Rewound)
        assert (event.to, event.kept, event.messages, event.title) == (points[1]["to"], 2, (), "second")
        await say(stage, "another")
        assert texts(stage.model.requests[-1].messages) == ["first", "one", "another"]
        assert texts(session.turn.messages) == ["first", "one", "another", "three"]
        kept = [event.message.text for event in stage.of(ev.TurnStarted)]
        assert kept == ["first", "second", "another"], "the log keeps what was rewound"
        trail = session.turn.rest.trail
        said = [find_said(one.event) for one in session.opened.log.read(types=SAID) if trail.holds(one.seq)]
        assert texts(filter(None, said)) == texts(session.turn.messages)


async def test_a_rewind_is_undone_and_done_again_after_a_restart(tmp_path: Path) -> None:
    async with hosting(tmp_path, "one", "two") as stage:
        await say(stage, "first", "second")
        whole = texts(stage.session.turn.messages)
        back = (await stage.session.query("points"))[0]["to"]
        assert await stage.session.rewind(back) == "first"
        assert texts(stage.session.turn.messages) == []
        name, folder = stage.session.id, Path(stage.session.facts.folder)
    async with hosting(tmp_path, "three", resume=name) as stage:
        assert texts(stage.session.turn.messages) == []
        (point,) = await stage.session.query("points")
        assert point["kind"] == "rewind"
        assert await stage.session.rewind(point["to"]) == ""
        assert texts(stage.session.turn.messages) == whole
        copy = folder.with_name("00copy000000")
        fork(folder, copy)
        kept = fold(one.event for one in read_events(copy))
        assert texts(kept.messages) == whole


async def test_what_runs_is_in_the_way(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Hold"), "over") as stage:
        await stage.session.submit("go")
        await stage.held.begun.wait()
        with pytest.raises(AuraError, match="stop it first"):
            await stage.session.rewind(1)
        stage.held.let_go.set()
        await stage.rest()
        for place in (0, -1, 10_000):
            with pytest.raises(AuraError, match="There is no event"):
                await stage.session.rewind(place)
        with pytest.raises(AuraError, match="nothing to rewind"):
            await stage.session.rewind(1, conversation=False)


async def test_a_step_can_be_gone_back_to(tmp_path: Path) -> None:
    todos = call("TodoWrite", todos=TODOS)
    async with hosting(tmp_path, call("Hold"), todos, "over", "again") as stage:
        stage.held.let_go.set()
        await say(stage, "go")
        prompt, step = await stage.session.query("points")
        assert (step["kind"], step["step"], step["text"]) == ("step", 2, "todo list changed")
        assert await stage.session.rewind(step["to"]) == ""
        turn = stage.session.turn
        assert not turn.todos
        assert [one.role for one in turn.messages] == ["user", "assistant", "tool"]
        await say(stage, "now like this")
        roles = [one.role for one in stage.model.requests[-1].messages]
        assert roles == ["user", "assistant", "tool", "user"]
        assert prompt["text"] == "go"


async def test_a_face_rewinds_over_the_socket(tmp_path: Path) -> None:
    async with serving(tmp_path, "one", "two", "three") as served:
        face, other = await served.attach(), await served.attach()
        for prompt in ("first", "second"):
            await face.submit(prompt)
            await rest(face)
        points = await face.query("points")
        assert await face.rewind(points[1]["to"]) == "second"
        await face.submit("another")
        await rest(face)
        asked: list[Message] = list(served.stage.model.requests[-1].messages)
        assert texts(asked) == ["first", "one", "another"]
        with pytest.raises(AuraError, match="There is no event"):
            await other.rewind(9_999)
        assert await send_rewind(served.folder, Wish(points[0]["to"])) == "first"
        assert texts(served.stage.session.turn.messages) == []
        assert face.turn.todos == ()


async def test_a_session_that_is_closed_is_rewound_under_its_lease(tmp_path: Path) -> None:
    async with hosting(tmp_path, "one", "two") as stage:
        await say(stage, "first", "second")
        folder = Path(stage.session.facts.folder)
    first, second = read_points(folder)
    assert await send_rewind(folder, Wish(second.to)) == "second"
    turn = fold(one.event for one in read_events(folder))
    assert texts(turn.messages) == ["first", "one"]
    assert turn.spend.turns == 2
    assert [point.kind for point in read_points(folder)] == ["prompt", "rewind"]
    assert first == read_points(folder)[0]


async def test_a_summary_is_undone_with_what_it_stands_for(tmp_path: Path) -> None:
    async with hosting(tmp_path, "one", "two", "a summary", "three", "four") as stage:
        await say(stage, "first", "second")
        whole = tuple(stage.session.turn.messages)
        place = stage.session.opened.log.last_seq
        stage.session.record(ev.Compacted("all of it", "", 4, 100, 10, "test"))
        await say(stage, "third")
        assert tuple(stage.session.turn.messages)[: len(whole)] != whole
        await stage.session.rewind(place)
        assert tuple(stage.session.turn.messages) == whole
        assert stage.session.turn.view.text == ""
        assert stage.session.turn.counters.compactions == 1
        await say(stage, "again")
        assert texts(stage.model.requests[-1].messages) == [*texts(whole), "again"]


async def write(stage: Hosting, *prompts: str) -> None:
    """Have prompts answered by a model that writes a file for each."""
    for number, prompt in enumerate(prompts, 1):
        await stage.session.submit(prompt)
        await stage.rest()
        assert (Path(stage.session.facts.workspace) / "a.txt").read_text() == f"{number}\n"


WRITES = (
    call("Write", path="a.txt", content="1\n"),
    "written",
    call("Edit", path="a.txt", old="1", new="2"),
    "written again",
)


async def test_files_and_conversation_go_back_and_forward_together(tmp_path: Path) -> None:
    async with hosting(tmp_path, *WRITES, "three") as stage:
        await write(stage, "first", "second")
        file = Path(stage.session.facts.workspace) / "a.txt"
        first, second = await stage.session.query("points")
        assert (second["files"], second["added"], second["removed"]) == (("a.txt",), 1, 1)
        preview = await stage.session.query("rewind_preview", to=second["to"])
        (change,) = preview["changes"]
        assert (change["path"], change["kind"], change["added"], change["removed"]) == (
            "a.txt",
            "modified",
            1,
            1,
        )
        assert "-2" in change["diff"]
        assert "+1" in change["diff"]
        assert await stage.session.rewind(second["to"], files=True) == "second"
        assert file.read_text() == "1\n"
        assert len(stage.session.turn.messages) == 4
        assert stage.of(ev.Rewound)[0].files == 1
        point = (await stage.session.query("points"))[-1]
        assert point["kind"] == "rewind"
        await stage.session.rewind(point["to"], files=True)
        assert file.read_text() == "2\n"
        assert len(stage.session.turn.messages) == 8
        await stage.session.rewind(first["to"], files=True)
        assert not file.exists()
        assert len(stage.session.turn.messages) == 0


async def test_files_alone_leave_the_conversation_and_tell_the_model(tmp_path: Path) -> None:
    async with hosting(tmp_path, *WRITES) as stage:
        await write(stage, "first", "second")
        point = (await stage.session.query("points"))[1]
        assert await stage.session.rewind(point["to"], files=True, conversation=False) == ""
        assert (Path(stage.session.facts.workspace) / "a.txt").read_text() == "1\n"
        assert "put files back" in stage.session.turn.messages[-1].text
        assert not stage.of(ev.Rewound)


async def test_what_a_person_changed_since_is_theirs(tmp_path: Path) -> None:
    for others, mine, beside in (("mine", "mine\n", None), ("old", "1\n", None), ("beside", "mine\n", "1\n")):
        place = tmp_path / others
        place.mkdir()
        async with hosting(place, *WRITES) as stage:
            await write(stage, "first", "second")
            file = Path(stage.session.facts.workspace) / "a.txt"
            file.write_text("mine\n")
            to = (await stage.session.query("points"))[1]["to"]
            preview = await stage.session.query("rewind_preview", to=to)
            assert (preview["changes"], preview["conflicts"]) == ([], ["a.txt"])
            await stage.session.rewind(to, files=True, others=others)  # type: ignore[arg-type]
            assert file.read_text() == mine
            old = file.with_name("a.txt.aura-old")
            assert (old.read_text() if old.exists() else None) == beside
            assert len(stage.session.turn.messages) == 4


async def test_what_cannot_be_put_back_is_told_and_the_rest_goes_back(tmp_path: Path) -> None:
    async with hosting(tmp_path, call("Write", path="new/a.txt", content="1\n"), "written") as stage:
        await stage.session.submit("first")
        await stage.rest()
        work = Path(stage.session.facts.workspace)
        (work / "new" / "mine.txt").write_text("mine\n")
        (point,) = await stage.session.query("points")
        assert await stage.session.rewind(point["to"], files=True) == "first"
        assert not (work / "new" / "a.txt").exists()
        assert (work / "new" / "mine.txt").read_text() == "mine\n"
        assert any("other files are in it" in one.text for one in stage.of(ev.NoticeShown))
        assert len(stage.session.turn.messages) == 0


KILLED = """
import asyncio, os, signal, sys
import asyncio
import signal
import sys
from pathlib import Path
from aura.app import rewinding
from aura.app.rewound import Wish, send_rewind

async def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

rewinding.Rewinding.rewind = die
asyncio.run(send_rewind(Path(sys.argv[1]), Wish(int(sys.argv[2]), files=True)))
"""


async def test_a_process_that_dies_between_the_files_and_the_conversation_leaves_both_whole(
    tmp_path: Path,
) -> None:
    async with hosting(tmp_path, *WRITES) as stage:
        await write(stage, "first", "second")
        folder, work = Path(stage.session.facts.folder), Path(stage.session.facts.workspace)
    to = read_points(folder)[1].to
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, str(folder), str(to))
    assert await child.wait() == -signal.SIGKILL
    assert (work / "a.txt").read_text() == "1\n"
    turn = fold(one.event for one in read_events(folder))
    assert len(turn.messages) == 9, "the conversation, and that the files were put back"
    assert await send_rewind(folder, Wish(to, files=True)) == "second"
    turn = fold(one.event for one in read_events(folder))
    assert len(turn.messages) == 4
    assert (work / "a.txt").read_text() == "1\n"
