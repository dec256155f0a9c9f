"""Events as text to print: each block of the fold once, as soon as it will not change any more."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from aura.core import events as ev
from aura.core.text import shorten
from aura.core.todos import Todo
from aura.core.turn import Turn
from aura.runs.report import render_spend
from aura.ui import blocks as bl
from aura.ui.folding import Folder
from aura.ui.repl.gauges import find_current
from aura.ui.repl.sheet import Sheet
from aura.ui.repl.telling import SPEAKER, tell, tell_briefly
from aura.ui.tail import Change

Verbosity = Literal["call", "step", "todo"]
WORK = (bl.ToolCard, bl.CardGroup, bl.Injection, bl.CheckLine)
OVER = -1
BRIEF_CALLS = 4  # of a step that are named when a step is one line


@dataclass(slots=True)
class Known:
    """A block that may still change, the step it belongs to, and how much of it was told."""

    block: bl.Block
    step: int
    told: int = 0


class Feed:
    """Turns events into text; `sheet` may be replaced when the terminal's width changes.

    With verbosity `step` what is done in a step is one line at its end, with `todo` there is one for each item of the
    todo list that begins or is closed; what is said is always there.
    """

    def __init__(self, sheet: Sheet, verbosity: Verbosity = "call") -> None:
        self.sheet = sheet
        self.verbosity: Verbosity = verbosity
        self._turn: Callable[[], Turn | None] = lambda: None
        self._folder = Folder()
        self._step = 0
        self._known: dict[int, Known] = {}
        self._pieces = 0  # of the reply under way that were told
        self._said = ""  # the piece of a reply that was told last; empty: something else was
        self._brief: list[str] = []
        self._seen: list[str] = []
        self._todos: tuple[Todo, ...] = ()

    def begin(self, turn: Callable[[], Turn], *, is_running: bool) -> None:
        """Take over where a session stands; `turn` gives the turn after the event under way."""
        now = turn()
        self._turn = turn
        self._folder = Folder(turn, auto=now.auto, is_running=is_running)
        self._step = now.steps if is_running else 0
        self._todos = now.todos
        self._known.clear()

    def expect(self, line: str, *, is_seen: bool = False) -> None:
        """A line was given here; one that `is_seen` stands on the terminal already and is not printed again."""
        if is_seen:
            self._seen = [*self._seen[-20:], line.strip()]

    def take(self, recorded: ev.Recorded) -> str:
        """The text to print because of one event; empty for most."""
        event, told = recorded.event, ""
        if isinstance(event, ev.StepEnded | ev.StepStarted | ev.TurnStopped):
            told += self._flush()
        if isinstance(event, ev.StepStarted):
            self._step = event.step
        changes = {id(change.block): change for change in self._folder.take(recorded)}  # the last one of each
        told += "".join(self._take_change(change) for change in changes.values())
        if isinstance(event, ev.StepEnded | ev.TurnStopped):
            told += self._end_step()
        elif isinstance(event, ev.TodosChanged):
            told += "".join(self._tell_todos(event.todos))
        if isinstance(event, ev.ModelReplied | ev.ModelFailed | ev.TurnStopped):
            self._pieces = 0
        if isinstance(event, ev.TurnStopped):
            self._step = 0
        return told

    def _take_change(self, change: Change) -> str:
        block = change.block
        if change.kind == "removed":
            self._known.pop(id(block), None)
            return ""
        if isinstance(block.body, bl.Prose):
            return self._tell_piece(block.body, final=block.final)
        known = self._known.setdefault(id(block), Known(block, self._step))
        told = ""
        if isinstance(block.body, bl.CommandLog | bl.Injection | bl.Failure):
            told = self._flush() + self._grow(known)
        elif isinstance(block.body, bl.ToolCard | bl.CardGroup):
            told = self._tell_cards(known) if block.final else ""
        elif block.body is not None and (block.final or known.told) and known.told != OVER:
            told = self._tell(block.body, self._step)
            known.told = OVER  # a failure that is over says so once
        if block.final:
            self._known.pop(id(block), None)
        return told

    def _tell_piece(self, body: bl.Prose, *, final: bool) -> str:
        """A piece of a reply, which is told when it is complete, not when the reply is."""
        if not final:
            if body.open:
                return ""
            self._pieces += 1
        elif self._pieces:
            self._pieces -= 1
            return ""
        return self._flush() + self._tell(body, self._step)

    def _flush(self) -> str:
        """The calls that are over and only wait for others of their kind."""
        return "".join(
            self._tell_cards(known)
            for known in self._known.values()
            if isinstance(known.block.body, bl.ToolCard | bl.CardGroup)
        )

    def _tell_cards(self, known: Known) -> str:
        """The calls of a block that are over and were not told."""
        body = known.block.body
        cards = (
            body.cards if isinstance(body, bl.CardGroup) else (body,) if isinstance(body, bl.ToolCard) else ()
        )
        fresh = [card for card in cards[known.told :] if card.outcome is not None]
        if not fresh:
            return ""
        step = self._step if known.told else known.step
        known.told += len(fresh)
        return self._tell(fresh[0] if len(fresh) == 1 else bl.CardGroup(tuple(fresh)), step)

    def _grow(self, known: Known) -> str:
        """What a block says that it did not say before."""
        body, before = known.block.body, known.told
        match body:
            case bl.CommandLog(said=said, run=None, open=False):
                known.told = 1 + len(said)
                line = "" if before or self._hides(body.line) else body.line
                return tell(bl.CommandLog(line, said[max(0, before - 1) :]), self.sheet, 0)
            case bl.CommandLog(run=run) if run is not None and not before:
                known.told = 1
                return tell(replace(body, line="") if self._hides(body.line) else body, self.sheet, 0)
            case bl.Injection(texts=texts):
                known.told = len(texts)
                return "".join(
                    self._tell(bl.Injection(body.origin, (one,)), one[0]) for one in texts[before:]
                )
            case bl.Failure() if before != body.attempt:
                known.told = body.attempt
                return tell(body, self.sheet, self._step)
            case _:
                return ""

    def _hides(self, line: str) -> bool:
        """Whether a line of a person need not be printed, once."""
        if line.strip() not in self._seen:
            return False
        self._seen.remove(line.strip())
        return True

    def _tell(self, body: bl.Body, step: int) -> str:
        if isinstance(body, bl.Said) and self._hides(body.text):
            return ""
        if self.verbosity != "call" and isinstance(body, WORK):
            self._brief += tell_briefly(body)
            return ""
        told = tell(body, self.sheet, step)
        if isinstance(body, bl.Prose) and told:
            return self._join(body.text, told)
        self._said = "" if told else self._said
        return told

    def _join(self, source: str, told: str) -> str:
        """A piece of a reply behind the piece before it: without the speaker, with the empty line between them."""
        before, self._said = self._said, source
        if before and self.sheet.spoken:
            return told.removeprefix(SPEAKER)
        has_gap = before.endswith("\n\n") or (before and source.startswith("\n"))
        return f"\n{told}" if has_gap else told

    def _end_step(self) -> str:
        """The line of a step, where a step is one line."""
        brief, self._brief = self._brief, []
        if self.verbosity != "step" or not brief:
            return ""
        more = f"; and {len(brief) - BRIEF_CALLS} more" if len(brief) > BRIEF_CALLS else ""
        said = "; ".join(brief[:BRIEF_CALLS]) + more
        lead = f"tool: step {self._step}: " if self.sheet.spoken else f"[{self._step}] "
        self._said = ""
        return self.sheet.line((lead, "muted"), (said, "text"))

    def _tell_todos(self, todos: tuple[Todo, ...]) -> Iterator[str]:
        """The items that were closed or begun."""
        before, self._todos = {todo.id: todo for todo in self._todos}, todos
        if self.verbosity != "todo":
            return
        closed = sum(not todo.is_open for todo in todos)
        turn = self._turn()
        spent = f", {render_spend(turn.window)}" if turn is not None else ""
        lead = "note: " if self.sheet.spoken else ""
        for todo in todos:
            known = before.get(todo.id)
            if known is not None and known.is_open and not todo.is_open:
                said = f"{todo.status}: {shorten(todo.content, 120)} ({closed} of {len(todos)} closed{spent})"
                yield self.sheet.line((f"{lead}{said}", "good"))
        current = find_current(todos)
        known = before.get(current.id) if current is not None else None
        if current is not None and (known is None or known.status != current.status):
            yield self.sheet.line((f"{lead}now: {shorten(current.content, 120)}", "text"))


def retell(events: Iterable[ev.Recorded], turn: Turn, sheet: Sheet) -> str:
    """Older events as they would have been printed; `turn` is the state after the last one."""
    feed = Feed(sheet)
    feed.begin(lambda: turn, is_running=False)
    return "".join(feed.take(recorded) for recorded in events)
