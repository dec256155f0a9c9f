"""What is said of a pattern, and when: a nudge, a call to change the approach, the end; one alert a step at most.

The steps are gone through anew each time, so that nothing has to be remembered beside the log: a pattern has one alert
for each rung, and climbs on only while it lasts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aura.agent.patterns import Bounds, Finding, Rung, find_patterns
from aura.agent.progress import Staleness, Step, read_steps, weigh
from aura.core.attempts import Attempt
from aura.core.text import shorten

SHOWN_CALLS = 4
PATH_CHARS = 80

ADVICE = {
    "equal": (
        "Making it again changes nothing: use what it returned, or ask for something else. To wait for something, put "
        "the pause into the call (sleep)."
    ),
    "cycle": "One more round brings nothing new: use what these steps returned.",
    "dominant": "Use what it returned, or ask for something else.",
    "error": "Another variant will fail, too: find the cause first, in the message, the documentation or the code.",
    "undone": "Decide what the file is to hold and why, then make one edit that stays.",
    "idle": "Name the next concrete change and make it, or mark what cannot be done as blocked.",
    "stale": "",
}
REFUSED = "It is refused and stays refused: take a way that needs no permission, or mark the work as blocked."
CHANGE = (
    "Change the approach: say in one sentence what you want to find out, then take another tool, other arguments or "
    "another place; or say what blocks you. If this goes on, the turn ends."
)


@dataclass(frozen=True, slots=True)
class Alert:
    """A pattern that has just reached a rung."""

    finding: Finding
    rung: Rung
    sentence: str

    @property
    def notice(self) -> str:
        """A line for people."""
        told = (
            "the model was told" if self.rung is Rung.NUDGE else "the model was told to change its approach"
        )
        return f"{self.sentence[:1].upper()}{self.sentence[1:]}; {told}."

    @property
    def advice(self) -> str:
        """What the model is told."""
        kind = self.finding.kind
        parts = [f"[aura] Nothing new comes of this: {self.sentence}."]
        parts.append(REFUSED if self.finding.refused else ADVICE[kind])
        if self.rung is Rung.CHANGE or kind == "stale":
            parts.append(CHANGE)
        return " ".join(part for part in parts if part)


def find_alert(recent: Sequence[Attempt], bounds: Bounds, *, auto: bool) -> Alert | None:
    """What the newest step calls for: nothing if something new came of it. `recent` is in order, the newest last."""
    if not bounds.enabled or not recent:
        return None
    steps = read_steps(recent)
    if steps[-1].is_fresh:
        return None
    climber = _Climber(bounds, auto=auto)
    alert = None
    for end in range(1, len(steps) + 1):
        alert = climber.climb(steps[:end])
    return alert


class _Climber:
    """Goes through steps in order; holds the rung of each pattern that lasts, and of what was said since news came."""

    def __init__(self, bounds: Bounds, *, auto: bool) -> None:
        self._bounds = bounds
        self._auto = auto
        self._stale = Staleness()
        self._told = Rung.NONE
        self._reached: dict[str, Rung] = {}

    def climb(self, steps: Sequence[Step]) -> Alert | None:
        """What the newest of these steps calls for."""
        self._stale = weigh(self._stale, steps[-1])
        findings = tuple(find_patterns(steps, self._bounds, auto=self._auto))
        if steps[-1].is_fresh:
            lasting = {one.name for one in findings}
            self._reached = {name: rung for name, rung in self._reached.items() if name in lasting}
            self._told = Rung.NONE
            return None
        due = [*self._climb_on(findings), *self._weigh_stale(findings)]
        best = max(due, key=lambda alert: alert.rung, default=None)
        if best is None or (best.rung <= self._told and best.rung is not Rung.REPORT):
            return None  # something as weighty was said since the last news
        self._told = best.rung
        self._reached[best.finding.name] = best.rung
        return best

    def _climb_on(self, findings: Sequence[Finding]) -> list[Alert]:
        """The patterns that have just reached a rung; none ends the turn that nothing was said of before."""
        self._reached = {one.name: self._reached.get(one.name, Rung.NONE) for one in findings}
        due = []
        for finding in findings:
            before = self._reached[finding.name]
            rung = finding.rung if finding.rung < Rung.REPORT or before > Rung.NONE else Rung.CHANGE
            if rung > before or (rung is Rung.REPORT and finding.kind != "idle"):
                due.append(Alert(finding, rung, describe(finding, self._stale)))
        return due

    def _weigh_stale(self, findings: Sequence[Finding]) -> list[Alert]:
        """The end when nothing new came for too long, in the words of a pattern if there is one; one nudge before."""
        if self._stale.is_spent(self._bounds.end):
            named = next((one for one in findings if one.rung > Rung.NONE), STALE)
            return [Alert(named, Rung.REPORT, describe(named, self._stale))]
        if self._stale.is_odd(max(self._bounds.end, 2 * self._bounds.nudge)):
            return [Alert(STALE, Rung.NUDGE, describe(STALE, self._stale))]
        return []


STALE = Finding("stale", "stale", Rung.NUDGE, 0)


def describe(finding: Finding, stale: Staleness) -> str:
    """What is wrong, in a few words for people and for the model; no full stop."""
    calls = ", ".join(finding.calls[:SHOWN_CALLS]) + (", …" if len(finding.calls) > SHOWN_CALLS else "")
    count = finding.count
    match finding.kind:
        case "equal":
            number = len(finding.calls)
            what = f"call ({calls}) was" if number == 1 else f"{number} calls ({calls}) were"
            end = "and refused each time" if finding.refused else "with the same result"
            return f"the same {what} made {count} times {end}"
        case "cycle":
            return f"the same {count} steps ({calls}) repeat with the same results"
        case "dominant":
            return f"the same call ({calls}) was {count} of the last {finding.about}, with nothing new"
        case "error":
            return f"{count} different calls failed with the same error ({finding.about})"
        case "undone":
            return f"edits of {shorten(finding.about, PATH_CHARS)} undo each other again and again"
        case "idle":
            return f"no file and no todo changed in {count} steps, and little was learned"
        case "stale":
            return stale.sentence
