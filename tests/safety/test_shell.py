"""What becomes of shell commands: a list of them, and what holds for all."""

import shlex
import string
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aura.config.schema import Settings
from aura.core.permissions import Allow, Deny, Facts, Mode, judge
from aura.core.tools import Access, Effect
from aura.safety.policy import Policy
from aura.safety.shell import LONGEST, CommandFacts, examine

HOME = Path("/home/dev")
WORKSPACE = HOME / "proj"


def read_commands() -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    name = ""
    for line in Path(__file__).with_name("commands.txt").read_text().splitlines():
        if line.startswith("[") and "] # " in line:
            name = line[1 : line.index("]")]
        elif line and name:
            sections.setdefault(name, []).append(line.replace("\\n", "\n"))
    return sections


COMMANDS = read_commands()


def look_at(command: str) -> CommandFacts:
    return examine(command, WORKSPACE, HOME)


def gather(command: str) -> Facts:
    policy = Policy(Settings(), WORKSPACE, home=HOME, boxed=True)
    return policy.gather("Bash", Effect.EXECUTE, Access(command=command))


@pytest.mark.parametrize("command", COMMANDS["never"])
def test_what_must_never_run_is_refused_in_every_mode(command: str) -> None:
    facts = gather(command)
    assert facts.floor
    assert all(isinstance(judge(facts, mode), Deny) for mode in Mode)


@pytest.mark.parametrize("command", COMMANDS["person"])
def test_what_needs_a_person_runs_in_no_mode_by_itself(command: str) -> None:
    facts = gather(command)
    for mode in (Mode.PLAN, Mode.ASK, Mode.EDIT, Mode.AUTO):
        assert not isinstance(judge(facts, mode), Allow)


@pytest.mark.parametrize("command", COMMANDS["work"])
def test_ordinary_work_runs_in_auto_mode_and_is_asked_about_before(command: str) -> None:
    facts = gather(command)
    assert isinstance(judge(facts, Mode.AUTO), Allow)
    assert not isinstance(judge(facts, Mode.ASK), Allow)
    assert isinstance(judge(facts, Mode.PLAN), Deny)


@pytest.mark.parametrize("command", COMMANDS["free"])
def test_what_only_looks_runs_in_every_mode(command: str) -> None:
    facts = gather(command)
    assert all(isinstance(judge(facts, mode), Allow) for mode in Mode)


WRAPPERS = [
    "{}",
    "true; {}",
    "true && {}",
    "false || {}",
    "true | {}",
    "true & {}",
    "true\n{}",
    "({})",
    "{{ {}; }}",
    "! {}",
    "if true; then {}; fi",
    "while true; do {}; done",
    "for x in a b; do {}; done",
    "echo $({})",
    'echo "$({})"',
    "echo `{}`",
    "cat <({})",
    "cat <<E\n$({})\nE",
    "X=1 {}",
    "time {}",
    "env X=1 {}",
    "nice -n 5 {}",
    "timeout 5 {}",
    "command {}",
    "sudo {}",
    "xargs {}",
    "sh -c '{}'",
    'bash -lc "{}"',
    "eval '{}'",
    "bash <<< '{}'",
    "bash <<'E'\n{}\nE",
    "trap '{}' EXIT",
    "f() {{ {}; }}; f",
    "x=${{y:-$({})}}",
    "> out {}",
    "{} # comment",
    "echo \\\n; {}",
]


@pytest.mark.parametrize("command", ["rm -rf ~", "rm -rf /home/dev", "rm -rf .git"])
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_no_wrapper_hides_what_must_never_run(wrapper: str, command: str) -> None:
    assert look_at(wrapper.format(command)).floor


@given(
    st.sampled_from([*COMMANDS["free"], *COMMANDS["work"]]),
    st.sampled_from([";", "&&", "||", "|", "&", "\n"]),
)
def test_a_harmless_beginning_hides_nothing(command: str, operator: str) -> None:
    assert look_at(f"{command}\n: {operator} rm -rf ~").floor


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60))
@example("rm -rf ~")
@example("$(rm -rf ~)`id`")
def test_quoted_text_is_data(text: str) -> None:
    facts = look_at(f"echo {shlex.quote(text)}")
    assert not facts.floor
    assert [part.argv for part in facts.parts] == [("echo", text)]


SHELLISH = st.lists(
    st.sampled_from([*" \n\t;&|<>(){}[]$`'\"\\*?~#!=-/.,ab", "rm", "if", "fi", "do", "${", "$(", "<<E\n"]),
    max_size=30,
).map("".join)


