"""Rules that a person granted: how far they reach, and where they are kept."""

import json
import stat
import threading
from pathlib import Path

import pytest

from aura.config.schema import Settings
from aura.core.errors import AuraError, ConfigError
from aura.core.permissions import Allow, Ask, Deny, Mode, Verdict, judge
from aura.core.tools import Access, Effect
from aura.safety.grants import Grants, grants_file
from aura.safety.policy import Policy

PYTEST = "Bash(pytest:*)"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    folder = tmp_path / "relay"
    folder.mkdir()
    return folder


def open_policy(workspace: Path, **rules: tuple[str, ...]) -> Policy:
    settings = Settings()
    permissions = settings.permissions.model_copy(update=rules)
    home = workspace.parent
    return Policy(settings.model_copy(update={"permissions": permissions}), workspace, home=home)


def bash(policy: Policy, command: str, mode: Mode = Mode.ASK) -> Verdict:
    return judge(policy.gather("Bash", Effect.EXECUTE, Access(command=command)), mode)


def test_the_offered_rule_lets_the_same_pass_and_nothing_chained_to_it(workspace: Path) -> None:
    policy = open_policy(workspace)
    asked = bash(policy, "pytest -q")
    assert isinstance(asked, Ask)
    assert asked.rule == PYTEST
    policy.grants.add(asked.rule, "session")
    for command in ("pytest -q", "pytest tests/test_a.py", "cd src && pytest | tail -3", "timeout 9 pytest"):
        assert bash(policy, command) == Allow(PYTEST)
    for command in (
        "pytest && rm -rf x", "pytest; make", "pytestx", "pytest > out.txt", "X=1 pytest", "pytest $(make)",
        "sudo pytest", "xargs pytest",
    ):  # fmt: skip
        assert isinstance(bash(policy, command), Ask), command


@pytest.mark.parametrize(
    "command", ["pytest ../other", "pytest -o ~/report.xml", "cd .. && pytest -o x.xml", "pytest -o /etc/x"]
)
@pytest.mark.usefixtures("workspace")
def test_a_granted_rule_ends_at_the_edge_of_the_workspace(command: str) -> None:
    """A rule of the settings does not: who writes it there has thought of it."""
    policy = open_policy(Path("/home/dev/relay"))
    policy.grants.add(PYTEST, "project")
    assert isinstance(bash(policy, "pytest -o x.xml"), Allow)
    assert not isinstance(bash(policy, command), Allow)


def test_what_needs_a_person_each_time_still_does(workspace: Path) -> None:
    policy = open_policy(workspace)
    policy.grants.add("Bash(git push:*)\nBash(git checkout:*)", "session")
    assert isinstance(bash(policy, "git checkout -b x"), Allow)
    assert isinstance(bash(policy, "git push"), Ask)
    assert isinstance(bash(policy, "git push", Mode.AUTO), Ask)
    assert isinstance(bash(policy, "git checkout -- x"), Ask)


def test_deny_beats_ask_beats_what_was_granted(workspace: Path) -> None:
    policy = open_policy(workspace, deny=("Bash(pytest -x:*)",), ask=("Bash(pytest --lf:*)",))
    policy.grants.add(PYTEST, "session")
    assert isinstance(bash(policy, "pytest"), Allow)
    assert isinstance(bash(policy, "pytest --lf"), Ask)
    assert isinstance(bash(policy, "pytest -x"), Deny)
    assert isinstance(bash(policy, "pytest", Mode.PLAN), Deny)


def test_no_rule_is_offered_where_an_ask_rule_would_ask_again(workspace: Path) -> None:
    verdict = bash(open_policy(workspace, ask=("Bash(pytest:*)",)), "pytest")
    assert isinstance(verdict, Ask)
    assert verdict.rule == ""


def test_a_granted_rule_and_one_of_the_settings_cover_a_command_together(workspace: Path) -> None:
    policy = open_policy(workspace, allow=("Bash(make:*)", "Bash(ruff:*)"))
    policy.grants.add(PYTEST, "session")
    assert bash(policy, "ruff check . && pytest") == Allow(f"Bash(ruff:*), {PYTEST}")


