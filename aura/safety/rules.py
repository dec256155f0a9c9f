"""Which rules speak of a call: `Bash(git diff:*)`, `Edit(src/**)`, `WebFetch(domain:example.com)`, `mcp__server__*`."""

import fnmatch
import os
import re
import urllib.parse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import pathspec

from aura.core.permissions import Rule
from aura.core.tools import Access, Effect
from aura.safety.places import Places, is_below
from aura.safety.script import read_script
from aura.safety.shell import CommandFacts, Part
from aura.safety.words import Unreadable

EDITS = frozenset({"edit", "write", "patch", "multiedit", "notebookedit"})
READS = frozenset({"read", "grep", "glob", "ls"})
SHELLS = frozenset({"bash", "shell"})
FETCHES = frozenset({"webfetch", "fetch", "websearch"})
BROAD = frozenset(
    """sh bash zsh dash ksh fish env sudo doas su xargs eval exec source . command nohup timeout time nice ssh
    python python2 python3 perl ruby node deno bun php lua awk gawk osascript npx bunx uvx pipx docker podman kubectl
    make find parallel watch script busybox""".split()  # noqa: SIM905 - a list of names reads best without quotes
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call as rules see it; `facts` is what its shell command does, if it has one."""

    tool: str
    effect: Effect
    access: Access
    facts: CommandFacts | None = None


def find_rule(rules: Iterable[Rule], call: Call, places: Places) -> str:
    """The first rule that speaks of any part of a call, as text; empty when none does. For deny and ask rules."""
    for rule in rules:
        if _touches(rule, call, places):
            return str(rule)
    return ""


def find_cover(rules: Sequence[Rule], call: Call, places: Places) -> str:
    """The allow rules that together cover the whole of a call, as text; empty when they do not."""
    if call.facts is not None:
        return _cover_command(
            [rule for rule in rules if _names(rule.tool, call, SHELLS)], call.access.command, call.facts
        )
    for rule in rules:
        if _covers(rule, call, places):
            return str(rule)
    return ""


def is_broad(rule: Rule) -> bool:
    """Whether an allow rule is so wide that it would allow anything: every command, a shell, an interpreter."""
    tool = rule.tool.casefold()
    if tool == "*":
        return True
    if tool not in SHELLS:
        return False
    if not rule.pattern:
        return True
    words = rule.pattern.removesuffix(":*").removesuffix("*").split()
    if not words or "*" in words[0]:
        return True
    is_open = rule.pattern.endswith("*")
    name = PurePath(words[0]).name
    return is_open and len(words) == 1 and (name in BROAD or name.startswith("python"))


def _touches(rule: Rule, call: Call, places: Places) -> bool:
    """Whether a deny or ask rule speaks of a call: of one command in it, of one path, of its host."""
    facts = call.facts
    if facts is not None and _names(rule.tool, call, SHELLS):
        if not rule.pattern or _matches_text(rule.pattern, call.access.command):
            return True
        return any(_matches_part(rule.pattern, part) for part in facts.parts)
    paths = [*call.access.writes, *(facts.writes if facts else ())]
    if _is_kind(rule.tool, EDITS) and paths:
        return not rule.pattern or any(_matches_path(rule.pattern, path, places) for path in paths)
    paths = [*call.access.reads, *(facts.reads if facts else ())]
    if _is_kind(rule.tool, READS) and paths:
        return not rule.pattern or any(_matches_path(rule.pattern, path, places) for path in paths)
    if not _matches_tool(rule.tool, call.tool):
        return False
    if call.access.url and rule.pattern:
        return _matches_host(rule.pattern, call.access.url, wide=True)
    return True


def _covers(rule: Rule, call: Call, places: Places) -> bool:
    """Whether an allow rule alone speaks of everything that a call touches."""
    access = call.access
    is_edit = bool(access.writes) and _is_kind(rule.tool, EDITS)
    is_read = bool(access.reads) and not access.writes and _is_kind(rule.tool, READS)
    if not (is_edit or is_read or _matches_tool(rule.tool, call.tool)):
        return False
    if not rule.pattern:
        return True
    if access.url:
        return _matches_host(rule.pattern, access.url, wide=False)
    paths = access.writes or access.reads
    return bool(paths) and all(_matches_path(rule.pattern, path, places) for path in paths)


def _cover_command(rules: Sequence[Rule], command: str, facts: CommandFacts) -> str:
    """The rules that cover every part of a command; what is known to be harmless needs none."""
    for rule in rules:
        if not rule.pattern or rule.pattern == "*" or rule.pattern.strip() == command.strip():
            return str(rule)
    used: dict[str, None] = {}
    for part in facts.parts:
        if part.harmless:
            continue
        speaking = [rule for rule in rules if part.plain and _matches_part(rule.pattern, part)]
        if not speaking:
            return ""
        used[str(speaking[0])] = None
    return ", ".join(used)


def _matches_part(pattern: str, part: Part) -> bool:
    """Whether a pattern speaks of one simple command: `git diff:*` is a beginning in whole words, `*` any text."""
    if pattern.endswith(":*"):
        wanted = _split(pattern[:-2])
        return tuple(part.argv[: len(wanted)]) == wanted
    if "*" in pattern:
        return _glob(" ".join(_split(pattern)), " ".join(part.argv))
    return part.argv == _split(pattern)


def _split(text: str) -> tuple[str, ...]:
    """The words of a pattern, without their quotes."""
    try:
        commands = read_script(text).commands
    except Unreadable:
        return tuple(text.split())
    words = commands[0].words if len(commands) == 1 else []
    return tuple(word.raw if word.literal is None else word.literal for word in words) or tuple(text.split())


def _matches_text(pattern: str, command: str) -> bool:
    """Whether a deny or ask pattern speaks of the text as a whole, operators and all."""
    text = " ".join(command.split())
    if pattern.endswith(":*"):
        wanted = " ".join(pattern[:-2].split())
        return text == wanted or text.startswith(f"{wanted} ")
    return _glob(" ".join(pattern.split()), text)


def _glob(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern in which only `*` is special; a last ` *` may also be nothing."""
    expression = ".*".join(map(re.escape, pattern.split("*")))
    if pattern.endswith(" *"):
        expression = re.escape(pattern[:-2]).replace(r"\*", ".*") + "( .*)?"
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _matches_path(pattern: str, path: str, places: Places) -> bool:
    """Whether a pattern as in .gitignore speaks of a path; `~/` is home, `/` the root, all else the workspace."""
    spelled = places.resolve(path)
    is_absolute = pattern.startswith(("/", "~"))
    forms = {spelled, os.path.realpath(spelled)}
    if is_absolute:
        rule = pathspec.GitIgnoreSpec.from_lines(["/" + places.resolve(pattern).lstrip("/")])
        return any(rule.match_file(form.lstrip("/")) for form in forms)
    rule = pathspec.GitIgnoreSpec.from_lines([pattern.removeprefix("./")])
    inside = [os.path.relpath(form, places.workspace) for form in forms if is_below(form, places.workspace)]
    return any(rule.match_file(form) for form in inside)


def _matches_host(pattern: str, url: str, *, wide: bool) -> bool:
    """Whether `domain:example.com` or `domain:*.example.com` speaks of a URL; `wide` takes subdomains along."""
    host = (urllib.parse.urlsplit(url).hostname or "").rstrip(".").lower()
    wanted = pattern.removeprefix("domain:").rstrip(".").lower()
    if wanted.startswith("*."):
        return host.endswith(wanted[1:])
    return host == wanted or (wide and host.endswith(f".{wanted}"))


def _names(name: str, call: Call, kind: frozenset[str]) -> bool:
    return _is_kind(name, kind) or _matches_tool(name, call.tool)


def _is_kind(name: str, kind: frozenset[str]) -> bool:
    return name.casefold() in kind


def _matches_tool(name: str, tool: str) -> bool:
    """Whether the name in a rule means a tool; `mcp__server` means all tools of that server."""
    wanted, given = name.casefold(), tool.casefold()
    if wanted.startswith("mcp__") and wanted.count("__") == 1:
        return given.startswith(f"{wanted}__")
    return fnmatch.fnmatchcase(given, wanted)
