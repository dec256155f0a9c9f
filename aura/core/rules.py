"""What each event changes in the state of a session: one rule for each."""

from collections.abc import Callable, Mapping
from typing import Any

from aura.core import events as ev
from aura.core.copies import change
from aura.core.denial_rules import allow_denial, forgive, judge_tool, note_answer, park_branch, tell_news
from aura.core.evidence import Entry, Ledger, add_check, add_entries, add_found
from aura.core.limits import Spend, StopReason
from aura.core.messages import HUMAN, Message, is_empty, tool_message
from aura.core.models import Completion
from aura.core.newest import carry_over, describe, keep_recent
from aura.core.permissions import Mode
from aura.core.rewind_rules import rewind
from aura.core.run import AFTER_OUTAGE
from aura.core.run_rules import (
    checkpoint,
    fail_model,
    order_run,
    report_status,
    set_lifetime,
    start_run,
    take_prompt,
    warn,
)
from aura.core.state import Answered, Done, Goal, Pace, Turn, View
from aura.core.text import shorten

GO_ON = "go on"  # what the card of a turn that was cut short proposes to write
ANSWERS = 20  # of people, the newest, that are kept
LONGEST_TITLE = 120  # characters of how a goal was said
STEP = Spend(steps=1)
Rule = Callable[[Turn, Any], Turn]


def apply(turn: Turn, event: ev.Event) -> Turn:
    """The turn after one event; passing events change nothing."""
    if isinstance(event, ev.PASSING):
        return turn
    rule: Rule = _RULES.get(type(event), _stay)
    return rule(turn, event)


def has_rule(event: ev.Event) -> bool:
    """Whether the event changes anything."""
    return type(event) in _RULES


def _stay(turn: Turn, event: ev.Event) -> Turn:
    return turn


def spend_of(call: Completion | ev.CallCounted) -> Spend:
    """What one call cost; a step is counted when it starts, so none here."""
    usage = call.usage
    return Spend(
        input=usage.input,
        output=usage.output,
        cache_read=usage.cache_read,
        cost=call.cost or 0.0,
        unpriced=call.cost is None,
    )


def _say(turn: Turn, message: Message, lifetime: str = "session") -> Turn:
    lifetimes = turn.lifetimes
    if lifetime != "session":
        lifetimes = {**lifetimes, len(turn.messages): lifetime}
    return change(turn, messages=turn.messages.append(message), lifetimes=lifetimes)


def expire(lifetimes: Mapping[int, str], *which: str) -> Mapping[int, str]:
    """The lifetimes with those named marked as over: such messages are no longer shown to the model."""
    if not lifetimes:
        return lifetimes
    return {place: "over" if life in which else life for place, life in lifetimes.items()}


def _start_session(turn: Turn, event: ev.SessionStarted) -> Turn:
    return change(turn, rest=change(turn.rest, session=event.session))


def _start_turn(turn: Turn, event: ev.TurnStarted) -> Turn:
    is_over = turn.done.accepted is not None
    goes_on = not is_over and turn.rest.stop is not StopReason.NOT_VERIFIED and event.message.origin != HUMAN
    ledger = Ledger() if is_over else turn.ledger
    recent, world = carry_over(turn, event)
    return change(
        _say(turn, event.message),
        number=event.number,
        pace=Pace(world=world, begun=len(turn.messages)),
        recent=recent,
        ledger=ledger,
        done=turn.done if goes_on else Done(),
        spend=turn.spend + Spend(turns=1),
        rest=change(
            turn.rest,
            stop=None,
            detail="",
            failed=None,
            run=take_prompt(turn.rest.run),
            goal=_set_goal(turn, event.message, ledger),
            denials=forgive(turn.rest.denials) if event.message.origin == HUMAN else turn.rest.denials,
        ),
    )


def _set_goal(turn: Turn, message: Message, ledger: Ledger) -> Goal:
    """The goal that a turn begins; a driver, and who says nothing but "go on", goes on with the one there is."""
    goal, title = turn.goal, shorten(message.text, LONGEST_TITLE)
    is_new = message.origin == HUMAN and (title.casefold() != GO_ON or ledger is not turn.ledger)
    if is_new or not goal.title:
        return Goal(title, turn.spend, ledger.counted, ledger.counted_checks)
    return goal if ledger is turn.ledger else change(goal, entries=0, checks=0)


def _steer(turn: Turn, event: ev.Steered) -> Turn:
    """A person's word clears what stood against going on: nudges, failures, circles, a verdict about Done.

    After the turn it only waits for the next one.
    """
    if turn.rest.stop is not None:
        return _say(turn, event.message)
    pace = change(turn.pace, nudges=0, malformed=0, empties=0, ended_by_tool=False)
    rest = change(turn.rest, denials=forgive(turn.rest.denials))
    return change(_say(turn, event.message), pace=pace, recent=(), done=Done(), rest=rest)


def _inject(turn: Turn, event: ev.Injected) -> Turn:
    nudges = turn.pace.nudges + event.nudge
    return change(_say(turn, event.message, event.lifetime), pace=change(turn.pace, nudges=nudges))


