"""Rules, and what a policy gathers of a call."""

from pathlib import Path

import pytest

from aura.config.paths import state_dir
from aura.config.schema import Settings
from aura.core.permissions import Allow, Ask, Deny, Mode, Verdict, judge
from aura.core.tools import Access, Effect
from aura.safety.policy import Policy


class Scene:
    """A workspace with rules, asked what becomes of calls."""

    def __init__(self, workspace: Path, **rules: list[str]) -> None:
        permissions = Settings().permissions.model_copy(
            update={name: tuple(texts) for name, texts in rules.items()}
        )
        self.workspace = workspace
        self.policy = Policy(
            Settings().model_copy(update={"permissions": permissions}), workspace, home=Path("/home/dev")
        )

    def bash(self, command: str, mode: Mode = Mode.ASK) -> Verdict:
        return judge(self.policy.gather("Bash", Effect.EXECUTE, Access(command=command)), mode)

    def edit(self, path: str, mode: Mode = Mode.ASK, tool: str = "Edit") -> Verdict:
        return judge(self.policy.gather(tool, Effect.WRITE, Access(reads=(path,), writes=(path,))), mode)

    def read(self, path: str, mode: Mode = Mode.ASK, tool: str = "Read") -> Verdict:
        return judge(self.policy.gather(tool, Effect.READ, Access(reads=(path,))), mode)

    def fetch(self, url: str, tool: str = "WebFetch") -> Verdict:
        return judge(self.policy.gather(tool, Effect.NETWORK, Access(url=url)), Mode.ASK)


WORKSPACE = Path("/home/dev/proj")


@pytest.mark.parametrize(
    "command",
    [
        "git push", "git push origin main", "ls && git push", "git push; ls", "(git push)", "echo $(git push)",
        "/usr/bin/git push", "timeout 5 git push", "sudo git push", "sh -c 'git push'", "xargs git push", "git  push",
        "'git' \"push\"",
    ],
)  # fmt: skip
def test_a_deny_rule_finds_its_command_wherever_it_stands(command: str) -> None:
    scene = Scene(WORKSPACE, deny=["Bash(git push:*)"], allow=["Bash", "Bash(git:*)"])
    for mode in Mode:
        verdict = scene.bash(command, mode)
        assert isinstance(verdict, Deny)
        assert verdict.by == "Bash(git push:*)"


@pytest.mark.parametrize("command", ["git pushx", "git pull", "echo git push", "git stash push -m x"])
def test_a_deny_rule_means_whole_words(command: str) -> None:
    assert not isinstance(Scene(WORKSPACE, deny=["Bash(git push:*)"]).bash(command), Deny)


@pytest.mark.parametrize(
    "command",
    [
        "npm run lint",
        "npm run lint -- --fix",
        "npm run lint && ls",
        "ls | npm run lint",
        "timeout 9 npm run lint",
    ],
)
def test_an_allow_rule_covers_its_command_and_harmless_ones(command: str) -> None:
    scene = Scene(WORKSPACE, allow=["Bash(npm run lint:*)"])
    assert scene.bash(command) == Allow("Bash(npm run lint:*)")


@pytest.mark.parametrize(
    "command",
    [
        "npm run lint && make", "npm run lint; npm test", "npm run lint > out", "npm run lint $(make)",
        "npm run lint $X", "npm run lint `make`", "X=1 npm run lint", "npm run linter", "npm run lint | sh",
        "npm run lint\nmake",
        "npm run lint & make", "sudo npm run lint", "sh -c 'npm run lint'", "npm run lint <(make)",
    ],
)  # fmt: skip
def test_an_allow_rule_covers_nothing_else(command: str) -> None:
    assert not isinstance(Scene(WORKSPACE, allow=["Bash(npm run lint:*)"]).bash(command), Allow)


