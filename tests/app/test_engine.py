"""An engine and its faces over real sockets, in one process; with real processes: tests/e2e/test_engine.py."""

import asyncio
import contextlib
import json
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aura.app import sockets
from aura.app.engine import Engine
from aura.app.remote import EngineGone, RemoteSession, attach
from aura.app.wire import PROTOCOL, EngineFailed
from aura.core import events as ev
from aura.core.limits import Limits, StopReason
from aura.core.models import TextDelta
from aura.core.permissions import Allow, Deny
from aura.core.todos import Todo
from aura.core.tools import Answer
from aura.core.turn import fold
from aura.store.rows import read_events
from aura.testing import call
from aura.ui.answers import list_waiting
from tests.app.hosting import SECONDS, Hosting, hosting, until, until_true


class Served:
    """A served session: faces attach by its socket."""

    def __init__(self, stage: Hosting, engine: Engine, serving: "asyncio.Task[None]") -> None:
        self.stage, self.engine, self.serving = stage, engine, serving

    @property
    def folder(self) -> Path:
        """Where the socket lies."""
        return Path(self.stage.session.facts.folder)

    async def attach(self) -> RemoteSession:
        """One more face."""
        connection = sockets.connect(self.folder)
        assert connection is not None
        session = await attach(connection)
        session.listen()
        return session

    async def ends(self) -> None:
        """Wait until the engine has ended by itself."""
        async with asyncio.timeout(SECONDS):
            await self.serving


@asynccontextmanager
async def serving(folder: Path, *acts: Any, **given: Any) -> AsyncIterator[Served]:
    """An engine over a hosted session."""
    options = {name: given.pop(name) for name in ("on_close", "linger") if name in given}
    async with hosting(folder, *acts, **given) as stage:
        engine = Engine(stage.session, **options)
        task = asyncio.create_task(engine.serve())
        try:
            await until_true(lambda: sockets.is_live(Path(stage.session.facts.folder)))
            yield Served(stage, engine, task)
        finally:
            engine.stop()
            await asyncio.wait([task])


async def rest(session: RemoteSession) -> None:
    """Wait until nothing runs, as far as this face knows."""
    await until(session, lambda: not session.is_running)


def watch(session: RemoteSession) -> list[ev.Recorded]:
    """What this face is told from here on."""
    told: list[ev.Recorded] = []
    session.watchers.append(told.append)
    return told


def types(told: list[ev.Recorded]) -> list[str]:
    """The events by name, without what only passes."""
    return [one.event.type for one in told if one.seq]


# --- what a face is told ------------------------------------------------------------------------------------


async def test_a_face_sees_what_the_session_sees(tmp_path: Path) -> None:
    async with serving(tmp_path, call("Hold"), "Done.") as served:
        session = await served.attach()
        assert session.facts == served.stage.session.facts
        told = watch(session)
        await session.submit("go")
        assert session.is_running
        served.stage.held.let_go.set()
        await rest(session)
        local = [one for one in served.stage.recorded if one.seq]
        assert [one for one in told if one.seq] == local[-len([one for one in told if one.seq]) :]
        assert types(told)[0] == "turn_started"
        assert types(told)[-1] == "turn_stopped"
        mine, theirs = session.turn, served.stage.session.turn
        assert (mine.number, mine.stop, mine.spend) == (theirs.number, theirs.stop, theirs.spend)
        assert [m.text for m in mine.messages] == [m.text for m in theirs.messages]


async def test_the_log_and_the_events_behind_the_hello_are_the_whole_session(tmp_path: Path) -> None:
    async with serving(tmp_path, "one", "two", "three") as served:
        first = await served.attach()
        await first.submit("one")
        await rest(first)
        second = await served.attach()
        told = watch(second)
        await first.submit("two")
        await rest(first)
        await rest(second)
        logged = list(read_events(served.folder))
        before = [one for one in logged if one.seq <= second.hello.last_seq]
        assert [*before, *(one for one in told if one.seq)] == logged
        assert second.turn.number == fold(one.event for one in logged).number


