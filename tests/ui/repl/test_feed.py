"""Events as printed text: everything once, in order, as soon as it is certain."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.evidence import CommandRun
from aura.core.messages import ToolResult, user
from aura.core.models import TextDelta, ThinkingDelta
from aura.core.todos import Todo
from aura.core.turn import Turn, apply
from aura.testing import call, play, reply
from aura.ui.repl.feed import Feed, Verbosity, retell
from aura.ui.repl.sheet import Sheet

SCRIPTS = sorted((Path(__file__).parents[2] / "scripts").glob("*.yaml"))
EYE, EAR = Sheet(bare=True), Sheet(bare=True, spoken=True)


class Printed:
    """A feed, what it printed, and the turn that it reads."""

    def __init__(self, sheet: Sheet = EYE, verbosity: Verbosity = "call") -> None:
        self.turn = Turn()
        self.text = ""
        self.feed = Feed(sheet, verbosity)
        self.feed.begin(lambda: self.turn, is_running=False)
        self._seq = 0

    def take(self, *events: ev.Event) -> str:
        """What is printed because of these events."""
        before = len(self.text)
        for event in events:
            self._seq += ev.is_durable(event)
            self.turn = apply(self.turn, event)
            self.text += self.feed.take(ev.Recorded(self._seq if ev.is_durable(event) else 0, 1.0, event))
        return self.text[before:]


@cache
def log_of(script: Path) -> tuple[ev.Event, ...]:
    """The log of a conversation; it is played once."""
    return tuple(play(script))


def stream(log: tuple[ev.Event, ...], size: int) -> Iterator[ev.Event]:
    """The log as it came to be: what a model said arrives in pieces first."""
    for event in log:
        if isinstance(event, ev.ModelReplied):
            text = event.completion.message.text
            yield ThinkingDelta("hm")
            for start in range(0, len(text), size):
                yield TextDelta(text[start : start + size])
        yield event


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_conversation_is_printed_the_same_live_and_from_the_log(script: Path) -> None:
    log = log_of(script)
    read, live = Printed(), Printed()
    read.take(*log)
    live.take(*stream(log, 7))
    assert live.text == read.text
    assert "\x1b" not in read.text
    for event in log:
        if isinstance(event, ev.TurnStarted):
            assert f"you> {event.message.text.splitlines()[0]}" in read.text
        elif isinstance(event, ev.ModelReplied) and not event.interrupted:
            for line in event.completion.message.text.split("\n"):
                assert line.strip() in read.text


@pytest.mark.parametrize("verbosity", ["call", "step", "todo"])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_whatever_is_left_out_what_is_said_is_not(script: Path, verbosity: Verbosity) -> None:
    log = log_of(script)
    printed = Printed(EAR, verbosity)
    printed.take(*log)
    tools = [line for line in printed.text.splitlines() if line.startswith("tool: ")]
    steps = sum(isinstance(event, ev.StepStarted) for event in log)
    assert verbosity == "call" or len(tools) <= (steps if verbosity == "step" else 0)
    for event in log:
        if isinstance(event, ev.ModelReplied) and not event.interrupted:
            assert event.completion.message.text.split("\n")[0].strip() in printed.text


@settings(max_examples=30)
@given(st.text("ab \n`#-*|>1.", max_size=200), st.integers(1, 50))
def test_a_reply_is_printed_whole_however_it_arrives(text: str, size: int) -> None:
    log = (ev.TurnStarted(1, user("x")), ev.StepStarted(1, "m"), ev.ModelReplied(reply(text or "x")))
    read, live = Printed(), Printed()
    read.take(*log)
    live.take(*stream(log, size))
    assert live.text == read.text


def begin(printed: Printed) -> None:
    """A turn and its first step begin."""
    printed.take(ev.TurnStarted(1, user("go")), ev.StepStarted(1, "m"))


def run(name: str, id: str, **arguments: object) -> tuple[ev.Event, ev.Event]:
    """A call that runs and ends well."""
    made = call(name, id=id, **arguments)
    return ev.ToolStarted(made), ev.ToolFinished(made, ToolResult(id, "fine"), "ok")


def test_a_finished_paragraph_is_printed_while_the_next_one_comes() -> None:
    printed = Printed()
    begin(printed)
    assert printed.take(TextDelta("One.\n\nTw")) == "One.\n"
    assert printed.take(TextDelta("o.")) == ""
    assert printed.take(ev.ModelReplied(reply("One.\n\nTwo."))) == "\nTwo.\n"


def test_reads_in_a_row_are_one_line_before_what_follows() -> None:
    printed = Printed()
    begin(printed)
    assert printed.take(*run("Read", "1", path="a"), *run("Read", "2", path="b")) == ""
    assert printed.take(ev.StepEnded(1, 1.0), ev.StepStarted(2, "m")) == "[1] read x2 a, b\n"
    assert printed.take(TextDelta("So.\n\nAnd")) == "So.\n"


def test_reads_of_later_steps_are_lines_of_their_own() -> None:
    printed = Printed()
    begin(printed)
    printed.take(*run("Read", "1", path="a"))
    assert printed.take(ev.StepEnded(1, 1.0)) == "[1] read a\n"
    printed.take(ev.StepStarted(2, "m"), *run("Read", "2", path="b"), *run("Grep", "3", pattern="x"))
    assert printed.take(ev.StepEnded(2, 1.0)) == "[2] read, grep b, x\n"
    printed.take(ev.ModelReplied(reply("So.")), ev.TurnStopped(ev.StopReason.END_TURN))
    assert printed.text.count("read") == 2


def test_a_command_is_printed_when_it_ends_not_when_something_else_comes() -> None:
    printed = Printed()
    begin(printed)
    made = call("Bash", id="1", command="make")
    finished = ev.ToolFinished(made, ToolResult("1", "x"), "ok", command=CommandRun("make", 0, "", 1.0))
    assert printed.take(ev.ToolStarted(made)) == ""
    assert printed.take(finished) == "[1] shell make ... exit 0 in 1.0s\n"
    assert printed.take(ev.StepEnded(1, 1.0), ev.StepStarted(2, "m")) == ""


def test_what_a_command_says_is_printed_line_by_line() -> None:
    printed = Printed()
    assert printed.take(ev.CommandRan("/status", "")) == "you> /status\n"
    assert printed.take(ev.CommandSaid("auto off")) == "auto off\n"
    assert printed.take(ev.CommandSaid("mode ask")) == "mode ask\n"
    assert printed.take(ev.NoticeShown("Fine.")) == "Fine.\n"


def test_an_injector_that_repeats_itself_is_heard_each_time() -> None:
    printed = Printed()
    begin(printed)
    assert printed.take(ev.Injected(user("one", "injector:loop"))) == "[1] note loop: one\n"
    assert printed.take(ev.Injected(user("two", "injector:loop"))) == "[1] note loop: two\n"
    assert printed.take(ev.StepStarted(2, "m")) == ""


def test_each_failure_is_printed_and_that_it_is_over() -> None:
    printed = Printed()
    begin(printed)
    failed = ev.ModelFailed("overloaded", "Busy.", 1, "m", 1.0)
    assert printed.take(failed) == "[1] model m failed (overloaded, try 1): Busy.\n"
    assert "try 2" in printed.take(ev.ModelFailed("overloaded", "Busy.", 2, "m", 2.0))
    assert "failed 2 times" in printed.take(ev.ModelReplied(reply("Hello.")))


def test_lines_after_a_turn_have_no_number() -> None:
    printed = Printed()
    begin(printed)
    printed.take(ev.ModelReplied(reply("Hi.")), ev.StepEnded(1, 1.0))
    printed.take(ev.TurnStopped(ev.StopReason.END_TURN))
    assert printed.take(ev.AutoSwitched(on=True, by="human")) == "auto mode is on\n"


def test_a_line_that_stands_there_already_is_not_repeated() -> None:
    printed = Printed()
    printed.feed.expect("go", is_seen=True)
    assert printed.take(ev.TurnStarted(1, user("go"))) == ""
    assert printed.take(ev.Steered(user("go"))) == "you> go\n"
    printed.feed.expect("/status", is_seen=True)
    assert printed.take(ev.CommandRan("/status", ""), ev.CommandSaid("fine")) == "fine\n"
    printed.feed.expect("!ls", is_seen=True)
    assert printed.take(ev.CommandRan("!ls", "", CommandRun("ls", 0, "", 0.0))) == "exit 0 in 0.0s\n"


def test_a_step_is_one_line_where_that_is_wanted() -> None:
    printed = Printed(EAR, "step")
    begin(printed)
    printed.take(*run("Edit", "1", path="a"))
    assert printed.take(*run("Write", "2", path="b")) == ""
    assert printed.take(ev.StepEnded(1, 1.0)) == "tool: step 1: edit a; write b\n"
    printed.take(ev.StepStarted(2, "m"))
    assert printed.take(ev.StepEnded(2, 1.0)) == ""


def test_a_step_with_many_calls_names_the_first() -> None:
    printed = Printed(verbosity="step")
    begin(printed)
    for number in range(7):
        printed.take(*run("Write", str(number), path=f"f{number}"))
    assert printed.take(ev.StepEnded(1, 1.0)) == "[1] write f0; write f1; write f2; write f3; and 3 more\n"


def test_a_todo_is_told_when_it_begins_and_when_it_is_closed() -> None:
    printed = Printed(EAR, "todo")
    begin(printed)
    first = (Todo("1", "Find it", "in_progress"), Todo("2", "Repair it", "pending"))
    then = (Todo("1", "Find it", "completed"), Todo("2", "Repair it", "in_progress"))
    assert printed.take(ev.TodosChanged(first, "model")) == "note: now: Find it\n"
    said = printed.take(ev.TodosChanged(then, "model")).splitlines()
    assert said[0].startswith("note: completed: Find it (1 of 2 closed, 1 step")
    assert said[1] == "note: now: Repair it"
    assert printed.take(ev.TodosChanged(then, "model")) == ""


def test_who_speaks_is_said_once_per_reply() -> None:
    printed = Printed(EAR)
    begin(printed)
    assert printed.take(TextDelta("One.\n\nTwo.\n\nThr")) == "aura: One.\nTwo.\n"
    printed.take(ev.ModelReplied(reply("One.\n\nTwo.\n\nThree.")), *run("Write", "1", path="a"))
    assert printed.take(TextDelta("Four.\n\nF")) == "aura: Four.\n"


def test_older_events_are_told_as_they_were() -> None:
    events: list[ev.Event] = [
        ev.TurnStarted(1, user("go")),
        ev.StepStarted(1, "m"),
        ev.ModelReplied(reply("Hi.")),
    ]
    recorded = [ev.Recorded(number, 1.0, event) for number, event in enumerate(events, start=1)]
    assert retell(recorded, Turn(), EYE) == "you> go\nHi.\n"