def _start_step(turn: Turn, event: ev.StepStarted) -> Turn:
    switches = turn.switches
    return change(
        turn,
        pace=change(turn.pace, steps=event.step, text_only=not event.tools),
        switches=switches if switches.model == event.model else change(switches, model=event.model),
        spend=turn.spend + STEP,
        rest=change(turn.rest, denials=tell_news(turn.rest.denials)) if turn.rest.denials.news else turn.rest,
    )


def _reply(turn: Turn, event: ev.ModelReplied) -> Turn:
    done, usage = event.completion, event.completion.usage
    if event.interrupted:
        return _say(turn, done.message)
    pace, is_nothing = turn.pace, is_empty(done.message)
    messages = turn.messages if is_nothing else turn.messages.append(done.message)
    return change(
        turn,
        messages=messages,
        spend=turn.spend + spend_of(done),
        lifetimes=expire(turn.lifetimes, "step"),
        counters=change(turn.counters, context_tokens=usage.input + usage.output, context_upto=len(messages)),
        pace=change(
            pace,
            malformed=pace.malformed + 1 if any(call.problem for call in done.message.tool_calls) else 0,
            empties=pace.empties + 1 if is_nothing else 0,
            wrapped_up=pace.text_only and pace.limit is not None,
            ended_by_tool=False,
            replied=True,
        ),
        rest=change(turn.rest, last=done, failed=None),
    )


def _start_tool(turn: Turn, event: ev.ToolStarted) -> Turn:
    pending = change(turn.rest.pending, calls={**turn.rest.pending.calls, event.call.id: event.call})
    return change(turn, rest=change(turn.rest, pending=pending))


def _finish_tool(turn: Turn, event: ev.ToolFinished) -> Turn:
    pace, counters, rest, name = turn.pace, turn.counters, turn.rest, event.call.name
    world = pace.world
    if event.changes:
        world = {**world, **{file.path: file.after or file.kind for file in event.changes}}
    attempt = describe(turn, event, world)
    key = (attempt.call, attempt.result, attempt.world)
    novel = all(key != (past.call, past.result, past.world) for past in turn.recent)
    moved = event.outcome == "ok" and novel and not attempt.waiting
    calls = {key: call for key, call in rest.pending.calls.items() if key != event.call.id}
    facts = (*event.changes, *((event.command,) if event.command else ()))
    entries = [Entry(pace.steps, event.call.id, fact) for fact in facts]
    return change(
        turn,
        messages=turn.messages.append(tool_message(event.result)),
        recent=(*keep_recent(turn), attempt),
        counters=change(
            counters,
            tool_calls=counters.tool_calls + 1,
            tool_errors=counters.tool_errors + attempt.failed,
            by_tool={**counters.by_tool, name: counters.by_tool.get(name, 0) + 1},
        ),
        pace=change(
            pace,
            world=world,
            nudges=0 if moved else pace.nudges,
            ended_by_tool=pace.ended_by_tool or event.result.ends_turn,
        ),
        ledger=add_entries(turn.ledger, entries) if entries else turn.ledger,
        rest=change(
            rest,
            pending=change(rest.pending, calls=calls),
            seen=_see(rest.seen, event.seen),
            denials=note_answer(rest.denials, event, turn.number, pace.steps),
        ),
    )


def _see(seen: Mapping[str, str], more: Mapping[str, str]) -> Mapping[str, str]:
    """The files seen, with more of them; one whose digest is empty is forgotten."""
    if not more:
        return seen
    seen = {**seen, **more}
    return seen if all(more.values()) else {path: sha for path, sha in seen.items() if sha}


def _end_step(turn: Turn, event: ev.StepEnded) -> Turn:
    pace = change(turn.pace, seconds=turn.pace.seconds + event.seconds)
    return change(turn, pace=pace, spend=turn.spend + Spend(seconds=event.seconds))


def _set_limits(turn: Turn, event: ev.LimitsSet) -> Turn:
    rest = change(turn.rest, warned=frozenset()) if turn.rest.warned else turn.rest
    return change(turn, limits=event.limits, mark=turn.spend if event.fresh else turn.mark, rest=rest)


def _switch(turn: Turn, event: ev.Event) -> Turn:
    match event:
        case ev.AutoSwitched():
            switches = change(turn.switches, auto=event.on)
        case ev.DoneSwitched():
            switches = change(turn.switches, done_required=event.required)
        case ev.ModeSwitched():
            switches = change(turn.switches, mode=Mode(event.mode))
        case ev.ChecksSet():
            switches = change(turn.switches, checks=event.checks)
        case ev.ModelChanged():
            chosen = event.model if event.reason in (ev.CHOSEN, ev.GIVEN) else turn.switches.chosen
            switches = change(turn.switches, model=event.model, chosen=chosen)
        case ev.ThinkingSwitched():
            switches = change(turn.switches, thinking=event.tokens)
        case _:
            raise AssertionError(event)
    return change(turn, switches=switches)


def _refuse_done(turn: Turn, event: ev.DoneRefused) -> Turn:
    return change(turn, done=change(turn.done, refusals=(*turn.done.refusals[-9:], event.reason)))