async def test_a_face_that_comes_later_is_told_what_the_step_said_so_far(tmp_path: Path) -> None:
    async with serving(tmp_path, call("Hold"), "end") as served:
        first = await served.attach()
        await first.submit("go")
        await served.stage.held.begun.wait()
        record = served.stage.session.opened.session.record
        for text in ("Some", "thing ", "half"):
            record(TextDelta(text))
        name = served.stage.of(ev.ToolStarted)[0].call.id
        record(ev.ToolOutputDelta(name, "line 1\n"))
        record(ev.ToolOutputDelta(name, "line 2\n"))
        second = await served.attach()
        shown = [one.event for one in second.hello.shown]
        assert shown == [TextDelta("Something half"), ev.ToolOutputDelta(name, "line 1\nline 2\n")]
        assert second.is_running
        assert list(second.turn.rest.pending.calls) == [name]
        served.stage.held.let_go.set()
        await rest(second)
        third = await served.attach()
        assert third.hello.shown == ()
        assert not third.is_running


async def test_waiting_approvals_and_questions_are_there_for_who_comes_later(tmp_path: Path) -> None:
    risky = call("Bash", command="touch made; rm -rf elsewhere")
    asks = call("Ask", question="Which?", options=[{"label": "a"}, {"label": "b"}])
    async with serving(tmp_path, risky, asks, "fine") as served:
        first = await served.attach()
        await first.submit("go")
        await until(first, lambda: served.stage.of(ev.ApprovalAsked))
        second = await served.attach()
        (shown,) = second.hello.shown
        assert isinstance(shown.event, ev.ApprovalAsked)
        told = watch(second)
        await second.decide(shown.event.id, Deny("no", by="a person"))
        await until(second, lambda: any(isinstance(one.event, ev.QuestionAsked) for one in told))
        assert any(isinstance(one.event, ev.ApprovalSettled) for one in told)
        third = await served.attach()
        (name,) = third.turn.rest.pending.questions
        (asked,) = (one.event for one in told if isinstance(one.event, ev.QuestionAsked))
        assert [one.event for one in third.hello.shown] == [asked]
        waiting = list_waiting(third, third.hello.shown)
        assert [one.event for one in waiting] == [asked]
        assert [one.event for one in list_waiting(third, ())] == [replace(asked, deadline=0.0)]
        await third.answer(name, Answer("b", ("b",)))
        await rest(third)
        assert third.turn.stop is StopReason.END_TURN
        with pytest.raises(EngineFailed, match="decided already"):
            await third.decide(shown.event.id, Allow("a person"))


