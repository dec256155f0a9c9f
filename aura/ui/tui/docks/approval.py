"""A call waits for a yes: what it would do, why it is asked for, and the ways to answer."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.segment import Segment
from textual import events
from textual.app import App, ComposeResult

from aura.app.approvals import Grant
from aura.app.session import Session
from aura.core.errors import AuraError
from aura.core.events import ApprovalAsked, ModeSwitched
from aura.core.facts import Facts
from aura.core.permissions import CHANGES_A_FILE, Allow, Deny, Mode, describe_rule
from aura.ui.cells import Line, tidy_line
from aura.ui.look import Look
from aura.ui.proposals import read_proposal, write_proposal
from aura.ui.tui.docks.calls import WIDE, WORDS, count, paint_arguments, paint_changes, paint_command
from aura.ui.tui.docks.choices import Choice, spell
from aura.ui.tui.docks.define import Dock
from aura.ui.tui.docks.full import FullScreen
from aura.ui.tui.docks.viewer import Viewer, Words
from aura.ui.tui.outside import edit_proposal

Edit = Callable[
    [App[Any], str, str], str
]  # the application, a text and the ending of a file: the text after it
HUMAN = "human"
KEYS = ("letters answer", "↑↓ Enter also", "Esc = no")
SCROLLING = ("j k scroll", "f full screen")
TURNING = "d side by side"
TELL_KEYS = "Enter sends · Esc back · Ctrl+C = no"
UNCHANGED = "Nothing was changed: it still waits."


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided: the verdict, how far its rule reaches, what the model is told, another mode."""

    verdict: Allow | Deny
    scope: Grant = ""
    say: str = ""
    mode: str = ""


class ApprovalDock(Dock):
    """Asks about one call; `result` is a `Decision`, None when it was settled elsewhere.

    `edit` lets a person change a text, as `edit_proposal` does.
    """

    def __init__(
        self,
        event: ApprovalAsked,
        facts: Facts,
        *,
        clock: Callable[[], float] = time.monotonic,
        edit: Edit = edit_proposal,
    ) -> None:
        super().__init__(clock=clock)
        self._edit = edit
        self._beside = False
        self.asked = event.id
        self.event = event
        self._facts = facts
        self._place = (1, 1)
        self._telling: Literal["yes", "no"] = "yes"
        self._words = Words()
        self._viewer = Viewer(self._paint)
        self._full: FullScreen | None = None
        self.show_place(1, 1)

    def show_place(self, number: int, total: int) -> None:
        """Say which of how many that wait this is."""
        self._place = (number, total)
        self.name_it(_title(self.event, self._place))

    def compose_body(self) -> ComposeResult:
        yield self._words
        yield self._viewer
        yield self.offer(_choices(self.event), inline=True)

    def on_mount(self) -> None:
        self._say()

    def restyle(self) -> None:
        self._viewer.look = self.look
        self._say()

    def on_viewer_moved(self, event: Viewer.Moved) -> None:
        event.stop()
        self._say()

    def _paint(self, look: Look, width: int) -> Sequence[Line]:
        event = self.event
        if event.changes:
            return paint_changes(event.changes, look, width, beside=self._beside and self._is_wide)
        command = event.call.arguments.get("command")
        if isinstance(command, str):
            return paint_command(command, look, width)
        return paint_arguments(event.call, look, width)

    @property
    def _is_wide(self) -> bool:
        """Whether there is room for two columns."""
        return self.is_attached and bool(self.event.changes) and self.app.size.width >= WIDE

    def _turn(self) -> None:
        """Show a diff in two columns, or in one again."""
        self._beside = not self._beside
        self._viewer.renew()

    def _say(self) -> None:
        """Why it is asked for, where a command runs, and how much of it all is seen."""
        look = self.look
        said = [Segment(f"asked because {tidy_line(self.event.reason)}", look.style("warn"))]
        if "command" in self.event.call.arguments and not self.event.changes:
            place = spell(f" · {_circumstances(self.event, self._facts)}", look.signs)
            said.append(Segment(place, look.style("muted")))
        if self.event.problem:
            said.append(
                Segment(f" · as it is it fails: {tidy_line(self.event.problem, 300)}", look.style("bad"))
            )
        is_whole = not self.is_attached or self._viewer.is_whole
        more = (*(() if is_whole else SCROLLING), *((TURNING,) if self._is_wide else ()))
        self.show_keys(" · ".join((*KEYS[:2], *more, KEYS[2])))
        if is_whole:
            self._words.say(said)
            return
        first, last, total = self._viewer.seen
        self._words.say(said, [Segment(f"lines {first}-{last} of {total}", look.style("accent"))])

    # --- answers

    def press(self, event: events.Key) -> bool:
        """Scrolling, and the whole screen."""
        if event.key == "f":
            turn = self._turn if self._is_wide else None
            self._full = FullScreen(_title(self.event, self._place), self._paint, self.look, turn)
            self.app.push_screen(self._full)
            return True
        if event.key == "d" and self._is_wide:
            self._turn()
            return True
        return event.key != "enter" and self._viewer.press(event.key)

    def pick(self, choice: Choice) -> None:
        """One of the answers."""
        match choice.name:
            case "yes":
                self._decide(Decision(Allow(HUMAN)))
            case "edits":
                self._decide(Decision(Allow(HUMAN), mode=Mode.EDIT.value))
            case "session":
                self._decide(Decision(Allow(HUMAN), "session"))
            case "project":
                self._decide(Decision(Allow(HUMAN), "project"))
            case "tell_yes" | "tell_no":
                self._telling = "yes" if choice.name == "tell_yes" else "no"
                what = "yes, and tell it" if self._telling == "yes" else "no, and tell it what to do instead"
                self.open_field(what, keys=TELL_KEYS)
            case "edit":
                self._change()
            case _:
                self.cancel()

    def _change(self) -> None:
        """Have the person change what the call proposes; what they made of it is allowed."""
        call = self.event.call
        proposal = write_proposal(call)
        try:
            text = self._edit(self.app, proposal.text, proposal.ending)
            changed = read_proposal(call, text) if text != proposal.text else call.arguments
        except AuraError as error:
            self.hint(error.sentence)
            return
        finally:
            self.begin_dead_time()  # keys that were meant for the editor
        if changed == call.arguments:
            self.hint(UNCHANGED)
        else:
            self._decide(Decision(Allow(HUMAN, arguments=changed)))

    def take_text(self, text: str) -> None:
        """What is to be told."""
        if self._telling == "yes":
            self._decide(Decision(Allow(HUMAN), say=text))
        else:
            self._decide(Decision(Deny(f"a person said: {text}", by=HUMAN)))

    def cancel(self) -> None:
        """No."""
        self._decide(Decision(Deny("a person said no", by=HUMAN)))

    def _decide(self, decision: Decision) -> None:
        self.close(decision)

    def close(self, result: Decision | None = None) -> None:
        """Finish, also when the whole screen is shown."""
        if self._full is not None and self._full.is_current:
            self._full.dismiss()
        super().close(result)

    async def carry_out(self, session: Session) -> None:
        """Tell the session; what the model is to be told goes there even if the call was settled meanwhile."""
        if not isinstance(self.result, Decision):
            return
        if self.result.mode:
            session.record(ModeSwitched(self.result.mode, HUMAN))
        try:
            await session.decide(self.event.id, self.result.verdict, self.result.scope)
        finally:
            if self.result.say:
                session.steer(self.result.say)


