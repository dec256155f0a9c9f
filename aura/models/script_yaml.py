"""Scripts as YAML: reads a file into a `Script`, and says exactly what is wrong with one that is not."""

import difflib
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import yaml

from aura.core.errors import ConfigError, ModelErrorKind
from aura.core.models import Finish, Usage
from aura.models.script import ANY_TEMPLATE, TEMPLATE, Call, Failure, Reply, Script, When

MANY = 1_000_000
STATUS = {
    ModelErrorKind.RATE_LIMIT: 429,
    ModelErrorKind.QUOTA: 429,
    ModelErrorKind.OVERLOADED: 503,
    ModelErrorKind.TIMEOUT: 504,
    ModelErrorKind.AUTH: 401,
    ModelErrorKind.NOT_FOUND: 404,
    ModelErrorKind.TOO_LARGE: 413,
    ModelErrorKind.CONTEXT_OVERFLOW: 400,
    ModelErrorKind.CONTENT_FILTER: 400,
    ModelErrorKind.BAD_REQUEST: 400,
    ModelErrorKind.UNKNOWN: 500,
}

Reader = Callable[[Any, str], Any]
Word = TypeVar("Word", bound=StrEnum)


class _Wrong(Exception):
    """A value that cannot be used: where it stands and what is wrong."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}" if where else problem)


def load_script(path: str | Path) -> Script:
    """The script of a YAML file; raises `ConfigError` that names the file and the place in it."""
    file = Path(path).expanduser()
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"The script {path} cannot be read ({reason}).") from None
    return parse_script(text, file.name)


def parse_script(text: str, name: str = "unnamed") -> Script:
    """The script of a YAML text; raises `ConfigError` that names `name` and the place in the text."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise ConfigError(f"The script {name}{place}: {problem}.") from None
    try:
        return _read_script(content, name)
    except _Wrong as wrong:
        raise ConfigError(f"The script {name}: {wrong}.") from None


def _read_script(content: object, name: str) -> Script:
    table = {"replies": content} if isinstance(content, list) else content
    given = _read_table(table, "", _SCRIPT)
    replies = given.pop("replies", ())
    if not replies:
        raise _Wrong("replies", "a script needs at least one reply")
    return Script(**{"name": name, **given}, replies=replies)


