"""The fallback tried for real, as root and as a plain user: every row of the table, and the repository put back."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aura.core.errors import ToolError
from aura.core.sandbox import SandboxSpec
from aura.safety.sandbox.furnishing import furnish
from aura.safety.sandbox.landlock import LandlockSandbox
from aura.safety.sandbox.rulesets import ask_version
from tests.safety.sandbox.attempts import TABLE, Attempt, join

DRIVE = Path(__file__).with_name("drive.py")
ROOT = Path(__file__).resolve().parents[3]
NOBODY = 65534
PYTHON = next((path for path in ("/usr/bin/python3", "/usr/local/bin/python3") if Path(path).exists()), "")
USERS = ("root", "plain") if os.geteuid() == 0 else ("plain",)

pytestmark = [
    pytest.mark.skipif(
        ask_version() < 6, reason="this kernel's Landlock is older than version 6, or not there"
    ),
    pytest.mark.skipif(not PYTHON, reason="the attempts need a Python outside of all homes"),
    pytest.mark.xdist_group("landlock"),
]


@dataclass(frozen=True)
class Place:
    """The folders of one user's tests, all theirs."""

    user: str
    top: Path

    @property
    def workspace(self) -> Path:
        return self.top / "workspace"

    @property
    def outside(self) -> Path:
        return self.top / "outside"

    @property
    def home(self) -> Path:
        return self.top / "home"

    @property
    def user_id(self) -> int:
        return NOBODY if self.user == "plain" and os.geteuid() == 0 else 0

    def give(self) -> None:
        """Let everything in it belong to its user."""
        if self.user_id:
            for path in (self.top, *self.top.rglob("*")):
                os.chown(path, self.user_id, self.user_id, follow_symlinks=False)

    def order(self, commands: dict[str, list[str]], **more: str) -> str:
        return json.dumps(
            {
                "python": PYTHON,
                "workspace": str(self.workspace),
                "home": str(self.home),
                "aside": str(self.top / "aside"),
                "environment": {"OUT": str(self.outside), "SECRET": f"at:{self.home}/.ssh/key", **more},
                "commands": commands,
            }
        )

    def start(self, order: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, str(DRIVE), str(self.user_id)],
            cwd=self.workspace,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "CANARY": "seen", "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(order)
        process.stdin.close()
        return process

    def run(self, commands: dict[str, list[str]]) -> dict[str, Any]:
        """What came of each command, and what the sandbox says of itself."""
        process = self.start(self.order(commands))
        assert process.stdout is not None
        said = process.stdout.read()
        assert process.wait(60) == 0
        found: dict[str, Any] = json.loads(said)
        return found

    def shell(self, script: str) -> dict[str, Any]:
        """What came of one shell script."""
        found: dict[str, Any] = self.run({"it": ["bash", "--norc", "--noprofile", "-c", script]})["found"][
            "it"
        ]
        return found


Make = Callable[[str], Place]


@pytest.fixture(scope="module")
def make() -> Iterator[Make]:
    """Not below the folder of pytest: that belongs to one user alone."""
    base = Path(tempfile.mkdtemp(prefix="landlock-"))
    base.chmod(0o755)
    numbers = itertools.count()

    def new(user: str) -> Place:
        top = base / str(next(numbers))
        place = Place(user, top)
        for folder in (place.workspace, place.outside, place.home / ".ssh"):
            folder.mkdir(parents=True)
        (place.outside / "canary").write_text("whole")
        (place.home / ".ssh" / "key").write_text("secret")
        place.give()
        return place

    yield new
    shutil.rmtree(base)


@pytest.fixture(scope="module", params=USERS)
def tried(request: pytest.FixtureRequest, make: Make) -> tuple[Place, dict[str, Any]]:
    place = make(request.param)
    return place, place.run({"all": [PYTHON, "-I", "-c", join(TABLE)]})


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name.replace(" ", "-"))
def test_the_wall_holds(row: Attempt, tried: tuple[Place, dict[str, Any]]) -> None:
    found = tried[1]["found"]["all"]
    assert found["code"] == 0
    _, _, said = found["output"].partition(f"== {row.name}\n")
    assert said.partition("\n== ")[0].splitlines() == ["held"] * row.lines


def test_nothing_outside_was_touched(tried: tuple[Place, dict[str, Any]]) -> None:
    place, told = tried
    assert [path.name for path in place.outside.iterdir()] == ["canary"]
    assert (place.outside / "canary").read_text() == "whole"
    assert told["level"] == "partial"
    assert (place.workspace / "made").read_text() == "changed"