def _title(event: ApprovalAsked, place: tuple[int, int]) -> str:
    number, total = place
    which = f" {number} of {total}" if total > 1 else ""
    changes = event.changes
    if len(changes) == 1:
        return f"Approve {WORDS[changes[0].kind]}{which} · {tidy_line(changes[0].path)} {count(changes[0])}"
    if changes:
        added, removed = sum(one.added for one in changes), sum(one.removed for one in changes)
        return f"Approve edit{which} · {len(changes)} files +{added} −{removed}"
    if "command" in event.call.arguments:
        background = " · in the background" if event.call.arguments.get("background") else ""
        return f"Approve command{which}{background}"
    return f"Approve {tidy_line(event.call.name)}{which}"


def _choices(event: ApprovalAsked) -> list[Choice]:
    rows = [Choice("yes", "y", "yes"), Choice("tell_yes", "t", "yes, and tell it…", "yes, tell")]
    if event.changes and event.reason == CHANGES_A_FILE:
        rows.append(Choice("edits", "a", "yes to all edits in this session", "all edits"))
    if event.rule:
        words = tidy_line(describe_rule(event.rule))
        short = words.replace("`", "")
        rows.append(Choice("session", "s", f"always allow {words} in this session", f"session: {short}"))
        rows.append(Choice("project", "p", f"always allow {words} in this project", "project"))
    rows += [Choice("no", "n", "no"), Choice("tell_no", "e", "no, and tell it…", "no, tell")]
    if event.call.arguments:
        rows.append(Choice("edit", "E", "edit it myself", "edit"))
    return rows


def _circumstances(event: ApprovalAsked, facts: Facts) -> str:
    """Where a command runs and what stands before it."""
    folder = str(event.call.arguments.get("workdir") or "")
    place = str(Path(facts.workspace) / folder) if folder else facts.workspace
    home = str(Path.home())
    shown = f"~{place[len(home) :]}" if place == home or place.startswith(f"{home}/") else place
    wall = facts.sandbox or "no sandbox"
    network = ", network open" if wall == "no sandbox" else ""
    return f"in {tidy_line(shown)} · {tidy_line(wall)}{network}"