def _read_table(value: object, where: str, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """A mapping read key by key; unknown keys are refused with the nearest known one."""
    if not isinstance(value, dict):
        raise _Wrong(where, "a mapping is expected here")
    found = {}
    for key, item in value.items():
        reader = readers.get(str(key))
        if reader is None:
            near = difflib.get_close_matches(str(key), readers, n=1)
            hint = f"did you mean `{near[0]}`" if near else f"known are {', '.join(readers)}"
            raise _Wrong(where, f"there is no `{key}` here; {hint}")
        found[str(key)] = reader(item, f"{where}.{key}" if where else str(key))
    return found


def _read_reply(value: object, where: str) -> Reply:
    given = _read_table(value, where, _REPLY)
    calls = given.pop("call", ())
    if not ({"think", "say", "error", "cut"} & given.keys() or calls):
        raise _Wrong(where, "a reply needs one of think, say, call, error or cut")
    fails = "error" in given or given.get("cut") is not None
    match = given["when"].matches if "when" in given else None
    for text in (given.get("think", ""), given.get("say", ""), *(call.arguments for call in calls)):
        _check_templates(text, where, match)
    return Reply(**{"once": fails, **given}, calls=calls)


def _read_replies(value: object, where: str) -> tuple[Reply, ...]:
    return tuple(
        _read_reply(item, f"{where}[{place}]") for place, item in enumerate(_listed(value, where), 1)
    )


def _read_when(value: object, where: str) -> When:
    return When(**_read_table(value, where, _WHEN))


def _read_calls(value: object, where: str) -> tuple[Call, ...]:
    items = value if isinstance(value, list) else [value]
    calls = []
    for place, item in enumerate(items, 1):
        at = f"{where}[{place}]"
        given = _read_table(item, at, _CALL)
        if not given.get("tool"):
            raise _Wrong(at, "a call needs the name of its `tool`")
        arguments = given.pop("with", {})
        calls.append(Call(arguments=arguments, **given))
    return tuple(calls)


def _read_error(value: object, where: str) -> Failure:
    given = _read_table({"kind": value} if isinstance(value, str) else value, where, _ERROR)
    if "kind" not in given:
        raise _Wrong(where, "an error needs its `kind`")
    return Failure(**{"status": STATUS.get(given["kind"], 0), **given})


def _read_usage(value: object, where: str) -> Usage:
    return Usage(**_read_table(value, where, dict.fromkeys(Usage.__dataclass_fields__, _count)))


def _read_prices(value: object, where: str) -> dict[str, float]:
    return _read_table(value, where, dict.fromkeys(("input", "output", "cache_read", "cache_write"), _number))


def _check_templates(value: object, where: str, match: re.Pattern[str] | None) -> None:
    """Refuse a template that means nothing or that nothing can fill."""
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            _check_templates(item, where, match)
        return
    for found in ANY_TEMPLATE.finditer(value) if isinstance(value, str) else ():
        known = TEMPLATE.fullmatch(found[0])
        if known is None:
            raise _Wrong(
                where, f"{found[0]} is no template; there are match[1], match[name], last, user and seen"
            )
        group = known[2]
        if group is None:
            continue
        groups = {*map(str, range(match.groups + 1)), *match.groupindex} if match else set()
        if group not in groups:
            raise _Wrong(where, f"{found[0]} needs a `matches` with that group in its `when`")


def _listed(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise _Wrong(where, "a list is expected here")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise _Wrong(where, "a text is expected here")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    return tuple(_text(item, where) for item in (value if isinstance(value, list) else [value]))


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(where, "true or false is expected here")
    return value


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise _Wrong(where, "a number from 0 up is expected here")
    return float(value)


def _count(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _Wrong(where, "a whole number from 0 up is expected here")
    return value


def _pattern(value: object, where: str) -> re.Pattern[str]:
    try:
        return re.compile(_text(value, where), re.MULTILINE)
    except re.error as error:
        raise _Wrong(where, f"this is no regular expression ({error})") from None


def _seen(value: object, where: str) -> tuple[int, int]:
    """`3` is exactly three replies, `3+` three or more."""
    if isinstance(value, str) and re.fullmatch(r"\d+\+", value):
        return int(value[:-1]), MANY
    count = _count(value, where)
    return count, count


def _cut(value: object, where: str) -> int | None:
    if isinstance(value, bool):
        return 0 if value else None
    return _count(value, where)


def _finish(value: object, where: str) -> Finish:
    return _member(Finish, value, where)


def _kind(value: object, where: str) -> ModelErrorKind:
    return _member(ModelErrorKind, value, where)


def _member(kind: type[Word], value: object, where: str) -> Word:
    try:
        return kind(str(value))
    except ValueError:
        raise _Wrong(where, f"{value!r} is none of {', '.join(kind)}") from None


def _arguments(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _Wrong(where, "a mapping of arguments is expected here")
    return value


_SCRIPT: dict[str, Reader] = {
    "name": _text,
    "window": _count,
    "max_output": _count,
    "prices": _read_prices,
    "piece": _count,
    "delay": _number,
    "replies": _read_replies,
}
_WHEN: dict[str, Reader] = {
    "tool": _text,
    "contains": _texts,
    "lacks": _texts,
    "matches": _pattern,
    "is_error": _flag,
    "user_contains": _texts,
    "system_contains": _texts,
    "history_contains": _texts,
    "offers": _texts,
    "tools_off": _flag,
    "seen": _seen,
}
_REPLY: dict[str, Reader] = {
    "when": _read_when,
    "once": _flag,
    "think": _text,
    "say": _text,
    "call": _read_calls,
    "finish": _finish,
    "error": _read_error,
    "cut": _cut,
    "usage": _read_usage,
    "delay": _number,
}
_CALL: dict[str, Reader] = {"tool": _text, "with": _arguments, "raw": _text, "id": _text}
_ERROR: dict[str, Reader] = {"kind": _kind, "status": _count, "retry_after": _number, "message": _text}