@pytest.mark.parametrize("user", USERS)
def test_what_it_does_not_cover_is_said(user: str, make: Make) -> None:
    place = make(user)
    told = place.run({"mode": ["chmod", "600", str(place.outside / "canary")]})
    assert told["found"]["mode"]["code"] == 0  # Landlock does not see it
    assert any("modes" in text for text in told["missing"])


# --- the repository -------------------------------------------------------------------------------------------


def git(place: Place, *arguments: str) -> None:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main"]
    command += ["-c", "safe.directory=*", *arguments]
    settings = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(command, cwd=place.workspace, env=settings, check=True, capture_output=True)


def make_repository(make: Make, user: str) -> Place:
    place = make(user)
    git(place, "init", "-q")
    (place.workspace / "a.txt").write_text("a\n")
    git(place, "add", ".")
    git(place, "commit", "-qm", "one")
    (place.workspace / ".git" / "info" / "attributes").write_text("*.txt text\n")
    place.give()
    return place


@pytest.mark.parametrize("user", USERS)
def test_work_with_git_goes_on(user: str, make: Make) -> None:
    place = make_repository(make, user)
    found = place.shell(
        "echo b > b.txt && git add b.txt && git -c user.name=t -c user.email=t@t commit -qm two && git log --oneline"
    )
    assert found["code"] == 0
    assert len(found["output"].splitlines()) == 2
    assert found["said"] == []


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo '[core]' >> .git/config", ".git/config is protected and was changed"),
        ("rm .git/config", ".git/config is protected and was removed: it was put back"),
        ("chmod 777 .git/config", ".git/config is protected and was changed"),
        ("echo x > .git/hooks/pre-commit", "hooks/pre-commit is protected and was made by the command"),
        ("mv .git x; mkdir -p .git/hooks; echo x > .git/config", ".git/config is protected and was changed"),
        ("ln -sf $OUT/canary .git/config", ".git/config is protected and was changed"),
        ("mv .git/hooks h; ln -s $OUT .git/hooks", ".git/hooks is protected and was changed"),
        ("mv .git x; ln -s $OUT .git", ".git/config is protected and was removed: it was put back"),
        ("rm .git/info/attributes", "info/attributes is protected and was removed"),
        ("mkfifo .mcp.json", ".mcp.json is protected and was made by the command"),
        ("echo '{}' > .mcp.json", ".mcp.json is protected and was made by the command"),
        ("mkdir .vscode; echo '{}' > .vscode/tasks.json", ".vscode is protected and was made by the command"),
        ("ln -s $OUT .husky", ".husky is protected and was made by the command"),
    ],
)
def test_what_makes_git_or_others_run_programs_is_put_back(
    user: str, script: str, said: str, make: Make
) -> None:
    place = make_repository(make, user)
    found = place.shell(script)
    assert found["code"] == 0, found["output"]
    assert any(said in text for text in found["said"]), found["said"]
    folder = place.workspace / ".git"
    assert "repositoryformatversion" in (folder / "config").read_text()
    assert not (folder / "config").is_symlink() and not folder.is_symlink()
    assert (
        not (folder / "hooks" / "pre-commit").exists() and (folder / "hooks" / "pre-commit.sample").exists()
    )
    assert (folder / "info" / "attributes").read_text() == "*.txt text\n"
    assert not any(os.path.lexists(place.workspace / name) for name in (".mcp.json", ".vscode", ".husky"))
    assert [path.name for path in place.outside.iterdir()] == ["canary"]
    assert (place.outside / "canary").read_text() == "whole"