async def test_two_faces_see_what_either_does(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        one, two = await served.attach(), await served.attach()
        one.record(ev.AutoSwitched(on=True, by="human"))
        await until(two, lambda: two.turn.auto)
        two.record(ev.LimitsSet(Limits(steps=7), by="human"))
        await until(one, lambda: one.turn.limits.steps == 7)
        two.record(ev.TodosChanged((Todo("1", "all of it"),), "human"))
        await until(one, lambda: one.turn.todos)
        await one.submit("!sleep 30")
        await until(two, lambda: two.is_running)
        await two.interrupt(kill=True)
        await rest(one)


async def test_queue_and_steering_over_the_socket(tmp_path: Path) -> None:
    async with serving(tmp_path, call("Hold"), "one", "two") as served:
        session = await served.attach()
        await session.submit("go")
        await served.stage.held.begun.wait()
        session.enqueue("second")
        session.enqueue("third")
        await until(session, lambda: len(session.turn.rest.queue) == 2)
        session.unqueue(next(iter(session.turn.rest.queue)))
        session.steer("be quick")
        await session.query("status")
        served.stage.held.let_go.set()
        await rest(session)
        assert served.stage.prompts == ["go", "third"]
        assert [event.message.text for event in served.stage.of(ev.Steered)] == ["be quick"]


async def test_what_is_refused_comes_back_as_a_sentence(tmp_path: Path) -> None:
    async with serving(tmp_path, call("Hold"), "one") as served:
        session = await served.attach()
        await session.submit("go")
        await served.stage.held.begun.wait()
        with pytest.raises(EngineFailed, match="steer it, queue this"):
            await session.submit("me too")
        with pytest.raises(EngineFailed, match="cannot answer 'weather'"):
            await session.query("weather")
        told = watch(session)
        session.record(ev.TurnStopped(StopReason.DONE))
        await until(session, lambda: types(told))
        assert [one.event.text for one in told if isinstance(one.event, ev.NoticeShown)] == [
            "This is not for a person to record."
        ]
        served.stage.held.let_go.set()
        await rest(session)


async def test_queries_answer_in_plain_values(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        session = await served.attach()
        status = await session.query("status")
        assert (status["model"], status["mode"], status["running"]) == ("fake/model", "edit", False)
        preflight = await session.query("preflight")
        assert preflight["limits"]["steps"] == 50
        assert preflight["found_checks"] == []


# --- coming and going ---------------------------------------------------------------------------------------


async def test_the_last_face_that_leaves_closes_the_session(tmp_path: Path) -> None:
    async with serving(tmp_path, call("Hold")) as served:
        one, two = await served.attach(), await served.attach()
        lost: list[str] = []
        one.on_lost = two.on_lost = lost.append
        await one.submit("go")
        await served.stage.held.begun.wait()
        await one.leave(keep=False)
        assert two.is_running, "the other one still has it"
        await two.leave(keep=False)
        await served.ends()
        assert lost == [], "who leaves loses nothing"
        assert not (served.folder / sockets.SOCKET_NAME).exists()
        (stopped,) = [one.event for one in read_events(served.folder, types=("turn_stopped",))]
        assert isinstance(stopped, ev.TurnStopped)
        assert stopped.reason is StopReason.CANCELLED


async def test_who_leaves_it_running_finds_it_again(tmp_path: Path) -> None:
    async with serving(tmp_path, call("Hold"), "end", linger=0.05) as served:
        session = await served.attach()
        await session.submit("go")
        await served.stage.held.begun.wait()
        await session.leave(keep=True)
        await until_true(lambda: not served.engine._faces)
        assert served.engine._alone is None, "as long as something runs it waits for nobody"
        again = await served.attach()
        assert again.is_running
        served.stage.held.let_go.set()
        await rest(again)
        assert again.turn.stop is StopReason.END_TURN
        await again.leave(keep=True)
        await served.ends()


async def test_a_face_that_vanishes_ends_the_work_unless_it_is_to_be_kept(tmp_path: Path) -> None:
    async with serving(tmp_path, call("Hold")) as served:
        session = await served.attach()
        await session.submit("go")
        await served.stage.held.begun.wait()
        session.line._writer.transport.abort()
        await served.ends()
        assert served.stage.session.turn.stop is StopReason.CANCELLED
    async with serving(tmp_path, call("Hold"), "end", on_close="keep", linger=0.05) as served:
        session = await served.attach()
        await session.submit("go")
        await served.stage.held.begun.wait()
        session.line._writer.transport.abort()
        await until_true(lambda: not served.engine._faces)
        served.stage.held.let_go.set()
        await served.ends()
        assert served.stage.session.turn.stop is StopReason.END_TURN


async def test_one_of_two_faces_may_vanish(tmp_path: Path) -> None:
    async with serving(tmp_path, call("Hold"), "end") as served:
        one, two = await served.attach(), await served.attach()
        await one.submit("go")
        await served.stage.held.begun.wait()
        one.line._writer.transport.abort()
        await two.query("status")
        served.stage.held.let_go.set()
        await rest(two)
        assert two.turn.stop is StopReason.END_TURN


async def test_an_engine_that_is_told_to_end_says_why(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        session = await served.attach()
        lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        session.on_lost = lost.set_result
        served.engine.stop("It is over.")
        assert await lost == "It is over."
        assert not session.is_running
        for act in (session.steer, session.enqueue, session.unqueue):
            with pytest.raises(EngineFailed, match="Open it again"):
                act("x")
        with pytest.raises(EngineFailed):
            await session.submit("x")


async def test_a_question_to_an_engine_that_dies_fails_with_a_sentence(tmp_path: Path) -> None:
    async with serving(tmp_path, call("Hold")) as served:
        session = await served.attach()
        asked = asyncio.create_task(session.query("never"))
        served.stage.session._queries["never"] = asyncio.Event().wait  # type: ignore[index]
        lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        session.on_lost = lost.set_result
        await session.query("status")
        served.engine.stop()
        with pytest.raises(EngineFailed):
            await asked
        await lost


async def test_an_engine_without_faces_and_work_ends_by_itself(tmp_path: Path) -> None:
    async with serving(tmp_path, linger=0.05) as served:
        await served.ends()
        assert not (served.folder / sockets.SOCKET_NAME).exists()
        assert sockets.connect(served.folder) is None


# --- strangers ----------------------------------------------------------------------------------------------


async def talk(folder: Path, said: bytes) -> bytes:
    """Say something to an engine, hang up, and return what it answered."""
    connection = sockets.connect(folder)
    assert connection is not None
    reader, writer = await asyncio.open_unix_connection(sock=connection)
    writer.write(said)
    writer.write_eof()
    try:
        async with asyncio.timeout(SECONDS):
            return await reader.read()
    finally:
        writer.close()


GREETING = json.dumps({"do": "attach", "protocol": PROTOCOL}).encode() + b"\n"


@pytest.mark.parametrize(
    "said", [b"", b"\n", b"GET / HTTP/1.1\n", b'{"do":', b"[" * 5000 + b"\n", b"\xff\xfe\n", b"5\n"]
)
async def test_strangers_change_nothing(said: bytes, tmp_path: Path) -> None:
    async with serving(tmp_path, call("Hold"), "end", linger=0.05) as served:
        await served.stage.session.submit("go")
        await served.stage.held.begun.wait()
        answer = await talk(served.folder, said)
        assert not answer or json.loads(answer)["type"] == "failed"
        await asyncio.sleep(0.1)  # longer than it lingers
        assert served.stage.session.is_running, "nobody had attached, so nobody has left"
        served.stage.held.let_go.set()
        await served.ends()
        assert served.stage.session.turn.stop is StopReason.END_TURN


async def test_another_version_of_the_protocol_is_told_so(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        greeting = json.dumps({"do": "attach", "protocol": PROTOCOL + 1, "version": "9.9\x1b[31m"}).encode()
        failed = json.loads(await talk(served.folder, greeting + b"\n"))
        assert failed["type"] == "failed"
        assert "9.9" in failed["sentence"]
        assert "\x1b" not in failed["sentence"]
        assert str(os.getpid()) in failed["sentence"]


async def test_a_face_that_talks_nonsense_is_let_go(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        other = await served.attach()
        for line in (b"not json\n", b"[1, 2]\n", b'{"do": "submit", "id": 1\n'):
            hello, bye = (await talk(served.folder, GREETING + line)).splitlines()
            assert json.loads(hello)["type"] == "hello"
            assert "cannot understand" in json.loads(bye)["sentence"]
        assert await other.query("status")


NONSENSE: tuple[dict[str, Any], ...] = (
    {"do": "fly"},
    {"do": "submit"},
    {"do": "submit", "line": "x", "images": [{"data": 1}]},
    {"do": "record", "event": {"type": "turn_stopped", "reason": "done"}},
    {"do": "record", "event": {"type": "auto_switched", "on": "yes"}},
    {"do": "record", "event": 5},
    {"do": "decide", "name": "a", "verdict": {"verdict": "allow"}, "scope": "world"},
    {"do": "decide", "name": "a", "verdict": "allow"},
    {"do": "query", "name": "status", "arguments": {"self": 1}},
    {"do": "query", "name": "status", "arguments": [1]},
    {"do": None},
)


async def test_an_act_that_makes_no_sense_is_answered(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        before = served.stage.session.opened.log.last_seq
        connection = sockets.connect(served.folder)
        assert connection is not None
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        writer.write(GREETING)
        await reader.readline()
        for number, data in enumerate(NONSENSE):
            writer.write(json.dumps({**data, "id": number}).encode() + b"\n")
            reply = json.loads(await reader.readline())
            assert (reply["type"], reply["id"]) == ("reply", number)
            assert reply["error"].endswith((".", ")."))
        assert served.stage.session.opened.log.last_seq == before
        writer.close()


async def test_what_is_no_engine_is_not_attached_to() -> None:
    for said in (b'{"type":"hello","protocol":99}\n', b"hi\n", b"5\n", b'{"type":"hello"}\n'):
        ours, theirs = socket.socketpair()
        theirs.sendall(said)
        with pytest.raises(EngineFailed, match="no engine of this version"):
            await attach(ours)
        theirs.close()
    ours, theirs = socket.socketpair()
    theirs.close()
    with pytest.raises(EngineGone):
        await attach(ours)


# --- a face that does not read ------------------------------------------------------------------------------


async def test_a_face_that_stops_reading_costs_little_and_loses_nothing_that_lasts(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        connection = sockets.connect(served.folder)
        assert connection is not None
        connection.setblocking(True)
        connection.sendall(GREETING)
        quick = await served.attach()
        await quick.query("status")
        record = served.stage.session.opened.session.record
        text = "x" * 1_000
        for _ in range(5_000):
            record(TextDelta(text))
            record(ev.ToolOutputDelta("call", text))
        waiting = max(face._waiting for face in served.engine._faces)
        assert waiting < 2_000_000
        for number in range(300):
            record(ev.CommandSaid(f"{number}"))
        record(TextDelta("last"))
        got = await asyncio.to_thread(_read_until, connection, b'"299"')
        said = [json.loads(line) for line in got.splitlines()[1:]]
        numbers = [one["text"] for one in said if one["type"] == "command_said"]
        assert numbers == [str(number) for number in range(300)]
        connection.close()


async def test_a_face_that_is_too_far_behind_is_let_go_alone(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        connection = sockets.connect(served.folder)
        assert connection is not None
        connection.setblocking(True)
        connection.sendall(GREETING)
        quick = await served.attach()
        await quick.query("status")
        assert len(served.engine._faces) == 2
        record = served.stage.session.opened.session.record
        for _ in range(40):
            record(ev.CommandSaid("x" * 1_000_000))
            await quick.query("status")
        await until_true(lambda: len(served.engine._faces) == 1)
        assert await quick.query("status")
        with contextlib.suppress(ConnectionResetError):
            while await asyncio.to_thread(connection.recv, 1 << 20):
                pass
        connection.close()


async def test_a_face_that_was_let_go_is_told_that_the_session_lives(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        session = await served.attach()
        lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        session.on_lost = lost.set_result
        (face,) = served.engine._faces
        other = await served.attach()  # held, or it may be collected, and with its last face the engine goes
        face._writer.transport.abort()
        assert "the session goes on" in await lost
        assert not other.is_running


def _read_until(connection: socket.socket, mark: bytes) -> bytes:
    got = b""
    while mark not in got[-100_000:]:
        piece = connection.recv(1 << 20)
        assert piece
        got += piece
    return got


def test_a_socket_is_for_its_owner_only_and_short_whatever_the_folder(tmp_path: Path) -> None:
    folder = tmp_path
    while len(os.fsencode(folder)) < 300:
        folder /= "a" * 60
    folder.mkdir(parents=True)
    here = Path.cwd()
    listening = sockets.listen(folder)
    try:
        mode = (folder / sockets.SOCKET_NAME).stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600
        connection = sockets.connect(folder)
        assert connection is not None
        connection.close()
        assert Path.cwd() == here
    finally:
        listening.close()


def test_the_socket_of_a_dead_engine_is_none(tmp_path: Path) -> None:
    sockets.listen(tmp_path).close()
    assert (tmp_path / sockets.SOCKET_NAME).exists()
    assert sockets.connect(tmp_path) is None
    assert not sockets.is_live(tmp_path)
    listening = sockets.listen(tmp_path)
    assert sockets.is_live(tmp_path)
    listening.close()
    sockets.remove(tmp_path)
    sockets.remove(tmp_path)
    assert not sockets.is_live(tmp_path)
