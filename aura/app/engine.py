"""The engine: serves one session on a Unix socket to any number of faces."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from aura.app.acts import obey
from aura.app.hosted import HostedSession
from aura.app.shown import DELTAS, Deltas, Shown
from aura.app.sockets import listen, remove
from aura.app.wire import LONGEST_LINE, Hello, check_greeting, encode_bye, encode_failure, encode_hello, join
from aura.core.errors import AuraError
from aura.core.events import NoticeShown, Recorded, WorkChanged
from aura.core.limits import PROCESS_ENDED
from aura.store.codec import encode_recorded

MOST_WAITING = 32 * 1024 * 1024  # bytes that a face may be behind before it is let go
PASSING_WAITING = 256 * 1024  # from here on pieces of text wait until there is room, and are joined
LINGER = 60.0
GREETING_SECONDS = 10.0
FAREWELL_SECONDS = 2.0
ANSWER_SECONDS = 0.5
FROM_AFAR = ("pursue", "order")  # what only programs ask for that nobody looks at
CLOSED = "The session was closed."


class Face:
    """One connected face. It is told every event; one that does not read gets pieces of text late and joined.

    Until it is `greeted` what is told is kept back, so that nothing is lost between the hello and what follows it.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.is_watching = True  # one that gives orders from afar shows nothing to anybody
        self._writer = writer
        self._early: list[str] | None = []
        self._missed = Deltas()

    def greeted(self, hello: str) -> None:
        """Say hello, then what happened meanwhile."""
        early, self._early = self._early or [], None
        self.say(hello, *early)

    def tell(self, recorded: Recorded, line: str) -> None:
        """Tell an event; `line` is its JSON."""
        if self._early is not None:
            self._early.append(line)
            return
        if isinstance(recorded.event, DELTAS):
            if self._waiting > PASSING_WAITING:
                self._missed.note(recorded.event)
                return
            if self._missed:
                self.say(*(encode_recorded(Recorded(0, recorded.at, event)) for event in self._missed.take()))
        elif self._missed:
            self._missed.note(recorded.event)
        self.say(line)

    def say(self, *lines: str) -> None:
        """Send lines; a face that is too far behind is let go."""
        if not lines or self._writer.is_closing():
            return
        if self._waiting > MOST_WAITING:
            self._writer.transport.abort()
            return
        self._writer.write(join(lines))

    @property
    def _waiting(self) -> int:
        """Bytes that were not sent yet."""
        return self._writer.transport.get_write_buffer_size()

    async def close(self) -> None:
        """Close when all is sent, or when it takes too long."""
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._writer.wait_closed()