@given(SHELLISH | st.text(max_size=40))
def test_any_text_is_judged_and_none_raises(text: str) -> None:
    facts = look_at(text)
    assert facts.risky or not (facts.floor or facts.consent)


@given(st.text(string.ascii_lowercase, min_size=3, max_size=12).map(lambda name: f"zz{name}"))
def test_an_unknown_program_needs_a_person(name: str) -> None:
    assert look_at(f"{name} --flag").consent


@pytest.mark.parametrize("odd", ["\x1b[2K", "\u202e", "\u200b", "\u00a0", "\u2028", "\U000e0041", "\r"])
def test_characters_that_cannot_be_seen_need_a_person(odd: str) -> None:
    assert look_at(f"ls {odd}src").consent
    assert look_at(f"rm -rf {odd} ~").floor


def test_what_is_too_long_to_show_needs_a_person_and_is_still_read() -> None:
    assert look_at("echo " + "a" * LONGEST).consent
    assert look_at("echo " + "a" * LONGEST + "; rm -rf ~").floor
    assert look_at("true && " * 500 + "rm -rf ~").floor


HOSTILE = [
    "a",
    "'",
    "$(",
    "`",
    "{a,",
    "(",
    "ls;",
    "ls && ",
    "ls | ",
    "cat <<E\nx\nE\n",
    "x=$x$x;",
    "f() { ",
    "rm a ",
    "rm -rf $x ",
]
HOSTILE += [
    "src/a/b ",
    "sudo ",
    "eval ",
    "bash -c ",
    "frob 'rm x y' ",
    "frob curl ",
    "${a:-",
    "\\x41",
    "system('a b')",
    "a(){ a|",
    "f(){ ls; };",
    "ln -s a b;",
    "python3 -c \"a='x'\nopen(a,'w')\";",
    "git ls-files | ",
]


@pytest.mark.parametrize("size", [LONGEST - 100, 2 * LONGEST - 100, 100_000])
@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_texts_are_judged_in_bounded_time(piece: str, size: int) -> None:
    text = (piece * (size // len(piece))) + " frob"
    begin = time.process_time()
    facts = look_at(text)
    assert facts.consent or size < LONGEST
    assert time.process_time() - begin < 2  # seconds; without a bound it is minutes


def test_too_much_to_look_at_needs_a_person() -> None:
    assert look_at("ls;" * 1000).consent
    assert look_at("ls;" * 1000 + "rm -rf ~").floor
    assert look_at("ls " + "a " * 2000).consent


def test_code_that_another_command_prints_needs_a_person() -> None:
    assert look_at("echo 'print(1)' | python3").consent
    assert look_at("echo 'print(1)' | node -").consent
    assert not look_at("python3 - <<'E'\nprint(1)\nE").consent
    assert look_at("echo 'import os; os.system(\"rm -rf ~\")' | python3").floor


def test_nesting_has_an_end() -> None:
    assert look_at("$(" * 300 + "ls" + ")" * 300).consent
    assert look_at("(" * 5000).consent
    assert look_at("sh -c " * 40 + "ls").consent


def test_paths_follow_the_folder_that_a_command_runs_in() -> None:
    assert look_at("cd src && cat a.py").reads == (f"{WORKSPACE}/src", f"{WORKSPACE}/src/a.py")
    assert look_at("(cd src && true) && cat a.py").reads[-1] == f"{WORKSPACE}/a.py"
    assert look_at("cd src | true; cat a.py").reads[-1] == f"{WORKSPACE}/a.py"
    assert look_at("cd missing; cat a.py").consent
    assert look_at("cd ~ && touch x").writes == (f"{HOME}/x",)


def test_variables_are_followed_where_they_are_certain() -> None:
    assert look_at("x=src/a.py; cat $x").reads == (f"{WORKSPACE}/src/a.py",)
    assert look_at("for x in a b; do cat $x; done").reads == (f"{WORKSPACE}/a", f"{WORKSPACE}/b")
    assert look_at("x=a; true && x=b; cat $x").reads == (f"{WORKSPACE}/a", f"{WORKSPACE}/b")
    assert look_at("read x; cat $x").consent


def test_parts_say_which_of_them_a_rule_may_speak_for() -> None:
    parts = {part.argv[0]: part for part in look_at("ls && npm test > out && X=1 make && cat $(id)").parts}
    assert parts["ls"].harmless and parts["ls"].plain
    assert not parts["npm"].plain and not parts["make"].plain and not parts["cat"].plain
    assert parts["id"].harmless
