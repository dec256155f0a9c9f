"""A worker that meets an engine it cannot speak with."""

import asyncio
import contextlib
import threading
import time
from pathlib import Path

import pytest

from aura import __version__
from aura.app import sockets
from aura.app.pursuit import Wish, prepare
from aura.app.segments import run_segment
from aura.app.wire import encode_failure, join
from aura.core.errors import AuraError
from aura.core.events import SessionStarted
from aura.core.limits import Limits
from aura.core.run import Phase
from aura.core.turn import fold
from aura.store.log import SessionLog
from aura.store.rows import read_events

OTHER = "The engine of this session runs aura 99.0 and cannot speak with aura 0.1."


async def test_an_engine_of_another_version_keeps_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    now, first = time.time(), SessionStarted("abcdefabcdef", str(tmp_path), __version__)
    log = SessionLog.create(tmp_path / "sessions" / "abcdefabcdef", first, now)
    for event in prepare(fold([first]), Wish("the goal", Limits()), now):
        log.append(event, now)  # type: ignore[arg-type]
    log.close()
    listening = sockets.listen(log.folder)
    listening.setblocking(True)

    def refuse() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):  # who only looks whether it lives is gone
                connection.sendall(join([encode_failure(AuraError(OTHER))]))
                connection.recv(1_000)

    thread = threading.Thread(target=refuse, daemon=True)
    thread.start()
    try:
        end = await asyncio.wait_for(
            run_segment(tmp_path, "abcdefabcdef", tmp_path / "sessions", {}, 5.0), 20
        )
    finally:
        listening.shutdown(2)
        listening.close()
    assert (end.phase, end.detail) == (Phase.RUNNING, OTHER)
    assert end.wake > now, "it is tried again later"
    assert fold(one.event for one in read_events(log.folder)).run.phase is Phase.QUEUED, "and can go on"
