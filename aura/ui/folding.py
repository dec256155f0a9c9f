"""The fold from events to blocks, one event at a time, the same live and from the log."""

from collections.abc import Callable, Iterable

from aura.core import events as ev
from aura.core.durations import tell_duration
from aura.core.limits import Limits, StopReason
from aura.core.messages import HUMAN, Image, Message
from aura.core.turn import Turn
from aura.runs.report import make_report
from aura.ui.blocks import (
    Block,
    Body,
    CheckLine,
    CommandLog,
    Ending,
    Failure,
    Injection,
    Inquiry,
    Note,
    Said,
    Shortened,
    StepRule,
)
from aura.ui.cards import Cards
from aura.ui.replies import Reply, Shells
from aura.ui.run_lines import tell_run
from aura.ui.tail import Change, Tail

QUIET_HANDS = ("settings", "run")  # what is switched at the start of a session or a run is no news
SHELL = "shell"  # what the model is told of a person's shell lines; the lines themselves are shown
CRASHED = "aura ended in the middle of a turn; the session was taken up again."


class Folder:
    """Folds events into blocks; it holds only what may still change.

    `turn` gives the turn after the event under way, for the report at a turn's end: without one the report tells only
    the reason, and the block's `context` says `brief`.
    `auto` and `is_running` say where the first event finds the session.
    """

    def __init__(
        self,
        turn: Callable[[], Turn | None] = lambda: None,
        *,
        auto: bool = False,
        is_running: bool = False,
        denied: Iterable[ev.ToolJudged] = (),
    ) -> None:
        self.turn = turn
        self.auto = auto
        self.step = 0
        self.denied = list(denied)
        self.ending: Block | None = None  # of the last turn, until another one begins
        self._tail = Tail()
        self._is_running = is_running
        self._rule: Block | None = None
        self._failed: Block | None = None
        self._inquiries: dict[str, Block] = {}
        self._failure = Failure("", "", "", 0)
        self._cards = Cards(self._tail)
        self._reply = Reply(self._tail)
        self._shells = Shells(self._tail)
        self._tail.before_append = self._cards.close

    def take(self, recorded: ev.Recorded) -> list[Change]:
        """Fold one event; what changed, in order."""
        self._tail.now = recorded
        event = recorded.event
        if isinstance(event, ev.PASSING):
            self._pass(event)
        else:
            self._note(event)
        return self._tail.collect()

    def finish(self) -> list[Change]:
        """Nothing follows: what was under way stays as it is."""
        self._close_step()
        self._tail.make_room()
        return self._tail.collect()

    def _pass(self, event: ev.Event) -> None:
        match event:
            case ev.TextDelta() | ev.ThinkingDelta():
                self._recover()
                self._reply.grow(event)
            case ev.ToolCallDelta():
                self._recover()
            case ev.ShellStarted():
                self._shells.start(event)
            case ev.ToolOutputDelta():
                if not self._cards.show_output(event):
                    self._shells.show_output(event)
            case _:
                pass

    def _note(self, event: ev.Event) -> None:
        match event:
            case ev.TurnStarted(message=message):
                self._start_turn()
                self._say(message.text, "prompt", message)
            case ev.Steered(message=message):
                self._say(message.text, "steer", message)
            case ev.Injected(message=message):
                self._inject(message.origin.removeprefix("injector:"), message.text)
            case ev.StepStarted():
                self._start_step(event)
            case ev.StepEnded():
                self._end_step()
            case ev.ModelReplied():
                self._take_reply(event)
            case ev.ModelFailed():
                self._fail(event)
            case ev.ToolJudged() | ev.ToolStarted() | ev.ToolFinished():
                self._take_tool(event)
            case ev.QuestionAsked() | ev.QuestionAnswered():
                self._inquire(event)
            case ev.CommandRan() | ev.CommandSaid():
                self._run(event)
            case ev.TurnStopped():
                self._stop_turn(event)
            case ev.SessionResumed():
                if self._is_running:
                    self._tail.append(Note(CRASHED, "warning"))
            case _:
                body = describe(event)
                if isinstance(event, ev.AutoSwitched):
                    self.auto = event.on
                if body is not None:
                    self._tail.append(body)

    def _say(self, text: str, how: str, message: Message) -> None:
        images = sum(isinstance(part, Image) for part in message.parts)
        origin = message.origin
        self._tail.append(Said(text, how if origin == HUMAN else "command", images, origin))

    def _start_turn(self) -> None:
        self._is_running = True
        self.step = 0
        self.denied.clear()
        self.ending = None

    def _start_step(self, event: ev.StepStarted) -> None:
        self._is_running = True
        self.step = event.step
        self._close_step()
        if self.auto:
            self._rule = self._tail.append(StepRule(event.step, self._tail.now.at, open=True), final=False)

    def _end_step(self) -> None:
        if self._rule is not None and isinstance(self._rule.body, StepRule):
            rule = self._rule.body
            self._tail.change(self._rule, StepRule(rule.step, rule.at, rule.cost), final=True)
        self._rule = None

    def _close_step(self) -> None:
        """Nothing of the step before is under way any more."""
        self._reply.drop()
        self._end_step()
        if self._failed is not None:
            self._give_up(self._failed)

    def _take_reply(self, event: ev.ModelReplied) -> None:
        self._recover()
        if self._failed is not None:
            self._failed.last = self._tail.now.seq
            self._tail.settle(self._failed)
            self._failed = None
        self._reply.settle(event)
        if self._rule is not None and isinstance(self._rule.body, StepRule):
            rule = self._rule.body
            self._tail.change(self._rule, StepRule(rule.step, rule.at, event.completion.cost, open=True))

    def _fail(self, event: ev.ModelFailed) -> None:
        self._reply.drop()
        retry_at = self._tail.now.at + event.retry_in if event.retry_in is not None else 0.0
        body = Failure(event.kind, event.sentence, event.model, event.attempt, retry_at)
        is_last = event.retry_in is None
        if self._failed is None:
            self._failed = self._tail.append(body, final=is_last)
        else:
            self._tail.change(self._failed, body, final=is_last)
        self._failure = body
        if is_last:
            self._failed = None

    def _recover(self) -> None:
        """A model that had failed answers."""
        if self._failed is not None and isinstance(self._failed.body, Failure):
            failure = self._failed.body
            tries = "once" if failure.attempt == 1 else f"{failure.attempt} times"
            text = f"{failure.model} failed {tries} ({failure.kind}) before it answered."
            self._tail.change(self._failed, Note(text, "info", "model"))

    def _give_up(self, block: Block) -> None:
        """No further try follows."""
        failure = self._failure
        body = Failure(failure.kind, failure.sentence, failure.model, failure.attempt)
        self._tail.change(block, body, final=True)
        self._failed = None

    def _take_tool(self, event: ev.ToolJudged | ev.ToolStarted | ev.ToolFinished) -> None:
        if isinstance(event, ev.ToolJudged):
            self._cards.judge(event)
            if event.verdict == "deny":
                self.denied.append(event)
        elif isinstance(event, ev.ToolStarted):
            self._cards.start(event)
        else:
            self._cards.finish(event)

    def _inject(self, origin: str, text: str) -> None:
        if origin == SHELL:
            return
        last = self._tail.last
        if last is not None and isinstance(last.body, Injection) and last.body.origin == origin:
            self._tail.change(last, Injection(origin, (*last.body.texts, (self.step, text))))
        else:
            self._tail.append(Injection(origin, ((self.step, text),)), final=False)

    def _inquire(self, event: ev.QuestionAsked | ev.QuestionAnswered) -> None:
        if isinstance(event, ev.QuestionAnswered):
            block = self._inquiries.pop(event.id, None)
            if block is not None and isinstance(block.body, Inquiry):
                self._tail.change(block, Inquiry(block.body.question, event.answer, event.by), final=True)
        elif event.id not in self._inquiries and self._tail.now.seq:
            self._cards.hide_question(event.question)
            self._inquiries[event.id] = self._tail.append(Inquiry(event.question), final=False)

    def _run(self, event: ev.CommandRan | ev.CommandSaid) -> None:
        last = self._tail.last
        if isinstance(event, ev.CommandRan):
            self._shells.finish(event)
            said = (event.output,) if event.output else ()
            self._tail.append(CommandLog(event.line, said, event.run), final=event.run is not None)
        elif last is not None and isinstance(last.body, CommandLog) and not last.final:
            self._tail.change(last, CommandLog(last.body.line, (*last.body.said, event.text)))
        else:
            self._tail.append(CommandLog("", (event.text,)), final=False)

    def _stop_turn(self, event: ev.TurnStopped) -> None:
        self._close_step()
        self._is_running = False
        if not self.auto and event.reason is StopReason.END_TURN:
            return
        turn = self.turn()
        if turn is not None:
            self.ending = self._tail.append(Ending(make_report(turn, self.denied), self.auto))
        else:
            report = make_report(Turn(), self.denied).ending(event.reason, event.detail)
            self.ending = self._tail.append(Ending(report, self.auto, {"brief": True}))


