"""What goes over the socket: options, verdicts, greetings and the hello."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.app.options import SessionOptions
from aura.app.wire import (
    EngineFailed,
    Hello,
    check_greeting,
    encode_failure,
    encode_hello,
    encode_options,
    encode_verdict,
    greet,
    join,
    read_hello,
    read_options,
    read_verdict,
    trim,
)
from aura.core import events as ev
from aura.core.errors import AuraError, ConfigError, SessionLocked
from aura.core.evidence import CommandRun, FileChange
from aura.core.facts import CommandFact, Facts
from aura.core.limits import Limits
from aura.core.messages import History, Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion, TextDelta
from aura.core.permissions import Allow, Deny, Mode
from aura.core.tools import Question
from aura.core.turn import Turn, fold
from aura.store.codec import encode_value

FACTS = Facts(
    "s1", "/w", "/f", "1", "m", 100, commands=(CommandFact("todo", "h", "/todo"),), ui={"theme": "dark"}
)


def busy_turn() -> Turn:
    """A session in the middle of a step, with something of everything."""
    change = FileChange("a.py", "modified", 3, 1, diff="x" * 50_000, after="y")
    first = ToolCall("c1", "Edit", {"path": "a.py", "text": "z" * 50_000})
    second = ToolCall("c2", "Bash", {"command": "ls", "odd": float("nan")})
    reply = Message("assistant", (Text("I do it."), first, second), "model")
    return fold(
        [
            ev.SessionStarted("s1", "/w", "0"),
            ev.AutoSwitched(on=True, by="human"),
            ev.LimitsSet(Limits(steps=9, cost=2.5)),
            ev.TurnStarted(1, user("go " * 10_000)),
            ev.StepStarted(1, "m"),
            ev.ModelReplied(Completion(reply, cost=0.25)),
            ev.ToolStarted(first),
            ev.ToolFinished(
                first,
                ToolResult("c1", "r" * 50_000),
                "ok",
                1.0,
                (change,),
                CommandRun("make " + "m" * 9_000, 0, "t" * 9_000),
                seen={"/w/a.py": "1"},
            ),
            ev.ToolStarted(second),
            ev.QuestionAsked("q1", Question("Which?")),
            ev.PromptQueued("p1", "then this"),
            ev.Injected(user("hm", "aura"), "turn"),
        ]
    )


def test_a_hello_carries_where_the_session_stands_but_not_what_was_said() -> None:
    turn = busy_turn()
    hello = Hello(FACTS, turn, 12, (ev.Recorded(0, 1.5, TextDelta("so far")),), is_running=True)
    line = encode_hello(hello)
    assert len(line) < 70_000, "one running call may be long, all else is not"
    read = read_hello(json.loads(line))
    assert (read.facts, read.last_seq, read.shown, read.is_running) == (FACTS, 12, hello.shown, True)
    mine = read.turn
    assert list(mine.messages) == []
    for name in (
        "number",
        "view",
        "todos",
        "switches",
        "limits",
        "spend",
        "mark",
        "pace",
        "counters",
        "done",
    ):
        assert getattr(mine, name) == getattr(turn, name)
    assert mine.rest.queue == {"p1": "then this"}
    assert list(mine.rest.pending.questions) == ["q1"]
    assert list(mine.rest.pending.calls) == ["c2"]
    assert (mine.ledger.edits, mine.ledger.commands) == (1, 1)
    assert mine.ledger.changed_files == ("a.py",)


@given(st.integers(0, 5), st.booleans())
def test_a_trimmed_turn_is_trimmed_only_once(number: int, auto: bool) -> None:
    turn = replace(Turn(), number=number, messages=History([user("x")] * number))
    once = trim(turn)
    assert trim(once) == once
    assert once.number == number


def test_greetings() -> None:
    check_greeting(greet())
    for line in (b"", b"{}\n", b"[]\n", b"\xff\n", b'{"do":"attach"}\n', b'{"do":"attach","protocol":0}\n'):
        with pytest.raises(AuraError):
            check_greeting(line)


def test_a_failure_keeps_its_sentence_and_its_exit_code() -> None:
    for error, locked in ((ConfigError("Wrong."), False), (SessionLocked("Taken."), True)):
        with pytest.raises(EngineFailed, match=error.sentence) as failed:
            read_hello(json.loads(encode_failure(error)))
        assert (failed.value.exit_code, failed.value.is_locked) == (error.exit_code, locked)


@pytest.mark.parametrize(
    "verdict",
    [Allow("me"), Allow("me", arguments={"command": "ls", "timeout": 3}), Deny("no", "rather this", "me")],
)
def test_verdicts_travel(verdict: Allow | Deny) -> None:
    assert read_verdict(json.loads(encode_value(encode_verdict(verdict)))) == verdict


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.booleans(), st.none())))
def test_what_is_no_clear_yes_is_a_no(data: dict[str, object]) -> None:
    if data.get("verdict") != "allow":
        assert isinstance(read_verdict(data), Deny)


def test_options_travel() -> None:
    options = SessionOptions(
        Path("/w"),
        resume="abc",
        fork=True,
        flags={"model": "m", "auto.max_cost": 2.5, "models.prices": {"m": {"input": 0.0}}},
        auto=True,
        mode=Mode.PLAN,
        checks=("a", "b"),
        unattended=True,
        record=Path("/r"),
        trusted=False,
        sessions=Path("/s"),
    )
    assert read_options(json.loads(json.dumps(encode_options(options)))) == options
    plain = SessionOptions(Path("/w"))
    assert read_options(json.loads(json.dumps(encode_options(plain)))) == plain
    at = {"workspace": "/w"}
    wrongs: list[Any] = [None, [], {}, {"workspace": 5}, {**at, "mode": "nonsense"}, {**at, "checks": 5}]
    for wrong in wrongs:
        with pytest.raises(ConfigError):
            read_options(wrong)


@given(st.text())
def test_any_text_goes_over_the_wire_as_one_line(text: str) -> None:
    sent = join([encode_value({"do": "submit", "line": text})])
    assert sent.count(b"\n") == 1
    assert json.loads(sent)["line"] == text
