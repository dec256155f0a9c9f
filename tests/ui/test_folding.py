"""The fold: the same blocks live and from the log, and each rule of what is shown."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.attempts import Outcome
from aura.core.evidence import Check, CommandRun, FileChange
from aura.core.limits import Limits, StopReason
from aura.core.messages import MODEL, Image, Message, Text, Thinking, ToolCall, ToolResult, user
from aura.core.models import Completion, TextDelta, ThinkingDelta
from aura.core.tools import Answer, Claim, Question
from aura.core.turn import Turn, apply
from aura.ui.blocks import (
    Block,
    CardGroup,
    CheckLine,
    CommandLog,
    Ending,
    Failure,
    Injection,
    Inquiry,
    Note,
    Prose,
    Said,
    Shortened,
    StepRule,
    Thought,
    ToolCard,
)
from aura.ui.folding import Folder

Blocks = list[Block]


class Screen:
    """Keeps the blocks that a folder tells of, as a face does."""

    def __init__(self, *, auto: bool = False) -> None:
        self.turn = Turn()
        self.blocks: Blocks = []
        self.folder = Folder(lambda: self.turn, auto=auto)
        self.seq = 0

    def take(self, event: ev.Event, at: float = 0.0) -> None:
        self.turn = apply(self.turn, event)
        self.seq += ev.is_durable(event)
        recorded = ev.Recorded(self.seq if ev.is_durable(event) else 0, at or float(self.seq), event)
        for kind, block in self.folder.take(recorded):
            places = [one.place for one in self.blocks]
            at_place = bisect_left(places, block.place)
            if kind == "appended":
                assert block.place not in places
                self.blocks.insert(at_place, block)
            else:
                assert self.blocks[at_place] is block, (
                    "a change names a block that stands where its place says"
                )
                if kind == "removed":
                    del self.blocks[at_place]

    def play(self, events: Sequence[ev.Event]) -> "Screen":
        for event in events:
            self.take(event)
        return self

    @property
    def bodies(self) -> list[Any]:
        return [block.body for block in self.blocks]

    def shown(self) -> list[tuple[Any, ...]]:
        """What counts of the blocks; versions do not."""
        return [(one.first, one.last, one.part, one.final, one.body) for one in self.blocks]


def fold(*events: Any, auto: bool = False) -> list[Any]:
    return Screen(auto=auto).play(events).bodies


def begin(text: str = "go", origin: str = "human") -> ev.TurnStarted:
    return ev.TurnStarted(1, user(text, origin))


def reply(*parts: Text | Thinking | ToolCall, cost: float | None = 0.5, **more: Any) -> ev.ModelReplied:
    return ev.ModelReplied(Completion(Message("assistant", parts, MODEL), cost=cost), 2.0, **more)


def call(name: str = "Bash", number: str = "c1", **arguments: Any) -> ToolCall:
    return ToolCall(number, name, arguments)


def finish(one: ToolCall, outcome: Outcome = "ok", content: str = "fine", **more: Any) -> ev.ToolFinished:
    return ev.ToolFinished(one, ToolResult(one.id, content, is_error=outcome != "ok"), outcome, **more)


def run(*calls: ToolCall) -> list[ev.Event]:
    return [event for one in calls for event in (ev.ToolStarted(one), finish(one))]


# --- the same live and from the log ---------------------------------------------------------------------------

TEXTS = st.lists(
    st.sampled_from(
        [
            "One line.\n",
            "\n",
            "- item\n",
            "```py\n",
            "x = 1\n",
            "```\n",
            "| a | b |\n",
            "|---|---|\n",
            "word " * 40,
        ]
    ),
    min_size=1,
    max_size=12,
).map("".join)
NOISE: list[ev.Event] = [
    ev.NoticeShown("look here", "warning"),
    ev.Injected(user("remember", "injector:todo"), "turn"),
    ev.Injected(user("they ran ls", "shell")),
    ev.CommandRan("/status", ""),
    ev.CommandSaid("all is well"),
    ev.AutoSwitched(on=True, by="human"),
    ev.AutoSwitched(on=False, by="human"),
    ev.PromptQueued("p1", "later"),
    ev.Steered(user("faster")),
    ev.CommandRan("!ls", "a\nb", CommandRun("ls", 0, "a\nb", 0.1)),
]


@st.composite
def deltas(draw: st.DrawFn, text: str, kind: type[TextDelta] | type[ThinkingDelta]) -> list[ev.Event]:
    """The text in pieces of any size."""
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)) | {0, len(text)})
    return [kind(text[start:end]) for start, end in pairwise(cuts)]


@st.composite
def steps(draw: st.DrawFn, number: int) -> list[ev.Event]:
    """One step with its deltas: what is thought, said and called; failures before it; noise anywhere."""
    events: list[ev.Event] = [ev.StepStarted(number, "m")]
    for attempt in range(draw(st.integers(0, 2))):
        events += draw(deltas(draw(TEXTS), TextDelta))
        events.append(ev.ModelFailed("network", "The line is dead.", attempt + 1, "m", 1.0, "partial"))
    parts: list[Any] = []
    for kind, part in ((ThinkingDelta, Thinking), (TextDelta, Text)):
        if draw(st.booleans()):
            text = draw(TEXTS)
            parts.append(part(text))
            if draw(st.booleans()):
                events += draw(deltas(text, kind))
                events += draw(st.lists(st.sampled_from(NOISE), max_size=2))
    if draw(st.integers(0, 9)) == 0:
        return [
            *events,
            ev.ToolOutputDelta("shell-1", "a\n"),
            ev.TurnStopped(StopReason.CANCELLED, "by a person"),
        ]
    names = draw(st.lists(st.sampled_from(["Read", "Grep", "Bash", "Ask"]), max_size=4))
    calls = [call(name, f"{number}.{place}", question="which?") for place, name in enumerate(names)]
    events.append(reply(*parts, *calls, cost=draw(st.sampled_from([None, 0.1]))))
    started = [one for one in calls if draw(st.integers(0, 5))]
    events += [ev.ToolStarted(one) for one in started]
    if any(one.name == "Ask" for one in started) and draw(st.booleans()):
        events += [
            ev.QuestionAsked(f"q{number}", Question("which?")),
            ev.QuestionAnswered(f"q{number}", Answer("this"), "human"),
        ]
    for one in draw(st.permutations(calls)):
        if one not in started:
            events.append(ev.ToolJudged(one.id, "deny", "policy", "not here"))
        else:
            events += [ev.ToolOutputDelta(one.id, "some\n")] * draw(st.integers(0, 2))
        events.append(finish(one, draw(st.sampled_from(["ok", "ok", "ok", "error"])), seconds=0.1))
    return [*events, *draw(st.lists(st.sampled_from(NOISE), max_size=2)), ev.StepEnded(number, 1.0)]


@st.composite
def sessions(draw: st.DrawFn) -> list[ev.Event]:
    """Some turns, with all that passes."""
    events: list[ev.Event] = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        events.append(ev.TurnStarted(number, user("go", draw(st.sampled_from(["human", "command:fix"])))))
        for step in range(1, draw(st.integers(1, 3)) + 1):
            events += draw(steps(step))
            if isinstance(events[-1], ev.TurnStopped):
                break
        else:
            events.append(ev.TurnStopped(draw(st.sampled_from([StopReason.END_TURN, StopReason.MAX_COST]))))
    return events


@given(sessions(), st.booleans())
def test_live_and_logged_events_fold_to_the_same_blocks(events: list[ev.Event], auto: bool) -> None:
    live = Screen(auto=auto).play(events)
    logged = Screen(auto=auto).play([event for event in events if ev.is_durable(event)])
    durable = [one for one in live.shown() if one[0]]
    assert durable == logged.shown()
    assert [one.body for one in live.blocks if not one.first] == [
        one.body for one in live.blocks if isinstance(one.body, CommandLog) and one.body.open
    ], "only shell lines that still run are told by passing events alone"


def test_deltas_and_the_message_may_differ() -> None:
    screen = Screen().play(
        [begin(), ev.StepStarted(1, "m"), ThinkingDelta("hm"), TextDelta("Once "), TextDelta("more")]
    )
    assert screen.bodies[1:] == [Thought("hm"), Prose("Once more", open=True)]
    screen.take(reply(Text("Something else.")))
    assert screen.bodies[1:] == [Prose("Something else.")]
    assert screen.blocks[-1].final


def test_a_note_during_a_reply_stands_before_it() -> None:
    screen = Screen().play(
        [begin(), TextDelta("I beg"), ev.NoticeShown("low disk", "warning"), TextDelta("in")]
    )
    assert screen.bodies[1:] == [Note("low disk", "warning"), Prose("I begin", open=True)]
    screen.take(reply(Text("I begin")))
    assert screen.bodies[1:] == [Note("low disk", "warning"), Prose("I begin")]


def test_folding_an_event_costs_the_same_however_much_there_is() -> None:
    screen = Screen().play([event for number in range(2_000) for event in run(call("Bash", f"c{number}"))])
    held = [screen.folder._cards._row, screen.folder._cards._running, screen.folder._reply._blocks]
    assert [len(each) for each in held] == [0, 0, 0], "nothing that is finished is held"


# --- what is said -----------------------------------------------------------------------------------------------


def test_who_speaks_is_shown() -> None:
    picture = Message("user", (Text("look"), Image("image/png", "aGk=")), "human")
    events = [ev.TurnStarted(1, picture), ev.Steered(user("faster")), begin("go on", "driver")]
    assert fold(*events) == [
        Said("look", images=1),
        Said("faster", "steer"),
        Said("go on", "command", origin="driver"),
    ]


def test_a_long_reply_becomes_several_pieces() -> None:
    bodies = fold(begin(), reply(Thinking("why"), Text("One.\n\n```py\n" + "x\n" * 50 + "```\n")))
    assert [type(body) for body in bodies[1:]] == [Thought, Prose, Prose, Prose]
    assert bodies[1] == Thought("why", seconds=2.0)
    assert (bodies[3].fence, bodies[4].fence) == ("", "```py")


def test_an_interrupted_reply_says_so_at_its_end() -> None:
    bodies = fold(begin(), reply(Text("One.\n\nTw"), interrupted=True))
    assert [body.interrupted for body in bodies[1:]] == [False, True]


def test_a_reply_of_nothing_but_space_is_not_shown() -> None:
    assert fold(reply(Text(" \n\n"), call())) == []


# --- steps and failures -----------------------------------------------------------------------------------------


def test_steps_are_ruled_off_in_auto_mode_only() -> None:
    step = [ev.StepStarted(4, "m"), reply(Text("a")), ev.StepEnded(4, 1.0)]
    assert fold(*step) == [Prose("a")]
    assert fold(*step, auto=True) == [StepRule(4, 1.0, 0.5), Prose("a")]
    assert fold(*step[:2], auto=True)[0] == StepRule(4, 1.0, 0.5, open=True)


def test_a_failure_with_another_try_becomes_a_note_when_the_model_answers() -> None:
    failed = ev.ModelFailed("rate_limit", "Too much.", 1, "m", 9.0)
    screen = Screen().play([begin(), ev.StepStarted(1, "m"), TextDelta("half"), failed])
    assert screen.bodies[1:] == [Failure("rate_limit", "Too much.", "m", 1, 12.0)]
    screen.take(ev.ModelFailed("rate_limit", "Too much.", 2, "m", 9.0))
    assert screen.bodies[1:] == [Failure("rate_limit", "Too much.", "m", 2, 13.0)]
    screen.take(TextDelta("Now"))
    assert screen.bodies[1:] == [
        Note("m failed 2 times (rate_limit) before it answered.", "info", "model"),
        Prose("Now", open=True),
    ]


def test_a_last_failure_stays() -> None:
    events = [
        begin(),
        ev.ModelFailed("auth", "Key rejected.", 1, "m"),
        ev.ModelChanged("n", "fallback after auth"),
    ]
    assert fold(*events)[1:] == [
        Failure("auth", "Key rejected.", "m", 1),
        Note("model is now n: fallback after auth", "warning"),
    ]


def test_a_failure_whose_next_try_was_stopped_names_no_try() -> None:
    events = [begin(), ev.ModelFailed("network", "Dead.", 1, "m", 5.0), ev.TurnStopped(StopReason.CANCELLED)]
    assert fold(*events)[1] == Failure("network", "Dead.", "m", 1)


# --- cards ------------------------------------------------------------------------------------------------------


def test_a_card_runs_and_then_tells_what_came_of_it() -> None:
    one = call(command="make")
    screen = Screen().play([ev.ToolStarted(one), ev.ToolOutputDelta("c1", "cc a.c\n")])
    assert screen.bodies == [ToolCard(one, started=1.0, output="cc a.c\n")]
    change = FileChange("a.c", "modified", 1, 1)
    screen.take(finish(one, seconds=3.0, changes=(change,), command=CommandRun("make", 0)))
    assert screen.bodies == [
        ToolCard(one, 1.0, "ok", 3.0, "fine", changes=(change,), command=CommandRun("make", 0))
    ]


def test_only_the_end_of_a_long_output_is_kept() -> None:
    screen = Screen().play([ev.ToolStarted(call())])
    for number in range(5_000):
        screen.take(ev.ToolOutputDelta("c1", f"line {number}\n"))
    output = screen.bodies[0].output
    assert output.endswith("line 4999\n")
    assert output.startswith("line ")
    assert len(output) < 10_000


def test_a_refused_call_has_a_card_that_says_why() -> None:
    events = [ev.ToolJudged("c1", "deny", "policy", "no push"), finish(call(), "denied", "Refused.")]
    (card,) = fold(*events)
    assert (card.outcome, card.reason, card.result) == ("denied", "no push", "Refused.")


@pytest.mark.parametrize(
    ("judged", "said"),
    [
        (ev.ToolJudged("c1", "deny", "human", "a person said no"), "you said no"),
        (ev.ToolJudged("c1", "deny", "human", "a person said: a person knows"), "you said: a person knows"),
        (
            ev.ToolJudged("c1", "allow", "human", "a person changed it before it ran"),
            "you changed it before it ran",
        ),
        (ev.ToolJudged("c1", "deny", "auto mode", "it runs rm"), "it runs rm"),
        (ev.ToolJudged("c1", "deny", "Bash(git push:*)", "a rule"), "a rule (Bash(git push:*))"),
    ],
)
def test_who_decided_is_told_in_words(judged: ev.ToolJudged, said: str) -> None:
    (card,) = fold(judged, finish(call(), "denied" if judged.verdict == "deny" else "ok", ""))
    assert card.reason == said


def test_the_file_with_all_of_the_output_is_found_but_not_invented() -> None:
    path = "/home/a b/sessions/s1/output/12-1f-3.txt"
    told = f"… [9 MB in all, the middle is left out; all of it is in {path}]\nend"
    command = CommandRun("make", 0)
    assert fold(finish(call(), content=told, command=command))[0].log == path
    assert fold(finish(call("Read"), content=told))[0].log == "", "a file may say anything"
    fake = told.replace(path, "/etc/shadow")
    assert fold(finish(call(), content=fake, command=command))[0].log == ""


def test_quiet_reads_in_a_row_are_one_group() -> None:
    one, two, three = (call("Read", f"c{number}") for number in range(3))
    bodies = fold(*run(one, two, three))
    assert [[card.call for card in body.cards] for body in bodies] == [[one, two, three]]


def test_reads_that_run_side_by_side_are_grouped_in_the_order_of_their_start() -> None:
    calls = [call("Grep", f"c{number}") for number in range(4)]
    events: list[ev.Event] = [ev.ToolStarted(one) for one in calls]
    events += [finish(calls[at]) for at in (2, 0, 3, 1)]
    (group,) = fold(*events)
    assert [card.call for card in group.cards] == calls


@pytest.mark.parametrize(
    "between",
    [
        [reply(Text("And now:"))],
        run(call("Bash", "b")),
        [ev.NoticeShown("hm")],
        [finish(call("Read", "x"), "error")],
    ],
)
def test_something_between_two_reads_keeps_them_apart(between: list[ev.Event]) -> None:
    bodies = fold(*run(call("Read", "c1")), *between, *run(call("Read", "c2")))
    assert [type(body) for body in bodies] == [ToolCard, type(bodies[1]), ToolCard]


@pytest.mark.parametrize("more", [{"seconds": 9.0}, {"outcome": "error"}])
def test_a_read_that_is_remarkable_stands_alone(more: Any) -> None:
    two = call("Read", "c2")
    assert len(fold(*run(call("Read", "c1")), ev.ToolStarted(two), finish(two, **more))) == 2


def test_a_group_grows_only_so_far() -> None:
    groups = fold(*run(*(call("Read", f"c{number}") for number in range(50))))
    assert [len(group.cards) for group in groups] == [20, 20, 10]
    assert all(isinstance(group, CardGroup) for group in groups)


def test_a_question_is_shown_once() -> None:
    ask = call("Ask", question="Which?  ")
    question = Question("Which?", "choice")
    asked = [ev.ToolStarted(ask), ev.QuestionAsked("q1", question)]
    assert fold(*asked) == [Inquiry(question)]
    answered = [*asked, ev.QuestionAnswered("q1", Answer("this"), "human"), finish(ask)]
    assert fold(*answered) == [Inquiry(question, Answer("this"), "human")]
    assert [type(body) for body in fold(*asked, finish(ask, "cancelled"))] == [Inquiry, ToolCard]


def test_a_question_that_was_never_put_to_anybody_has_its_card() -> None:
    assert [type(body) for body in fold(*run(call("Ask", question="Which?")))] == [ToolCard]


# --- everything else ----------------------------------------------------------------------------------------------


def inject(text: str, origin: str = "injector:todo") -> ev.Injected:
    return ev.Injected(user(text, origin), "turn")


def test_injections_of_one_origin_fold_when_nothing_is_between() -> None:
    events = [
        begin(),
        inject("a"),
        ev.StepStarted(1, "m"),
        inject("b"),
        inject("c", "injector:other"),
        inject("d"),
    ]
    assert fold(*events)[1:] == [
        Injection("todo", ((0, "a"), (1, "b"))),
        Injection("other", ((1, "c"),)),
        Injection("todo", ((1, "d"),)),
    ]


def test_what_the_model_is_told_of_a_shell_line_is_not_shown_twice() -> None:
    ran = CommandRun("ls", 0, "a", 0.1)
    events = [ev.CommandRan("!ls", "a", ran), inject("they ran ls", "shell")]
    assert fold(*events) == [CommandLog("!ls", ("a",), ran)]


def test_a_shell_line_shows_what_it_prints_while_it_runs() -> None:
    screen = Screen().play(
        [
            begin(),
            TextDelta("I wri"),
            ev.ShellStarted("shell-1", "!make"),
            ev.ToolOutputDelta("shell-1", "cc\n"),
            ev.ToolOutputDelta("shell-1", "ld"),
        ]
    )
    assert screen.bodies[2] == CommandLog("!make", ("cc\nld",), open=True)
    ran = CommandRun("make", 0, "cc\nld", 1.0)
    screen.take(ev.CommandRan("!make", "cc\nld", ran))
    assert screen.bodies[1:] == [CommandLog("!make", ("cc\nld",), ran), Prose("I wri", open=True)]


def test_a_command_and_what_it_says_are_one_block() -> None:
    events = [
        ev.CommandRan("/help", ""),
        ev.CommandSaid("a"),
        ev.CommandSaid("b"),
        ev.NoticeShown("x"),
        ev.CommandSaid("c"),
    ]
    assert fold(*events) == [CommandLog("/help", ("a", "b")), Note("x"), CommandLog("", ("c",))]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (ev.AutoSwitched(on=True, by="human"), "auto mode is on"),
        (ev.ModeSwitched("plan", "human"), "permission is now plan"),
        (ev.DoneSwitched(required=False, by="human"), "Done is not required any more"),
        (ev.ThinkingSwitched(0, "human"), "thinking: off"),
        (ev.ChecksSet(("pytest", "ruff"), "human"), "checks before Done: pytest; ruff"),
        (ev.LimitsSet(Limits(steps=9, cost=2.5), by="human"), "limits are now 9 steps · $2.50"),
    ],
)
def test_a_switch_of_a_person_is_noted_and_one_of_the_settings_is_not(event: Any, text: str) -> None:
    assert fold(event) == [Note(text)]
    fields = {name: getattr(event, name) for name in type(event).__dataclass_fields__}
    assert fold(type(event)(**{**fields, "by": "settings"})) == []


def test_what_aura_checks_and_refuses_is_shown() -> None:
    check = Check(CommandRun("pytest", 1), 3)
    refused = ev.DoneRefused(Claim("all done"), "checks_fail", "pytest failed")
    limit = ev.LimitReached(StopReason.MAX_COST, "$5.00 of $5.00")
    assert fold(ev.CheckFinished(check), refused, limit) == [
        CheckLine(check),
        Note("Done refused (checks_fail): pytest failed", "warning"),
        Note("limit reached: $5.00 of $5.00; one last step to sum up", "warning"),
    ]


def test_a_shortened_context_is_one_block() -> None:
    assert fold(ev.Compacted("sum", "pin", 3, 900, 90, "full")) == [Shortened("sum", "pin", 900, 90, "full")]


@pytest.mark.parametrize(
    ("auto", "reason", "ends"),
    [
        (False, StopReason.END_TURN, False),
        (True, StopReason.END_TURN, True),
        (False, StopReason.MAX_COST, True),
        (False, StopReason.CANCELLED, True),
    ],
)
def test_a_turn_ends_with_a_card_when_it_was_auto_or_did_not_end_well(
    auto: bool, reason: Any, ends: bool
) -> None:
    last = fold(begin(), ev.TurnStopped(reason, "why"), auto=auto)[-1]
    assert isinstance(last, Ending) is ends


def test_the_card_at_the_end_tells_what_was_refused_in_this_turn() -> None:
    deny = ev.ToolJudged("c1", "deny", "policy", "no push")
    first = [begin(), deny, finish(call(), "denied"), ev.TurnStopped(StopReason.DENIED)]
    bodies = fold(*first, ev.TurnStarted(2, user("on")), ev.TurnStopped(StopReason.CANCELLED))
    assert bodies[2].report.denied == ("no push",)
    assert bodies[-1].report.denied == ()
    assert bodies[-1].report.reason is StopReason.CANCELLED


def test_without_a_turn_the_card_tells_the_reason_only() -> None:
    folder = Folder()
    changes = folder.take(ev.Recorded(1, 0.0, ev.TurnStopped(StopReason.MAX_COST, "$5 of $5")))
    body = changes[0].block.body
    assert isinstance(body, Ending)
    assert (body.report.reason, body.report.detail, body.context) == (
        StopReason.MAX_COST,
        "$5 of $5",
        {"brief": True},
    )


def test_a_crash_is_noted_when_the_session_is_taken_up_again() -> None:
    resumed = ev.SessionResumed("host/1/x", "0.1")
    assert fold(begin(), ev.TurnStopped(StopReason.END_TURN), resumed) == [Said("go")]
    assert [type(body) for body in fold(begin(), resumed)] == [Said, Note]


def test_what_nobody_needs_to_see_is_not_shown() -> None:
    quiet: list[ev.Event] = [
        ev.SessionStarted("s", "/w", "0"),
        ev.PluginFired("p"),
        ev.PromptQueued("p1", "later"),
        ev.PromptUnqueued("p1"),
        ev.TodosChanged((), "model"),
    ]
    assert fold(*quiet) == []


def test_a_call_that_ends_behind_other_blocks_is_final_then() -> None:
    one, two = call("Read", "c1"), call("Read", "c2")
    screen = Screen().play([ev.ToolStarted(one), ev.NoticeShown("x"), *run(two), finish(one)])
    assert [(type(block.body), block.final) for block in screen.blocks] == [
        (ToolCard, True),
        (Note, True),
        (ToolCard, False),
    ]


def test_a_model_may_think_again_while_it_speaks() -> None:
    screen = Screen().play([TextDelta("So "), ThinkingDelta("hm"), TextDelta("then")])
    assert screen.bodies == [Prose("So "), Thought("hm"), Prose("then", open=True)]
