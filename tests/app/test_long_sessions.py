"""Sessions of very many events: what is held of them after they are opened."""

from pathlib import Path

from aura.app.folders import open_place
from aura.app.options import SessionOptions
from aura.core.run import Phase
from aura.store.log import Writing
from tests.bench.runs import MESSAGES_OF_A_TURN, pursue, write_log

EVENTS = 8_000


def test_an_open_session_holds_what_is_in_view(tmp_path: Path) -> None:
    folder = write_log(tmp_path / "1long", EVENTS, tmp_path)
    place = open_place(SessionOptions(tmp_path, resume="1long", sessions=tmp_path), 0.0, Writing())
    place.log.close()
    turn = place.turn
    assert folder == place.folder
    assert turn.run.phase is Phase.RUNNING
    assert len(turn.messages) > EVENTS / 4
    whole = [message for message in turn.messages if message.parts and message.origin != "human"]
    assert len(whole) < 6 * MESSAGES_OF_A_TURN
    assert all(message.parts for message in turn.messages[turn.view.start :])


def test_it_has_as_many_events_as_are_asked_for(tmp_path: Path) -> None:
    for count in (100, 1_000):
        assert count <= sum(1 for _ in pursue(count, tmp_path, "1some")) <= count + 100
