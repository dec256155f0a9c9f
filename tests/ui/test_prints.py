"""What each face prints, and that nothing hostile and nothing broken leaves it."""

import io
import json
import os

import pytest

from aura.core import events as ev
from aura.core.errors import ConfigError
from aura.core.limits import Limits, StopReason
from aura.core.messages import user
from aura.core.models import TextDelta
from aura.core.turn import Turn, fold
from aura.runs.report import make_failure, make_report
from aura.testing import call, reply
from aura.ui.prints import Face, JsonFace, Outlet, StreamFace, TextFace, escape_json, make_face

HOSTILE = "a\x1b[31mb\x9b2Jc\u202ed\ud800\x07"
STOPPED = fold((ev.SessionStarted("s1", "/w", "0"), ev.TurnStarted(1, user("go"))))


class Ends:
    """Both ends of a face: what went to stdout and to stderr."""

    def __init__(self) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()

    def text(self, *, quiet: bool = False) -> TextFace:
        """A face for people."""
        return TextFace(quiet=quiet, out=self.out, err=self.err)


def show(face: Face, *events: ev.Event, turn: Turn = STOPPED) -> None:
    """Show events one after the other."""
    for seq, event in enumerate(events, start=1):
        face.show(ev.Recorded(seq, 0.0, event), turn)


def test_text_keeps_answers_and_progress_apart() -> None:
    ends = Ends()
    face = ends.text()
    show(face, ev.TurnStarted(1, user("go")), ev.NoticeShown("The disk is full.", "warning"))
    face.answer("Forty-two.")
    face.say("auto is on")
    face.finish(make_report(STOPPED))
    assert ends.out.getvalue() == "Forty-two.\nauto is on\n"
    assert "[0/50] warning: The disk is full." in ends.err.getvalue()
    assert "STOPPED by you" in ends.err.getvalue()


def test_text_shows_what_the_model_says_beside_its_calls_only() -> None:
    ends = Ends()
    show(ends.text(), ev.ModelReplied(reply("Let me look.", call("Read", path="a"))))
    show(ends.text(), ev.ModelReplied(reply("The answer.")))
    assert "says: Let me look." in ends.err.getvalue()
    assert "The answer." not in ends.err.getvalue()


def test_text_without_a_step_limit_shows_the_step_alone() -> None:
    ends = Ends()
    turn = fold((ev.LimitsSet(Limits(steps=0)),), STOPPED)
    show(ends.text(), ev.NoticeShown("x"), turn=turn)
    assert " [0] info: x" in ends.err.getvalue()


def test_quiet_drops_progress_and_report_but_no_answer() -> None:
    ends = Ends()
    face = ends.text(quiet=True)
    show(face, ev.TurnStarted(1, user("go")), ev.NoticeShown("x"))
    face.answer("yes")
    face.finish(make_report(STOPPED))
    assert (ends.out.getvalue(), ends.err.getvalue()) == ("yes\n", "")


def test_text_has_no_report_where_no_turn_ran_unless_somebody_stopped_it() -> None:
    ends = Ends()
    ends.text().finish(make_failure(StopReason.END_TURN, ""))
    ends.text().fail(make_failure(StopReason.CONFIG, "wrong"))
    assert ends.err.getvalue() == ""
    ends.text().finish(make_failure(StopReason.CANCELLED, ""))
    assert " STOPPED by you: 0 steps, " in ends.err.getvalue()


def test_a_failure_leaves_its_sentence_to_who_reports_it() -> None:
    ends = Ends()
    face = ends.text()
    show(face, ev.TurnStarted(1, user("go")))
    face.fail(make_failure(StopReason.ERROR, "the one sentence"))
    assert " FAILED: 0 steps, " in ends.err.getvalue()
    assert "the one sentence" not in ends.err.getvalue()


def test_nothing_hostile_reaches_a_terminal_as_text() -> None:
    ends = Ends()
    face = ends.text()
    face.answer(HOSTILE)
    face.say(HOSTILE)
    show(
        face,
        ev.TurnStarted(1, user("go")),
        ev.ModelChanged(HOSTILE, HOSTILE),
        ev.LimitReached(StopReason.DENIED, HOSTILE),
        ev.PluginUnplugged(HOSTILE, HOSTILE, HOSTILE),
    )
    face.finish(make_report(STOPPED).ending(StopReason.ERROR, HOSTILE))
    for text in (ends.out.getvalue(), ends.err.getvalue()):
        assert text.replace("\n", "").isprintable()
        assert not set(text) & set("\x1b\x9b\u202e\ud800\x07")


def test_json_is_one_ascii_document_whatever_is_said() -> None:
    out, err = io.StringIO(), io.StringIO()
    face = JsonFace(out=out, err=err)
    show(face, ev.NoticeShown("x"))
    face.say("said")
    face.answer(HOSTILE)
    face.finish(make_report(STOPPED).ending(StopReason.ERROR, HOSTILE))
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().isascii()
    assert json.loads(out.getvalue())["detail"] == HOSTILE
    assert err.getvalue() == "said\n"


def test_stream_prints_events_as_ascii_lines_that_mean_the_same() -> None:
    out = io.StringIO()
    face = StreamFace(out=out, err=io.StringIO())
    show(face, TextDelta("ä😀\u2028"), ev.NoticeShown("b\nc\x9b"))
    face.fail(make_failure(StopReason.CONFIG, "wrong"))
    first, second, last = (json.loads(line) for line in out.getvalue().splitlines())
    assert out.getvalue().isascii()
    assert (first["text"], second["text"]) == ("ä😀\u2028", "b\nc\x9b")
    assert (last["type"], last["reason"], last["exit_code"]) == ("result", "config", 2)


def test_escaping_keeps_what_json_means() -> None:
    document = json.dumps({"ä": ["\x7f", "\ud800", "😀", "\\n"]}, ensure_ascii=False)
    assert json.loads(escape_json(document)) == json.loads(document)


def test_a_reader_that_left_is_noticed_and_what_follows_is_dropped() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        outlet = Outlet(stream)
        outlet.write("one")
        assert outlet.is_gone
        outlet.write("two")
        stream.flush()  # what was buffered does not raise at the end of the program


def test_a_program_without_stdout_writes_nothing_and_goes_on() -> None:
    face = TextFace(quiet=False, out=None, err=None)
    face.answer("x")
    face.say("x")
    assert not face.is_gone


def test_characters_that_a_stream_cannot_take_become_escapes() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Outlet(stream).write("a·ä")
    assert raw.getvalue() == b"a\\xb7\\xe4\n"


def test_faces_have_names() -> None:
    assert isinstance(make_face("text", quiet=True), TextFace)
    assert type(make_face("json", quiet=True)) is JsonFace
    assert isinstance(make_face("stream-json", quiet=True), StreamFace)
    with pytest.raises(ConfigError, match="xml"):
        make_face("xml", quiet=True)
