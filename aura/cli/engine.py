"""The engine process: opens a session and serves it."""

import asyncio
import contextlib
import json
import signal
import socket
import sys

from aura.app.build import open_session
from aura.app.engine import Engine
from aura.app.wire import join, read_options
from aura.core.errors import AuraError
from aura.store.codec import encode_value
from aura.ui.prompter import host


def run_engine(connection: int | None, *, demo: bool) -> int:
    """Serve until it is over; a failure to open is told to the face that started it."""
    first = socket.socket(fileno=connection) if connection is not None else None
    data = json.loads(sys.stdin.buffer.read() or b"{}")
    try:
        asyncio.run(_serve(data, first))
    except AuraError as error:
        _fail(first, error.sentence, error.exit_code)
        return error.exit_code
    except Exception as error:
        _fail(first, f"The engine failed ({type(error).__name__}: {error}).", 1)
        raise
    return 0


def _fail(first: socket.socket | None, sentence: str, exit_code: int) -> None:
    if first is None:
        return
    line = encode_value({"type": "failed", "sentence": sentence, "exit_code": exit_code})
    with contextlib.suppress(OSError):
        first.setblocking(True)
        first.sendall(join([line]))


async def _serve(data: dict[str, object], first: socket.socket | None) -> None:
    opened = await open_session(read_options(data))
    ui = opened.settings.ui
    engine = Engine(host(opened), on_close=ui.on_close)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, engine.stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    await engine.serve(first)
