"""Lists, names, copies and removal of sessions; what is left of damaged ones."""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.core.errors import SessionLocked, StoreError
from aura.core.events import DurableEvent, ModelReplied, NoticeShown, SessionStarted, TurnStarted, TurnStopped
from aura.core.limits import StopReason
from aura.core.messages import Message, Text, user
from aura.core.models import Completion
from aura.store import index
from aura.store.faults import LOG_NAME, Fault, StoreFault
from aura.store.index import (
    LETTERS,
    SUMMARY_NAME,
    fork,
    list_sessions,
    list_turns,
    make_id,
    remove_session,
    summarise,
)
from aura.store.log import SessionLog
from aura.store.pages import scan_rows
from aura.store.rows import read_events, read_rows
from aura.store.salvage import salvage
from tests.store.children import prompt, write_for_ever
from tests.store.processes import start


def write(folder: Path, *events: DurableEvent, at: float = 10.0) -> Path:
    """A session of these events, a second apart."""
    with closing(SessionLog.create(folder, SessionStarted(folder.name, "/w", "0"), at)) as log:
        for number, event in enumerate(events, 1):
            log.append(event, at + number)
    return folder


def reply(cost: float | None, *, interrupted: bool = False) -> ModelReplied:
    message = Message("assistant", (Text("fine"),), "model")
    return ModelReplied(Completion(message, cost=cost), interrupted=interrupted)


# --- names --------------------------------------------------------------------------------------------------


@given(st.floats(0, 3e10), st.floats(0, 3e10))
def test_names_sort_by_time(one: float, other: float) -> None:
    first, second = make_id(one), make_id(other)
    if int(one * 1000) != int(other * 1000):
        assert (first < second) == (one < other)
    assert len(first) == len(second) == 12
    assert set(first) <= set(LETTERS)


def test_names_of_one_moment_differ() -> None:
    assert len({make_id(1.0) for _ in range(50)}) > 40


def test_letters_stand_in_the_order_of_their_codes() -> None:
    assert list(LETTERS) == sorted(set(LETTERS))
    assert len(LETTERS) == 32


# --- lists --------------------------------------------------------------------------------------------------


def test_a_summary_tells_what_a_session_was_about(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "s",
        TurnStarted(1, user("  do it\nnow " + "x" * 1000)),
        reply(0.5),
        reply(None),
        reply(9.0, interrupted=True),
        TurnStopped(StopReason.DONE),
        TurnStarted(2, user("and this")),
        reply(0.25),
        TurnStopped(StopReason.MAX_STEPS),
    )
    summary = summarise(folder)
    assert summary.prompt.startswith("do it\nnow xxx") and len(summary.prompt) == index.LONGEST_PROMPT
    assert (summary.id, summary.started, summary.changed) == ("s", 10.0, 18.0)
    assert (summary.turns, summary.stop, summary.cost, summary.unpriced) == (2, "max_steps", 0.75, 1)
    assert (summary.events, summary.problem, summary.holder) == (9, "", "")
    turns = list_turns(folder)
    assert [(turn.number, turn.seq, turn.started, turn.stop) for turn in turns] == [
        (1, 2, 11.0, "done"),
        (2, 7, 16.0, "max_steps"),
    ]
    assert turns[1].prompt == "and this"


def test_summaries_follow_the_log(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", TurnStarted(1, user("do it")), reply(0.5))
    assert summarise(folder).stop == ""
    with closing(SessionLog.open(folder, write=True)) as log:
        assert log.lease is not None
        assert summarise(folder).holder == log.lease.holder.name
        log.append(TurnStopped(StopReason.DONE), 50.0)
        log.append(TurnStarted(2, user("more")), 60.0)
        log.append(reply(0.5), 70.0)
    summary = summarise(folder)
    assert (summary.turns, summary.stop, summary.cost, summary.changed) == (2, "", 1.0, 70.0)
    assert (folder / SUMMARY_NAME).stat().st_mode & 0o777 == 0o600
    (folder / SUMMARY_NAME).unlink()
    assert summarise(folder) == summary


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "[]",
        "{}",
        "\x00",
        '{"form": 0, "id": "s", "events": 3, "started": 10.0, "turns": 70}',
        '{"form": 1, "id": "other", "events": 3, "started": 10.0, "turns": 70}',
        '{"form": 1, "id": "s", "events": 3, "started": 11.0, "turns": 70}',
        '{"form": 1, "id": "s", "events": 4, "started": 10.0, "turns": 70}',
        '{"form": 1, "id": "s", "events": 3, "started": 10.0, "turns": "many"}',
        '{"form": 1, "id": "s", "events": 3, "started": 10.0, "turns": 70, "mood": "calm"}',
    ],
)
def test_what_was_kept_of_another_log_is_not_believed(tmp_path: Path, kept: str) -> None:
    folder = write(tmp_path / "s", TurnStarted(1, user("do it")), reply(0.5))
    summary = summarise(folder)
    assert summary.turns == 1
    (folder / SUMMARY_NAME).write_text(kept)
    assert summarise(folder) == summary


