"""Conditions: one small language that asks how a session stands. Parsing and evaluation, both pure.

A condition is terms joined by `and`, each of which may be negated by `not`: `auto and not todo_empty and
context_above:70`. There is no `or` and there are no parentheses. `TERMS` lists every term with its meaning.
"""

import difflib
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aura.core.errors import ConfigError
from aura.core.models import ModelInfo
from aura.core.turn import Turn

Argument = Literal["nothing", "count", "amount", "text"]

NAME = re.compile(r"[A-Za-z_][\w-]*")
SPACE = re.compile(r"\s*")
BARE = re.compile(r"""[^\s"']\S*""")
COUNT = re.compile(r"[0-9]{1,18}")
COMMAND = "bash"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a condition is evaluated against.

    `elapsed` is in seconds (None: the active time of the session). `exists` is asked for a path as written (relative
    ones start at the workspace), `bash` runs a command and says whether it ended with exit code 0.
    """

    turn: Turn
    exists: Callable[[str], bool]
    bash: Callable[[str], bool]
    model: ModelInfo = field(default_factory=lambda: ModelInfo(""))
    elapsed: float | None = None

    @property
    def context_percent(self) -> float | None:
        """How full the model's window is; None while the window is unknown."""
        if self.model.window <= 0:
            return None
        return 100 * self.turn.counters.context_tokens / self.model.window


@dataclass(frozen=True, slots=True)
class Term:
    """One question of a condition; `argument` is a number or a text, or None for a term that takes none."""

    name: str
    argument: str | float | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """Terms that all have to hold; without any it always holds."""

    terms: tuple[Term, ...]

    @property
    def commands(self) -> tuple[str, ...]:
        """The shell commands it would run, in order."""
        return tuple(str(term.argument) for term in self.terms if term.name == COMMAND)

    @property
    def cheap(self) -> "Condition":
        """The part that runs no command."""
        return Condition(tuple(term for term in self.terms if term.name != COMMAND))

    @property
    def costly(self) -> "Condition":
        """The part that runs commands."""
        return Condition(tuple(term for term in self.terms if term.name == COMMAND))

    def __str__(self) -> str:
        return render(self)


@dataclass(frozen=True, slots=True)
class TermKind:
    """One term of the language: what follows its colon, what it means, and how it is answered."""

    argument: Argument
    meaning: str
    holds: Callable[[Scene, Any], bool]


def _share_is(*, above: bool) -> Callable[[Scene, Any], bool]:
    def holds(scene: Scene, limit: float) -> bool:
        percent = scene.context_percent
        return percent is not None and (percent >= limit) is above

    return holds


def _is_model(scene: Scene, name: str) -> bool:
    own, wanted = scene.model.name.lower(), name.lower()
    return own == wanted or own.rpartition("/")[2] == wanted


def _is_done(scene: Scene, _: None) -> bool:
    claim = scene.turn.done.accepted
    return claim is not None and claim.status == "done"


def _elapsed(scene: Scene) -> float:
    return scene.turn.spend.seconds if scene.elapsed is None else scene.elapsed


MEASURES: dict[str, tuple[Argument, str, Callable[[Scene], float]]] = {
    "history": (
        "count",
        "messages since the last compaction",
        lambda s: len(s.turn.messages) - s.turn.view.start,
    ),
    "tool_calls": ("count", "tool calls of the session", lambda s: s.turn.counters.tool_calls),
    "tool_errors": (
        "count",
        "failed or refused tool calls of the session",
        lambda s: s.turn.counters.tool_errors,
    ),
    "turns": ("count", "turns of the session", lambda s: s.turn.spend.turns),
    "steps": ("count", "model calls of the current turn", lambda s: s.turn.steps),
    "compactions": ("count", "compactions of the session", lambda s: s.turn.counters.compactions),
    "tokens_total": ("count", "input and output tokens of the session", lambda s: s.turn.spend.tokens),
    "cost": ("amount", "known cost of the session in USD", lambda s: s.turn.spend.cost),
    "elapsed": ("amount", "active seconds of the session", _elapsed),
}


