"""The last line: what answers, what it may do and costs, and the keys that matter now."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from rich.style import Style
from textual.strip import Strip

from aura.core.run import Phase
from aura.ui.look import Look
from aura.ui.run_words import SIGNS, sum_up
from aura.ui.tui.docks.choices import spell
from aura.ui.tui.gauges import name_permission, render_cost
from aura.ui.tui.painted import Painted
from aura.ui.tui.snapshot import Snapshot
from aura.ui.tui.spans import Span, cut, join, line, measure, tidy

LEVELS = {"off": 0, "low": 1_024, "medium": 4_096, "high": 16_384}  # as /think has them
KEYS: Mapping[str, str] = {"stop": "Ctrl+C", "auto": "Ctrl+A", "panel": "Ctrl+T", "mode": "Shift+Tab"}
LONGEST_ITEM = 30  # cells of what a plugin shows
ITEM_RANK = 10  # of what a plugin shows, in a line as wide as `WIDE`; there keys that can wait come `LATER`
LATER = 8
SURE_ITEMS = 3  # of plugins; more of them, and all in a shorter line, stand where there is room
WIDE = 120


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the line; of too many, those with the highest `rank` go first."""

    span: Span
    rank: int


class StatusLine(Painted):
    """`sonnet-4.5 · think medium · 62% of 200k · $1.84 · sandbox off · Ctrl+C stop · ? keys`."""

    DEFAULT_CSS = "StatusLine { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._keys = KEYS

    @property
    def keys(self) -> Mapping[str, str]:
        """How the keys of actions are called here."""
        return self._keys

    @keys.setter
    def keys(self, keys: Mapping[str, str]) -> None:
        self._keys = {**KEYS, **keys}
        self.repaint()

    def paint(self, snapshot: Snapshot, width: int) -> list[Strip]:
        """The line."""
        spans = compose_status(snapshot, self.look, width, self._keys)
        return [line(spans, width, self.look.style("bar"))]


def compose_status(snapshot: Snapshot, look: Look, width: int, keys: Mapping[str, str] = KEYS) -> list[Span]:
    """The pieces of the line: facts, items of plugins, then the keys or a hint, as far as they fit."""
    facts, muted = list_facts(snapshot, look, width), look.style("muted")
    if snapshot.hint:
        said = spell(tidy(snapshot.hint), look.signs)
        tail = [Item((cut(said, max(1, width - 2), look), look.style("accent")), 0)]
    else:
        tail = list_keys(snapshot, look, keys, later=LATER if snapshot.status and width >= WIDE else 0)
    items = [*facts, *tail]
    between: Span = (f" {look.signs.dot} ", muted)
    kept: list[Item] = []
    room = width - 2
    for item in sorted(items, key=lambda one: one.rank):
        need = measure([item.span]) + (measure([between]) if kept else 0)
        if need <= room:
            kept.append(item)
            room -= need
    shown = [[item.span] for item in items if any(item is one for one in kept)]
    return [(" ", muted), *join(shown, between)]


def list_facts(snapshot: Snapshot, look: Look, width: int) -> list[Item]:
    """Model, permission, thinking, context, cost, steps, sandbox, and what plugins show."""
    turn, facts = snapshot.turn, snapshot.facts
    strong, muted = look.style("strong"), look.style("muted")
    items = [Item((cut(name_model(snapshot), 28, look), strong), 1)]
    if turn.auto:  # else the header shows it
        word, style = name_permission(snapshot, look)
        items.append(Item((f"permission {word}", style), 3))
    if turn.switches.thinking:
        items.append(Item((f"think {name_thinking(turn.switches.thinking)}", muted), 9))
    items += [*_list_run(snapshot, look), *_list_spent(snapshot, look)]
    sandbox = name_sandbox(facts.sandbox, look)
    if sandbox is not None:
        items.append(Item(sandbox, 2 if "off" in sandbox[0] else 8))
    for number, text in enumerate(snapshot.status):
        if shown := cut(tidy(text), LONGEST_ITEM, look):
            rank = ITEM_RANK if width >= WIDE and number < SURE_ITEMS else 12 + number
            items.append(Item((shown, look.style("text")), rank))
    return items