def test_several_allow_rules_may_cover_a_command_together() -> None:
    scene = Scene(WORKSPACE, allow=["Bash(make)", "Bash(npm test:*)"])
    assert scene.bash("make && npm test -- -x") == Allow("Bash(make), Bash(npm test:*)")
    assert isinstance(scene.bash("make clean && npm test"), Ask)


def test_an_exact_rule_may_name_a_whole_line() -> None:
    scene = Scene(WORKSPACE, allow=["Bash(make > log.txt; tail log.txt)"])
    assert isinstance(scene.bash("make > log.txt; tail log.txt"), Allow)
    assert isinstance(scene.bash("make > log.txt; tail log.txt; make"), Ask)


def test_a_star_is_any_text_of_one_command() -> None:
    scene = Scene(WORKSPACE, allow=["Bash(npm run test:* --silent)", "Bash(make *)"])
    assert isinstance(scene.bash("npm run test:unit --silent"), Allow)
    assert isinstance(scene.bash("make"), Allow)
    assert isinstance(scene.bash("make a b"), Allow)
    assert isinstance(scene.bash("npm run test:unit; make x --silent > y"), Ask)


def test_allow_rules_lift_consent_but_not_the_floor() -> None:
    scene = Scene(WORKSPACE, allow=["Bash(git reset:*)", "Bash(rm:*)", "Edit(.git/**)", "Read(~/.ssh/**)"])
    assert isinstance(scene.bash("git reset --hard", Mode.AUTO), Allow)
    assert isinstance(scene.bash("rm -rf src", Mode.AUTO), Allow)
    assert isinstance(scene.bash("rm -rf ~", Mode.AUTO), Deny)
    assert isinstance(scene.edit(".git/config"), Deny)
    assert isinstance(scene.read("~/.ssh/id_rsa"), Deny)


BROAD = [
    "Bash",
    "Bash(*)",
    "Bash(:*)",
    "Bash(python3:*)",
    "Bash(sudo:*)",
    "Bash(/bin/sh:*)",
    "Bash(make:*)",
    "*",
]


@pytest.mark.parametrize("rule", BROAD)
def test_broad_rules_are_set_aside_in_auto_mode(rule: str) -> None:
    scene = Scene(WORKSPACE, allow=[rule])
    assert rule in scene.policy.notices[0]
    assert isinstance(scene.bash("git reset --hard", Mode.AUTO), Ask)


def test_broad_rules_hold_where_a_person_watches() -> None:
    scene = Scene(WORKSPACE, allow=["Bash"])
    assert isinstance(scene.bash("git reset --hard", Mode.ASK), Allow)
    assert isinstance(scene.bash("git reset --hard > x; make $X", Mode.EDIT), Allow)
    assert isinstance(scene.bash("cat ~/.ssh/id_rsa", Mode.ASK), Deny)
    assert Scene(WORKSPACE, allow=["Bash(git diff:*)"]).policy.notices == ()


def test_ask_beats_allow_and_deny_beats_both() -> None:
    rules = {"allow": ["Edit"], "ask": ["Edit(src/**)"], "deny": ["Edit(src/generated/**)"]}
    scene = Scene(WORKSPACE, **rules)
    assert isinstance(scene.edit("a.py"), Allow)
    assert isinstance(scene.edit("src/a.py", Mode.AUTO), Ask)
    assert isinstance(scene.edit("src/generated/a.py", Mode.YOLO), Deny)
    assert isinstance(scene.edit("src/../src/generated/a.py"), Deny)
    assert isinstance(scene.edit(str(WORKSPACE / "src/generated/a.py")), Deny)


@pytest.mark.parametrize("tool", ["Edit", "Write", "Patch"])
def test_edit_means_every_tool_that_writes(tool: str) -> None:
    assert isinstance(Scene(WORKSPACE, deny=["Edit(golden/**)"]).edit("golden/a", tool=tool), Deny)
    assert isinstance(Scene(WORKSPACE, deny=["write(golden/**)"]).edit("golden/a", tool=tool), Deny)


