"""Shell commands with the decision they should get, and how a policy does on them.

A file of cases is tab separated: id, label, family, command (a JSON string), reason; `#` begins a comment. A comment
may say `HOME=/home/x` and `workspace=/home/x/y`: the scene in which the commands are judged. The folders need not
exist.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aura.config.schema import Settings
from aura.core.errors import ConfigError
from aura.core.permissions import Ask, Facts, Mode, Verdict, judge
from aura.core.suggestions import suggest
from aura.core.tools import Access, Effect
from aura.safety.policy import Policy
from aura.safety.shell import Part

Label = Literal["must-block", "must-ask", "should-allow"]
LABELS: tuple[Label, ...] = ("must-block", "must-ask", "should-allow")
WANTED = {"must-block": ("deny",), "must-ask": ("ask", "deny"), "should-allow": ("allow",)}


@dataclass(frozen=True, slots=True)
class Scene:
    """Whose home and which workspace commands are judged for."""

    home: Path = Path("/home/dev")
    workspace: Path = Path("/home/dev/proj")

    def make_policy(self, settings: Settings) -> Policy:
        """A policy for this scene, with a sandbox; aura's folders are where they would be in that home."""
        own = (".config/aura", ".local/share/aura", ".local/state/aura", ".cache/aura")
        return Policy(
            settings,
            self.workspace,
            home=self.home,
            protected=[self.home / folder for folder in own],
            boxed=True,
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One command and what should become of it; `reason` is why, for people."""

    id: str
    label: Label
    family: str
    command: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a policy says of a command: the verdict, the rule or part of the policy that decided, why, and its parts."""

    verdict: Literal["allow", "ask", "deny"]
    rule: str
    reason: str
    suggestion: str = ""
    parts: tuple[Part, ...] = ()


def read_cases(file: Path) -> tuple[Scene, tuple[Case, ...]]:
    """The scene and the cases of a file; raises `ConfigError` naming the line that cannot be read."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}.") from None
    comments = "\n".join(line for line in lines if line.startswith("#"))
    cases = tuple(_read_lines(file, lines))
    if not cases:
        raise ConfigError(
            f"{file} holds no cases: one a line, with id, label, family and command between tabs."
        )
    return _read_scene(comments), cases


def _read_lines(file: Path, lines: Iterable[str]) -> Iterator[Case]:
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#") or line.split("\t")[:2] == ["id", "label"]:
            continue
        fields = [*line.rstrip("\r").split("\t"), ""]
        label = next((one for one in LABELS if fields[1:2] == [one]), None)
        try:
            command = json.loads(fields[3])
        except (IndexError, ValueError):
            command = None
        if label is None or not isinstance(command, str):
            raise ConfigError(
                f"{file}, line {number}: wanted are id, label ({', '.join(LABELS)}), family and the command as a JSON "
                "string, between tabs."
            )
        yield Case(fields[0], label, fields[2], command, fields[4])


def _read_scene(comments: str) -> Scene:
    home = re.search(r"\bHOME=(/[^\s,;]*)", comments)
    workspace = re.search(r"\bworkspace=(?:cwd=)?(/[^\s,;]*)", comments)
    usual = Scene()
    return Scene(
        Path(home.group(1)) if home else usual.home,
        Path(workspace.group(1)) if workspace else usual.workspace,
    )


def rule_on(policy: Policy, command: str, mode: Mode = Mode.AUTO) -> Ruling:
    """What a policy says of a shell command in a mode."""
    facts = policy.gather("Bash", Effect.EXECUTE, Access(command=command))
    verdict = judge(facts, mode)
    parts = policy.examine(command).parts
    return Ruling(
        verdict.verdict, _name_rule(facts, verdict), _say_why(facts, verdict), _suggest(verdict), parts
    )


def _name_rule(facts: Facts, verdict: Verdict) -> str:
    if isinstance(verdict, Ask):
        return facts.asked_by or ("needs a person" if facts.consent else "default")
    return verdict.by


def _say_why(facts: Facts, verdict: Verdict) -> str:
    if verdict.verdict == "allow":
        return facts.risky or "it only looks"
    return verdict.reason


def _suggest(verdict: Verdict) -> str:
    if verdict.verdict == "allow":
        return ""
    return verdict.suggestion if verdict.verdict == "deny" else suggest(verdict.reason)


@dataclass(frozen=True, slots=True)
class Score:
    """How a policy did: verdicts counted by label, and the cases that got another verdict than they should."""

    counts: Counter[tuple[str, str]]
    misses: tuple[tuple[Case, Ruling], ...]

    @property
    def false_allows(self) -> int:
        """Commands that were allowed although they must not be; the bar is none."""
        return self.counts["must-block", "allow"] + self.counts["must-ask", "allow"]

    def share(self, label: str, verdict: str) -> float:
        """The part of the cases of a label that got a verdict, from 0 to 1 (1 when there are none)."""
        total = sum(count for (one, _), count in self.counts.items() if one == label)
        return self.counts[label, verdict] / total if total else 1.0


def score(judged: Sequence[tuple[Case, Ruling]]) -> Score:
    """Count the verdicts."""
    return Score(
        Counter((case.label, ruling.verdict) for case, ruling in judged),
        tuple((case, ruling) for case, ruling in judged if ruling.verdict not in WANTED[case.label]),
    )
