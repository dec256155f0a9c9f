"""The script format: what a scripted model says, and when. Reading and matching; playing is in `scripted`."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from aura.core.errors import ModelErrorKind
from aura.core.messages import Message, ToolResult
from aura.core.models import Finish, Request, Usage

TEMPLATE = re.compile(r"\{\{\s*(int\s+)?(?:match\[(\w+)\]|(last|user|seen))\s*\}\}")
ANY_TEMPLATE = re.compile(r"\{\{.*?\}\}")
SHOWN = 160  # characters of what was shown that an error repeats


@dataclass(frozen=True, slots=True)
class When:
    """What the model has to be shown for a reply to be chosen; everything that is given has to hold."""

    tool: str = ""
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    matches: re.Pattern[str] | None = None
    is_error: bool | None = None
    user_contains: tuple[str, ...] = ()
    system_contains: tuple[str, ...] = ()
    history_contains: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    tools_off: bool | None = None
    seen: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call of a reply; `raw` stands in for arguments that cannot be read."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    raw: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that fails before anything is said: its kind, HTTP status, and the wait the provider asks for."""

    kind: ModelErrorKind
    status: int = 0
    retry_after: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply; without `when` it is played in its turn, with it whenever the condition holds.

    `cut` is the number of pieces after which the stream breaks (0: half of them, None: it does not). `delay` is the
    wait in seconds before the reply starts.
    """

    when: When | None = None
    once: bool = False
    think: str = ""
    say: str = ""
    calls: tuple[Call, ...] = ()
    finish: Finish | None = None
    error: Failure | None = None
    cut: int | None = None
    usage: Usage | None = None
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Script:
    """All replies of a scripted model; `piece` is characters per delta, `delay` seconds before each."""

    name: str
    replies: tuple[Reply, ...]
    window: int = 200_000
    max_output: int = 0
    prices: Mapping[str, float] = field(default_factory=dict)
    piece: int = 16
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows last: the newest results with their tools, what was said since, what is offered."""

    results: tuple[tuple[str, ToolResult], ...]
    said: str
    user: str
    system: str
    offered: frozenset[str]
    seen: int
    messages: Sequence[Message]

    @property
    def last(self) -> str:
        """The text that came last: the last result's, else what the user said."""
        return self.results[-1][1].content if self.results else self.user


@dataclass(frozen=True, slots=True)
class Chosen:
    """A reply that was chosen, its place in the script, and what its `matches` captured."""

    place: int
    reply: Reply
    match: re.Match[str] | None = None


def look(request: Request) -> Shown:
    """What a request shows, as conditions see it."""
    messages = request.messages
    results: list[ToolResult] = []
    said: list[str] = []
    names: dict[str, str] = {}
    for message in reversed(messages):
        if message.role == "assistant":
            names = {call.id: call.name for call in message.tool_calls}
            break
        results[:0] = message.results
        said[:0] = [message.text] if message.role == "user" else []
    user = next((message.text for message in reversed(messages) if message.role == "user"), "")
    return Shown(
        results=tuple((names.get(result.call_id, ""), result) for result in results),
        said="\n".join(said),
        user=user,
        system=request.system,
        offered=frozenset(tool.name for tool in request.tools),
        seen=sum(message.role == "assistant" for message in messages),
        messages=messages,
    )


def choose(script: Script, spent: AbstractSet[int], shown: Shown) -> Chosen | None:
    """The first unspent reply whose condition holds, else the next one that has no condition; None: nothing fits."""
    plain = None
    for place, reply in enumerate(script.replies):
        if place in spent:
            continue
        if reply.when is None:
            plain = plain or Chosen(place, reply)
            continue
        held, match = holds(reply.when, shown)
        if held:
            return Chosen(place, reply, match)
    return plain


def holds(when: When, shown: Shown) -> tuple[bool, re.Match[str] | None]:
    """Whether a condition holds, and what its `matches` captured."""
    asked = (
        when.tools_off is None or when.tools_off == (not shown.offered),
        all(name in shown.offered for name in when.offers),
        when.seen is None or when.seen[0] <= shown.seen <= when.seen[1],
        all(text in shown.user for text in when.user_contains),
        all(text in shown.system for text in when.system_contains),
        all(any(text in _flat(message) for message in shown.messages) for text in when.history_contains),
    )
    if not all(asked):
        return False, None
    if not (when.tool or when.is_error is not None or when.contains or when.lacks or when.matches):
        return True, None
    for text in _texts(when, shown):
        if not all(part in text for part in when.contains) or any(part in text for part in when.lacks):
            continue
        match = when.matches.search(text) if when.matches else None
        if match or not when.matches:
            return True, match
    return False, None


def _texts(when: When, shown: Shown) -> tuple[str, ...]:
    """The newest texts that a condition may be about."""
    if when.tool or when.is_error is not None:
        return tuple(
            result.content
            for name, result in shown.results
            if when.tool in ("", name) and when.is_error in (None, result.is_error)
        )
    said = (shown.said,) if shown.said else ()
    return (*(result.content for _, result in shown.results), *said)


def _flat(message: Message) -> str:
    return message.text + "\n".join(result.content for result in message.results)


def fill(value: Any, chosen: Chosen, shown: Shown) -> Any:
    """A text, list or mapping with its templates filled in; a group that was not captured raises `LookupError`."""
    if isinstance(value, str):
        whole = TEMPLATE.fullmatch(value)
        if whole and whole[1]:
            return int(_expand(whole, chosen, shown))
        return TEMPLATE.sub(lambda found: _expand(found, chosen, shown), value)
    if isinstance(value, Mapping):
        return {key: fill(item, chosen, shown) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, chosen, shown) for item in value]
    return value


def _expand(template: re.Match[str], chosen: Chosen, shown: Shown) -> str:
    group, word = template[2], template[3]
    if word:
        return str(getattr(shown, word))
    captured = chosen.match[int(group) if group.isdigit() else group] if chosen.match else None
    if captured is None:
        raise LookupError(template[0])
    return str(captured)


def describe_shown(shown: Shown) -> str:
    """What was shown last, short enough for one sentence."""
    if shown.results:
        name, result = shown.results[-1]
        kind = "an error of" if result.is_error else "the result of"
        return f"{kind} {name or 'an unknown tool'}: {shorten(result.content)!r}"
    return f"the text {shorten(shown.user)!r}" + ("" if shown.offered else ", no tools offered")


def shorten(text: str) -> str:
    """A text in one line, its head and its end."""
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN else f"{flat[: SHOWN // 2]} … {flat[-SHOWN // 2 :]}"


def describe_reply(place: int, reply: Reply) -> str:
    """A reply by its place and its condition, for the error that nothing fits."""
    when = reply.when
    if when is None:
        return f"{place + 1} (in its turn)"
    words = [when.tool]
    words += [f"contains {text!r}" for text in when.contains]
    words += [f"lacks {text!r}" for text in when.lacks]
    words += [f"matches {when.matches.pattern!r}"] if when.matches else []
    words += [f"user says {text!r}" for text in when.user_contains]
    words += [f"seen {when.seen[0]}"] if when.seen else []
    return f"{place + 1} ({', '.join(word for word in words if word) or 'another condition'})"
