"""A session that lives in an engine: the same protocol, over its socket."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from aura.app.approvals import Grant
from aura.app.options import SessionOptions
from aura.app.wire import (
    LONGEST_LINE,
    Hello,
    encode_options,
    encode_verdict,
    join,
    read_hello,
)
from aura.core.errors import AuraError
from aura.core.events import Event, FactsChanged, Recorded, TurnStarted, TurnStopped
from aura.core.facts import Facts
from aura.core.messages import History, Image
from aura.core.permissions import Allow, Deny
from aura.core.tools import Answer
from aura.core.turn import Turn, apply
from aura.store.codec import decode_recorded, encode_recorded, encode_value

ENGINE_LOST = "The engine of this session ended unexpectedly; nothing that was logged is lost."


class EngineFailed(AuraError):
    """The engine could not open the session; the sentence and the exit code are its own."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


class RemoteSession:
    """A session in an engine process; made by `open_remote`. See `aura.app.session.Session`.

    `on_lost` is called with a sentence when the engine is gone without having been asked to go.
    """

    def __init__(self, hello: Hello, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hello = hello
        self.watchers: list[Callable[[Recorded], None]] = []
        self.on_lost: Callable[[str], None] = lambda sentence: None
        self._turn = hello.turn
        self._facts = hello.facts
        self._is_running = hello.is_running
        self._reader = reader
        self._writer = writer
        self._numbers = count(1)
        self._replies: dict[int, asyncio.Future[Any]] = {}
        self._is_left = False
        self._listening: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Begin to hand out what the engine says; the watchers should be there."""
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
        """Whether a turn is under way, as far as the events tell."""
        return self._is_running

    async def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError):
            while line := await self._reader.readline():
                self._take(line)
        self._end()

    def _take(self, line: bytes) -> None:
        if line.startswith(b'{"type":"reply"'):
            self._settle(json.loads(line))
        elif line.startswith(b'{"type":"bye"'):
            self._is_left = True
        else:
            self._fold(decode_recorded(line))

    def _fold(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, TurnStarted):
            self._is_running = True
            self._turn = replace(self._turn, messages=History(), lifetimes={})
        elif isinstance(event, TurnStopped):
            self._is_running = False
        elif isinstance(event, FactsChanged):
            self._facts = event.facts
        self._turn = apply(self._turn, event)
        for watch in tuple(self.watchers):
            watch(recorded)

    def _settle(self, reply: dict[str, Any]) -> None:
        future = self._replies.pop(reply["id"], None)
        if future is None or future.done():
            return
        if "error" in reply:
            future.set_exception(EngineFailed(reply["error"], reply.get("exit_code", 1)))
        else:
            future.set_result(reply["value"])

    def _end(self) -> None:
        self._is_running = False
        for future in self._replies.values():
            if not future.done():
                future.set_exception(EngineFailed(ENGINE_LOST))
        self._replies.clear()
        self._writer.close()
        if not self._is_left:
            self._is_left = True
            self.on_lost(ENGINE_LOST)

    def _say(self, do: str, **arguments: Any) -> None:
        if not self._writer.is_closing():
            self._writer.write(join([encode_value({"do": do, **arguments})]))

    async def _ask(self, do: str, **arguments: Any) -> Any:
        if self._writer.is_closing():
            raise EngineFailed(ENGINE_LOST)
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._replies[number] = future
        self._say(do, id=number, **arguments)
        return await future

    async def submit(self, line: str, images: Sequence[Image] = ()) -> None:
        """Take a line of a person."""
        await self._ask("submit", line=line, images=list(images))

    def steer(self, text: str) -> None:
        """Say something to the running turn."""
        self._say("steer", text=text)

    def enqueue(self, text: str) -> None:
        """Have a line taken when all that runs is over."""
        self._say("enqueue", text=text)

    def unqueue(self, name: str) -> None:
        """Take a waiting line back."""
        self._say("unqueue", name=name)

    async def interrupt(self, *, kill: bool = False) -> None:
        """Stop what runs."""
        await self._ask("interrupt", kill=kill)

    async def decide(self, name: str, verdict: Allow | Deny, scope: Grant = "") -> None:
        """Settle a call that waits for a yes."""
        await self._ask("decide", name=name, verdict=encode_verdict(verdict), scope=scope)

    async def answer(self, name: str, answer: Answer) -> None:
        """Answer a question."""
        await self._ask(
            "answer", name=name, text=answer.text, chosen=list(answer.chosen), answered=answer.answered
        )

    def record(self, event: Event) -> None:
        """Record what a person did; it is folded when the engine says so."""
        self._say("record", event=json.loads(encode_recorded(Recorded(0, 0.0, event))))

    async def query(self, name: str, **arguments: Any) -> Any:
        """Ask for something that only the engine knows."""
        return await self._ask("query", name=name, arguments=arguments)

    async def leave(self, *, keep: bool) -> None:
        """Let go: the engine closes the session, or with `keep` goes on without this face."""
        self._is_left = True
        self._say("leave", keep=keep)
        with contextlib.suppress(OSError):
            await self._writer.drain()
        if self._listening is not None and not keep:
            await asyncio.wait([self._listening], timeout=15)
        self._writer.close()


async def attach(connection: socket.socket) -> RemoteSession:
    """The session at the other end of a connected socket; raises `EngineFailed` with what the engine says."""
    reader, writer = await asyncio.open_unix_connection(sock=connection, limit=LONGEST_LINE)
    try:
        line = await reader.readline()
        data = json.loads(line) if line else {"type": "failed", "sentence": "The engine did not start."}
        if data.get("type") == "failed":
            raise EngineFailed(str(data["sentence"]), int(data.get("exit_code", 1)))
        hello = read_hello(data)
    except (OSError, ValueError) as error:
        writer.close()
        raise EngineFailed(f"The engine cannot be understood ({error}); end it and try again.") from None
    except BaseException:
        writer.close()
        raise
    return RemoteSession(hello, reader, writer)


class Starting:
    """An engine that was started and has not said hello yet; `connection` is its end for this face."""

    def __init__(self, options: SessionOptions, *, extra: Sequence[str] = ()) -> None:
        self.connection, theirs = socket.socketpair()
        log = os.environ.get("AURA_ENGINE_LOG")
        errors = Path(log).open("ab") if log else None  # noqa: SIM115 - closed below
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aura", "engine", "--connection", str(theirs.fileno()), *extra],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors or subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                cwd=options.workspace,
            )
        finally:
            theirs.close()
            if errors is not None:
                errors.close()
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.write(json.dumps(encode_options(options)).encode())
            self.process.stdin.close()

    async def finish(self) -> RemoteSession:
        """The session, once the engine has opened it; raises `EngineFailed` with its sentence."""
        self.connection.setblocking(False)
        return await attach(self.connection)
