"""Older sessions as people choose among them."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from aura.config.paths import sessions_dir
from aura.core.errors import AuraError, StoreError
from aura.core.limits import StopReason
from aura.core.todos import Todo
from aura.store.index import Summary
from aura.store.lease import Lease
from aura.ui.look import ASCII, Signs
from aura.ui.sessions import (
    STOPS,
    Known,
    delete_session,
    find_sessions,
    read_name,
    read_preview,
    tell_age,
    tell_cost,
    tell_stand,
    write_name,
)
from tests.ui.tui.docks.plain_stage import make_session


def know(**values: object) -> Known:
    summary = Summary("a", turns=1, **values)  # type: ignore[arg-type] # the fields of the test
    return Known(summary, Path("/a"), Path("/"))


@pytest.mark.parametrize("reason", list(StopReason))
@pytest.mark.parametrize("signs", [Signs(), ASCII])
def test_every_stop_reason_has_a_sign_and_a_word(reason: StopReason, signs: Signs) -> None:
    assert reason in STOPS
    stand = tell_stand(know(stop=reason.value), signs)
    assert stand.sign and stand.word and stand.word != "cut off"


def test_what_is_no_stop_reason_is_told_as_well() -> None:
    signs = Signs()
    assert tell_stand(know(), signs).word == "cut off"
    assert tell_stand(know(holder="host/1/x"), signs).word == "open"
    assert tell_stand(replace(know(holder="host/1/x"), is_live=True), signs).word == "live"
    assert tell_stand(know(problem="broken", holder="host/1/x"), signs).word == "damaged"
    assert tell_stand(Known(Summary("a"), Path("/a"), Path("/")), signs).word == "empty"
    assert tell_stand(know(stop="from a later version"), signs).word == "cut off"


def moment(*parts: int) -> float:
    return time.mktime((*parts, 0, 0, 0, -1))  # type: ignore[arg-type] # year to minute


def test_ages_get_shorter_to_tell_the_older_they_are() -> None:
    now = moment(2026, 6, 17, 12, 0)  # a Wednesday
    assert tell_age(moment(2026, 6, 17, 5, 38), now) == "05:38"
    assert tell_age(moment(2026, 6, 16, 5, 38), now) == "Tue"
    assert tell_age(moment(2026, 6, 10, 5, 38), now) == "10 Jun"
    assert tell_age(moment(2025, 12, 1, 5, 38), now) == "2025-12-01"
    assert tell_age(0.0, now) == "?"
    assert tell_age(1e300, now) == "?"


def test_a_cost_says_when_it_is_not_all() -> None:
    assert tell_cost(Summary("a", cost=0.414)) == "$0.41"
    assert tell_cost(Summary("a", cost=0.414, unpriced=2)) == "$0.41+"
    assert not tell_cost(Summary("a"))


def test_sessions_are_found_in_one_project_and_in_all(tmp_path: Path) -> None:
    relay, site = tmp_path / "relay", tmp_path / "site"
    first = make_session(relay, "first", ago=3000)
    second = make_session(relay, "second", ago=100)
    third = make_session(site, "third", ago=1000)
    assert [known.summary.id for known in find_sessions(relay)] == [second, first]
    everywhere = find_sessions(relay, everywhere=True)
    assert [known.summary.id for known in everywhere] == [second, third, first]
    assert [known.workspace for known in everywhere] == [relay, site, relay]
    assert find_sessions(tmp_path / "nothing") == []


def test_a_damaged_log_is_listed_and_hurts_no_other(tmp_path: Path) -> None:
    good = make_session(tmp_path, "good")
    bad = make_session(tmp_path, "bad", ago=5)
    (sessions_dir(tmp_path) / bad / "log.sqlite").write_bytes(b"no database" * 100)
    found = {known.summary.id: known for known in find_sessions(tmp_path, everywhere=True)}
    assert found[good].title == "good" and found[good].workspace == tmp_path
    assert found[bad].summary.problem and found[bad].title == found[bad].summary.problem


def test_a_preview_has_what_was_said_last_cleaned(tmp_path: Path) -> None:
    todos = (Todo("1", "one", "completed"), Todo("2", "two"))
    make_session(tmp_path, "fix\x1b[31m it", reply="done\x07 now", todos=todos)
    preview = read_preview(find_sessions(tmp_path)[0])
    assert preview.prompt == "fix it"
    assert "\x07" not in preview.reply and preview.reply.startswith("done")
    assert preview.todos == todos


def test_a_preview_of_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    known = Known(Summary("gone", prompt="what it was", events=4), tmp_path / "gone", tmp_path)
    preview = read_preview(known)
    assert preview.prompt == "what it was"
    assert preview.reply


def test_a_name_is_kept_cleaned_shortened_and_taken_away(tmp_path: Path) -> None:
    name = make_session(tmp_path, "a long prompt")
    folder = sessions_dir(tmp_path) / name
    write_name(folder, "  night\x1b[2J run " + "x" * 100)
    assert read_name(folder).startswith("night run x") and len(read_name(folder)) <= 60
    assert find_sessions(tmp_path)[0].title == read_name(folder)
    write_name(folder, " ")
    assert not read_name(folder)
    assert find_sessions(tmp_path)[0].title == "a long prompt"
    with pytest.raises(StoreError, match="could not be named"):
        write_name(tmp_path / "nowhere", "x")


def test_a_name_that_somebody_else_wrote_reaches_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "name").write_bytes(b"\x1b]0;evil\x07\xff" + b"y" * 10_000)
    assert len(read_name(tmp_path)) <= 60
    assert "\x1b" not in read_name(tmp_path)


def test_only_what_nobody_has_open_is_deleted(tmp_path: Path) -> None:
    make_session(tmp_path, "the work")
    known = find_sessions(tmp_path)[0]
    lease = Lease.acquire(known.folder)
    try:
        with pytest.raises(AuraError, match="not deleted"):
            delete_session(find_sessions(tmp_path)[0])
        with pytest.raises(AuraError):
            delete_session(known)  # what was seen before it was opened
    finally:
        lease.release()
    delete_session(known)
    assert find_sessions(tmp_path) == []
