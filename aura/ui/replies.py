"""What is shown before it is logged: the reply that arrives, and a person's shell line that runs."""

from itertools import count

from aura.core.events import CommandRan, ModelReplied, ShellStarted, ToolOutputDelta
from aura.core.messages import Text, Thinking
from aura.core.models import TextDelta, ThinkingDelta
from aura.ui.blocks import Block, Body, CommandLog, Prose, Thought
from aura.ui.cards import add_tail
from aura.ui.splitting import Splitter, split
from aura.ui.tail import Tail

FIRST_SHELL = 1_000_000  # part numbers of shell lines: behind those of any reply


class Reply:
    """The reply under way as blocks; what counts in the end is the message, not the pieces it came in."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._blocks: list[Block] = []
        self._splitter: Splitter | None = None

    def grow(self, event: TextDelta | ThinkingDelta) -> None:
        """Take a piece."""
        if not event.text:
            return
        if isinstance(event, ThinkingDelta):
            self._think(event.text)
        else:
            self._speak(event.text)

    def _think(self, text: str) -> None:
        self._close_text()
        last = self._blocks[-1] if self._blocks else None
        if last is not None and isinstance(last.body, Thought):
            self._tail.change(last, Thought(last.body.text + text, open=True))
        else:
            self._append(Thought(text, open=True))

    def _close_text(self) -> None:
        if self._splitter is not None:
            self._show([Prose(piece.text, fence=piece.fence) for piece in self._splitter.close()])
            self._splitter = None

    def _speak(self, text: str) -> None:
        if self._splitter is None:
            self._splitter = Splitter()
            if self._blocks and isinstance(self._blocks[-1].body, Thought):
                self._tail.change(self._blocks[-1], Thought(self._blocks[-1].body.text))
        pieces = [Prose(piece.text, fence=piece.fence) for piece in self._splitter.feed(text)]
        rest = self._splitter.rest
        if rest.text.strip():
            pieces.append(Prose(rest.text, open=True, fence=rest.fence))
        self._show(pieces)

    def _show(self, pieces: list[Prose]) -> None:
        """Show what the open piece became and what followed it."""
        last = self._blocks[-1] if self._blocks else None
        if last is not None and isinstance(last.body, Prose) and last.body.open:
            if pieces:
                self._tail.change(last, pieces.pop(0))
            else:
                self._tail.remove(self._blocks.pop())
        for piece in pieces:
            self._append(piece)

    def _append(self, body: Body) -> None:
        block = Block(0, 0, part=len(self._blocks), version=1, body=body)
        self._blocks.append(block)
        self._tail.add(block)

    def settle(self, event: ModelReplied) -> None:
        """The reply is complete: the blocks are those of its message."""
        bodies = list_bodies(event)
        seq = self._tail.now.seq
        if bodies:
            self._tail.make_room()
        while len(self._blocks) > len(bodies):
            self._tail.remove(self._blocks.pop())
        for block in self._blocks:
            block.first = block.last = seq
        for part, body in enumerate(bodies):
            if part < len(self._blocks):
                self._tail.change(self._blocks[part], body, final=True)
            else:
                block = Block(seq, seq, part, version=1, final=True, body=body)
                self._tail.add(block)
                self._blocks.append(block)
        if self._blocks:
            self._tail.last = self._blocks[-1]
        self._blocks = []
        self._splitter = None

    def drop(self) -> None:
        """The reply is not to be had."""
        while self._blocks:
            self._tail.remove(self._blocks.pop())
        self._splitter = None


def list_bodies(event: ModelReplied) -> list[Body]:
    """The blocks of a whole reply."""
    bodies: list[Body] = []
    text = ""
    for part in (*event.completion.message.parts, Thinking("")):
        if isinstance(part, Text):
            text += part.text
        elif isinstance(part, Thinking):
            bodies += [Prose(piece.text, fence=piece.fence) for piece in split(text.rstrip())]
            text = ""
            if part.text.strip():
                bodies.append(Thought(part.text, seconds=event.seconds))
    if event.interrupted and bodies and isinstance(bodies[-1], Prose):
        bodies[-1] = Prose(bodies[-1].text, fence=bodies[-1].fence, interrupted=True)
    return bodies


class Shells:
    """Shell lines of a person that run."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._running: dict[str, Block] = {}
        self._numbers = count(FIRST_SHELL)

    def start(self, event: ShellStarted) -> None:
        """A line runs."""
        if event.id not in self._running:
            body = CommandLog(event.line, open=True)
            block = Block(0, 0, part=next(self._numbers), version=1, body=body)
            self._running[event.id] = block
            self._tail.add(block)

    def show_output(self, event: ToolOutputDelta) -> None:
        """Show what one prints."""
        block = self._running.get(event.call_id)
        if block is not None and isinstance(block.body, CommandLog):
            output = add_tail("".join(block.body.said), event.text)
            self._tail.change(block, CommandLog(block.body.line, (output,), open=True))

    def finish(self, event: CommandRan) -> None:
        """A line has run to its end, the oldest of equal ones: what it was is logged from here on."""
        for name, block in self._running.items():
            if isinstance(block.body, CommandLog) and block.body.line == event.line:
                self._tail.remove(self._running.pop(name))
                return
