"""The model asks something: text, one or several options, a yes; with a countdown where it goes on by itself."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.timer import Timer

from aura.app.session import Session
from aura.core.answers import explain_misfit, read_answer
from aura.core.errors import AuraError
from aura.core.events import QuestionAsked
from aura.core.text import shorten
from aura.core.tools import Answer, Question
from aura.ui.answers import SKIPPED, TALK
from aura.ui.cells import Line, wrap_text
from aura.ui.look import Look
from aura.ui.tui.docks.choices import Choice, spell
from aura.ui.tui.docks.define import Dock, consume
from aura.ui.tui.docks.frame import FIELD_KEYS
from aura.ui.tui.docks.viewer import Bounded, Viewer, Words

OTHER = "other"
QUESTION_SHARE = 0.25  # of the rows of the screen
LABEL = 32  # characters of an option in the countdown
DEFAULT = 80  # characters of a default in the line of text
KEYS = {
    "text": "Enter send · Esc skip",
    "choice": "{numbers} · ↑↓ Enter · c talk about it first · Esc skip",
    "choices": "Space, {numbers} mark · Enter send · c talk about it first · Esc skip",
    "approval": "{numbers} · ↑↓ Enter · c talk about it first · Esc skip",
}


@dataclass(slots=True)
class _Open:
    """A question that waits, its rows, and how far its answer is."""

    event: QuestionAsked
    rows: Sequence[Choice]
    cursor: int = 0
    marked: frozenset[str] = frozenset()
    text: str = ""
    answer: Answer | None = None


class Waiting:
    """The questions that wait at the same time, and which of them is shown; there is always one."""

    def __init__(self, event: QuestionAsked) -> None:
        self.all = [_open(event)]
        self.index = 0

    @property
    def now(self) -> _Open:
        """The one that is shown."""
        return self.all[self.index]

    @property
    def question(self) -> Question:
        """What it asks."""
        return self.now.event.question

    @property
    def answers(self) -> dict[str, Answer]:
        """Those that were given, by the ids of their questions."""
        return {one.event.id: one.answer for one in self.all if one.answer is not None}

    def add(self, event: QuestionAsked) -> None:
        """One more waits."""
        self.all.append(_open(event))

    def go_on(self) -> bool:
        """Show the first that has no answer; false when all have one."""
        for index, one in enumerate(self.all):
            if one.answer is None:
                self.index = index
                return True
        return False

    def drop(self, name: str) -> bool:
        """One waits no more; whether one is left without an answer, which is then shown."""
        current = self.now
        left = [one for one in self.all if one.event.id != name]
        if not any(one.answer is None for one in left):
            self.all, self.index = left or self.all, 0
            return False
        self.all = left
        if current in left:
            self.index = left.index(current)
        else:
            self.go_on()
        return True


class QuestionDock(Dock):
    """Asks one question, or several that wait at the same time; `result` maps their ids to answers.

    `wall` is Unix time in seconds, for the countdown.
    """

    def __init__(
        self,
        event: QuestionAsked,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(clock=clock)
        self.asked = event.id
        self._wall = wall
        self._waiting = Waiting(event)
        self._viewer = Viewer(self._paint, QUESTION_SHARE)
        self._words = Words()
        self._list = Bounded()
        self._timer: Timer | None = None

    def join(self, event: QuestionAsked) -> None:
        """Ask one more."""
        self._waiting.add(event)
        self._say()

    def withdraw(self, name: str) -> None:
        """A question was answered elsewhere, or its time is over."""
        before, waiting = self._waiting.now, self._waiting
        if self.is_closed or all(one.event.id != name for one in waiting.all):
            return
        if not waiting.drop(name):
            self.close({key: answer for key, answer in waiting.answers.items() if key != name} or None)
        elif waiting.now is before:
            self._say()
        else:
            self._show(is_new=True)

    def compose_body(self) -> ComposeResult:
        yield self._viewer
        with self._list:
            yield self.offer(())
        yield self._words

    def on_mount(self) -> None:
        self._timer = self.set_interval(
            1.0, lambda: self.name_it(_title(self._waiting, self._wall())), pause=True
        )
        self._show(is_new=False)

    def restyle(self) -> None:
        self._viewer.look = self.look

    def on_viewer_moved(self, event: Viewer.Moved) -> None:
        event.stop()
        self._say()

    def _paint(self, look: Look, width: int) -> Sequence[Line]:
        return wrap_text(self._waiting.question.text, look.style("strong"), width)

    def _show(self, *, is_new: bool) -> None:
        """Show the question whose turn it is, as far as it was answered."""
        one, question = self._waiting.now, self._waiting.question
        if self.choices is not None:
            self.choices.replace(one.rows, several=question.kind == "choices", cursor=one.cursor)
            self.choices.marked = one.marked
        self._list.display = bool(one.rows)
        self._viewer.renew()
        self.close_field()
        if question.kind == "text":
            default = shorten(question.default, DEFAULT)
            self.open_field(f"{default} (Enter takes it)" if default else "your answer", one.text)
        if is_new:
            self.begin_dead_time()
        self._say()

    def _say(self) -> None:
        """Title, keys and the place in a long question; the clock goes on only where there is a countdown."""
        waiting = self._waiting
        self.name_it(_title(waiting, self._wall()))
        keys = KEYS[waiting.question.kind].format(numbers=_span(waiting.now.rows))
        self.show_keys(f"Tab next question · {keys}" if len(waiting.all) > 1 else keys)
        if self._timer is not None:
            (self._timer.resume if waiting.now.event.deadline else self._timer.pause)()
        if self.is_attached and not self._viewer.is_whole:
            first, last, total = self._viewer.seen
            place = f"lines {first}-{last} of {total} · {'the wheel' if self.is_typing else 'j k'} scrolls"
            self._words.say([Segment(spell(place, self.look.signs), self.look.style("accent"))])
        else:
            self._words.say([])

    # --- keys

    def press(self, event: events.Key) -> bool:
        """Tab, Enter for marks, talking first, scrolling."""
        key = event.key
        if key == "tab" and len(self._waiting.all) > 1:
            self._turn()
        elif key == "enter" and self._waiting.question.kind == "choices":
            self._send_marked()
        elif key == "c":
            self._answer(TALK)
        else:
            return key in ("pageup", "pagedown", "j", "k") and self._viewer.press(key)
        return True

    def take_key(self, event: events.Key) -> None:
        """Tab, and Enter on an empty line that has a default, mean something while typing too."""
        is_ready = self.is_typing and not self.is_deaf
        default = self._waiting.question.default
        if is_ready and event.key == "tab" and len(self._waiting.all) > 1:
            consume(event)
            self._turn()
        elif is_ready and event.key == "enter" and default and not self.field.text.strip():
            consume(event)
            self.take_text(default)
        else:
            super().take_key(event)

    def _turn(self) -> None:
        """The next question; what was begun stays."""
        one, waiting = self._waiting.now, self._waiting
        one.text = self.field.text if waiting.question.kind == "text" else ""
        if self.choices is not None:
            one.cursor, one.marked = self.choices.cursor, self.choices.marked
        waiting.index = (waiting.index + 1) % len(waiting.all)
        self._show(is_new=False)

    def pick(self, choice: Choice) -> None:
        """An option was chosen, or marked."""
        if choice.name == OTHER:
            self.open_field("something else", keys=FIELD_KEYS)
        elif self._waiting.question.kind != "choices":
            label = self._waiting.question.options[int(choice.name)].label
            self._answer(Answer(label, (label,)))

    def _send_marked(self) -> None:
        assert self.choices is not None
        chosen = _find_marked(self._waiting.question, self.choices.marked)
        current = self.choices.current
        if current is not None and current.is_plain:
            self.pick(current)
        elif chosen:
            self._answer(Answer(", ".join(chosen), chosen))
        else:
            self.hint("Nothing is marked yet: Space marks, Esc skips.")

    def take_text(self, text: str) -> None:
        """A line was sent: the answer to a text question, or something else than the options."""
        question = self._waiting.question
        if question.kind != "text":
            marked = self.choices.marked if self.choices is not None else frozenset()
            self._answer(Answer(text, _find_marked(question, marked)))
            return
        answer = read_answer(question, text)
        if answer is not None:
            self._answer(answer)
        else:
            self.open_field("", text)
            self.hint(explain_misfit(question))

    def leave_field(self) -> None:
        """Esc skips a text question, and goes back from something else to the options."""
        if self._waiting.question.kind == "text":
            self.cancel()
        else:
            self.close_field()

    def cancel(self) -> None:
        """Skip the question."""
        self._answer(SKIPPED)

    def _answer(self, answer: Answer) -> None:
        self._waiting.now.answer = answer
        if self._waiting.go_on():
            self._show(is_new=True)
        else:
            self.close(self._waiting.answers)

    async def carry_out(self, session: Session) -> None:
        """Give the answers; one that came too late for its question is told after the others were given."""
        late: AuraError | None = None
        for name, answer in (self.result or {}).items():
            try:
                await session.answer(name, answer)
            except AuraError as error:
                late = error
        if late is not None:
            raise late


def _title(waiting: Waiting, now: float) -> str:
    """What is asked for, which of how many, and what happens by itself."""
    event, question = waiting.now.event, waiting.question
    which = f" · {waiting.index + 1} of {len(waiting.all)}" if len(waiting.all) > 1 else ""
    if not event.deadline:
        return f"aura asks{which} · the run waits"
    left = max(0, round(event.deadline - now))
    if event.stays:
        return (
            f"aura asks{which} · goes on with other work in {left // 60}:{left % 60:02}, and this stays open"
        )
    first = question.options[0].label if question.options and question.kind != "approval" else ""
    taken = shorten(question.default or first, LABEL)
    return f"aura asks{which} · goes on with {taken or 'no answer'} in {left // 60}:{left % 60:02}"


def _find_marked(question: Question, marked: frozenset[str]) -> tuple[str, ...]:
    return tuple(option.label for number, option in enumerate(question.options) if str(number) in marked)


def _open(event: QuestionAsked) -> _Open:
    """The question with its rows, the cursor on what is taken by default."""
    question = event.question
    labels = [option.label for option in question.options]
    cursor = labels.index(question.default) if question.default in labels else 0
    return _Open(event, _rows(question), cursor)


def _rows(question: Question) -> tuple[Choice, ...]:
    options = question.options
    rows = [
        Choice(str(number), _key(number), option.label, detail=option.detail)
        for number, option in enumerate(options)
    ]
    if options and question.kind in ("choice", "choices"):
        rows.append(Choice(OTHER, _key(len(options)) or "o", "something else …", is_plain=True))
    return tuple(rows)


def _key(number: int) -> str:
    return str(number + 1) if number < 9 else ""


def _span(rows: Sequence[Choice]) -> str:
    digits = [row.key for row in rows if row.key.isdigit()]
    letters = [row.key for row in rows if row.key and not row.key.isdigit()]
    span = f"{digits[0]}-{digits[-1]}" if len(digits) > 1 else "".join(digits)
    return " or ".join([*([span] if span else []), *letters])
