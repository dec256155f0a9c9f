"""How a face comes to a session: it attaches to the engine that has it, or starts one."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import aura
from aura.app import sockets
from aura.app.folders import find_wanted
from aura.app.options import LIMIT_SETTINGS, SessionOptions
from aura.app.remote import EngineGone, RemoteSession, attach
from aura.app.wire import EngineFailed, encode_options
from aura.core.errors import ConfigError
from aura.core.events import AutoSwitched, ChecksSet, LimitsSet, ModeSwitched, NoticeShown
from aura.store.lease import find_holder, read_holder

PATIENCE = 3.0  # seconds that an engine which begins or ends with the session is waited for
PAUSE = 0.05
HELLO_SECONDS = 10.0  # until a living engine counts as hanging


def open_remote(options: SessionOptions, *, demo: bool = False) -> "Starting | Attaching":
    """Begin to open a session in an engine: the one that has it already, or one that is started.

    Raises `ConfigError` when the session that is wanted does not exist; all else is told by `finish`.
    """
    if options.fork or demo or not (options.resume or options.latest):
        return Starting(options, extra=("--demo",) if demo else ())
    folder = find_wanted(options)
    connection = sockets.connect(folder)
    if connection is None:
        return Starting(options, folder=folder)
    return Attaching(connection, folder, options)


class Attaching:
    """A session whose engine lives."""

    def __init__(self, connection: socket.socket, folder: Path, options: SessionOptions) -> None:
        self._connection = connection
        self._folder = folder
        self._options = options

    async def finish(self) -> RemoteSession:
        """The session, with what the options ask for switched; raises `EngineFailed` with one sentence.

        An engine that ends at this very moment is replaced by a new one.
        """
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                session = await attach(self._connection)
        except EngineGone:
            return await Starting(self._options, folder=self._folder).finish()
        except TimeoutError:
            raise EngineFailed(_tell_hanging(self._folder)) from None
        _apply(session, self._options)
        return session

    def abandon(self) -> None:
        """Do not attach."""
        self._connection.close()


class Starting:
    """An engine that was started and has not said hello yet.

    `folder` is the session that is resumed (None: a new one), `extra` are arguments for `aura engine`. Raises
    `ConfigError` when it cannot be started at all.
    """

    def __init__(
        self, options: SessionOptions, *, folder: Path | None = None, extra: Sequence[str] = ()
    ) -> None:
        self._options = options
        self._folder = folder
        self._extra = tuple(extra)
        self._connection = _start(options, self._extra)

    async def finish(self) -> RemoteSession:
        """The session, once the engine has opened it; raises `EngineFailed` with its sentence."""
        try:
            return await attach(self._connection)
        except EngineFailed as error:
            if not error.is_locked or self._folder is None:
                raise
            problem = error
        return await self._wait_for_other(self._folder, problem)

    async def _wait_for_other(self, folder: Path, problem: EngineFailed) -> RemoteSession:
        """Something else has the session: another engine that is beginning or ending, or a run without a socket."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            connection = sockets.connect(folder)
            if connection is not None:
                return await Attaching(connection, folder, self._options).finish()
            if find_holder(folder) is None:
                return await attach(_start(self._options, self._extra))
            await asyncio.sleep(PAUSE)
        raise problem

    def abandon(self) -> None:
        """Do not wait for it; it ends as soon as it notices."""
        self._connection.close()


def _tell_hanging(folder: Path) -> str:
    holder = read_holder(folder)
    which = f" (process {holder.pid})" if holder is not None else ""
    return f"The engine of the session {folder.name}{which} does not answer; end it, then open the session again."


def _start(options: SessionOptions, extra: Sequence[str]) -> socket.socket:
    """Start an engine; the end of the connection to it that is ours."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-P", "-m", "aura", "engine", "--connection", str(theirs.fileno()), *extra]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
            cwd=options.workspace,
            env=make_environment(),
        )
    except OSError as error:
        ours.close()
        what = error.filename or options.workspace
        raise ConfigError(f"The session cannot be started: {what}: {error.strerror or error}.") from None
    finally:
        theirs.close()
    assert process.stdin is not None
    with contextlib.suppress(OSError), process.stdin:  # one that is gone already is noticed at the connection
        process.stdin.write(json.dumps(encode_options(options)).encode())
    threading.Thread(target=process.wait, name="end of an engine", daemon=True).start()
    return ours


def make_environment() -> dict[str, str]:
    """The environment, in which the engine finds this aura and nothing of the workspace it starts in."""
    root = str(Path(aura.__file__).parent.parent)
    found = sys.path if sys.flags.safe_path else sys.path[1:]  # the first may be there for this process only
    environ = dict(os.environ)
    if root not in found:
        environ["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environ.get("PYTHONPATH", ""))))
    return environ


def _apply(session: RemoteSession, options: SessionOptions) -> None:
    """Switch what was asked for at this start; what cannot be changed while a session is live is named."""
    turn, flags = session.turn, dict(options.flags)
    flags.pop("auto.enabled", None)
    if options.auto is not None and options.auto != turn.auto:
        session.record(AutoSwitched(options.auto, "settings"))
    if options.mode is not None and options.mode != turn.switches.mode:
        session.record(ModeSwitched(options.mode.value, "settings"))
    checks = tuple(dict.fromkeys((*turn.switches.checks, *options.checks)))
    if checks != turn.switches.checks:
        session.record(ChecksSet(checks, "settings"))
    given = {name: flags.pop(key) for name, key in LIMIT_SETTINGS.items() if key in flags}
    if given:
        session.record(LimitsSet(replace(turn.limits, **given), fresh=False, by="settings"))
    model = flags.pop("model", "")
    if model and model not in (session.facts.model, turn.switches.chosen):
        session.line.say("submit", line=f"/model {model}")
    if flags:
        names = ", ".join(sorted(flags))
        session.record(NoticeShown(f"This session is live: {names} hold when it is opened again.", "warning"))