def test_those_of_a_session_end_with_it_and_those_of_a_project_stay(workspace: Path, tmp_path: Path) -> None:
    policy = open_policy(workspace)
    policy.grants.add("Bash(ruff check:*)", "session")
    policy.grants.add(PYTEST, "project")
    policy.grants.add(PYTEST, "project")
    later = open_policy(workspace)
    assert isinstance(bash(later, "pytest"), Allow)
    assert isinstance(bash(later, "ruff check ."), Ask)
    (tmp_path / "other").mkdir()
    assert isinstance(bash(open_policy(tmp_path / "other"), "pytest"), Ask)


def test_they_lie_out_of_reach_readable_by_their_owner_only(workspace: Path, tmp_path: Path) -> None:
    policy = open_policy(workspace)
    policy.grants.add(PYTEST, "project")
    file = grants_file(workspace)
    assert file.is_relative_to(tmp_path / "home" / "state" / "grants")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert json.loads(file.read_text()) == {"version": 1, "path": str(workspace), "allow": [PYTEST]}
    facts = policy.gather("Write", Effect.WRITE, Access(writes=(str(file),)))
    assert isinstance(judge(facts, Mode.YOLO), Deny)
    (tmp_path / "link").symlink_to(workspace)
    assert grants_file(tmp_path / "link") == file


def test_a_rule_is_taken_back(workspace: Path) -> None:
    grants = Grants(workspace)
    grants.add(PYTEST, "project")
    grants.add("Bash(make test)", "session")
    other = Grants(workspace)
    other.add("Bash(ruff check:*)", "project")
    assert str(grants.drop(1).rule) == PYTEST
    assert str(grants.drop(1).rule) == "Bash(make test)"
    assert grants.granted == ()
    assert [str(rule) for rule in Grants(workspace).rules] == ["Bash(ruff check:*)"]  # the other one's stays
    for number in (0, 1, -1):
        with pytest.raises(AuraError, match="/permissions lists them"):
            grants.drop(number)


def test_two_at_once_lose_nothing(workspace: Path) -> None:
    threads = [
        threading.Thread(target=Grants(workspace).add, args=(f"Bash(make t{number})", "project"))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, Grants(workspace).rules)) == [f"Bash(make t{number})" for number in range(8)]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"allow": 7}', '{"allow": ["Bash("]}', '{"allow": [7]}'])
def test_a_file_that_cannot_be_read_grants_nothing_and_says_so(workspace: Path, text: str) -> None:
    file = grants_file(workspace)
    file.parent.mkdir(parents=True)
    file.write_text(text)
    policy = open_policy(workspace)
    assert policy.grants.rules == ()
    assert "cannot be read, so none counts" in policy.notices[0]
    assert isinstance(bash(policy, "pytest"), Ask)


def test_one_that_would_allow_anything_is_set_aside_in_auto_mode(workspace: Path) -> None:
    file = grants_file(workspace)
    file.parent.mkdir(parents=True)
    file.write_text('{"allow": ["Bash", "Bash(make:*)"]}')
    policy = open_policy(workspace)
    assert policy.notices == (
        "In auto mode these rules are set aside, because they would allow anything: Bash, Bash(make:*).",
    )
    facts = policy.gather("Bash", Effect.EXECUTE, Access(command="make"))
    assert facts.allowed_by == ""
    assert facts.broadly_allowed_by == "Bash"


def test_what_cannot_be_written_is_told(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "home" / "state").mkdir(parents=True)
    (tmp_path / "home" / "state" / "grants").write_text("in the way")
    grants = Grants(workspace)
    with pytest.raises(AuraError, match="cannot be written"):
        grants.add(PYTEST, "project")
    assert grants.rules == ()


def test_an_offer_that_is_no_rule_grants_nothing(workspace: Path) -> None:
    with pytest.raises(ConfigError):
        Grants(workspace).add("Bash(", "session")
