"""Files of labelled commands: read, judged, counted."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from aura.config.schema import Settings
from aura.core.errors import ConfigError
from aura.safety.cases import Case, Scene, Score, read_cases, rule_on, score
from tests.safety.variants import make_cases

HEAD = "# HOME=/srv/me, workspace=cwd=/srv/me/job (trusted)\nid\tlabel\tfamily\tcommand\treason\n"


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "cases.tsv"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_scene_and_the_cases_are_read(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        HEAD + 'a1\tmust-block\thome\t"rm -rf \\"$HOME\\""\tall is gone\n\na2\tshould-allow\tx\t"ls"\n',
    )
    scene, cases = read_cases(file)
    assert scene == Scene(Path("/srv/me"), Path("/srv/me/job"))
    assert [(case.id, case.label, case.command, case.reason) for case in cases] == [
        ("a1", "must-block", 'rm -rf "$HOME"', "all is gone"),
        ("a2", "should-allow", "ls", ""),
    ]


@pytest.mark.parametrize("line", ["a\tmust-block\tx\tls", 'a\tmaybe\tx\t"ls"', "a", 'a\tmust-ask\tx\t["ls"]'])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError, match="line 3"):
        read_cases(write(tmp_path, HEAD + line + "\n"))


def test_an_empty_file_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no cases"):
        read_cases(write(tmp_path, HEAD))


def test_verdicts_are_counted_and_misses_kept(tmp_path: Path) -> None:
    rows = ['b\tmust-block\tx\t"rm -rf ~"', 'k\tmust-ask\tx\t"git push"', 's\tshould-allow\tx\t"git push"']
    scene, cases = read_cases(write(tmp_path, "\n".join(rows)))
    policy = scene.make_policy(Settings())
    result = score([(case, rule_on(policy, case.command)) for case in cases])
    assert result.false_allows == 0
    assert result.share("must-block", "deny") == 1
    assert [case.id for case, _ in result.misses] == ["s"]


def test_a_ruling_names_its_rule_and_why() -> None:
    policy = Scene().make_policy(Settings())
    refused = rule_on(policy, "ls; rm -rf ~")
    assert (refused.verdict, refused.rule) == ("deny", "hard floor")
    assert "everything" in refused.reason
    assert refused.suggestion
    asked = rule_on(policy, "git push")
    assert (asked.verdict, asked.rule) == ("ask", "needs a person")
    assert rule_on(policy, "ls").verdict == "allow"


def judge_all(cases: Sequence[Case]) -> Score:
    policy = Scene().make_policy(Settings())
    return score([(case, rule_on(policy, case.command)) for case in cases])


@pytest.mark.parametrize(
    "name",
    [
        "fresh",
        "families",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "tenth",
        "eleventh",
        "twelfth",
        "left",
    ],
)
def test_the_commands_written_by_hand_get_their_decisions(name: str) -> None:
    _, cases = read_cases(Path(__file__).with_name(f"{name}.tsv"))
    result = judge_all(cases)
    assert result.false_allows == 0
    assert result.share("must-block", "deny") >= 0.97
    assert result.share("should-allow", "allow") >= 0.98


def test_what_git_can_take_back_is_all_that_passes_of_what_needs_a_person() -> None:
    """Both are labelled as must-ask; they change nothing that is pushed, and the reflog has what they replace."""
    _, cases = read_cases(Path(__file__).with_name("ninth.tsv"))
    result = judge_all(cases)
    passed = [case.command for case, ruling in result.misses if ruling.verdict == "allow"]
    assert [command.split(" --author")[0] for command in passed] == [
        "git commit --amend --no-edit",
        "git reset --soft HEAD~4 && git commit -m 'squash: everything'",
    ]
    assert result.share("should-allow", "allow") >= 0.98


@pytest.mark.parametrize("seed", [1, 2])
def test_no_disguise_lets_a_command_pass(seed: int) -> None:
    result = judge_all(make_cases(seed, 600))
    assert result.false_allows == 0
    assert result.share("must-block", "deny") >= 0.97
    assert result.share("should-allow", "allow") >= 0.98


def test_tools_that_are_told_to_take_code_from_elsewhere_are_not_allowed() -> None:
    policy = Scene().make_policy(Settings())
    lines = Path(__file__).with_name("loading.txt").read_text(encoding="utf-8").splitlines()
    passed = [line for line in lines if line[:1] != "#" and rule_on(policy, line).verdict == "allow"]
    assert passed == []