# --- what is left behind --------------------------------------------------------------------------------------


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(happened: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("user", USERS)
def test_nothing_survives_a_command(user: str, make: Make) -> None:
    place = make(user)
    started = time.monotonic()
    found = place.shell(
        "(setsid sh -c 'sh -c \"echo \\$\\$ >> pids; exec sleep 300\" & wait' &) ; until [ -s pids ]; do :; done"
    )
    pids = [int(line) for line in (place.workspace / "pids").read_text().split()]
    assert found["code"] == 0 and pids
    assert not any(map(is_alive, pids))
    assert time.monotonic() - started < 60  # it did not wait for them either


@pytest.mark.parametrize("user", USERS)
def test_nothing_survives_the_assistant(user: str, make: Make) -> None:
    place = make(user)
    script = "setsid sh -c 'echo $$ >> pids; exec sleep 300' & echo $$ >> pids; wait"
    process = place.start(place.order({"it": ["bash", "--norc", "--noprofile", "-c", script]}))
    file = place.workspace / "pids"
    assert wait_until(lambda: file.exists() and len(file.read_text().splitlines()) == 2)
    pids = [int(line) for line in file.read_text().split()]
    assert all(map(is_alive, pids))
    process.kill()
    process.wait(20)
    assert wait_until(lambda: not any(map(is_alive, pids)))


@pytest.mark.parametrize(("script", "code"), [("exit 3", 3), ("kill -TERM $$", 143), ("kill -SEGV $$", 139)])
def test_the_exit_code_is_the_command_s(script: str, code: int, make: Make) -> None:
    assert make(USERS[0]).shell(script)["code"] == code


# --- the stub and the spec ------------------------------------------------------------------------------------


def test_without_a_wall_the_command_does_not_run(tmp_path: Path) -> None:
    sandbox = LandlockSandbox()
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    environment = {"PATH": os.environ["PATH"]}
    for broken in (0, 1):
        launch = sandbox.launch(
            SandboxSpec(workspace), ["touch", "ran"], cwd=workspace, environment=environment
        )
        nothing = os.open(os.devnull, os.O_RDONLY)
        given = [*launch.pass_fds]
        argv = [str(nothing) if part == str(given[broken]) else part for part in launch.argv]
        done = subprocess.run(
            argv, cwd=workspace, pass_fds=(*given, nothing), capture_output=True, text=True, check=False
        )
        launch.on_started()
        launch.cleanup()
        os.close(nothing)
        assert done.returncode == 126
        assert "the command was not run" in done.stderr
    assert not (workspace / "ran").exists()


def test_descriptors_and_folders_are_given_back(tmp_path: Path) -> None:
    before = {path.name for path in Path("/proc/self/fd").iterdir()}
    sandbox = LandlockSandbox()
    launch = sandbox.launch(SandboxSpec(tmp_path), ["true"], cwd=tmp_path, environment={})
    folder = Path(launch.environment["TMPDIR"])
    assert folder.is_dir()
    (folder / "locked").mkdir()
    (folder / "locked" / "in").write_text("x")
    (folder / "locked").chmod(0)
    launch.on_started()
    launch.cleanup()
    assert not folder.exists()
    assert {path.name for path in Path("/proc/self/fd").iterdir()} == before


def test_a_command_s_home_shows_what_may_be_read(tmp_path: Path) -> None:
    real = Path.home()
    tools = real / ".tools" / "bin"
    tools.mkdir(parents=True)
    given = {
        "PATH": f"{tools}:/bin",
        "CACHE": str(real / ".cache"),
        "TOOLS": str(tools / "x"),
        "OTHER": "/opt",
    }
    told = furnish(tmp_path, {tools: tools}, given)
    assert Path(told["HOME"], ".tools", "bin").resolve() == tools.resolve()
    assert (told["PATH"], told["TOOLS"], told["OTHER"]) == (given["PATH"], given["TOOLS"], "/opt")
    assert "CACHE" not in told
    assert furnish(tmp_path, {tools: tools}, given) == told  # a second command finds it all there


def test_a_workspace_that_holds_secrets_runs_nothing(tmp_path: Path) -> None:
    (Path.home() / ".ssh").mkdir()
    for workspace in (Path.home(), Path("/")):
        with pytest.raises(ToolError, match="was not run"):
            LandlockSandbox().launch(SandboxSpec(workspace), ["true"], cwd=workspace, environment={})


def test_a_workspace_that_holds_the_stub_s_python_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    with pytest.raises(ToolError, match="own Python"):
        LandlockSandbox().launch(SandboxSpec(tmp_path), ["true"], cwd=tmp_path, environment={})


def test_the_stub_can_be_killed_by_its_group(tmp_path: Path) -> None:
    sandbox = LandlockSandbox()
    launch = sandbox.launch(
        SandboxSpec(tmp_path),
        ["bash", "-c", "echo ready; sleep 300"],
        cwd=tmp_path,
        environment={"PATH": os.environ["PATH"]},
    )
    process = subprocess.Popen(
        launch.argv,
        cwd=tmp_path,
        env=launch.environment,
        stdout=subprocess.PIPE,
        pass_fds=launch.pass_fds,
        start_new_session=True,
        text=True,
    )
    launch.on_started()
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(20) == 143
    launch.cleanup()


def test_the_attempts_have_what_they_need() -> None:
    assert shutil.which("git") and shutil.which("bash")