class Engine:
    """Serves a session until its last face closes it, or until all faces are gone and nothing is left to do.

    `on_close` says what a last face that vanishes without a word means: `stop` ends what runs and the engine, `keep`
    lets it go on, as it does while a run goes on for somebody who may leave. `linger` is how many seconds an engine
    without faces and work waits for one. `on_faces` is told how many faces there are when one comes or goes.
    """

    def __init__(self, session: HostedSession, *, on_close: str = "stop", linger: float = LINGER) -> None:
        self.session = session
        self._on_close = on_close
        self._linger = linger
        self._shown = Shown()
        self._faces: set[Face] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked: set[asyncio.Task[None]] = set()  # those of them that somebody waits for
        self._over = asyncio.Event()
        self._was_seen = False  # whether any face ever was there
        self._farewell = CLOSED
        self._server: asyncio.Server | None = None
        self._alone: asyncio.TimerHandle | None = None
        self.on_faces: Callable[[int], None] = lambda count: None
        session.watchers.append(self._watch)
        session.work.on_broken = self.stop
        session.opened.approvals.is_seen = lambda: any(face.is_watching for face in self._faces)

    async def serve(self, first: socket.socket | None = None) -> None:
        """Serve until it is over, then close the session; `first` is a face that is connected already."""
        await self.open_door()
        if first is not None:
            first.setblocking(False)
            reader, writer = await asyncio.open_unix_connection(sock=first, limit=LONGEST_LINE)
            self._start(self._serve_first(reader, writer))
        else:
            self._rest()
        try:
            await self._over.wait()
        finally:
            self._close_door()
            await self._end()

    async def open_door(self) -> None:
        """Let faces come by the socket in the session's folder, where there can be one."""
        folder = self.session.facts.folder
        if not folder:
            return
        try:
            door = listen(Path(folder))
            self._server = await asyncio.start_unix_server(self._accept, sock=door, limit=LONGEST_LINE)
        except OSError as error:
            why = error.strerror or str(error)
            self.session.record(
                NoticeShown(f"No other window can attach to this session ({why}).", "warning")
            )

    def _close_door(self) -> None:
        if self._server is not None:
            self._server.close()
            remove(Path(self.session.facts.folder))
            self._server = None

    async def _end(self) -> None:
        """Close the session and tell the faces; raises what kept the session from being closed well."""
        try:
            await self.session.leave(keep=False)
        except AuraError as error:
            self._farewell = error.sentence
            raise
        finally:
            await self.dismiss(self._farewell)

    async def dismiss(self, sentence: str) -> None:
        """Close the door and tell the faces why; the session is left as it is."""
        self._close_door()
        if self._asked:  # who asked for what ended it is answered first
            await asyncio.wait(self._asked, timeout=ANSWER_SECONDS)
        faces = tuple(self._faces)
        for face in faces:
            face.say(encode_bye(sentence))
        await asyncio.gather(*(face.close() for face in faces))
        for task in self._tasks:
            task.cancel()

    def leave_unfinished(self, sentence: str) -> None:
        """End because the process has to: a run that is stopped by it goes on in the next one."""
        self.session.opened.session.stop_detail = PROCESS_ENDED
        self.stop(sentence)

    def stop(self, sentence: str = CLOSED) -> None:
        """End: what runs is stopped, the session is closed; the faces are told the sentence."""
        if not self._over.is_set():
            self._farewell = sentence
            self._over.set()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _watch(self, recorded: Recorded) -> None:
        self._shown.note(recorded.event)
        if self._faces:
            line = encode_recorded(recorded)
            for face in tuple(self._faces):
                face.tell(recorded, line)
        if isinstance(recorded.event, WorkChanged):
            self._rest()

    # --- faces that come, speak and go ---

    async def _serve_first(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve the face that started the engine; when it is gone already, nobody wants the session."""
        await self._accept(reader, writer)
        if not self._was_seen:
            self.stop()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one face until it leaves."""
        face = Face(writer)
        said_goodbye = False
        try:
            if await self._greet(reader, face):
                said_goodbye = await self._hear(reader, face)
        except (OSError, ValueError):
            pass  # cut, or a line beyond all measure
        if self._over.is_set():
            return  # the end of the engine says goodbye to all
        was_there = face in self._faces
        self._faces.discard(face)
        self.on_faces(len(self._faces))
        if was_there and not self._faces:
            self._left(said_goodbye=said_goodbye)
        await face.close()

    async def _greet(self, reader: asyncio.StreamReader, face: Face) -> bool:
        """Say hello to who greets; from then on it gets every event behind `last_seq`. Whether it is a face."""
        try:
            async with asyncio.timeout(GREETING_SECONDS):
                line = await reader.readline()
        except TimeoutError:
            return False
        if not line.endswith(b"\n"):
            return False
        try:
            check_greeting(line)
        except AuraError as error:
            face.greeted(encode_failure(error))
            return False
        session, at = self.session, 0.0
        last = session.opened.log.last_seq
        shown = tuple(Recorded(0, at, event) for event in self._shown.events())
        hello = Hello(session.facts, session.turn, last, shown, session.is_running)
        self._faces.add(face)
        self._was_seen = True
        self.on_faces(len(self._faces))
        self._rest()
        with contextlib.suppress(AuraError):  # a disk that refuses is told by the log itself
            await session.opened.log.flush()
        face.greeted(encode_hello(hello))
        return True

    async def _hear(self, reader: asyncio.StreamReader, face: Face) -> bool:
        """Do what a face asks for until it is gone; whether it said goodbye."""
        while (line := await reader.readline()).endswith(b"\n"):
            try:
                data = json.loads(line)
            except (ValueError, RecursionError):
                data = None
            if not isinstance(data, dict):
                face.say(encode_bye("The engine cannot understand this window; open the session again."))
                return False
            if data.get("do") in FROM_AFAR:
                face.is_watching = False
            if data.get("do") == "leave":
                if not (data.get("keep") or self.session.steering.is_background) and self._faces == {face}:
                    self.stop()
                else:
                    face.say(encode_bye(""))
                return True
            task = self._start(self._obey(data, face))
            self._asked.add(task)
            task.add_done_callback(self._asked.discard)
        return False

    async def _obey(self, data: Mapping[str, Any], face: Face) -> None:
        reply = await obey(self.session, data)
        if data.get("id") is not None:
            face.say(reply)
        elif "error" in (failure := json.loads(reply)):
            with contextlib.suppress(AuraError):
                self.session.record(NoticeShown(failure["error"], "warning"))

    def _left(self, *, said_goodbye: bool) -> None:
        """The last face is gone."""
        if said_goodbye or self._on_close == "keep" or self.session.steering.is_background:
            self._rest()
        else:
            self.stop()

    def _rest(self) -> None:
        """Without faces and work, wait a while for a face and end then."""
        if self._alone is not None:
            self._alone.cancel()
            self._alone = None
        if not self._faces and not self.session.is_running and not self._over.is_set():
            self._alone = asyncio.get_running_loop().call_later(self._linger, self.stop)
