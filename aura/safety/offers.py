"""Which rules a person may be offered with a yes: the narrowest that speak for a command and its like.

Nothing is offered for what needs a person each time, for shells, for code on a command line, for what deletes or writes
files by name, and for what is not known.
"""

import shlex
from collections.abc import Sequence
from pathlib import PurePath

from aura.core.errors import ConfigError
from aura.core.permissions import Rule, parse_rule
from aura.safety.catalogue import TOOLS
from aura.safety.places import Places
from aura.safety.programs import build, build_targets
from aura.safety.rules import Call, find_cover, is_broad
from aura.safety.shell import CommandFacts

MOST_RULES = 3
LONGEST_RULE = 200  # characters
INSIDE = {
    "uv": "run",
    "poetry": "run",
    "pipenv": "run",
    "hatch": "run",
    "pdm": "run",
    "rye": "run",
    "bundle": "exec",
}
VERBED = frozenset(
    """git ruff coverage mkdocs biome dune elixir zig crystal kotlinc meson cargo go npm pnpm yarn bun gradle gradlew
    mvn mvnw dotnet swift stack cabal mix rebar3 sbt lein bazel composer pip pip3""".split()  # noqa: SIM905 - a list of names
)
SCRIPTS = frozenset({"npm", "pnpm", "yarn", "bun"})
OPEN_VERBS = frozenset({"run", "tool", "generate", "exec"})  # what follows them may be anything
PYTHONS = frozenset({"python", "python3"})
UNOFFERED = frozenset({"http.server", "venv", "virtualenv", "timeit"})


def offer_rules(call: Call, places: Places) -> str:
    """The rules that would allow a call and its like, one a line; empty when there is none to offer."""
    facts = call.facts
    if facts is None or facts.consent or facts.floor or not facts.risky:
        return ""
    rules = _suggest(facts)
    if not 0 < len(rules) <= MOST_RULES or any(map(is_broad, rules)):
        return ""
    return "\n".join(map(str, rules)) if find_cover(rules, call, places) else ""


def read_offer(text: str) -> tuple[Rule, ...]:
    """The rules of an offer; raises `ConfigError` for one that cannot be read."""
    return tuple(parse_rule(line, "allow") for line in text.split("\n") if line.strip())


def _suggest(facts: CommandFacts) -> tuple[Rule, ...]:
    """A rule for each part that is not harmless; none at all when one part has none."""
    found: dict[Rule, None] = {}
    for part in facts.parts:
        if part.harmless:
            continue
        pattern = _pattern_of(part.argv) if part.plain else ""
        if not pattern or len(pattern) > LONGEST_RULE or "\n" in pattern:
            return ()
        try:
            found[parse_rule(f"Bash({pattern})", "allow")] = None
        except ConfigError:
            return ()
    return tuple(found)


def _pattern_of(argv: Sequence[str]) -> str:
    """The narrowest pattern that is still of use for one command; empty: none."""
    start = _beginning(argv)
    if start:
        return "" if "*" in (text := shlex.join(start)) else f"{text}:*"
    whole = shlex.join(argv)
    return whole if _is_exact(argv) and "*" not in whole else ""


def _beginning(argv: Sequence[str]) -> tuple[str, ...]:
    """The first words that say what a command does, when what follows them may vary; else nothing."""
    name, *rest = argv
    verb = rest[0] if rest and not rest[0].startswith("-") else ""
    if INSIDE.get(name) == verb and verb:
        inner = _beginning(rest[1:]) if len(rest) > 1 else ()
        return (name, verb, *inner) if inner else ()
    if name in PYTHONS and rest[:1] == ["-m"] and len(rest) > 1:
        module = _beginning(rest[1:])
        return (name, "-m", *module) if module else ()
    if name in VERBED:
        if verb in OPEN_VERBS:
            script = rest[1] if name in SCRIPTS and len(rest) > 1 and not rest[1].startswith("-") else ""
            return (name, verb, script) if script else ()
        return (name, verb) if verb else ()
    return (name,) if TOOLS.get(name) is build and name not in UNOFFERED else ()


def _is_exact(argv: Sequence[str]) -> bool:
    """Whether a command may be offered word for word: targets, and scripts of the project."""
    name, rest = argv[0], argv[1:]
    if TOOLS.get(name) is build_targets:
        return True
    if INSIDE.get(name) is not None and rest[:1] == (INSIDE[name],):
        return len(rest) > 1 and _is_exact(argv[2:])
    if name in PYTHONS:
        return bool(rest) and rest[0].endswith(".py") and not rest[0].startswith(("/", "~", ".."))
    return name.startswith("./") and ".." not in PurePath(name).parts
