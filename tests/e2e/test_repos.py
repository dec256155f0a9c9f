"""Small real projects with real faults, repaired by runs whose replies depend on what the tools say."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import Program
from tests.e2e.fixtures.warm import WarmProgram, warm

PROJECTS = sorted(Path(__file__).with_name("fixtures").joinpath("projects").glob("*.yaml"))


class Project:
    """A project as its file describes it."""

    def __init__(self, path: Path) -> None:
        self.told: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))

    @property
    def missing(self) -> list[str]:
        return [name for name in self.told.get("needs", ()) if shutil.which(name) is None]

    def content(self, name: str, *, repaired: bool) -> bytes:
        text: str = self.told["files"][name]
        for old, new in self.told["changed"].get(name, ()) if repaired else ():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return (text.replace("\n", "\r\n") if name in self.told.get("crlf", ()) else text).encode()

    def write(self, folder: Path) -> None:
        for name in self.told["files"]:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.content(name, repaired=False))
            path.chmod(0o755 if name in self.told.get("executable", ()) else 0o644)
        git(folder, "init", "-q", "-b", "main", ".")
        git(folder, "config", "core.autocrlf", "false")
        git(folder, "add", "-A")
        git(folder, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "start")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-c", "core.excludesFile=", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.fixture(params=PROJECTS, ids=lambda path: path.stem)
def project(request: pytest.FixtureRequest) -> Project:
    made = Project(request.param)
    if made.missing:
        pytest.skip(f"{made.missing[0]} is not on this machine")
    return made


@pytest.fixture
def program(tmp_path: Path, project: Project) -> WarmProgram:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    extra = {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    made = warm(tmp_path, extra=extra, settings=project.told.get("settings", {}))
    project.write(made.workspace)
    return made


def test_a_project_is_repaired_and_nothing_else_is_touched(program: WarmProgram, project: Project) -> None:
    told = project.told
    model = program.script(told["replies"])
    ran = program("run", "--auto", "-o", "json", "--model", model, "--check", told["check"], told["prompt"])
    assert ran.code == 0, (ran.result["detail"], ran.err)
    assert ran.result["verified"]
    assert [check["exit_code"] for check in ran.result["checks"]] == [0]
    for name in told["files"]:
        path = program.workspace / name
        assert path.read_bytes() == project.content(name, repaired=True), name
        assert path.stat().st_mode & 0o777 == (0o755 if name in told.get("executable", ()) else 0o644)
    changed = git(program.workspace, "diff", "--name-only").split()
    assert changed == sorted(told["changed"])
    assert git(program.workspace, "status", "--short", "-uall").split() == [
        word for name in changed for word in ("M", name)
    ], "nothing was left lying about"
    assert_small(program, project, changed)


def assert_small(program: Program, project: Project, changed: list[str]) -> None:
    """The diff has no line that the repair does not need."""
    for name in changed:
        before = project.content(name, repaired=False).splitlines()
        after = project.content(name, repaired=True).splitlines()
        added, removed, _ = git(program.workspace, "diff", "--numstat", name).split()
        assert int(added) == len([line for line in after if line not in before]) + repeated(before, after)
        assert int(removed) == len([line for line in before if line not in after])


def repeated(before: list[bytes], after: list[bytes]) -> int:
    """New lines whose text was there before, elsewhere."""
    return sum(
        after.count(line) - before.count(line)
        for line in set(before)
        if after.count(line) > before.count(line)
    )


def test_before_the_repair_the_check_fails(program: WarmProgram, project: Project) -> None:
    """Else the run would prove nothing; Done alone is refused, and the work ends as not verified."""
    claim = {"call": [{"tool": "Done", "with": {"summary": "It was fine already."}}]}
    model = program.script([claim] * 3)
    ran = program("run", "--auto", "-o", "json", "--model", model, "--check", project.told["check"], "go")
    assert (ran.code, ran.result["reason"]) == (3, "not_verified")
    assert git(program.workspace, "diff", "--name-only") == ""
