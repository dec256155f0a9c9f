"""A session that lives in an engine: the same protocol, over its socket."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aura.app import sockets
from aura.app.approvals import Grant
from aura.app.line import LOST, Line
from aura.app.session import Others
from aura.app.wire import LONGEST_LINE, EngineFailed, Hello, encode_verdict, greet, read_hello
from aura.core.errors import AuraError
from aura.core.events import (
    AutoSwitched,
    Event,
    FactsChanged,
    ModeSwitched,
    Recorded,
    Rewound,
    TurnStarted,
    WorkChanged,
)
from aura.core.facts import Facts
from aura.core.messages import History, Image
from aura.core.permissions import Allow, Deny
from aura.core.tools import Answer
from aura.core.turn import Turn, apply
from aura.store.codec import decode_recorded, encode_recorded

FELL_BEHIND = "This window fell too far behind and was let go; the session goes on. Open it again to see it."
BYE = b'{"type":"bye"'
CLOSING = 15.0  # seconds that closing a session may take
DYING = 0.5  # seconds in which a killed process loses all its sockets


class RemoteSession:
    """A session in an engine process; made by `attach`. See `aura.app.session.Session`.

    `on_lost` is called once with a sentence when the engine is gone, or let this face go, without having been asked
    to. What cannot be told to an engine that is gone raises `EngineFailed`. `line` is the connection to it.
    """

    def __init__(self, hello: Hello, line: Line) -> None:
        self.hello = hello
        self.watchers: list[Callable[[Recorded], None]] = []
        self.on_lost: Callable[[str], None] = lambda sentence: None
        self.line = line
        self._turn = hello.turn
        self._facts = hello.facts
        self._is_running = hello.is_running
        self._is_left = False
        self._farewell = ""
        self._listening: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Begin to hand out what the engine says; the watchers should be there."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())

    @property
    def id(self) -> str:
        """The session's name."""
        return self._facts.session

    @property
    def turn(self) -> Turn:
        """Where it stands, without the messages of older turns."""
        return self._turn

    @property
    def facts(self) -> Facts:
        """What holds for it."""
        return self._facts

    @property
    def is_running(self) -> bool:
        """Whether a turn, a command or a shell line is under way."""
        return self._is_running

    async def _listen(self) -> None:
        async for line in self.line.lines():
            if line.startswith(BYE):
                self._farewell = str(json.loads(line).get("sentence", ""))
            else:
                self._fold(decode_recorded(line))
        self._is_running = False
        if not self._is_left:
            self._is_left = True
            self.on_lost(self._farewell or await asyncio.to_thread(self._explain))

    def _explain(self) -> str:
        """Why the connection broke: the engine is gone, or it lives and let this face go."""
        folder = Path(self._facts.folder) if self._facts.folder else None
        end = time.monotonic() + DYING
        while folder is not None and sockets.is_live(folder):
            if time.monotonic() > end:
                return FELL_BEHIND
            time.sleep(DYING / 10)
        return LOST

    def _fold(self, recorded: Recorded) -> None:
        event = recorded.event
        match event:
            case WorkChanged():
                self._is_running = event.running
            case TurnStarted():
                self._turn = replace(self._turn, messages=History(), lifetimes={})
            case FactsChanged():
                self._facts = event.facts
            case _:
                pass
        self._turn = apply(self._turn, event)
        if isinstance(event, Rewound):
            self._turn = replace(self._turn, messages=History(), lifetimes={})
        for watch in tuple(self.watchers):
            try:
                watch(recorded)
            except Exception as error:  # noqa: BLE001 - one that fails must not deafen the others
                context = {"message": "a watcher of the session failed", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)

    async def submit(self, line: str, images: Sequence[Image] = ()) -> None:
        """Take a line of a person."""
        await self.line.ask("submit", line=line, images=list(images))

    def steer(self, text: str) -> None:
        """Say something to the running turn."""
        self.line.say("steer", text=text)

    def enqueue(self, text: str) -> None:
        """Have a line taken when all that runs is over and ended well."""
        self.line.say("enqueue", text=text)

    def unqueue(self, name: str) -> None:
        """Take a waiting line back."""
        self.line.say("unqueue", name=name)

    async def interrupt(self, *, kill: bool = False) -> None:
        """Stop what runs."""
        await self.line.ask("interrupt", kill=kill)

    async def decide(self, name: str, verdict: Allow | Deny, scope: Grant = "") -> None:
        """Settle a call that waits for a yes."""
        await self.line.ask("decide", name=name, verdict=encode_verdict(verdict), scope=scope)

    async def answer(self, name: str, answer: Answer) -> None:
        """Answer a question."""
        await self.line.ask(
            "answer", name=name, text=answer.text, chosen=list(answer.chosen), answered=answer.answered
        )

    async def rewind(
        self, to: int, *, files: bool = False, conversation: bool = True, others: Others = "mine"
    ) -> str:
        """Go back to an earlier place; see `Session.rewind`."""
        asked = self.line.ask("rewind", to=to, files=files, conversation=conversation, others=others)
        return str(await asked)

    def record(self, event: Event) -> None:
        """Record what a person did; it is folded when the engine says so.

        A switch is folded at once as well: the next press of its key must know it, however busy the engine is.
        """
        self.line.say("record", event=json.loads(encode_recorded(Recorded(0, 0.0, event))))
        if isinstance(event, AutoSwitched | ModeSwitched):
            self._turn = apply(self._turn, event)

    async def query(self, name: str, **arguments: Any) -> Any:
        """Ask for something that only the engine knows."""
        return await self.line.ask("query", name=name, arguments=arguments)

    async def leave(self, *, keep: bool) -> None:
        """Let go: the engine closes the session unless another face has it, or with `keep` goes on alone."""
        self._is_left = True
        with contextlib.suppress(EngineFailed):
            self.line.say("leave", keep=keep)
        if not keep:
            self.listen()
            assert self._listening is not None
            await asyncio.wait([self._listening], timeout=CLOSING)
        await self.line.leave()
        if self._listening is not None:
            await asyncio.wait([self._listening], timeout=CLOSING)


async def attach(connection: socket.socket) -> RemoteSession:
    """The session at the other end of a connected socket; raises `EngineFailed` with what the engine says."""
    connection.setblocking(False)
    reader, writer = await asyncio.open_unix_connection(sock=connection, limit=LONGEST_LINE)
    try:
        writer.write(greet())
        line = await reader.readline()
        if not line.endswith(b"\n"):
            raise EngineGone
        hello = read_hello(json.loads(line))
    except (OSError, ValueError, KeyError, TypeError, AuraError) as error:
        writer.close()
        if isinstance(error, AuraError):
            raise
        if isinstance(error, OSError):
            raise EngineGone from None
        raise EngineFailed(
            "What answers at the session's socket is no engine of this version of aura; end it and try again."
        ) from None
    except BaseException:
        writer.close()
        raise
    return RemoteSession(hello, Line(reader, writer))


class EngineGone(EngineFailed):
    """The engine was there and left before it said anything."""

    def __init__(self) -> None:
        super().__init__("The engine of the session ended before it had opened it; try again.")
