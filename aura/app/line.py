"""A face's end of the connection to an engine: what it says, what it asks, and the replies."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

from aura.app.wire import EngineFailed, join
from aura.store.codec import encode_value

LOST = (
    "The engine of this session ended unexpectedly; nothing that was logged is lost. Open it again to go on."
)
REPLY = b'{"type":"reply"'
PATIENCE = 5.0  # seconds


class Line:
    """One connection. `lines` has to be read, or no reply ever comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = count(1)
        self._replies: dict[int, asyncio.Future[Any]] = {}

    @property
    def is_closed(self) -> bool:
        """Whether nobody is at the other end any more."""
        return self._writer.is_closing()

    def say(self, do: str, **arguments: Any) -> None:
        """Have something done without a reply; raises `EngineFailed` when nobody is there."""
        if self._writer.is_closing():
            raise EngineFailed(LOST)
        self._writer.write(join([encode_value({"do": do, **arguments})]))

    async def ask(self, do: str, **arguments: Any) -> Any:
        """Have something done and return what came of it; raises `EngineFailed` with the engine's sentence."""
        number = next(self._numbers)
        self.say(do, id=number, **arguments)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._replies[number] = future
        try:
            return await future
        finally:
            self._replies.pop(number, None)

    async def lines(self) -> AsyncIterator[bytes]:
        """What the engine says by itself, line by line, until the connection is gone; it is closed then."""
        try:
            while (line := await self._reader.readline()).endswith(b"\n"):
                if line.startswith(REPLY):
                    self._settle(json.loads(line))
                else:
                    yield line
        except (OSError, ValueError, KeyError, TypeError):
            pass  # cut, or not what an engine says: both mean that it is of no more use
        finally:
            self._close()

    async def leave(self) -> None:
        """Close, when what was said is delivered or nobody takes it."""
        self._close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._writer.wait_closed()

    def _close(self) -> None:
        self._writer.close()
        for future in self._replies.values():
            if not future.done():
                future.set_exception(EngineFailed(LOST))

    def _settle(self, reply: dict[str, Any]) -> None:
        future = self._replies.get(reply["id"])
        if future is None or future.done():
            return
        if "error" in reply:
            future.set_exception(EngineFailed(reply["error"], reply.get("exit_code", 1)))
        else:
            future.set_result(reply["value"])