def test_the_last_changed_comes_first_and_damage_is_said(tmp_path: Path) -> None:
    write(tmp_path / "old", prompt(1), at=10.0)
    write(tmp_path / "new", prompt(1), at=20.0)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / LOG_NAME).write_bytes(b"rubbish" * 1000)
    os.utime(tmp_path / "bad" / LOG_NAME, (15.0, 15.0))
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / ".gone.removed").mkdir()
    (tmp_path / ".gone.removed" / LOG_NAME).touch()
    found = list_sessions(tmp_path)
    assert [summary.id for summary in found] == ["new", "bad", "old"]
    assert "not a session log" in found[1].problem
    assert list_sessions(tmp_path / "nowhere") == []


def test_listing_works_where_nothing_can_be_kept(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", TurnStarted(1, user("\ud83d")), reply(0.5))
    (folder / SUMMARY_NAME).mkdir()
    assert list_sessions(tmp_path)[0].prompt == "\ud83d"
    assert [path for path in folder.iterdir() if path.name.startswith("summary.json.")] == []


# --- copies -------------------------------------------------------------------------------------------------


def test_a_fork_is_a_prefix_that_names_its_origin(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", *(prompt(number) for number in range(2, 100)))
    before = (folder / LOG_NAME).read_bytes()
    assert fork(folder, tmp_path / "f", 40) == 40
    copy = list(read_events(tmp_path / "f"))
    assert copy[0].event == SessionStarted("f", "/w", "0", "s", 40)
    assert copy[0].at == 10.0
    assert copy[1:] == list(read_events(folder))[1:40]
    assert (folder / LOG_NAME).read_bytes() == before
    assert summarise(tmp_path / "f").parent == "s"
    with closing(SessionLog.open(tmp_path / "f", write=True)) as log:
        assert log.append(TurnStopped(StopReason.DONE), 1.0) == 41
    with closing(sqlite3.connect(tmp_path / "f" / LOG_NAME)) as connection:
        assert connection.execute("SELECT turn FROM events WHERE seq IN (40, 41)").fetchall() == [
            (40,),
            (40,),
        ]


def test_a_fork_of_all_and_of_an_open_session(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", prompt(2), prompt(3))
    with closing(SessionLog.open(folder, write=True)):
        assert fork(folder, tmp_path / "f") == 3
        assert fork(folder, tmp_path / "g", 999) == 3
    started = next(read_events(tmp_path / "g")).event
    assert isinstance(started, SessionStarted)
    assert started.parent_seq == 3


def test_a_fork_takes_the_outputs_along(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", prompt(2))
    (folder / "output").mkdir()
    (folder / "output" / "1.txt").write_text("all of it")
    (folder / "output" / "link").symlink_to("/etc/passwd")
    fork(folder, tmp_path / "f")
    remove_session(folder)
    assert [path.name for path in (tmp_path / "f" / "output").iterdir()] == ["1.txt"]
    assert (tmp_path / "f" / "output" / "1.txt").read_text() == "all of it"


def test_a_fork_has_notes_of_its_own(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", prompt(2))
    (folder / "scratchpad").mkdir()
    (folder / "scratchpad" / "plan").write_text("first the tests")
    fork(folder, tmp_path / "f")
    (folder / "scratchpad" / "plan").write_text("changed")
    assert (tmp_path / "f" / "scratchpad" / "plan").read_text() == "first the tests"


def test_a_fork_that_fails_leaves_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", prompt(2))
    with pytest.raises(StoreError, match="no events up to place 0"):
        fork(folder, tmp_path / "f", 0)
    with pytest.raises(StoreFault):
        fork(tmp_path / "nowhere", tmp_path / "f")
    assert not (tmp_path / "f").exists()
    with pytest.raises(StoreFault) as caught:
        fork(folder, folder)
    assert caught.value.kind is Fault.EXISTS
    assert len(list(read_events(folder))) == 2


def test_removing(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", prompt(2))
    with closing(SessionLog.open(folder, write=True)), pytest.raises(SessionLocked):
        remove_session(folder)
    remove_session(folder)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreFault):
        remove_session(folder)


# --- damage -------------------------------------------------------------------------------------------------


def damage(path: Path, pages: range) -> None:
    with path.open("r+b") as file:
        for page in pages:
            file.seek(page * 4096)
            file.write(b"\xa5" * 4096)


@pytest.mark.parametrize(
    "part", [(0.3, 0.35), (0.9, 1.0), (0.1, 0.9), (0.05, 0.06), (0.0, 0.1), (0.0, 0.002)], ids=str
)
def test_what_can_be_read_of_a_damaged_log_is_copied(tmp_path: Path, part: tuple[float, float]) -> None:
    folder = write(tmp_path / "s", *(prompt(number) for number in range(2, 1001)))
    path = folder / LOG_NAME
    pages = path.stat().st_size // 4096
    damaged = range(int(pages * part[0]), int(pages * part[1]) + 1)
    damage(path, damaged)
    before = path.read_bytes()
    with pytest.raises(StoreFault):
        SessionLog.open(folder, write=True)

    result = salvage(folder, tmp_path / "new")

    assert path.read_bytes() == before
    assert sorted(place.name for place in tmp_path.iterdir()) == ["new", "s"]
    with closing(SessionLog.open(tmp_path / "new", write=True)) as log:
        first, *kept, notice = log.read()
    assert isinstance(first.event, SessionStarted)
    assert (first.event.session, first.event.parent) == ("new", "s")
    assert isinstance(notice.event, NoticeShown) and notice.event.text == result.sentence
    assert notice.seq == result.newest + 1
    assert all(one.event == prompt(one.seq) for one in kept)
    lost = {place for start, end in result.lost for place in range(start, end + 1)} | set(
        range(notice.seq, 1001)
    )
    assert {one.seq for one in kept} == set(range(2, 1001)) - lost
    assert len(lost) <= len(damaged) * 6 + 2, "an event of the test takes half a page to two"
    assert lost or damaged == range(2), "the first two pages only say where the others are"


def test_a_write_ahead_log_is_salvaged_too(tmp_path: Path) -> None:
    with closing(SessionLog.create(tmp_path / "s", SessionStarted("s", "/w", "0"), 1.0)) as log:
        for number in range(2, 200):
            log.append(prompt(number), 2.0)
    with start(write_for_ever, tmp_path / "s", 1) as child:
        newest = [child.hear() for _ in range(5)][-1]
        with pytest.raises(SessionLocked):
            salvage(tmp_path / "s", tmp_path / "new")
        child.kill()
    result = salvage(tmp_path / "s", tmp_path / "new")
    assert result.lost == ()
    assert result.newest >= newest > 200


def test_salvage_of_a_sound_log_copies_all(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", prompt(2), prompt(3))
    result = salvage(folder, tmp_path / "new")
    assert (result.kept, result.newest, result.lost) == (3, 3, ())
    assert "none is missing" in result.sentence
    assert [one.seq for one in read_events(tmp_path / "new")] == [1, 2, 3, 4]


@settings(max_examples=40)
@given(
    texts=st.lists(st.text(max_size=20).map(lambda text: text * 700) | st.text(max_size=20), max_size=30),
    at=st.sampled_from([0.0, 1.0, -3.0, 1.5, 1e9, 1760000000.25, 2.0**53]),
)
def test_pages_are_read_as_sqlite_reads_them(
    texts: list[str], at: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pages") / "s"
    write(folder, *(TurnStarted(number * 99, user(text)) for number, text in enumerate(texts)), at=at)
    assert sorted(scan_rows(folder / LOG_NAME)) == list(read_rows(folder))


@settings(max_examples=60)
@given(data=st.data())
def test_any_damage_is_survived(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = write(tmp_path_factory.mktemp("any") / "s", *(prompt(number) for number in range(2, 30)))
    path = folder / LOG_NAME
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        place = data.draw(st.integers(0, len(content) - 1))
        piece = data.draw(st.binary(min_size=1, max_size=9))
        content[place : place + len(piece)] = piece
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    sound = {row.seq: row for row in scan_rows(path)}
    summarise(folder)
    for attempt in (lambda: salvage(folder, folder.with_name("new")), lambda: list(read_events(folder))):
        with contextlib.suppress(StoreError):
            attempt()
    if sound:
        assert len(list(read_events(folder.with_name("new")))) >= len(sound)


def test_what_cannot_be_salvaged_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    (folder / LOG_NAME).write_bytes(b"rubbish" * 1000)
    with pytest.raises(StoreFault, match="Nothing can be read"):
        salvage(folder, tmp_path / "new")
    with pytest.raises(StoreFault, match="There is no session"):
        salvage(tmp_path / "nowhere", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_reader_that_is_left_may_be_cleared_away_in_another_thread(tmp_path: Path) -> None:
    log = SessionLog.create(tmp_path / "s", SessionStarted("s", "/w", "0"), 1.0)
    log.append(TurnStarted(1, user("hello")), 2.0)
    log.close()
    left = read_events(tmp_path / "s")
    assert next(left).seq == 1
    failures: list[sqlite3.Error] = []

    def clear() -> None:
        try:
            assert isinstance(left, Generator)
            left.close()
        except sqlite3.Error as error:
            failures.append(error)

    thread = threading.Thread(target=clear)
    thread.start()
    thread.join()
    assert failures == []