def _list_run(snapshot: Snapshot, look: Look) -> list[Item]:
    """How the run stands: what it waits for until when, or how many of its turns are used."""
    run, limits = snapshot.turn.run, snapshot.turn.limits
    said = sum_up(run, snapshot.now or time.time())
    if not said:
        return []
    sign, role = SIGNS[run.phase]
    turns = f" turn {snapshot.turn.window.turns}/{limits.turns}" if limits.turns else ""
    if run.phase is Phase.RUNNING:
        return [Item((f"{said}{turns}", look.style("muted")), 7)]
    return [Item((f"{getattr(look.signs, sign)} {tidy(said)}", look.style(role)), 2)]


def _list_spent(snapshot: Snapshot, look: Look) -> list[Item]:
    turn, muted = snapshot.turn, look.style("muted")
    items = []
    if window := snapshot.facts.window:
        share = turn.counters.context_tokens / window
        style = look.style("bad" if share >= 0.95 else "warn" if share >= 0.8 else "muted")
        alarm = "!" if share >= 0.8 else ""
        items.append(Item((f"context {share:.0%}{alarm}", style), 2 if alarm else 6))
    cost = render_cost(snapshot)
    if cost == "unknown" or turn.steps:
        items.append(Item((f"cost {cost}" if cost == "unknown" else cost, muted), 10))
    if turn.steps:
        items.append(Item((f"{turn.steps} step{'' if turn.steps == 1 else 's'}", muted), 20))
    return items


def list_keys(snapshot: Snapshot, look: Look, keys: Mapping[str, str], *, later: int = 0) -> list[Item]:
    """The keys that matter in this state, those that matter most with the lowest rank.

    `later` is added to the ranks of those that can wait.
    """
    muted, accent = look.style("muted"), look.style("accent")

    def name(action: str, does: str, rank: int, style: Style = muted) -> Item | None:
        key = keys.get(action, "")
        return Item((f"{key} {does}", style), rank) if key else None

    auto = "auto off" if snapshot.turn.auto else "auto"
    asked = "?" if snapshot.state in ("idle", "working", "stopping") else ""
    shown = Item((f"{asked} keys", muted), 4) if asked else None
    match snapshot.state:
        case "asking":
            return [
                Item((f"{look.signs.hand} answer above", accent), 0),
                Item(("Esc is the safe answer", muted), 3),
            ]
        case "working":
            found = [
                name("stop", "stop", 0),
                name("auto", auto, later + (5 if snapshot.turn.auto else 3)),
                name("panel", "plan", later + 11),
                name("runs", "runs", later + 30),
                shown,
            ]
        case "stopping":
            found = [Item(("stopping", look.style("warn")), 0), name("stop", "again kills it", 1), shown]
        case "lost":
            gone = Item(("the engine is gone", look.style("bad")), 0)
            return [gone, Item(("/restart begins anew", muted), 2)]
        case "closed":
            return [Item(("not open: Enter tries again", look.style("warn")), 0)]
        case "starting":
            return [Item((f"starting{look.signs.ellipsis}", muted), 0)]
        case _:
            found = [
                name("auto", auto, later + (5 if snapshot.turn.auto else 3)),
                name("mode", "permission", later + 5),
                name("panel", "plan", later + 11),
                shown,
            ]
    return [item for item in found if item is not None]


def name_model(snapshot: Snapshot) -> str:
    """The model without its provider."""
    full = tidy(snapshot.facts.model or snapshot.turn.switches.model)
    return full.rpartition("/")[2] or full or "no model"


def name_thinking(tokens: int) -> str:
    """A level by its name, else the number of tokens."""
    return next((name for name, level in LEVELS.items() if level == tokens), f"{tokens:,} tokens")


def name_sandbox(sandbox: str, look: Look) -> Span | None:
    """What is enforced; without a wall, or with half a one, it stands out."""
    text = tidy(sandbox)
    if not text:
        return None
    if text in ("no sandbox", "none", "off", "sandbox off"):
        return f"{look.signs.flag} sandbox off", look.style("warn") + Style(bold=True)
    if "part" in text or "missing" in text:
        return f"{look.signs.flag} {text}", look.style("warn")
    return text, look.style("muted")
