"""The first line: which session, where, in which mode, how far."""

from pathlib import Path

from rich.cells import cell_len
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from aura.core.messages import HUMAN
from aura.core.text import shorten
from aura.ui.forecast import render_elapsed
from aura.ui.look import Look
from aura.ui.tui.gauges import WARN, count_over, make_gauges, name_mode
from aura.ui.tui.painted import Painted
from aura.ui.tui.snapshot import Snapshot
from aura.ui.tui.spans import Span, cut, cut_left, is_plain, line, measure, tidy

LONGEST_NAME = 32
SMALL = (60, 16)  # columns and rows below which there are no strips, so that the header tells the plan
GAP = 2


class Header(Painted):
    """`◉ aura fix the flaky test  ~/src/relay (main ±2)` and, at the right, `● AUTO  step 37/300  02:14:11`."""

    DEFAULT_CSS = "Header { height: 1; }"

    class AutoClicked(Message):
        """The mode word was clicked: auto mode is to be switched."""

    def __init__(self) -> None:
        super().__init__()
        self._mode = range(0)

    def paint(self, snapshot: Snapshot, width: int) -> list[Strip]:
        """The line, and where in it the mode word stands."""
        size = self.app.size
        is_small = size.width < SMALL[0] or size.height < SMALL[1]
        left, right = compose_header(snapshot, self.look, width, is_small=is_small)
        word, _ = name_mode(snapshot, self.look)
        start = width - measure(right)
        for text, _ in right:
            if text == word:
                break
            start += cell_len(text)
        self._mode = range(start, start + cell_len(word))
        return [line(left, width, self.look.style("bar"), right)]

    def on_click(self, event: Click) -> None:
        """A click on the mode word switches auto mode."""
        if event.x in self._mode:
            self.post_message(self.AutoClicked())


def compose_header(
    snapshot: Snapshot, look: Look, width: int, *, is_small: bool = False
) -> tuple[list[Span], list[Span]]:
    """What stands at the left and at the right; the first of ever shorter forms that fits."""
    name, place = name_session(snapshot), name_place(snapshot.facts.workspace)
    branch = tidy(snapshot.branch)
    if is_plain(look):
        branch = branch.replace("±", "+-")
    branch = f" ({branch})" if branch else ""
    last = place.rstrip("/").rpartition("/")[2] or place
    lefts = [
        (cut(name, most, look), where)
        for most, where in (
            (LONGEST_NAME, place + branch),
            (24, cut_left(place, 24, look) + branch),
            (24, last + branch),
            (16, last + branch),
            (16, branch.strip()),
            (16, ""),
            (0, ""),
        )
    ]
    rights = [_compose_right(snapshot, look, clock=clock, is_small=is_small) for clock in (True, False)]
    for right in rights:
        for title, where in lefts[:-1] if right is rights[0] else lefts[3:]:
            left = _compose_left(title, where, look)
            if measure(left) + GAP + measure(right) <= width:
                return left, right
    return [], rights[-1] if measure(rights[-1]) <= width else [name_mode(snapshot, look)]


def _compose_left(title: str, where: str, look: Look) -> list[Span]:
    spans = [(f" {look.signs.done} aura", look.style("accent"))]
    if title:
        spans.append((f" {title}", look.style("strong")))
    if where:
        spans.append((f"  {where}", look.style("muted")))
    return spans


def _compose_right(snapshot: Snapshot, look: Look, *, clock: bool, is_small: bool) -> list[Span]:
    turn, muted, text = snapshot.turn, look.style("muted"), look.style("text")
    spans = [] if snapshot.state in ("idle", "working") else [_name_state(snapshot, look)]
    if is_small:
        spans += _compose_small(snapshot, look)
    spans.append(name_mode(snapshot, look))
    if turn.steps or snapshot.is_busy:
        limit = f"/{turn.limits.steps}" if turn.limits.steps else ""
        spans.append((f"{'' if is_small else 'step '}{turn.steps}{limit}", text))
        if clock:
            spans.append((render_elapsed(snapshot.turn_seconds), text if snapshot.is_busy else muted))
    spaced = [piece for span in spans for piece in ((" " * GAP, muted), span)]
    return [*spaced[1:], (" ", muted)]


def _name_state(snapshot: Snapshot, look: Look) -> Span:
    match snapshot.state:
        case "asking":
            return f"{look.signs.hand} needs you", look.style("accent")
        case "lost":
            return f"{look.signs.failed} engine lost", look.style("bad")
        case "closed":
            return "not open", look.style("warn")
        case state:
            return state, look.style("muted")


def _compose_small(snapshot: Snapshot, look: Look) -> list[Span]:
    """What the strips would tell: the plan, and a limit that is nearly used up."""
    todos, spans = snapshot.turn.todos, list[Span]()
    if todos:
        spans.append((f"todo {count_over(todos)}/{len(todos)}", look.style("text")))
    gauges = [gauge for gauge in make_gauges(snapshot) if gauge.share is not None and gauge.share >= WARN]
    worst = max(gauges, key=lambda gauge: gauge.share or 0.0, default=None)
    if worst is not None:
        spans.append((f"{worst.label} {worst.share:.0%}{worst.alarm}", look.style(worst.role)))
    return spans


def name_session(snapshot: Snapshot) -> str:
    """A short name: the title if there is one, else the first words of the first prompt."""
    if snapshot.title:
        return name_prompt(snapshot.title)
    messages = snapshot.turn.messages[:4]
    return next((name_prompt(one.text) for one in messages if one.role == "user" and one.origin == HUMAN), "")


def name_prompt(text: str) -> str:
    """The first words of a prompt, whole ones, as far as they are a name."""
    words, name = shorten(text[:200], 200).split(), ""
    for word in words:
        if name and len(name) + 1 + len(word) > LONGEST_NAME:
            break
        name = f"{name} {word}".strip()
    return shorten(name, LONGEST_NAME)


def name_place(workspace: str) -> str:
    """A folder as people write it: from their home."""
    path, home = tidy(workspace), str(Path.home())
    if path == home or path.startswith(f"{home}/"):
        return f"~{path[len(home) :]}"
    return path