def _accept_done(turn: Turn, event: ev.DoneAccepted) -> Turn:
    return change(turn, done=Done(event.claim, event.verified, event.flags))


def _question(turn: Turn, event: ev.QuestionAsked | ev.QuestionAnswered) -> Turn:
    questions = dict(turn.rest.pending.questions)
    if isinstance(event, ev.QuestionAsked):
        questions[event.id] = event.question
        return change(turn, rest=change(turn.rest, pending=change(turn.rest.pending, questions=questions)))
    asked, answers = questions.pop(event.id, None), turn.rest.answers
    if asked is not None and event.by == HUMAN and event.answer.answered:
        said = event.answer.text or ", ".join(event.answer.chosen)
        answers = (*answers[1 - ANSWERS :], Answered(len(turn.messages), asked.text, said))
    pending = change(turn.rest.pending, questions=questions)
    return change(turn, rest=change(turn.rest, pending=pending, answers=answers))


def _queue(turn: Turn, event: ev.PromptQueued | ev.PromptUnqueued) -> Turn:
    queue = dict(turn.rest.queue)
    if isinstance(event, ev.PromptQueued):
        queue[event.id] = event.text
    else:
        queue.pop(event.id, None)
    return change(turn, rest=change(turn.rest, queue=queue))


def _compact(turn: Turn, event: ev.Compacted) -> Turn:
    text = f"{event.pinned}\n\n{event.summary}".strip()
    counters = change(
        turn.counters,
        compactions=turn.counters.compactions + 1,
        context_tokens=event.tokens_after,
        context_upto=len(turn.messages),
    )
    return change(
        turn,
        messages=turn.messages.outline(event.kept_from),
        lifetimes={at: life for at, life in turn.lifetimes.items() if at >= event.kept_from},
        view=View(event.kept_from, text),
        counters=counters,
        spend=turn.spend + event.spend,
    )


def _stop_turn(turn: Turn, event: ev.TurnStopped) -> Turn:
    """The turn is over; one that the provider never answered took time, but no turn and no step of the limits."""
    lifetimes, spend, pace = expire(turn.lifetimes, "step", "turn"), Spend(seconds=event.seconds), turn.pace
    runs = turn.number > 0 and turn.stop is None and pace.begun < len(turn.messages)
    if runs and event.reason is StopReason.PROVIDER and not pace.replied:
        spend -= Spend(turns=1, steps=pace.steps)
        if turn.messages[pace.begun].text.startswith(AFTER_OUTAGE):  # the next try says the same once more
            lifetimes = {**lifetimes, pace.begun: "over"}
    return change(
        turn,
        lifetimes=lifetimes,
        pace=change(pace, seconds=pace.seconds + event.seconds),
        spend=turn.spend + spend,
        rest=change(turn.rest, stop=event.reason, detail=event.detail),
    )


_RULES: dict[type, Rule] = {
    ev.SessionStarted: _start_session,
    ev.TurnStarted: _start_turn,
    ev.Steered: _steer,
    ev.Injected: _inject,
    ev.StepStarted: _start_step,
    ev.ModelReplied: _reply,
    ev.ToolJudged: judge_tool,
    ev.DenialAllowed: allow_denial,
    ev.BranchParked: park_branch,
    ev.ToolStarted: _start_tool,
    ev.ToolFinished: _finish_tool,
    ev.StepEnded: _end_step,
    ev.TodosChanged: lambda turn, event: change(turn, todos=event.todos),
    ev.AutoSwitched: _switch,
    ev.DoneSwitched: _switch,
    ev.ModeSwitched: _switch,
    ev.ChecksSet: _switch,
    ev.ModelChanged: _switch,
    ev.ThinkingSwitched: _switch,
    ev.PromptQueued: _queue,
    ev.PromptUnqueued: _queue,
    ev.LimitsSet: _set_limits,
    ev.LimitReached: lambda turn, event: change(turn, pace=change(turn.pace, limit=event)),
    ev.CheckFinished: lambda turn, event: change(turn, ledger=add_check(turn.ledger, event.check)),
    ev.SnapshotTaken: lambda turn, event: (
        change(turn, ledger=add_found(turn.ledger, event.files)) if event.files else turn
    ),
    ev.DoneRefused: _refuse_done,
    ev.DoneAccepted: _accept_done,
    ev.QuestionAsked: _question,
    ev.QuestionAnswered: _question,
    ev.Compacted: _compact,
    ev.PluginFired: lambda turn, event: change(
        turn, rest=change(turn.rest, fired=turn.rest.fired | {event.plugin})
    ),
    ev.TurnStopped: _stop_turn,
    ev.CallCounted: lambda turn, event: change(turn, spend=turn.spend + spend_of(event)),
    ev.RunStarted: start_run,
    ev.RunOrdered: order_run,
    ev.LifetimeSet: set_lifetime,
    ev.Checkpointed: checkpoint,
    ev.StatusReported: report_status,
    ev.LimitWarned: warn,
    ev.ModelFailed: fail_model,
    ev.Rewound: rewind,
}
FOLDED: tuple[str, ...] = tuple(kind.__dict__["__dataclass_fields__"]["type"].default for kind in _RULES)
