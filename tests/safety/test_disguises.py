"""A command that is not allowed is not allowed in any disguise: wrapped, re-quoted, joined with others, or mutated."""

import base64
import random
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.config.schema import Settings
from aura.safety.cases import Scene, read_cases, rule_on

HERE = Path(__file__).parent
CASES = [case for name in ("fresh.tsv", "families.tsv", "second.tsv") for case in read_cases(HERE / name)[1]]
POLICY = Scene().make_policy(Settings())
VERDICTS = {case.command: rule_on(POLICY, case.command).verdict for case in CASES}
STOPPED = [command for command, verdict in VERDICTS.items() if verdict != "allow"]
REFUSED = [
    command
    for command, verdict in VERDICTS.items()
    if verdict == "deny" and "\n" not in command and "$" not in command and len(command) < 200
]


def _in_bash(text: str) -> str:
    return f"bash -c {shlex.quote(text)}"


WRAPPERS: dict[str, Callable[[str], str]] = {
    "shell": _in_bash,
    "shells": lambda text: _in_bash(_in_bash(text)),
    "login": lambda text: f"/bin/bash -lc {shlex.quote(text)}",
    "env": lambda text: f"env A=1 {_in_bash(text)}",
    "timeout": lambda text: f"timeout -k 5 60 nice {_in_bash(text)}",
    "find": lambda text: f"find . -maxdepth 0 -exec {_in_bash(text)} \\;",
    "eval": lambda text: f"eval {shlex.quote(text)}",
    "given": lambda text: f"bash <<< {shlex.quote(text)}",
    "document": lambda text: f"sh <<'XEND'\n{text}\nXEND",
    "printed": lambda text: f"printf '%s\\n' {shlex.quote(text)} | sh",
    "encoded": lambda text: f"echo {base64.b64encode(text.encode()).decode()} | base64 -d | sh",
    "named": lambda text: f'x={shlex.quote(text)}; eval "$x"',
    "written": lambda text: f"cat > w.sh <<'XEND'\n{text}\nXEND\nbash w.sh",
    "trap": lambda text: f"trap {shlex.quote(text)} EXIT",
    "last": lambda text: f"ls && true; {text}",
    "group": lambda text: f"{{ {text}\n}}",
    "subshell": lambda text: f"( {text}\n)",
    "branch": lambda text: f"if true; then\n{text}\nfi",
    "loop": lambda text: f"for i in 1 2; do\n{text}\ndone",
    "function": lambda text: f"f() {{\n{text}\n}}; f",
    "substituted": lambda text: f'echo "$(\n{text}\n)"',
    "process": lambda text: f"cat <(\n{text}\n)",
    "case": lambda text: f"case x in\nx)\n{text}\n;;\nesac",
    "negated": lambda text: f"! {{\n{text}\n}}",
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_no_wrapper_makes_a_stopped_command_allowed(name: str) -> None:
    wrap = WRAPPERS[name]
    passed = [text for text in STOPPED if rule_on(POLICY, wrap(text)).verdict == "allow"]
    assert passed == []


@pytest.mark.parametrize(
    "name", ["shell", "eval", "given", "document", "last", "subshell", "branch", "loop", "timeout"]
)
def test_what_is_refused_is_refused_in_a_plain_wrapper(name: str) -> None:
    wrap = WRAPPERS[name]
    milder = [text for text in REFUSED if rule_on(POLICY, wrap(text)).verdict != "deny"]
    assert len(milder) <= len(REFUSED) // 50, milder


def _requote(text: str, chance: random.Random) -> str:
    """The same words in other quotes; only for commands that are words and blanks."""
    return " ".join(_spell(word, chance) for word in text.split(" "))


def _spell(word: str, chance: random.Random) -> str:
    if not word.isalpha():
        return word
    at = chance.randrange(len(word))
    return chance.choice(
        [
            f"'{word}'",
            f'"{word}"',
            f"\\{word}",
            f"{word[:at]}''{word[at:]}",
            f'{word[:at]}"{word[at:]}"',
            "$'" + "".join(f"\\x{ord(char):02x}" for char in word) + "'",
            f"{word[:at]}\\\n{word[at:]}",
        ]
    )


PLAIN = [
    text
    for text in STOPPED
    if set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./~_ ")
]


@given(st.sampled_from(PLAIN), st.randoms(use_true_random=False))
def test_no_quoting_makes_a_stopped_command_allowed(text: str, chance: random.Random) -> None:
    assert rule_on(POLICY, _requote(text, chance)).verdict != "allow"


SIGNS = [*" \n\t;&|<>(){}[]$`'\"\\*?~#!=-/.,", "$(", "${", "<<E\n", "do", "fi", "é", "\U0001f600"]


@given(
    st.sampled_from([case.command for case in CASES if len(case.command) < 400]),
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(SIGNS), st.booleans()), max_size=6),
)
def test_any_mutation_is_judged(text: str, changes: list[tuple[int, str, bool]]) -> None:
    for at, sign, removes in changes:
        place = at % (len(text) + 1)
        text = text[:place] + sign + text[place + removes :]
    assert rule_on(POLICY, text).verdict in ("allow", "ask", "deny")


@given(st.sampled_from(STOPPED), st.sampled_from([";", "&&", "||", "|", "&", "\n"]))
def test_a_stopped_command_stops_what_it_is_joined_with(text: str, operator: str) -> None:
    assert rule_on(POLICY, f"ls -l {operator} {text}").verdict != "allow"
    if "#" not in text and "<<" not in text:
        assert rule_on(POLICY, f"{text}\n: {operator} ls -l").verdict != "allow"