def test_path_rules_hold_for_commands_as_far_as_their_paths_are_known() -> None:
    scene = Scene(WORKSPACE, deny=["Edit(golden/**)", "Read(private/**)"])
    assert isinstance(scene.bash("echo x > golden/a", Mode.AUTO), Deny)
    assert isinstance(scene.bash("cat private/a", Mode.AUTO), Deny)
    assert isinstance(scene.bash("cd private && cat a", Mode.AUTO), Deny)


def test_paths_of_home_and_root_can_be_named() -> None:
    scene = Scene(WORKSPACE, allow=["Read(~/notes/**)", "Read(/srv/data/**)"])
    assert isinstance(scene.read("~/notes/a.md"), Allow)
    assert isinstance(scene.read("/srv/data/a"), Allow)
    assert isinstance(scene.read("/srv/other"), Ask)


def test_network_rules_name_hosts() -> None:
    scene = Scene(
        WORKSPACE,
        allow=["WebFetch(domain:example.com)", "WebFetch(domain:*.docs.org)"],
        deny=["WebFetch(domain:bad.org)"],
    )
    assert isinstance(scene.fetch("https://example.com/x"), Allow)
    assert isinstance(scene.fetch("https://www.docs.org"), Allow)
    assert isinstance(scene.fetch("https://sub.example.com"), Ask)
    assert isinstance(scene.fetch("https://example.com.evil.org"), Ask)
    assert isinstance(scene.fetch("https://sub.bad.org"), Deny)


@pytest.mark.parametrize("rule", ["mcp__files", "mcp__files__*", "mcp__files__write", "MCP__Files__Write"])
def test_tools_of_servers_can_be_named(rule: str) -> None:
    scene = Scene(WORKSPACE, deny=[rule])
    assert isinstance(scene.fetch("", tool="mcp__files__write"), Deny)
    assert isinstance(scene.fetch("", tool="mcp__other__write"), Ask)


def test_files_are_free_in_edit_mode_unless_sensitive_or_outside() -> None:
    scene = Scene(WORKSPACE, protect=["*.golden"])
    assert isinstance(scene.edit("src/a.py", Mode.ASK), Ask)
    assert isinstance(scene.edit("src/a.py", Mode.EDIT), Allow)
    assert isinstance(scene.edit("pyproject.toml", Mode.AUTO), Allow)
    assert isinstance(scene.edit(".github/workflows/ci.yml", Mode.AUTO), Ask)
    assert isinstance(scene.edit("/srv/a", Mode.AUTO), Ask)
    assert isinstance(scene.edit("src/a.py", Mode.PLAN), Deny)
    assert isinstance(scene.edit("x.golden", Mode.YOLO), Deny)


def test_reads_are_free_in_the_workspace_only() -> None:
    scene = Scene(WORKSPACE)
    assert isinstance(scene.read("src/a.py", Mode.PLAN), Allow)
    assert isinstance(scene.read("/srv/a"), Ask)
    assert isinstance(scene.read(".env"), Ask)
    assert isinstance(scene.read(".env", Mode.AUTO), Deny)


def test_a_tool_that_runs_something_unseen_is_asked_about() -> None:
    facts = Scene(WORKSPACE).policy.gather("Remote", Effect.EXECUTE, Access())
    assert isinstance(judge(facts, Mode.ASK), Ask)
    assert isinstance(judge(facts, Mode.PLAN), Deny)


def test_own_folders_and_the_session_are_never_written(tmp_path: Path) -> None:
    session = tmp_path / "session"
    policy = Policy(Settings(), WORKSPACE, protected=(session,), home=Path("/home/dev"))
    for path in (state_dir() / "trust.json", session / "log.sqlite"):
        facts = policy.gather("Write", Effect.WRITE, Access(writes=(str(path),)))
        assert isinstance(judge(facts, Mode.YOLO), Deny)
    facts = policy.gather("Read", Effect.READ, Access(reads=(str(session / "output" / "1.txt"),)))
    assert isinstance(judge(facts, Mode.AUTO), Allow)