def _compare(read: Callable[[Scene], float], *, more: bool) -> Callable[[Scene, Any], bool]:
    def holds(scene: Scene, limit: float) -> bool:
        return read(scene) > limit if more else read(scene) < limit

    return holds


def _build_terms() -> dict[str, TermKind]:
    terms = {
        "auto": TermKind("nothing", "auto mode is on", lambda s, _: s.turn.auto),
        "todo_empty": TermKind("nothing", "the todo list has no items", lambda s, _: not s.turn.todos),
        "todo_pending": TermKind(
            "nothing", "at least one todo is pending or in progress", lambda s, _: bool(s.turn.open_todos)
        ),
        "todo_done": TermKind(
            "nothing",
            "the todo list has at least one item, and none is pending or in progress",
            lambda s, _: bool(s.turn.todos) and not s.turn.open_todos,
        ),
        "done": TermKind("nothing", "Done was accepted with the status done", _is_done),
        "context_above": TermKind("count", "the context is at least N percent full", _share_is(above=True)),
        "context_below": TermKind("count", "the context is less than N percent full", _share_is(above=False)),
    }
    for name, (argument, meaning, read) in MEASURES.items():
        terms[f"{name}_gt"] = TermKind(argument, f"more than N {meaning}", _compare(read, more=True))
        terms[f"{name}_lt"] = TermKind(argument, f"fewer than N {meaning}", _compare(read, more=False))
    terms |= {
        "model_is": TermKind("text", "the model has this name (case and provider do not matter)", _is_model),
        "model_has": TermKind(
            "text",
            "the model has this capability (`tools`, `vision`, `thinking`)",
            lambda s, name: name.lower() in s.model.capabilities,
        ),
        "model_context_gt": TermKind(
            "count", "the model's window is known and larger than N tokens", lambda s, n: s.model.window > n
        ),
        "model_context_lt": TermKind(
            "count",
            "the model's window is known and smaller than N tokens",
            lambda s, n: 0 < s.model.window < n,
        ),
        "exists": TermKind("text", "the file or folder exists", lambda s, path: s.exists(path)),
        COMMAND: TermKind(
            "text", "the command ends with exit code 0 within 120 seconds", lambda s, command: s.bash(command)
        ),
    }
    return terms


TERMS: Mapping[str, TermKind] = _build_terms()


def parse(text: str) -> Condition:
    """The condition that a text states; raises `ConfigError` with the text and a caret under what is wrong."""
    reader = _Reader(text)
    terms = [reader.term()]
    while not reader.at_end:
        reader.join(terms[-1])
        terms.append(reader.term())
    return Condition(tuple(terms))


def render(condition: Condition) -> str:
    """The text of a condition; `parse` gives the same condition back."""
    return " and ".join(_render_term(term) for term in condition.terms)


def _render_term(term: Term) -> str:
    prefix = "not " if term.negated else ""
    if term.argument is None:
        return prefix + term.name
    argument = str(term.argument)
    if isinstance(term.argument, str) and (term.name == COMMAND or not BARE.fullmatch(argument)):
        escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
        argument = f'"{escaped}"'
    return f"{prefix}{term.name}:{argument}"


def evaluate(condition: Condition, scene: Scene) -> bool:
    """Whether every term holds; commands run last, and only if all other terms hold."""
    terms = (*condition.cheap.terms, *condition.costly.terms)
    return all(bool(TERMS[term.name].holds(scene, term.argument)) is not term.negated for term in terms)


async def evaluate_async(condition: Condition, scene: Scene, bash: Callable[[str], Awaitable[bool]]) -> bool:
    """As `evaluate`, but the commands are awaited: `bash` runs them instead of the scene's own."""
    if not evaluate(condition.cheap, scene):
        return False
    for term in condition.costly.terms:
        if bool(await bash(str(term.argument))) is term.negated:
            return False
    return True


