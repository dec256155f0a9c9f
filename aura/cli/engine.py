"""The engine process: opens a session and serves it; nobody sees its standard streams."""

import asyncio
import contextlib
import gc
import json
import signal
import socket
import sys
from dataclasses import replace
from typing import Any

from aura.app.build import open_session
from aura.app.engine import LINGER, Engine
from aura.app.options import SessionOptions
from aura.app.wire import encode_failure, join, read_options
from aura.cli.crashes import describe_crash
from aura.core.errors import AuraError, ConfigError
from aura.ui.prompter import host

ENDED = "The engine of this session was told to end from outside; open the session again to go on."
CANCELLED = 130
FAILING_SECONDS = 30.0


def run_engine(
    connection: int | None, *, demo: bool = False, pace: float | None = None, linger: float | None = None
) -> int:
    """Serve until it is over; a failure to open is told to the face that started it. The exit code."""
    first = _adopt(connection)
    try:
        with contextlib.ExitStack() as stack:
            options = _read_input()
            if demo:
                options = serve_demo(options, stack, pace)
            asyncio.run(_serve(options, first, LINGER if linger is None else linger))
    except asyncio.CancelledError:
        return CANCELLED
    except AuraError as error:
        if first is None:
            raise
        _fail(first, error)
        return error.exit_code
    except Exception as error:
        if first is None:
            raise
        _fail(first, AuraError(_capital(describe_crash(error))))
        return 1
    return 0


def serve_demo(
    options: SessionOptions, stack: contextlib.ExitStack, pace: float | None = None
) -> SessionOptions:
    """The options with the demo's model, which is served by this process until the stack is closed."""
    from aura.cli.cmd_demo import PACE, demo_flags, find_test_command, read_script
    from aura.demo.server import serving

    server = stack.enter_context(
        serving(read_script(find_test_command(), PACE if pace is None else pace), keep=False)
    )
    return replace(options, flags={**options.flags, **demo_flags(server.url)})


def _adopt(connection: int | None) -> socket.socket | None:
    """The connection to the face that started this process; None when there is none."""
    if connection is None:
        return None
    try:
        return socket.socket(fileno=connection)
    except OSError as error:
        raise ConfigError(f"There is no connection {connection} to a face ({error.strerror}).") from None


def _read_input() -> SessionOptions:
    """The options of the session, from standard input."""
    text = b""
    if sys.stdin is not None:  # it is None when it was closed before the start
        with contextlib.suppress(OSError):
            text = sys.stdin.buffer.read()
    try:
        return read_options(json.loads(text or b"null"))
    except ValueError:
        return read_options(None)


def _fail(first: socket.socket, error: AuraError) -> None:
    """Tell the face why, and wait until it has greeted: a line that is not taken would cost it the sentence.

    One that was served already has heard it.
    """
    with contextlib.suppress(OSError):
        first.settimeout(FAILING_SECONDS)
        first.sendall(join([encode_failure(error)]))
        while (piece := first.recv(4096)) and not piece.endswith(b"\n"):
            pass


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


async def _serve(options: SessionOptions, first: socket.socket | None, linger: float) -> None:
    gc.disable()  # what is read of a long log stays: a fifth of the time to open it is saved
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_keep)
    opening = asyncio.create_task(open_session(options))
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, opening.cancel)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    opened = await opening
    gc.freeze()  # later collections need not look through all of it: that would hold up every face
    gc.enable()
    session = host(opened)
    session.work.tell_crash = lambda error: _capital(describe_crash(error))
    engine = Engine(session, on_close=opened.settings.ui.on_close, linger=linger)
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, engine.leave_unfinished, ENDED)
    await engine.serve(first)


def _keep(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An error that nothing waits for any more: kept in a file."""
    error = context.get("exception")
    describe_crash(error if isinstance(error, BaseException) else RuntimeError(context.get("message", "?")))
