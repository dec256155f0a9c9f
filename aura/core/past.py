"""A turn that is over, gone through at once: opening a long session folds hundreds of thousands of events."""

from collections.abc import Iterable

from aura.core import events as ev
from aura.core.copies import change
from aura.core.denial_rules import note_answer, tell_news
from aura.core.evidence import Entry, add_entries
from aura.core.limits import Spend
from aura.core.messages import is_empty, tool_message
from aura.core.rules import apply, expire, has_rule
from aura.core.state import Turn

STEPS = frozenset((ev.StepStarted, ev.ModelReplied, ev.ToolStarted, ev.ToolFinished, ev.StepEnded))


def pass_over(turn: Turn, events: Iterable[ev.Event]) -> Turn:
    """The turn after events that a `TurnStarted` follows which begins anew.

    What that event throws away is not kept up (`recent`, and `pace` but for the steps and whether the model replied);
    all else is as after `apply` of each.
    """
    stretch: _Stretch | None = None
    for event in events:
        if type(event) in STEPS and not (isinstance(event, ev.ModelReplied) and event.interrupted):
            stretch = stretch or _Stretch(turn)
            stretch.take(event)
        elif has_rule(event):
            turn = apply(stretch.close() if stretch is not None else turn, event)
            stretch = None
    return stretch.close() if stretch is not None else turn


class _Stretch:
    """A turn, with those of its parts that steps change open to be changed in place."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._messages = turn.messages
        self._entries: list[Entry] = []
        self._steps = turn.pace.steps
        self._replies: list[ev.ModelReplied] = []
        self._model = turn.switches.model
        self._started = self._called = self._failed = 0
        self._upto = turn.counters.context_upto
        self._by_tool = dict(turn.counters.by_tool)
        self._seen = dict(turn.rest.seen)
        self._calls = dict(turn.rest.pending.calls)
        self._seconds = turn.spend.seconds
        self._denials = turn.rest.denials

    def take(self, event: ev.Event) -> None:
        """One of the events of `STEPS`."""
        match event:
            case ev.StepStarted():
                self._start_step(event)
            case ev.ModelReplied():
                self._hear(event)
            case ev.ToolStarted():
                self._calls[event.call.id] = event.call
            case ev.ToolFinished():
                self._finish_tool(event)
            case ev.StepEnded():
                self._seconds += event.seconds
            case _:
                raise AssertionError(event)

    def _start_step(self, event: ev.StepStarted) -> None:
        """A model call begins."""
        self._steps, self._model = event.step, event.model
        self._started += 1
        self._denials = tell_news(self._denials)

    def _hear(self, event: ev.ModelReplied) -> None:
        """A reply is complete."""
        message = event.completion.message
        if not is_empty(message):
            self._messages = self._messages.append(message)
        self._upto = len(self._messages)
        self._replies.append(event)

    def _finish_tool(self, event: ev.ToolFinished) -> None:
        """A call has its answer."""
        name = event.call.name
        self._messages = self._messages.append(tool_message(event.result))
        self._called += 1
        self._failed += event.outcome != "ok"
        self._by_tool[name] = self._by_tool.get(name, 0) + 1
        self._calls.pop(event.call.id, None)
        self._seen.update(event.seen)
        self._denials = note_answer(self._denials, event, self._turn.number, self._steps)
        for fact in (*event.changes, *((event.command,) if event.command else ())):
            self._entries.append(Entry(self._steps, event.call.id, fact))

    def close(self) -> Turn:
        """The turn with all that changed."""
        turn, counters, rest = self._turn, self._turn.counters, self._turn.rest
        last = self._replies[-1].completion if self._replies else None
        return change(
            turn,
            messages=self._messages,
            lifetimes=expire(turn.lifetimes, "step") if last else turn.lifetimes,
            switches=change(turn.switches, model=self._model),
            spend=self._sum_spend(),
            counters=change(
                counters,
                tool_calls=counters.tool_calls + self._called,
                tool_errors=counters.tool_errors + self._failed,
                by_tool=self._by_tool,
                context_tokens=last.usage.input + last.usage.output if last else counters.context_tokens,
                context_upto=self._upto,
            ),
            pace=change(turn.pace, steps=self._steps, replied=turn.pace.replied or last is not None),
            ledger=add_entries(turn.ledger, self._entries) if self._entries else turn.ledger,
            rest=change(
                rest,
                pending=change(rest.pending, calls=self._calls),
                seen={path: sha for path, sha in self._seen.items() if sha},
                last=last or rest.last,
                failed=None if last else rest.failed,
                denials=self._denials,
            ),
        )

    def _sum_spend(self) -> Spend:
        """What was spent, added up in the order in which it was: sums of fractions depend on it."""
        spend = self._turn.spend
        cost = spend.cost
        for reply in self._replies:
            cost += reply.completion.cost or 0.0
        usages = [reply.completion.usage for reply in self._replies]
        return change(
            spend,
            steps=spend.steps + self._started,
            input=spend.input + sum(usage.input for usage in usages),
            output=spend.output + sum(usage.output for usage in usages),
            cache_read=spend.cache_read + sum(usage.cache_read for usage in usages),
            cost=cost,
            unpriced=spend.unpriced + sum(reply.completion.cost is None for reply in self._replies),
            seconds=self._seconds,
        )
