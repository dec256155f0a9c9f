"""May this call run? Modes, rules and verdicts; `judge` is pure and decides from facts gathered before."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol

from aura.core.errors import ConfigError
from aura.core.messages import ToolCall
from aura.core.suggestions import suggest
from aura.core.tools import Access, Answer, Effect, Question

TAINT = "taint"  # who denies what only a person may agree to, once text came in that nobody vouches for
CHANGES_A_FILE = "it changes a file"  # the reason that edit mode does away with


class Mode(StrEnum):
    """How much may happen without asking: plan (nothing is changed) up to yolo (only the hard floor stays)."""

    PLAN = "plan"
    ASK = "ask"
    EDIT = "edit"
    AUTO = "auto"
    YOLO = "yolo"


@dataclass(frozen=True, slots=True)
class Allow:
    """The call may run; `by` names the rule or person.

    `arguments` take the place of the call's own (None: they stay): a person changed them before saying yes. `reason`
    and `risk` are what a reviewer said.
    """

    by: str = ""
    verdict: Literal["allow"] = "allow"
    arguments: Mapping[str, Any] | None = None
    reason: str = ""
    risk: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody has to say yes first; `reason` is shown to them.

    `rule` is the rule that would allow such calls from now on, or several, one a line (empty: there is none to offer).
    """

    reason: str
    rule: str = ""
    verdict: Literal["ask"] = "ask"


@dataclass(frozen=True, slots=True)
class Deny:
    """The call may not run; the reason and a safer suggestion go to the model. `risk` is what a reviewer said."""

    reason: str
    suggestion: str = ""
    by: str = ""
    verdict: Literal["deny"] = "deny"
    risk: str = ""


@dataclass(frozen=True, slots=True)
class Park:
    """Nobody could be asked about the call: it does not run, and that is no denial."""

    reason: str
    by: str = ""
    verdict: Literal["park"] = "park"


Verdict = Allow | Ask | Deny


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the form `Tool` or `Tool(pattern)`, with what it decides."""

    decision: Literal["allow", "ask", "deny"]
    tool: str
    pattern: str = ""

    def __str__(self) -> str:
        return f"{self.tool}({self.pattern})" if self.pattern else self.tool


def parse_rule(text: str, decision: Literal["allow", "ask", "deny"]) -> Rule:
    """The rule that a text of the form `Tool` or `Tool(pattern)` stands for; `*` in the tool's name is any text.

    Raises `ConfigError` with the text and a caret below the place that is wrong.
    """
    rule = text.strip()
    start = len(text) - len(text.lstrip())
    name = re.match(r"[A-Za-z*][\w*.-]*", rule)
    if name is None:
        raise _misread(
            text, start, "a rule begins with the name of a tool, such as Bash, Edit or mcp__server__*"
        )
    rest = rule[name.end() :]
    if not rest:
        return Rule(decision, name.group())
    if not rest.startswith("("):
        raise _misread(text, start + name.end(), "after the tool's name comes ( or nothing")
    if not rest.endswith(")"):
        raise _misread(text, start + len(rule), "the closing ) is missing")
    pattern = rest[1:-1].strip()
    if not pattern:
        raise _misread(
            text, start + name.end() + 1, f"the pattern is empty; write {name.group()} to mean every call"
        )
    return Rule(decision, name.group(), pattern)


def describe_rule(rule: str) -> str:
    """A rule that is offered, in words: `Bash(git add:*)` is `git add *`; several are joined by "and"."""
    patterns = [line.partition("(")[2].removesuffix(")") or line for line in rule.split("\n") if line]
    words = [f"`{pattern[:-2]} *`" if pattern.endswith(":*") else f"`{pattern}`" for pattern in patterns]
    return " and ".join(words)


def _misread(text: str, column: int, why: str) -> ConfigError:
    return ConfigError(f"this rule cannot be read: {why}\n    {text}\n    {' ' * column}^")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one call before it is judged.

    `floor` names what the hard floor forbids (empty: nothing), `risky` why a command needs a yes (empty: it is known
    to be harmless), `consent` why it needs one even in auto mode, `secret` the paths that hold credentials,
    `sensitive` those that are written and sensitive, `outside` those beyond the workspace. `allowed_by`, `asked_by`,
    `denied_by` are the rules that match the whole call; `broadly_allowed_by` counts rules too that would allow
    anything, which are set aside in auto mode. `offer` is as `Ask.rule`. `boxed` when the call runs inside a
    sandbox. `person` says why nobody but a person may agree: the session has taken in text that nobody vouches for.
    """

    effect: Effect
    access: Access
    floor: str = ""
    risky: str = ""
    sensitive: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    allowed_by: str = ""
    asked_by: str = ""
    denied_by: str = ""
    consent: str = ""
    secret: tuple[str, ...] = ()
    broadly_allowed_by: str = ""
    offer: str = ""
    boxed: bool = False
    person: str = ""


