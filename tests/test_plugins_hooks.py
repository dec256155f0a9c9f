"""What plugins say reaches the loop: in order, one nudge a boundary, gated, and never with an exception."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from aura.core import events as ev
from aura.core.errors import ModelError, ModelErrorKind
from aura.core.limits import StopReason
from aura.core.messages import MODEL, Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion, ModelInfo
from aura.core.tools import Effect
from aura.core.turn import Turn, apply, fold
from aura.hookspecs import (
    AfterResponse,
    AfterTool,
    BeforeChat,
    BeforeCompaction,
    BeforeStop,
    BeforeTool,
    Injection,
    ModelFamily,
    OnError,
    ToolSetup,
    hookimpl,
)
from aura.plugins import Circumstances, Plugins, Said, Sources

CALL = ToolCall("c1", "Bash", {"command": "ls"})
RESULT = ToolResult("c1", "a.py")
REPLY = Message("assistant", (Text("I stop here."),), MODEL)
ERROR = ModelError(ModelErrorKind.OVERLOADED, "busy")
LIMIT = ev.LimitReached(StopReason.MAX_STEPS, "steps: 50 of 50")
TURN = fold([ev.TurnStarted(1, user("go"))])
ANSWERED = fold(
    [
        ev.ModelReplied(Completion(Message("assistant", (CALL,), MODEL))),
        ev.ToolFinished(CALL, RESULT, "ok"),
    ],
    TURN,
)


@dataclass
class Speaker:
    """Answers every hook with what it was given; `asked` are the hooks it was asked, in order."""

    answer: Any = None
    asked: list[str] = field(default_factory=list)
    seen: list[Any] = field(default_factory=list)

    def _say(self, hook: str, seen: Any = None) -> Any:
        self.asked.append(hook)
        self.seen.append(seen)
        return self.answer() if callable(self.answer) else self.answer

    @hookimpl
    def before_chat(self, turn: Turn, model: ModelInfo) -> BeforeChat | None:
        return self._say("before_chat", model)  # type: ignore[no-any-return]

    @hookimpl
    def after_response(self, turn: Turn, reply: Message) -> AfterResponse | None:
        return self._say("after_response", reply)  # type: ignore[no-any-return]

    @hookimpl
    def before_tool(self, turn: Turn, call: ToolCall) -> BeforeTool | None:
        return self._say("before_tool", call)  # type: ignore[no-any-return]

    @hookimpl
    def rewrite_result(self, turn: Turn, call: ToolCall, result: ToolResult) -> str | None:
        return self._say("rewrite_result", result)  # type: ignore[no-any-return]

    @hookimpl
    def after_tool(self, turn: Turn, call: ToolCall, result: ToolResult) -> AfterTool | None:
        return self._say("after_tool", call)  # type: ignore[no-any-return]

    @hookimpl
    def on_error(self, turn: Turn, error: ModelError) -> OnError | None:
        return self._say("on_error", error)  # type: ignore[no-any-return]

    @hookimpl
    def before_stop(self, turn: Turn) -> BeforeStop | None:
        return self._say("before_stop")  # type: ignore[no-any-return]

    @hookimpl
    def before_compaction(self, turn: Turn, forced: bool) -> BeforeCompaction | None:
        return self._say("before_compaction", forced)  # type: ignore[no-any-return]

    @hookimpl
    def transform_messages(self, turn: Turn, messages: Sequence[Message]) -> Sequence[Message] | None:
        return self._say("transform_messages", messages)  # type: ignore[no-any-return]

    @hookimpl
    def on_event(self, event: ev.Event) -> None:
        return self._say("on_event", event)  # type: ignore[no-any-return]

    @hookimpl
    def register_tools(self, setup: ToolSetup) -> Any:
        return self._say("register_tools", setup)

    @hookimpl
    def register_commands(self) -> Any:
        return self._say("register_commands")

    @hookimpl
    def register_models(self) -> Any:
        return self._say("register_models")


@dataclass
class Watcher:
    """Sees every event."""

    seen: list[ev.Event] = field(default_factory=list)

    @hookimpl
    def on_event(self, event: ev.Event) -> None:
        self.seen.append(event)


Settings = dict[str, dict[str, Any]]


def make(
    *speakers: Any, bash: Callable[[str], bool] | None = None, settings: Settings | None = None
) -> Plugins:
    """Plugins named a, b, c … in that order."""
    names = [chr(ord("a") + place) for place in range(len(speakers))]
    model = ModelInfo("lab/big", 1_000)
    circumstances = Circumstances(Path("/nowhere"), lambda: model, bash)
    return Plugins(Sources(builtins=list(zip(names, speakers, strict=True))), circumstances, settings)


def texts(said: Said) -> list[str]:
    return [event.message.text for event in said.events if isinstance(event, ev.Injected)]


def kinds(events: Sequence[ev.Event]) -> list[str]:
    return [event.type for event in events]


def chat(text: str, **more: Any) -> Speaker:
    return Speaker(BeforeChat(Injection(text), **more))


# --- one injection a boundary -------------------------------------------------------------------------------


def test_the_first_speaker_wins_and_its_origin_is_marked() -> None:
    said = make(Speaker(), chat("one"), chat("two")).before_chat(TURN)
    (event,) = said.events
    assert isinstance(event, ev.Injected)
    assert event.message == user("[aura: b] one", "injector:b")
    assert (event.nudge, event.lifetime) == (False, "session")


def test_order_outranks_the_order_of_loading() -> None:
    assert texts(make(chat("one"), chat("two"), settings={"b": {"order": 99}}).before_chat(TURN)) == [
        "[aura: b] two"
    ]


def test_between_two_model_calls_one_injector_speaks() -> None:
    turn = apply(TURN, ev.Injected(user("x", "injector:z"), nudge=True))
    plugins = make(chat("one"), Speaker(BeforeChat(disable_tools=True)))
    said = plugins.before_chat(turn)
    assert (texts(said), said.disable_tools) == ([], True)
    later = apply(turn, ev.Steered(user("now do this")))
    assert texts(plugins.before_chat(later)) == ["[aura: a] one"]


def test_notices_are_shown_beside_an_injection() -> None:
    loud = Speaker(BeforeChat(Injection("one", "turn", notice="with it"), notice="beside"))
    quiet = Speaker(BeforeChat(notice="alone"))
    said = make(loud, chat("lost", notice="lost"), quiet).before_chat(TURN)
    shown = [(event.text, event.origin) for event in said.events if isinstance(event, ev.NoticeShown)]
    assert shown == [("beside", "injector:a"), ("with it", "injector:a"), ("alone", "injector:c")]


def test_at_a_limit_only_the_wrap_up_passes() -> None:
    turn = apply(apply(TURN, ev.Injected(user("x", "injector:z"))), LIMIT)
    objection = Injection("no")
    said = make(
        chat("go on"), chat("sum up", disable_tools=True), chat("more", disable_tools=True)
    ).before_chat(turn)
    assert (texts(said), said.disable_tools) == (["[aura: b] sum up"], True)
    assert make(Speaker(AfterResponse(objection))).after_response(turn, REPLY) == Said()
    assert make(Speaker(BeforeStop(objection))).before_stop(turn) == Said()
    assert make(Speaker(AfterTool(objection, stalled="x"))).after_tools(turn, [(CALL, RESULT)]) == Said()


def test_objections_are_nudges() -> None:
    plugins = make(Speaker(AfterResponse(notice="seen")), Speaker(AfterResponse(Injection("go on"))))
    said = plugins.after_response(TURN, REPLY)
    assert said.objection
    assert kinds(said.events) == ["notice_shown", "injected"]
    assert [event.nudge for event in said.events if isinstance(event, ev.Injected)] == [True]
    said = make(Speaker(BeforeStop(Injection("not yet")))).before_stop(TURN)
    assert said.objection
    assert texts(said) == ["[aura: a] not yet"]
    assert make(Speaker()).after_response(TURN, REPLY) == Said()


def test_after_a_step_every_call_is_asked_and_the_first_plugin_wins() -> None:
    other = ToolCall("c2", "Read")
    first = Speaker()
    first.answer = lambda: AfterTool(Injection("late")) if first.seen[-1] is other else None
    second = Speaker(AfterTool(Injection("early")))
    plugins = make(first, second)
    said = plugins.after_tools(ANSWERED, [(CALL, RESULT), (other, ToolResult("c2", ""))])
    assert texts(said) == ["[aura: a] late"]
    assert (first.seen, second.seen) == ([CALL, other], [CALL, other])
    assert not said.objection


def test_stalled_outranks_every_injection() -> None:
    said = make(Speaker(AfterTool(Injection("x"))), Speaker(AfterTool(stalled="no way"))).after_tools(
        ANSWERED, [(CALL, RESULT)]
    )
    assert said == Said(stalled="no way")


# --- tools, errors, compaction, messages --------------------------------------------------------------------


def test_rewrites_of_arguments_chain_and_the_first_denial_wins() -> None:
    first = Speaker(BeforeTool(arguments={"command": "ls -a"}))
    second = Speaker(BeforeTool(arguments={"command": "ls -al"}))
    assert make(Speaker(), first, second).before_tool(TURN, CALL) == BeforeTool(
        arguments={"command": "ls -al"}, by="b, c"
    )
    assert second.seen == [replace(CALL, arguments={"command": "ls -a"})]
    never = Speaker()
    plugins = make(first, Speaker(BeforeTool(deny="not that")), never)
    assert plugins.before_tool(TURN, CALL) == BeforeTool(deny="not that", by="b")
    assert never.asked == []
    assert make(Speaker(), Speaker(BeforeTool())).before_tool(TURN, CALL) is None


def test_rewrites_of_results_chain() -> None:
    second = Speaker()
    second.answer = lambda: f"{second.seen[-1].content}!"
    assert make(Speaker("short"), second).rewrite(TURN, CALL, RESULT) == "short!"
    assert make(Speaker(""), Speaker()).rewrite(TURN, CALL, RESULT) == ""
    assert make(Speaker(RESULT.content)).rewrite(TURN, CALL, RESULT) is None


def test_an_error_may_be_tried_again() -> None:
    retry, events = make(Speaker(OnError()), Speaker(OnError(retry=True, notice="again"))).on_error(
        TURN, ERROR
    )
    assert retry
    assert events == (ev.NoticeShown("again", origin="injector:b"),)
    assert make(Speaker()).on_error(TURN, ERROR) == (False, ())


def test_compaction_is_skipped_by_any_and_told_by_all() -> None:
    plugins = make(
        Speaker(BeforeCompaction(instructions="keep a")),
        Speaker(BeforeCompaction(skip=True, instructions="keep b")),
    )
    assert plugins.before_compaction(TURN, False) == BeforeCompaction(True, "keep a\nkeep b")
    assert make(Speaker(), Speaker(BeforeCompaction())).before_compaction(TURN, True) is None


def test_messages_are_changed_in_turn_and_stay_a_valid_request() -> None:
    messages = tuple(ANSWERED.messages)
    second = Speaker()
    second.answer = lambda: [*second.seen[-1], user("and this")]
    seen = make(Speaker(list(messages[:2])), second).transform_messages(ANSWERED, messages)
    assert [message.role for message in seen] == ["user", "assistant", "tool", "user"]
    assert "outcome is unknown" in seen[2].results[0].content
    assert make(Speaker()).transform_messages(ANSWERED, messages) is messages


def test_what_is_watched_is_every_event() -> None:
    watcher = Watcher()
    make(watcher).on_event(LIMIT)
    assert watcher.seen == [LIMIT]


# --- what a plugin may not do -------------------------------------------------------------------------------

ASKING: dict[str, Callable[[Plugins], Any]] = {
    "before_chat": lambda plugins: plugins.before_chat(TURN),
    "after_response": lambda plugins: plugins.after_response(TURN, REPLY),
    "before_tool": lambda plugins: plugins.before_tool(TURN, CALL),
    "rewrite_result": lambda plugins: plugins.rewrite(TURN, CALL, RESULT),
    "after_tool": lambda plugins: plugins.after_tools(TURN, [(CALL, RESULT)]),
    "on_error": lambda plugins: plugins.on_error(TURN, ERROR),
    "before_stop": lambda plugins: plugins.before_stop(TURN),
    "before_compaction": lambda plugins: plugins.before_compaction(TURN, False),
    "transform_messages": lambda plugins: plugins.transform_messages(TURN, (user("x"),)),
    "on_event": lambda plugins: plugins.on_event(LIMIT),
    "register_tools": lambda plugins: plugins.tools(ToolSetup(Path(), Path(), None)),  # type: ignore[arg-type]
    "register_commands": lambda plugins: plugins.commands(),
    "register_models": lambda plugins: plugins.model_families(),
}


def fail() -> None:
    raise ValueError("broken")


def leave() -> None:
    raise SystemExit(2)


def reports(plugins: Plugins, outcome: Any) -> list[ev.Event]:
    """What was reported with the answer or after it."""
    said: Sequence[ev.Event] = ()
    if isinstance(outcome, Said):
        said = outcome.events
    elif isinstance(outcome, tuple) and len(outcome) == 2:
        said = outcome[1]
    return [*said, *plugins.drain()]


@pytest.mark.parametrize("hook", ASKING)
@pytest.mark.parametrize(
    ("answer", "reason"),
    [(fail, "ValueError: broken"), (leave, "SystemExit: 2"), (lambda: 42, "it returned int")],
)
def test_a_plugin_that_fails_is_unplugged_and_the_turn_goes_on(
    hook: str, answer: Callable[[], Any], reason: str
) -> None:
    bad, good = Speaker(answer), Speaker()
    plugins = make(bad, good)
    told = reports(plugins, ASKING[hook](plugins))
    (unplugged,) = told
    assert isinstance(unplugged, ev.PluginUnplugged)
    assert (unplugged.plugin, unplugged.hook) == ("a", hook)
    if reason != "it returned int" or not hook.startswith("register"):
        assert unplugged.error.startswith(reason)
    assert good.asked == [hook]
    ASKING[hook](plugins)
    assert bad.asked == [hook]
    assert plugins.drain() == ()


def test_the_tests_know_every_hook() -> None:
    assert {hook for hook in vars(Speaker) if not hook.startswith("_")} >= set(ASKING)
    plugins = make(Speaker())
    assert set(plugins.plugged[0].callers) == set(ASKING)


@pytest.mark.parametrize(
    ("hook", "answer", "reason"),
    [
        ("before_chat", BeforeChat(Injection("  ")), "its injection has no text"),
        ("before_chat", BeforeChat("text"), "it returned str where an Injection belongs"),  # type: ignore[arg-type]
        (
            "before_chat",
            BeforeChat(Injection("x", "ever")),  # type: ignore[arg-type]
            "the lifetime 'ever' is not step, turn or session",
        ),
        ("before_chat", BeforeChat(notice=None), "`notice` is NoneType instead of text"),  # type: ignore[arg-type]
        ("before_chat", AfterResponse(), "it returned AfterResponse instead of BeforeChat or None"),
        ("before_stop", BeforeStop(None), "it returned BeforeStop without an objection"),  # type: ignore[arg-type]
        (
            "before_tool",
            BeforeTool(arguments=["ls"]),  # type: ignore[arg-type]
            "it returned arguments of type list instead of a mapping",
        ),
        ("transform_messages", [], "it returned no messages at all"),
        ("transform_messages", ["x"], "it returned something that is not a Message"),
        ("on_event", "x", "it returned str, but may only watch"),
        ("register_models", ["x"], "it registered str, which has no `prefix`"),
    ],
)
def test_wrong_answers_are_explained(hook: str, answer: Any, reason: str) -> None:
    plugins = make(Speaker(answer))
    told = reports(plugins, ASKING[hook](plugins))
    assert [event.error for event in told if isinstance(event, ev.PluginUnplugged)] == [reason]


def test_a_watcher_that_fails_does_not_hear_of_it() -> None:
    bad, good = Speaker(fail), Watcher()
    plugins = make(bad, good)
    plugins.on_event(LIMIT)
    for event in plugins.drain():
        plugins.on_event(event)
    assert bad.asked == ["on_event"]
    assert kinds(good.seen) == ["limit_reached", "plugin_unplugged"]


def test_reports_do_not_hang_on_objections_that_are_not_recorded() -> None:
    plugins = make(Speaker(fail), Speaker(AfterResponse(Injection("go on"))))
    said = plugins.after_response(TURN, REPLY)
    assert kinds(said.events) == ["injected"]
    told = plugins.before_chat(apply(TURN, said.events[0])).events
    assert [event.plugin for event in told if isinstance(event, ev.PluginUnplugged)] == ["a", "b"]


# --- condition and once -------------------------------------------------------------------------------------


def test_a_condition_keeps_a_plugin_from_being_asked() -> None:
    speaker = chat("x")
    plugins = make(speaker, settings={"a": {"condition": "auto and not todo_pending"}})
    assert texts(plugins.before_chat(TURN)) == []
    assert speaker.asked == []
    assert texts(plugins.before_chat(apply(TURN, ev.AutoSwitched(True, "human")))) == ["[aura: a] x"]


def test_a_condition_sees_the_model_and_the_workspace(tmp_path: Path) -> None:
    circumstances = Circumstances(tmp_path, lambda: ModelInfo("lab/big", 1_000))
    settings = {"a": {"condition": "model_is:big and model_context_gt:999 and exists:here"}}
    plugins = Plugins(Sources(builtins=[("a", chat("x"))]), circumstances, settings)
    assert texts(plugins.before_chat(TURN)) == []
    (tmp_path / "here").touch()
    assert texts(plugins.before_chat(TURN)) == ["[aura: a] x"]


class Quick:
    """Has hooks that may wait, and nothing else."""

    def __init__(self, injection: Injection | None) -> None:
        self.injection = injection

    @hookimpl
    def before_chat(self) -> BeforeChat | None:
        return BeforeChat(self.injection) if self.injection else None


def test_commands_of_a_condition_run_only_for_what_would_be_said() -> None:
    ran: list[str] = []

    def bash(command: str) -> bool:
        ran.append(command)
        return command == "good"

    settings = {name: {"condition": f'bash:"{name}"'} for name in "abcd"}
    quiet, said_no, wins, late = (
        Quick(None),
        Quick(Injection("no")),
        Quick(Injection("yes")),
        Quick(Injection("x")),
    )
    settings["c"] = {"condition": 'bash:"good"'}
    plugins = make(quiet, said_no, wins, late, bash=bash, settings=settings)
    assert plugins.runs_commands
    assert texts(plugins.before_chat(TURN)) == ["[aura: c] yes"]
    assert ran == ["b", "good"]
    assert not make(wins).runs_commands


def test_where_no_command_can_run_such_a_plugin_keeps_quiet() -> None:
    plugins = make(Quick(Injection("x")), settings={"a": {"condition": 'bash:"true"'}})
    assert plugins.before_chat(TURN) == Said()


def test_a_command_is_refused_where_nothing_may_wait() -> None:
    plugins = make(Speaker(), settings={"a": {"condition": 'bash:"true"'}})
    assert plugins.problems[0].sentence == (
        "The condition of the plugin 'a' runs a command, for which before_tool cannot wait."
    )


def test_a_command_that_cannot_be_run_unplugs() -> None:
    def bash(command: str) -> bool:
        raise OSError("no sandbox")

    said = make(Quick(Injection("x")), bash=bash, settings={"a": {"condition": 'bash:"true"'}}).before_chat(
        TURN
    )
    assert [event.hook for event in said.events if isinstance(event, ev.PluginUnplugged)] == ["condition"]


def test_once_is_kept_in_the_log() -> None:
    settings = {"a": {"once": True}}
    speaker = chat("x")
    plugins = make(speaker, chat("y"), settings=settings)
    said = plugins.before_chat(TURN)
    assert kinds(said.events) == ["injected", "plugin_fired"]
    turn = fold([*said.events, ev.TurnStarted(2, user("again"))], TURN)
    assert texts(plugins.before_chat(turn)) == ["[aura: b] y"]
    assert speaker.asked == ["before_chat"]
    assert texts(make(chat("x"), settings=settings).before_chat(turn)) == []
    assert texts(make(chat("x"), settings=settings).before_chat(TURN)) == ["[aura: a] x"]


def test_once_is_not_used_up_by_what_was_not_delivered() -> None:
    said = make(chat("first"), chat("lost"), settings={"b": {"once": True}}).before_chat(TURN)
    assert kinds(said.events) == ["injected"]


def test_once_holds_before_its_event_is_recorded() -> None:
    plugins = make(Speaker(BeforeTool(deny="once only")), settings={"a": {"once": True}})
    assert plugins.before_tool(TURN, CALL) is not None
    assert plugins.before_tool(TURN, CALL) is None
    assert plugins.drain() == (ev.PluginFired("a"),)


# --- what plugins offer -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """Looks like a tool, as far as registration looks."""

    name: str
    owner: str
    effect: Effect = Effect.READ

    @property
    def spec(self) -> "Offer":
        return self

    def validate(self) -> None: ...


@dataclass
class Toolmaker:
    """Registers one tool and tells which settings it was handed."""

    owner: str = "nobody"

    @hookimpl
    def register_tools(self, setup: ToolSetup) -> Sequence[Offer]:
        return [Offer("Same", f"{self.owner} {setup.config['owner']}"), Offer(self.owner, "")]


def test_tools_get_their_settings_and_the_later_of_two_stays() -> None:
    setup = ToolSetup(Path(), Path(), None, {"owner": "?"})  # type: ignore[arg-type]
    found = make(Toolmaker("x"), Toolmaker("y")).tools(setup)
    assert {tool.spec.name: tool.owner for tool in found} == {"Same": "y y", "x": "", "y": ""}  # type: ignore[attr-defined]


def test_model_families_are_collected() -> None:
    family = ModelFamily("script:", lambda name: None)  # type: ignore[arg-type, return-value]
    assert make(Speaker([family]), Speaker()).model_families() == (family,)
