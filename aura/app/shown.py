"""What has passed and still matters to who comes later: the running step so far, what waits for a person."""

from collections import deque

from aura.core.events import (
    ApprovalAsked,
    ApprovalSettled,
    CommandRan,
    Event,
    ModelFailed,
    ModelReplied,
    PanelsShown,
    QuestionAnswered,
    QuestionAsked,
    ShellStarted,
    StepStarted,
    ToolFinished,
    ToolOutputDelta,
    TurnStopped,
)
from aura.core.evidence import CommandRun
from aura.core.models import TextDelta, ThinkingDelta, ToolCallDelta

KEEP_OUTPUT = 20_000  # characters of a running tool's output
DELTAS = (TextDelta, ThinkingDelta, ToolCallDelta, ToolOutputDelta)


class Deltas:
    """Pieces of text that belong to what is not over yet, joined when they are asked for.

    Of a reply all is kept, of a command's output the newest `KEEP_OUTPUT` characters.
    """

    def __init__(self) -> None:
        self._said: list[TextDelta | ThinkingDelta] = []
        self._printed: dict[str, deque[str]] = {}
        self._sizes: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._said or self._printed)

    def note(self, event: Event) -> None:
        """Take one event into account: a piece is added, the end of what it belonged to takes it away."""
        match event:
            case TextDelta() | ThinkingDelta():
                self._said.append(event)
            case ToolOutputDelta(call_id, text):
                self._print(call_id, text)
            case ToolFinished():
                self.forget(event.call.id)
            case StepStarted() | ModelReplied() | ModelFailed() | TurnStopped():
                self._said.clear()
            case _:
                pass

    def forget(self, name: str) -> None:
        """Drop what a command printed: it is over."""
        self._printed.pop(name, None)
        self._sizes.pop(name, None)

    def take(self) -> list[Event]:
        """The pieces, joined, and from now on none of them."""
        pieces = self.pieces()
        self._said.clear()
        self._printed.clear()
        self._sizes.clear()
        return pieces

    def pieces(self) -> list[Event]:
        """The pieces, those that follow one another joined."""
        joined: list[Event] = []
        start = 0
        for place, piece in enumerate(self._said):
            is_last = place + 1 == len(self._said)
            if is_last or type(self._said[place + 1]) is not type(piece):
                text = "".join(one.text for one in self._said[start : place + 1])
                joined.append(type(piece)(text))
                start = place + 1
        return [*joined, *(ToolOutputDelta(name, "".join(texts)) for name, texts in self._printed.items())]

    def _print(self, name: str, text: str) -> None:
        texts = self._printed.setdefault(name, deque())
        texts.append(text[-KEEP_OUTPUT:])
        size = self._sizes.get(name, 0) + len(texts[-1])
        while size - len(texts[0]) >= KEEP_OUTPUT:
            size -= len(texts.popleft())
        self._sizes[name] = size


class Shown:
    """The passing events that a face which comes later is told first."""

    def __init__(self) -> None:
        self._deltas = Deltas()
        self._asked: dict[str, ApprovalAsked | QuestionAsked] = {}
        self._shells: dict[str, ShellStarted] = {}
        self._panels: PanelsShown | None = None

    def note(self, event: Event) -> None:
        """Take one event into account."""
        match event:
            case ApprovalAsked() | QuestionAsked():
                self._asked[event.id] = event
            case ApprovalSettled() | QuestionAnswered():
                self._asked.pop(event.id, None)
            case ShellStarted():
                self._shells[event.id] = event
            case PanelsShown():
                self._panels = event
            case CommandRan(run=CommandRun()):
                self._end_shell(event.line)
            case _:
                self._deltas.note(event)

    def events(self) -> list[Event]:
        """What brings a face up to now, in an order that makes sense to it."""
        panels = [self._panels] if self._panels is not None else []
        return [*self._shells.values(), *self._deltas.pieces(), *self._asked.values(), *panels]

    def _end_shell(self, line: str) -> None:
        """A shell line is over; of equal ones the oldest."""
        for name in [name for name, shell in self._shells.items() if shell.line == line][:1]:
            del self._shells[name]
            self._deltas.forget(name)