def describe(event: ev.Event) -> Body | None:
    """The block of an event that stands for itself; None for what is not shown."""
    match event:
        case ev.NoticeShown():
            return Note(event.text, event.level, event.origin)
        case ev.PluginUnplugged():
            text = f"The plugin {event.plugin} failed in {event.hook} and is unplugged: {event.error}"
            return Note(text, "warning")
        case ev.ModelChanged() if event.reason != ev.GIVEN:
            level = "warning" if event.reason.startswith("fallback") else "info"
            return Note(f"model is now {event.model}: {event.reason}", level)
        case ev.LimitReached():
            what = "parked" if event.reason is StopReason.BLOCKED else "limit reached"
            return Note(f"{what}: {event.detail}; one last step to sum up", "warning")
        case ev.DoneRefused():
            return Note(f"Done refused ({event.reason}): {event.detail}", "warning")
        case ev.CheckFinished():
            return CheckLine(event.check)
        case ev.Compacted():
            sizes = event.tokens_before, event.tokens_after
            return Shortened(event.summary, event.pinned, *sizes, event.reason)
        case ev.AutoSwitched() | ev.ModeSwitched() | ev.DoneSwitched() | ev.ThinkingSwitched():
            return Note(_name_switch(event)) if event.by not in QUIET_HANDS else None
        case ev.ChecksSet() if event.by not in QUIET_HANDS:
            return Note(f"checks before Done: {'; '.join(event.checks) or 'none'}")
        case ev.LimitsSet() if event.by not in QUIET_HANDS:
            return Note(f"limits are now {_name_limits(event.limits)}")
        case ev.TodosChanged() if event.by not in ("model", "aura"):
            return Note("the todo list was changed by you")
        case _:
            told = tell_run(event)
            return Note(*told) if told is not None else None


def _name_switch(event: ev.AutoSwitched | ev.ModeSwitched | ev.DoneSwitched | ev.ThinkingSwitched) -> str:
    match event:
        case ev.AutoSwitched():
            return f"auto mode is {'on' if event.on else 'off'}"
        case ev.ModeSwitched():
            return f"permission is now {event.mode}"
        case ev.DoneSwitched():
            return f"Done is {'required' if event.required else 'not required any more'}"
        case ev.ThinkingSwitched():
            return f"thinking: {f'up to {event.tokens} tokens' if event.tokens else 'off'}"


def _name_limits(limits: Limits) -> str:
    """The limits that are on, in words."""
    parts = [
        f"{limits.steps} steps" if limits.steps else "",
        f"{limits.turns} turns" if limits.turns else "",
        f"{limits.tokens:,} tokens" if limits.tokens else "",
        f"${limits.cost:.2f}" if limits.cost else "",
        tell_duration(limits.seconds, tenths=False) if limits.seconds else "",
    ]
    return " · ".join(part for part in parts if part) or "off"
