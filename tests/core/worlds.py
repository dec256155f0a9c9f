"""Values for the properties: messages, todos, facts and whole sequences of events."""

from typing import Any

from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.evidence import Check, CommandRun, FileChange
from aura.core.limits import Limits, StopReason
from aura.core.messages import AURA, HUMAN, MODEL, Message, Text, ToolCall, ToolResult, tool_message, user
from aura.core.models import Completion, TextDelta, Usage
from aura.core.permissions import Mode
from aura.core.todos import STATUSES, Todo
from aura.core.tools import Answer, Claim, Question

IDS = st.sampled_from(["a", "b", "c", "a-2", ""])
WORDS = st.sampled_from(["", " ", "one", "two", "go on", "größer"])
NAMES = st.sampled_from(["Read", "Bash", "Done"])

calls = st.builds(ToolCall, IDS, NAMES, st.dictionaries(st.sampled_from(["path", "x"]), WORDS, max_size=2))
results = st.builds(ToolResult, IDS, WORDS, is_error=st.booleans())
replies = st.builds(
    lambda text, asked: Message("assistant", (*([Text(text)] if text else []), *asked), MODEL),
    WORDS,
    st.lists(calls, max_size=3),
)
spoken = st.builds(user, WORDS, st.sampled_from([HUMAN, AURA, "injector:todo-reminder"]))
messages = st.lists(st.one_of(replies, spoken, st.builds(tool_message, results)), max_size=14)

todos = st.lists(
    st.builds(
        Todo,
        st.sampled_from("abcd"),
        st.sampled_from(["do it", "look"]),
        st.sampled_from(STATUSES),
        WORDS,
        st.lists(st.sampled_from("abcd"), max_size=2).map(tuple),
    ),
    max_size=4,
).map(tuple)

counts = st.integers(0, 5)
limits = st.builds(
    Limits,
    steps=counts,
    turns=counts,
    tokens=st.sampled_from([0, 10, 1000]),
    cost=st.sampled_from([0.0, 0.01, 1.0]),
    seconds=st.sampled_from([0.0, 1.0, 60.0]),
    turn_seconds=st.sampled_from([0.0, 1.0, 60.0]),
    nudges=st.integers(0, 4),
)
claims = st.builds(Claim, st.just("it works"), st.sampled_from(["done", "blocked", "needs_input"]))
usages = st.builds(Usage, input=st.integers(0, 500), output=st.integers(0, 100))
completions = st.builds(Completion, replies, usages, cost=st.sampled_from([None, 0.0, 0.5]))
seconds = st.sampled_from([0.0, 0.5, 3.0])
changes = st.builds(
    FileChange, st.sampled_from(["a.py", "b.py"]), st.just("modified"), after=st.sampled_from(["1", "2"])
)
runs = st.builds(CommandRun, st.sampled_from(["pytest -q", "ls"]), st.sampled_from([0, 1, None]))
outcomes = st.sampled_from(["ok", "error", "denied", "invalid", "unknown", "cancelled"])

finished = st.builds(
    lambda call, result, outcome, took, changed, run, waits: ev.ToolFinished(
        call, result, outcome, took, tuple(changed), run, {}, waits
    ),
    calls,
    results,
    outcomes,
    seconds,
    st.lists(changes, max_size=2),
    st.none() | runs,
    st.booleans(),
)
replied = st.builds(ev.ModelReplied, completions)
reasons = st.sampled_from(list(StopReason))

durable = st.one_of(
    st.builds(ev.SessionStarted, st.just("s"), st.just("/w"), st.just("0")),
    st.builds(ev.SessionResumed, st.just("h/1/t"), st.just("0")),
    st.builds(ev.TurnStarted, st.integers(1, 20), spoken),
    st.builds(ev.Steered, spoken),
    st.builds(ev.Injected, spoken, st.sampled_from(["step", "turn", "session"]), st.booleans()),
    st.builds(ev.StepStarted, st.integers(1, 60), st.just("m"), st.booleans()),
    st.builds(ev.ModelReplied, completions, seconds, st.booleans()),
    st.builds(ev.ModelFailed, st.just("cut"), st.just("It broke."), st.just(1), st.just("m")),
    st.builds(ev.ModelChanged, st.just("m2"), st.just("fallback")),
    st.builds(ev.ToolJudged, IDS, st.sampled_from(["allow", "deny"]), st.just("human")),
    st.builds(ev.ToolStarted, calls),
    finished,
    st.builds(ev.StepEnded, st.integers(1, 60), seconds),
    st.builds(ev.TodosChanged, todos, st.just("model")),
    st.builds(ev.AutoSwitched, st.booleans(), st.just("human")),
    st.builds(ev.DoneSwitched, st.booleans(), st.just("human")),
    st.builds(ev.ModeSwitched, st.sampled_from([mode.value for mode in Mode]), st.just("human")),
    st.builds(ev.LimitsSet, limits, st.booleans()),
    st.builds(ev.ChecksSet, st.sampled_from([(), ("pytest -q",)])),
    st.builds(ev.LimitReached, reasons, st.just("steps: 5 of 5")),
    st.builds(ev.CheckFinished, st.builds(Check, runs, st.integers(0, 9))),
    st.builds(ev.DoneRefused, claims, st.sampled_from(["open todos", "check failed: x"]), st.just("no")),
    st.builds(ev.DoneAccepted, claims, st.booleans()),
    st.builds(ev.QuestionAsked, IDS, st.just(Question("Which?"))),
    st.builds(ev.QuestionAnswered, IDS, st.just(Answer("that")), st.just("human")),
    st.builds(ev.NoticeShown, WORDS),
    st.builds(ev.PluginUnplugged, st.just("p"), st.just("before_chat"), st.just("boom")),
    st.builds(ev.PluginFired, st.just("p")),
    st.builds(ev.TurnStopped, reasons, st.just(""), seconds),
    st.builds(ev.CommandRan, st.just("!ls"), st.just("a")),
    st.builds(ev.CallCounted, st.just("verifier"), st.just("m"), st.builds(Usage, st.integers(0, 500))),
)
passing = st.one_of(
    st.builds(TextDelta, WORDS),
    st.builds(ev.ToolOutputDelta, IDS, WORDS),
)
histories: st.SearchStrategy[list[Any]] = st.lists(durable, max_size=25)