def judge(facts: Facts, mode: Mode) -> Verdict:
    """The verdict for one call; deny dominates, an allow rule never lifts the hard floor.

    Order: hard floor, deny rules, plan mode, credentials, yolo, ask rules, allow rules, what needs a person because of
    what the session has read, then the mode's own rule.
    """
    if facts.floor:
        return Deny(facts.floor, suggest(facts.floor), by="hard floor")
    if facts.denied_by:
        return Deny(f"the rule {facts.denied_by} denies it", by=facts.denied_by)
    changes = facts.effect in (Effect.WRITE, Effect.EXECUTE, Effect.NETWORK)
    needs_yes = facts.risky or facts.consent
    if mode is Mode.PLAN and changes and (facts.effect is not Effect.EXECUTE or needs_yes):
        return Deny("plan mode changes nothing", "Describe the change in the plan instead.", by="plan mode")
    if facts.secret:
        return _judge_secret(facts.secret[0], mode)
    if mode is Mode.YOLO:
        return Allow("yolo")
    if facts.asked_by:
        return Ask(f"the rule {facts.asked_by} asks")
    if facts.allowed_by:
        return Allow(facts.allowed_by)
    if facts.person:
        return _judge_tainted(facts.person, mode)
    if facts.broadly_allowed_by and mode is not Mode.AUTO:
        return Allow(facts.broadly_allowed_by)
    return _judge_by_mode(facts, mode)


def _judge_secret(path: str, mode: Mode) -> Verdict:
    """Credentials: a person may agree; where none is asked, the hard floor holds."""
    if mode in (Mode.AUTO, Mode.YOLO):
        suggestion = "Work with an example file, or with the names of the variables alone."
        return Deny(f"{path} usually holds credentials", suggestion, by="hard floor")
    return Ask(f"{path} usually holds credentials")


def _judge_tainted(reason: str, mode: Mode) -> Verdict:
    """What could carry something out, or change what directs later sessions: a person may agree, no reviewer."""
    if mode is Mode.AUTO:
        return Deny(reason, "Go on without it, and say in the end what a person would have to do.", by=TAINT)
    return Ask(reason)


def _judge_by_mode(facts: Facts, mode: Mode) -> Verdict:
    """What the mode says of a call that no rule speaks of."""
    if facts.effect is Effect.NONE:
        return Allow("no effect")
    if facts.outside:
        return Ask(f"{facts.outside[0]} is outside the workspace")
    if facts.sensitive:
        return Ask(f"{facts.sensitive[0]} is a sensitive file")
    if facts.effect is Effect.READ:
        return Allow("reads are free")
    if facts.effect is Effect.EXECUTE:
        return _judge_command(facts, mode)
    if facts.effect is Effect.WRITE and mode in (Mode.EDIT, Mode.AUTO):
        return Allow(f"{mode} mode")
    if facts.effect is Effect.NETWORK:
        return Ask("it reaches the network")
    return Ask(CHANGES_A_FILE)


def _judge_command(facts: Facts, mode: Mode) -> Verdict:
    if facts.consent:
        return Ask(facts.consent)
    if not facts.risky:
        return Allow("known to be harmless")
    return Allow("sandbox") if mode is Mode.AUTO and facts.boxed else Ask(facts.risky, facts.offer)


class Approver(Protocol):
    """Answers for calls that policy wants somebody to see: a face, a rule, a reviewer, or no one."""

    async def __call__(self, call: ToolCall, ask: Ask) -> "Allow | Deny | Park":
        """Allow or deny, or say that nobody could be asked; never asks again."""
        ...


class Asker(Protocol):
    """Puts a question of the model to whoever is there."""

    async def __call__(self, question: Question) -> Answer:
        """The answer, or one with `answered` false and what to do instead."""
        ...