class _Reader:
    """Reads a condition from left to right; `position` is where the next thing starts."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._skip_space()

    @property
    def at_end(self) -> bool:
        return self.position >= len(self.text)

    def term(self) -> Term:
        """The next term with its negations; each `not` turns it round."""
        negated = False
        while True:
            start, name = self.position, self._name()
            if name != "not":
                break
            self._skip_space()
            negated = not negated
        kind = TERMS.get(name)
        if kind is None:
            raise self._error(start, self._miss(name))
        argument = self._argument(name, kind.argument)
        self._skip_space()
        return Term(name, argument, negated)

    def join(self, before: Term) -> None:
        """The `and` between two terms."""
        start = self.position
        word = NAME.match(self.text, start)
        if word is None or word.group() != "and":
            hint = "terms are joined by `and`"
            if before.name == COMMAND:
                hint = 'put the whole command in quotes, as in bash:"make test"'
            elif word is not None and word.group() == "or":
                hint = "there is no `or`, only `and` and `not`"
            raise self._error(start, hint)
        self.position = word.end()
        self._skip_space()

    def _name(self) -> str:
        word = NAME.match(self.text, self.position)
        if word is None:
            what = "a term is missing here" if self.at_end else "a term starts with a letter"
            if self.text[self.position : self.position + 1] in ("(", ")"):
                what = "there are no parentheses, only `and` and `not`"
            raise self._error(self.position, what)
        if word.group() in ("and", "or"):
            raise self._error(self.position, f"a term is missing before `{word.group()}`")
        self.position = word.end()
        return word.group()

    def _argument(self, name: str, kind: Argument) -> str | float | None:
        has_colon = self.text[self.position : self.position + 1] == ":"
        if kind == "nothing":
            if has_colon:
                raise self._error(self.position, f"`{name}` takes no argument")
            return None
        wanted = "a text" if kind == "text" else "a number"
        if not has_colon:
            raise self._error(self.position, f"`{name}` needs {wanted} after a colon")
        self.position += 1
        start = self.position
        text = self._quoted() if self.text[start : start + 1] in ('"', "'") else self._bare()
        if not text:
            raise self._error(start, f"`{name}` needs {wanted} right after the colon")
        if kind == "text":
            return text
        number = _read_number(text, kind)
        if number is None:
            what = "a whole number" if kind == "count" else "a number"
            raise self._error(start, f"`{name}` needs {what}, 0 or more")
        return number

    def _bare(self) -> str:
        word = BARE.match(self.text, self.position)
        if word is None:
            return ""
        self.position = word.end()
        return word.group()

    def _quoted(self) -> str:
        """The text between quotes; a backslash stands before a quote or a backslash, else for itself."""
        start, quote = self.position, self.text[self.position]
        found: list[str] = []
        place = start + 1
        while place < len(self.text) and self.text[place] != quote:
            if self.text[place] == "\\" and self.text[place + 1 : place + 2] in (quote, "\\"):
                place += 1
            found.append(self.text[place])
            place += 1
        if place >= len(self.text):
            raise self._error(start, "this quote is never closed")
        self.position = place + 1
        if not self.at_end and not self.text[self.position].isspace():
            raise self._error(self.position, "a space belongs after the closing quote")
        return "".join(found)

    def _skip_space(self) -> None:
        space = SPACE.match(self.text, self.position)
        assert space is not None
        self.position = space.end()

    def _miss(self, name: str) -> str:
        near = difflib.get_close_matches(name, TERMS, n=1)
        return f"there is no term `{name}`" + (f"; did you mean `{near[0]}`?" if near else "")

    def _error(self, position: int, what: str) -> ConfigError:
        line = re.sub(r"\s", " ", self.text)
        return ConfigError(
            f"The condition cannot be read: {what}.\n    {line}\n    {' ' * position}^".replace("?.", "?")
        )


def _read_number(text: str, kind: Argument) -> float | None:
    """The number, an int for counts; None when it is none or negative."""
    if kind == "count":
        return int(text) if COUNT.fullmatch(text) else None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
