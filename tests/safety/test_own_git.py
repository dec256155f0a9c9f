"""aura's own questions to git: what runs, with what, and that nothing else asks git."""

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest

from aura.safety.own_git import SAFE, find_git, prepare_git, read_git, read_head

ROOT = Path(__file__).resolve().parents[2]

# Where aura starts programs, and which.
STARTERS = {
    "aura/app/delivery.py": "the user's own notification command",
    "aura/app/opening.py": "aura itself",
    "aura/cli/cmd_plugins.py": "pytest for a plugin that somebody asked to test",
    "aura/fleet/starting.py": "aura itself",
    "aura/safety/own_git.py": "git, and ripgrep for ui/files",
    "aura/tools/_search.py": "ripgrep",
    "aura/tools/process.py": "the commands of the model, behind the wall",
    "aura/ui/clipboard.py": "the programs of the clipboard",
    "aura/ui/lifeline.py": "a shell that gives the terminal back",
    "aura/ui/tui/asking.py": "the user's editor",
    "aura/ui/tui/docks/help.py": "aura itself",
    "aura/ui/tui/outside.py": "the user's editor",
    "aura/ui/ways.py": "aura itself",
}
STARTS = re.compile(
    r"^(subprocess\.(Popen|run|call|check_call|check_output|getoutput|getstatusoutput)|os\.(system|popen|exec\w+|spawn\w+"
    r"|posix_spawnp?)|asyncio\.create_subprocess_\w+|create_subprocess_\w+|Popen)$"
)


def test_programs_are_started_in_known_places_and_git_in_one() -> None:
    starters, askers = set(), []
    for path in sorted((ROOT / "aura").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call | ast.Attribute):
                called = ast.unparse(node.func if isinstance(node, ast.Call) else node)
                if STARTS.match(called):
                    starters.add(name)
            if isinstance(node, ast.List | ast.Tuple) and node.elts:
                first = node.elts[0]
                if isinstance(first, ast.Constant) and first.value == "git" and len(node.elts) > 1:
                    askers.append(f"{name}:{node.lineno}")
    known = {name for name in starters if name in STARTERS or name.startswith("aura/safety/sandbox/")}
    assert starters - known == set(), (
        "say here what it starts, and start it without the secrets of the environment"
    )
    assert set(STARTERS) - starters == set()
    listed = [one for one in askers if not one.startswith(("aura/safety/", "aura/demo/"))]
    assert listed == [], "ask git by aura.safety.own_git"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "work"
    place.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "trunk", place], check=True)
    return place


def test_git_gets_a_new_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "OPENAI_API_KEY",
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
        "LD_PRELOAD",
        "PAGER",
        "GIT_CONFIG_PARAMETERS",
    ):
        monkeypatch.setenv(name, "canary")
    launch = prepare_git(("diff",), folder)
    assert launch is not None
    assert "canary" not in launch.environment.values()
    assert launch.environment["GIT_CONFIG_NOSYSTEM"] == "1"
    assert launch.environment["GIT_OPTIONAL_LOCKS"] == "0"
    count = int(launch.environment["GIT_CONFIG_COUNT"])
    said = {launch.environment[f"GIT_CONFIG_KEY_{number}"] for number in range(count)}
    assert said >= set(SAFE)
    assert "--no-ext-diff" in launch.argv and "--no-textconv" in launch.argv


def test_git_is_never_one_of_the_folder(folder: Path, tmp_path: Path) -> None:
    fake = folder / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\n")
    fake.chmod(0o755)
    (folder / "git").write_text("#!/bin/sh\n")
    (folder / "git").chmod(0o755)
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "git").symlink_to(fake)
    places = ["", ".", "bin", str(folder), str(fake.parent), str(tmp_path / "link"), str(tmp_path / "none")]
    assert find_git(folder, os.pathsep.join(places)) == ""
    assert find_git(folder).startswith("/")


def test_without_git_there_is_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    assert prepare_git(("status",), folder) is None
    assert list(read_git(("status",), folder)) == []


def test_the_branch_is_read_without_git(folder: Path, tmp_path: Path) -> None:
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    assert read_head(inner) == "trunk"
    (folder / ".git" / "HEAD").write_text("0123456789abcdef0123456789abcdef01234567\n")
    assert read_head(folder) == "01234567"
    elsewhere = tmp_path / "tree"
    elsewhere.mkdir()
    (elsewhere / ".git").write_text(f"gitdir: {folder / '.git'}\n")
    assert read_head(elsewhere) == "01234567"
    (folder / ".git" / "HEAD").unlink()
    os.mkfifo(folder / ".git" / "HEAD")
    assert read_head(folder) == ""
    assert read_head(tmp_path) == ""


def test_a_linked_work_tree_and_a_folder_below_are_seen_from_inside_the_box(
    folder: Path, tmp_path: Path
) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@x.example")
    subprocess.run(["git", *who, "commit", "-q", "--allow-empty", "-m", "x"], cwd=folder, check=True)
    linked = tmp_path / "linked"
    subprocess.run(["git", "worktree", "add", "-q", "-b", "side", linked], cwd=folder, check=True)
    (linked / "inner").mkdir()
    (linked / "inner" / "new.txt").write_text("x")
    for place in (linked, linked / "inner"):
        said = b"".join(read_git(("status", "--porcelain=v2", "--branch", "--untracked-files=all"), place))
        assert b"branch.head side" in said
        assert b"new.txt" in said
