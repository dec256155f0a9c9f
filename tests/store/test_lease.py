"""One writer at a time, whatever happens to processes."""

import json
import os
import signal
import socket
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from aura.core.errors import SessionLocked
from aura.store import lease
from aura.store.lease import HOLDER_NAME, Lease, find_holder, read_holder, silence, this_process
from aura.store.log import SessionLog, Writing
from aura.store.rows import read_events
from tests.store.children import begin, hold, prompt, race
from tests.store.processes import start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "s"
    begin(place)
    return place


def test_the_holder_is_named_and_its_end_frees_the_session(folder: Path) -> None:
    with start(hold, folder) as child:
        assert child.hear() == "open"
        holder = read_holder(folder)
        assert holder is not None and holder.is_alive
        assert (holder.pid, holder.host) == (child.pid, socket.gethostname())
        assert holder.name == f"{holder.host}/{holder.pid}/{holder.token}"
        with pytest.raises(SessionLocked) as caught:
            SessionLog.open(folder, write=True)
        assert f"number {child.pid} on {holder.host}" in caught.value.sentence
        with closing(SessionLog.open(folder, write=False)) as watcher:
            assert watcher.last_seq == 1
        child.kill()
        stale = read_holder(folder)
        assert stale == holder and not stale.is_alive
        SessionLog.open(folder, write=True).close()
    assert read_holder(folder) is None


def test_a_holder_that_was_stopped_and_overtaken_cannot_write(folder: Path) -> None:
    with start(hold, folder) as old:
        assert old.hear() == "open"
        old.pipe.send("write")
        assert old.hear() == 2
        os.kill(old.pid, signal.SIGSTOP)
        with pytest.raises(SessionLocked):
            SessionLog.open(folder, write=True)
        with closing(SessionLog.open(folder, write=True, writing=Writing(take_over=True))) as log:
            assert log.append(prompt(3), 2.0) == 3
            old.pipe.send("write")
            old.pipe.send("write")
            os.kill(old.pid, signal.SIGCONT)
            for _ in range(2):
                kind, sentence = old.hear()
                assert kind == "SessionFenced"
                assert "taken over" in sentence
            assert log.append(prompt(4), 2.0) == 4
            with pytest.raises(SessionLocked):
                SessionLog.open(folder, write=True)
    assert [recorded.event for recorded in read_events(folder, after=1)] == [prompt(2), prompt(3), prompt(4)]


def test_the_old_holder_leaves_the_new_one_alone_when_it_closes(folder: Path) -> None:
    old = SessionLog.open(folder, write=True)
    with closing(SessionLog.open(folder, write=True, writing=Writing(take_over=True))) as new:
        old.close()
        holder = read_holder(folder)
        assert holder is not None and new.lease is not None
        assert holder.token == new.lease.holder.token
        with pytest.raises(SessionLocked):
            SessionLog.open(folder, write=True)


def test_of_many_that_open_at_once_one_gets_it(folder: Path) -> None:
    with ExitStack() as stack:
        children = [stack.enter_context(start(race, folder)) for _ in range(6)]
        assert [child.hear() for child in children] == ["ready"] * 6
        for child in children:
            child.pipe.send("go")
        answers = sorted(child.hear() for child in children)
    assert answers == ["SessionLocked"] * 5 + ["open"]


def test_what_a_dead_or_foreign_process_left_is_no_obstacle(folder: Path) -> None:
    here = this_process()
    left = [
        replace(here, pid=2**22 + 1),  # no such process
        replace(here, started="1"),  # the number was given to another one
        replace(here, boot="before"),
        replace(here, host="elsewhere"),
    ]
    for holder in left:
        (folder / HOLDER_NAME).write_text(json.dumps(asdict(holder)))
        assert read_holder(folder) == holder
        assert holder.is_alive is (holder.host == "elsewhere")
        assert (find_holder(folder) is not None) is holder.is_alive
        os.utime(folder / HOLDER_NAME, (0, 0))
        assert find_holder(folder) is None, "one elsewhere that shows no life is gone"
        SessionLog.open(folder, write=True).close()
    for rubbish in ("", "[]", "{}", "\x00" * 10, '{"host": 1, "pid": "x"}'):
        (folder / HOLDER_NAME).write_text(rubbish)
        assert read_holder(folder) is None
        SessionLog.open(folder, write=True).close()


def test_an_ended_process_that_nobody_asked_after_is_gone(folder: Path) -> None:
    ended = os.fork()
    if not ended:
        os._exit(0)
    os.waitid(os.P_PID, ended, os.WEXITED | os.WNOWAIT)
    facts = Path(f"/proc/{ended}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    try:
        assert facts[0] == "Z"
        left = replace(this_process(), pid=ended, started=facts[19])
        (folder / HOLDER_NAME).write_text(json.dumps(asdict(left)))
        assert not left.is_alive
        assert find_holder(folder) is None
    finally:
        os.waitpid(ended, 0)


def test_a_holder_that_does_not_move_is_said_to(folder: Path) -> None:
    with closing(SessionLog.open(folder, write=True)):
        assert silence(folder) < lease.STALE_SECONDS
        os.utime(folder / HOLDER_NAME, (0, 0))
        with pytest.raises(SessionLocked, match=r"has not moved for .*take the session over"):
            SessionLog.open(folder, write=True)
    assert silence(folder) == 0.0


def test_the_holder_shows_that_it_is_alive(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.0)
    held = Lease.acquire(folder)
    os.utime(folder / HOLDER_NAME, (0, 0))
    held.beat()
    assert silence(folder) < lease.STALE_SECONDS
    held.release()


def test_only_the_holder_keeps_itself_alive(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.0)
    old = Lease.acquire(folder)
    new = Lease.acquire(folder, take_over=True)
    os.utime(folder / HOLDER_NAME, (0, 0))
    old.beat()
    assert silence(folder) > lease.STALE_SECONDS
    old.release()
    new.release()


def test_releasing_twice_is_harmless(folder: Path) -> None:
    first = Lease.acquire(folder)
    first.release()
    second = Lease.acquire(folder)
    first.release()
    with pytest.raises(SessionLocked):
        Lease.acquire(folder)
    second.release()
