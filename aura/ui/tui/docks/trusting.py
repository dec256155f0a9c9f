"""/trust: whether this folder may bring settings and plugins of its own."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult

from aura.core.errors import AuraError
from aura.core.text import clean
from aura.ui.look import Look, Role
from aura.ui.tui.docks.choices import Choice
from aura.ui.tui.docks.define import Dock
from aura.ui.tui.docks.results import Trusted
from aura.ui.tui.lines import Lines
from aura.ui.tui.working import start
from aura.ui.ways import Brought, find_brought, trust_folder

MOST_NAMES = 6
MOST_DEEDS = 8
MOST_CHANGES = 14
PLUGIN = "runs inside aura with your rights"  # how the lines about plugins end
ALL = "`aura trust --show` shows all"
CHOICES = (
    Choice(
        "trust",
        "t",
        "trust this folder",
        "trust",
        "its settings and AGENTS.md count and its plugins run, until one changes",
    ),
    Choice("later", "n", "not now", "not now", "its settings may only tighten, its plugins stay unplugged"),
)


class TrustDock(Dock):
    """Shows what the folder would bring, and asks; the answer counts when the session is opened anew."""

    def __init__(self, workspace: Path | str) -> None:
        self._workspace = Path(workspace)
        self._brought: Brought | None = None
        self.lines = Lines()
        super().__init__("Trust this folder?", "t trust · n not now · Esc not now")

    def compose_body(self) -> ComposeResult:
        yield self.lines
        self.offer(CHOICES).cursor = 1  # Enter alone trusts nothing
        assert self.choices is not None
        yield self.choices

    def on_mount(self) -> None:
        """Look what there is, in a thread."""
        start(self, "trust", self._find)

    async def _find(self) -> None:
        self._brought = await asyncio.to_thread(find_brought, self._workspace)
        self.restyle()

    def restyle(self) -> None:
        """Paint anew."""
        self.lines.show(describe_brought(self._workspace, self._brought, self.look))

    def pick(self, choice: Choice) -> None:
        """Trust it, or leave it."""
        if choice.name == "later":
            self.cancel()
        else:
            start(self, "trust", self._trust)

    async def _trust(self) -> None:
        if self._brought is None:  # nothing is trusted unseen
            return
        try:
            await asyncio.to_thread(trust_folder, self._workspace, self._brought.digest)
        except AuraError as error:
            self.hint(error.sentence)
            return
        self.close(Trusted())


def describe_brought(workspace: Path, brought: Brought | None, look: Look) -> list[Text]:
    """What the folder would bring, a line for each kind."""
    place = Text(clean(str(workspace)), look.style("strong"))
    if brought is None:
        return [place, Text(f"Looking what it brings {look.signs.ellipsis}", look.style("muted"))]
    lines = [place]
    if brought.changed:
        lines.append(Text("It has changed since it was trusted.", look.style("warn")))
        lines += _describe_changes(brought.changes, look)
    if not brought:
        said = "It brings neither settings nor plugins of its own."
        return [*lines, Text(said, look.style("muted"))]
    for name, items in (("settings", brought.settings), ("plugins", brought.plugins)):
        if items:
            lines.append(
                Text.assemble((f"{name:<10}", look.style("muted")), (_list(items), look.style("text")))
            )
    lines += _describe_deeds(brought, look)
    lines.append(
        Text("Plugins are programs: they can do what you can. Look at them first.", look.style("warn"))
        if brought.plugins
        else Text("Settings can loosen what is asked about and name commands.", look.style("warn"))
    )
    return lines


def _describe_changes(changes: Sequence[str], look: Look) -> list[Text]:
    roles: dict[str, Role] = {"+": "added", "-": "removed"}
    lines = [Text(line, look.style(roles.get(line.strip()[:1], "text"))) for line in changes[:MOST_CHANGES]]
    if len(changes) > MOST_CHANGES:
        lines.append(Text(f"and {len(changes) - MOST_CHANGES} more lines; {ALL}", look.style("muted")))
    return lines


def _describe_deeds(brought: Brought, look: Look) -> list[Text]:
    """What it would do, what weighs most first; the plugins stand in a line of their own."""
    deeds = [one for one in brought.deeds if not one[1].endswith(PLUGIN)]
    grave = ("runs", "loosens", "directs")
    lines = [
        Text.assemble(
            (f"{weight:<10}", look.style("warn" if weight in grave else "muted")), (line, look.style("text"))
        )
        for weight, line in deeds[:MOST_DEEDS]
    ]
    if len(deeds) > MOST_DEEDS:
        lines.append(Text(f"and {len(deeds) - MOST_DEEDS} more; {ALL}", look.style("muted")))
    return lines


def _list(items: Sequence[str]) -> str:
    more = f" and {len(items) - MOST_NAMES} more" if len(items) > MOST_NAMES else ""
    return ", ".join(items[:MOST_NAMES]) + more
