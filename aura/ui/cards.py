"""Tool calls as cards while they run and after; quiet reads in a row become one group."""

import re
from dataclasses import replace

from aura.core.events import ToolFinished, ToolJudged, ToolOutputDelta, ToolStarted
from aura.core.messages import HUMAN
from aura.core.tools import Question
from aura.ui.blocks import Block, CardGroup, ToolCard
from aura.ui.tail import Tail

QUIET = frozenset({"Read", "Grep", "Glob", "Recall"})
QUIET_SECONDS = 5.0
LARGEST_GROUP = 20
TAIL = 4_000  # characters kept of what a running call prints
ASK = "Ask"
REVIEWER, REVIEWED = "reviewer", "reviewed"  # who allowed a call, and how the card begins to say so
PLAIN = ("", "policy", "auto mode", "nobody there")  # who decided, where the reason says it already
# what a cut result says of the file with everything; the name is the one that the command runner gives such files
LOG = re.compile(r"; (?:all of it is|the first \d+ MiB are) in (/[^\n]*/output/\d+-[0-9a-f]+-\d+\.txt)\]")


class Cards:
    """The calls of one transcript that may still change."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._judged: dict[str, ToolJudged] = {}
        self._running: dict[str, Block] = {}
        self._hidden: set[str] = set()
        self._row: list[Block] = []  # the cards at the end, with nothing between them

    def close(self) -> None:
        """Another block follows: what is finished in the row stays as it is."""
        for block in self._row:
            if not _is_running(block):
                self._tail.settle(block)
        self._row.clear()

    def judge(self, event: ToolJudged) -> None:
        """Keep why a call was refused, or how it was changed, until it is answered."""
        if event.reason:
            self._judged[event.call_id] = event

    def start(self, event: ToolStarted) -> None:
        """A call runs."""
        card = ToolCard(event.call, started=self._tail.now.at)
        self._running[event.call.id] = self._join_row(card)

    def _join_row(self, card: ToolCard) -> Block:
        if not self._row:
            self._tail.make_room()
        block = self._tail.join(card, final=False)
        self._row.append(block)
        return block

    def show_output(self, event: ToolOutputDelta) -> bool:
        """Show what a call prints; false when no such call runs."""
        block = self._running.get(event.call_id)
        if block is None or not isinstance(block.body, ToolCard):
            return event.call_id in self._hidden
        self._tail.change(block, replace(block.body, output=add_tail(block.body.output, event.text)))
        return True

    def hide_question(self, question: Question) -> None:
        """A question is shown by itself: the call that asks it is not."""
        for name, block in self._running.items():
            if isinstance(block.body, ToolCard) and _asks(block.body, question):
                self._hidden.add(name)
                self._running.pop(name)
                self._drop(block)
                return

    def _drop(self, block: Block) -> None:
        if block in self._row:
            self._row.remove(block)
        if self._tail.last is block:
            self._tail.last = self._row[-1] if self._row else None
        self._tail.remove(block)

    def finish(self, event: ToolFinished) -> None:
        """A call has its answer, whether it ran or not."""
        name = event.call.id
        judged = self._judged.pop(name, None)
        if name in self._hidden:
            self._hidden.discard(name)
            if event.outcome == "ok":
                return
        block = self._running.pop(name, None)
        started = block.body.started if block is not None and isinstance(block.body, ToolCard) else 0.0
        card = _make_card(event, started, tell_verdict(judged) if judged else "")
        if block is None:
            block = self._join_row(card)
        else:
            self._tail.change(block, card)
        self._arrange(block)

    def _arrange(self, block: Block) -> None:
        """Join a finished card with its quiet neighbours; settle what cannot be joined any more."""
        at = next((place for place, one in enumerate(self._row) if one is block), -1)
        if at < 0:
            self._tail.settle(block)
            return
        if _can_join(block):
            if at + 1 < len(self._row):
                self._join(at)
            if at > 0:
                self._join(at - 1)
        row = self._row
        while row and not _is_running(row[0]) and (not _can_join(row[0]) or _is_wall(row[1:2])):
            self._tail.settle(row.pop(0))

    def _join(self, at: int) -> None:
        """Make one block of two neighbours, if both are quiet."""
        left, right = self._row[at], self._row[at + 1]
        cards = (*_cards_of(left), *_cards_of(right))
        if not (_can_join(left) and _can_join(right)) or len(cards) > LARGEST_GROUP:
            return
        self._row.pop(at + 1)
        if self._tail.last is right:
            self._tail.last = left
        left.last = max(left.last, right.last)
        self._tail.remove(right)
        self._tail.change(left, CardGroup(cards))


def tell_verdict(judged: ToolJudged) -> str:
    """Why a call was refused or changed, in words for the person: they are `you`, and a rule is named."""
    if judged.by == HUMAN:
        return judged.reason.replace("a person", "you", 1)
    if judged.by == REVIEWER and judged.verdict == "allow":
        return f"{REVIEWED}, {judged.risk or 'unknown'} risk: {judged.reason}"
    return judged.reason if judged.by in PLAIN else f"{judged.reason} ({judged.by})"


def add_tail(text: str, more: str) -> str:
    """The end of a growing text, from the beginning of a line where that costs little."""
    text += more
    if len(text) <= 2 * TAIL:
        return text
    text = text[-TAIL:]
    start = text.find("\n") + 1
    return text[start:] if start < TAIL // 2 else text


def _make_card(event: ToolFinished, started: float, reason: str) -> ToolCard:
    result = event.result
    log = LOG.search(result.content) if event.command is not None or event.call.name == "JobPoll" else None
    return ToolCard(
        event.call,
        started,
        event.outcome,
        event.seconds,
        result.content,
        result.display,
        log=log[1] if log else "",
        changes=event.changes,
        command=event.command,
        reason=reason,
    )


def _asks(card: ToolCard, question: Question) -> bool:
    return card.call.name == ASK and str(card.call.arguments.get("question", "")).strip() == question.text


def _is_running(block: Block) -> bool:
    return isinstance(block.body, ToolCard) and block.body.outcome is None


def _cards_of(block: Block) -> tuple[ToolCard, ...]:
    if isinstance(block.body, CardGroup):
        return block.body.cards
    return (block.body,) if isinstance(block.body, ToolCard) else ()


def _can_join(block: Block) -> bool:
    """Whether the block is a quiet read, or some of them with room for more."""
    cards = _cards_of(block)
    return 0 < len(cards) < LARGEST_GROUP and all(
        card.outcome == "ok" and card.call.name in QUIET and not card.reason and card.seconds < QUIET_SECONDS
        for card in cards
    )


def _is_wall(following: list[Block]) -> bool:
    """Whether the block behind can never be joined."""
    return bool(following) and not _is_running(following[0]) and not _can_join(following[0])
