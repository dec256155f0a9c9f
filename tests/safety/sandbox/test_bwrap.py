"""Commands in bubblewrap, run as a session runs them: what they reach, how they end, what stays behind."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aura.core.errors import ToolError
from aura.core.sandbox import Level, SandboxSpec, Wall
from aura.core.tools import CommandResult
from aura.safety.sandbox.bwrap import BwrapSandbox
from aura.tools.process import LocalRunner

GENEROUS = 60.0
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")
BOX = BwrapSandbox()
works = pytest.mark.skipif(
    BOX.probe().level is Level.NONE, reason=f"bubblewrap does not work here: {BOX.probe().hint}"
)


class Box:
    """A workspace and a session's folder, and a runner that keeps to them."""

    def __init__(self, place: Path, workspace: Path | None = None) -> None:
        self.workspace = workspace or place / "work"
        self.session = place / "session"
        self.workspace.mkdir(parents=True, exist_ok=True)
        self.session.mkdir(exist_ok=True)
        self.spec = SandboxSpec(
            self.workspace.resolve(),
            tmp=self.session / "tmp",
            cache=self.session / "cache",
            aside=self.session / "aside",
        )

    async def run(
        self, command: str, spec: SandboxSpec | None = None, timeout: float = GENEROUS
    ) -> CommandResult:
        runner = LocalRunner(self.session, wall=Wall(BOX, spec or self.spec), grace=1.0)
        return await runner.run(command, cwd=self.workspace, timeout=timeout)

    def git(self, *arguments: str, at: Path | None = None) -> None:
        subprocess.run([*GIT, *arguments], cwd=at or self.workspace, check=True, capture_output=True)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


@works
@pytest.mark.parametrize(
    ("command", "code"), [("exit 3", 3), ("kill -SEGV $$", 139), ("true", 0), ("nosuch", 127)]
)
async def test_exit_codes_are_those_of_the_command(box: Box, command: str, code: int) -> None:
    assert (await box.run(command)).exit_code == code


@works
async def test_a_request_to_end_reaches_the_command(box: Box) -> None:
    result = await box.run("trap 'echo tidied; exit 0' TERM; echo begun; sleep 30 & wait", timeout=1)
    assert result.timed_out
    assert result.output.split()[:2] == ["begun", "tidied"]


@works
async def test_what_does_not_end_is_killed_and_what_it_said_is_kept(box: Box) -> None:
    began = time.monotonic()
    result = await box.run("trap '' TERM; echo begun; while :; do sleep 1; done", timeout=1)
    assert (result.timed_out, result.output) == (True, "begun\n")
    assert time.monotonic() - began < 20


@works
async def test_what_is_left_in_the_background_ends_and_that_is_said(box: Box) -> None:
    result = await box.run("setsid sleep 33.0731 & echo done")
    assert result.output.startswith("done\n")
    assert "left running in the background was stopped" in result.output
    assert not find_sleepers("33.0731")


def find_sleepers(seconds: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", seconds.encode()]:
            found.append(path.parent.name)
    return found


KILLED = """
import asyncio, sys
from pathlib import Path
from aura.core.sandbox import SandboxSpec, Wall
from aura.safety.sandbox.bwrap import BwrapSandbox
from aura.tools.process import LocalRunner
place = Path(sys.argv[1])
runner = LocalRunner(place / "session", wall=Wall(BwrapSandbox(), SandboxSpec(place / "work")))
command = "touch begun; (setsid sleep 34.0417 &); sleep 34.0417"
asyncio.run(runner.run(command, cwd=place / "work", timeout=60))
"""


@works
def test_nothing_outlives_an_assistant_that_is_killed(box: Box, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)]) as assistant:
        wait_until(lambda: (box.workspace / "begun").exists() and len(find_sleepers("34.0417")) == 2)
        assistant.send_signal(signal.SIGKILL)
    wait_until(lambda: not find_sleepers("34.0417"))


def wait_until(holds: "object", seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.02)


@works
async def test_commands_of_a_session_share_tmp_and_the_host_does_not_see_it(box: Box) -> None:
    await box.run("echo kept >/tmp/aura-note; echo $TMPDIR")
    assert (await box.run("cat /tmp/aura-note")).output == "kept\n"
    assert not Path("/tmp/aura-note").exists()


@works
async def test_more_folders_can_be_written_read_or_hidden(box: Box, tmp_path: Path) -> None:
    home = Path.home()
    for name in ("more", "seen", "unseen"):
        (home / name).mkdir()
        (home / name / "file").write_text(name)
    (box.workspace / "private").mkdir()
    (box.workspace / "private" / "file").write_text("private")
    spec = SandboxSpec(
        box.spec.workspace,
        write=(home / "more",),
        read=(home / "seen",),
        hide=(box.workspace / "private",),
        protect=(box.workspace / "fixed",),
    )
    (box.workspace / "fixed").mkdir()
    result = await box.run(
        "cd ~; cat */file; echo x >more/new; echo x >seen/new; ls -A $OLDPWD/private", spec
    )
    assert result.output.startswith("moreseen")
    assert (home / "more" / "new").exists()
    assert not (home / "seen" / "new").exists()
    assert "private" not in result.output.splitlines()[-1]
    await box.run("touch fixed/new", spec)
    assert not (box.workspace / "fixed" / "new").exists()


@works
async def test_a_workspace_can_be_read_only(box: Box) -> None:
    box.git("init", "-q")
    spec = SandboxSpec(box.spec.workspace, protect=(box.spec.workspace,))
    result = await box.run("touch new .git/new; git status --short", spec)
    assert result.output.count("Read-only file system") == 2
    assert result.exit_code == 0


@works
async def test_a_home_that_is_the_workspace_hides_credentials_and_keeps_profiles(tmp_path: Path) -> None:
    home = Path.home()
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id").write_text("canary")
    (home / ".bashrc").write_text("# mine\n")
    box = Box(tmp_path, workspace=home)
    result = await box.run("cat .ssh/id; echo x >>.bashrc; echo written >file")
    assert "canary" not in result.output
    assert (home / ".bashrc").read_text() == "# mine\n"
    assert (home / "file").read_text() == "written\n"


@works
async def test_a_folder_of_a_repository_can_be_committed_from(box: Box) -> None:
    box.git("init", "-q")
    inner = Box(box.session, workspace=box.workspace / "packages" / "one")
    commit = "echo x >new && git add new && git -c user.name=a -c user.email=a@b.c commit -qm x && git log --oneline"
    assert (await inner.run(commit)).exit_code == 0
    await inner.run("echo x >>../../.git/config; touch ../../elsewhere")
    assert "x\n" not in (box.workspace / ".git" / "config").read_text().splitlines(keepends=True)
    assert not (box.workspace / "elsewhere").exists()


@works
async def test_a_linked_work_tree_can_be_committed_from(box: Box, tmp_path: Path) -> None:
    box.git("init", "-q")
    box.git("commit", "-q", "--allow-empty", "-m", "first")
    box.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Box(box.session, workspace=tmp_path / "linked")
    commit = "echo x >new && git add new && git -c user.name=a -c user.email=a@b.c commit -qm x"
    result = await linked.run(commit)
    assert result.exit_code == 0, result.output
    git = box.workspace / ".git"
    before = {path: path.read_text() for path in (git / "config", git / "worktrees" / "linked" / "commondir")}
    await linked.run(
        f"echo x >>.git; for f in {' '.join(map(str, before))}; do echo x >>$f; done; touch {git}/hooks/a"
    )
    assert {path: path.read_text() for path in before} == before
    assert not (git / "hooks" / "a").exists()


@works
async def test_a_git_file_that_leads_elsewhere_opens_nothing(box: Box, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    box.git("init", "-q", at=other)
    (box.workspace / ".git").write_text(f"gitdir: {other / '.git'}\n")
    await box.run(
        f"touch {other}/.git/new {other}/new; git -c user.name=a -c user.email=b commit --allow-empty -m x"
    )
    assert not (other / ".git" / "new").exists()
    assert not list((other / ".git" / "refs" / "heads").iterdir())


@works
async def test_hooks_kept_elsewhere_stay_as_they_are(box: Box) -> None:
    box.git("init", "-q")
    (box.workspace / "tools").mkdir()
    (box.workspace / "tools" / "pre-commit").write_text("#!/bin/sh\n")
    box.git("config", "core.hooksPath", "tools")
    await box.run("echo x >>tools/pre-commit; mv tools away")
    assert (box.workspace / "tools" / "pre-commit").read_text() == "#!/bin/sh\n"


@works
async def test_a_repository_may_be_made_and_is_pinned_from_then_on(box: Box) -> None:
    first = await box.run("git init -q sub && echo '[user]' >>sub/.git/config && echo made")
    assert first.output == "made\n"
    await box.run("touch sub/.git/hooks/pre-commit; mv sub away")
    assert not (box.workspace / "sub" / ".git" / "hooks" / "pre-commit").exists()


@works
async def test_a_hook_in_a_new_repository_is_set_aside(box: Box) -> None:
    result = await box.run("git init -q . && echo '#!/bin/sh' >.git/hooks/pre-commit")
    assert "[.git/hooks/pre-commit is protected" in result.output
    assert not (box.workspace / ".git" / "hooks" / "pre-commit").exists()
    assert [path.name for path in (box.session / "aside").iterdir()] == ["1-pre-commit"]


@works
async def test_what_the_network_refuses_is_told(box: Box) -> None:
    spec = SandboxSpec(box.spec.workspace, net="proxy", domains=("allowed.example",), tmp=box.spec.tmp)
    code = "import urllib.request; urllib.request.urlopen('http://refused.example/', timeout=10)"
    result = await box.run(f'{sys.executable} -c "{code}"', spec)
    assert "refused.example" in result.output.splitlines()[-1]
    assert result.output.splitlines()[-1].startswith("[")


SERVE = f"{sys.executable} -m http.server 8917 --bind 127.0.0.1"
GET = 'import urllib.request as u; print(u.urlopen("http://127.0.0.1:8917/").status)'
ASK = f"for i in $(seq 100); do {sys.executable} -c '{GET}' 2>/dev/null && break; sleep 0.1; done"
OUT = f"{sys.executable} -c 'import socket; socket.create_connection((\"1.1.1.1\", 80), 2)'"


@works
async def test_a_command_reaches_the_server_that_a_job_started(box: Box) -> None:
    wall = Wall(BOX, box.spec)
    runner = LocalRunner(box.session, wall=wall, grace=1.0)
    job = asyncio.create_task(runner.run(SERVE, cwd=box.workspace, timeout=0))
    await asyncio.sleep(0)  # it begins
    try:
        assert (await runner.run(ASK, cwd=box.workspace, timeout=GENEROUS)).output == "200\n"
        outside = await runner.run(OUT, cwd=box.workspace, timeout=GENEROUS)
        assert "unreachable" in outside.output
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", 8917), 1)
    finally:
        job.cancel()
        await asyncio.wait([job])
        wall.part()


@works
async def test_a_folder_out_of_sight_is_refused_with_a_reason(box: Box) -> None:
    hidden = Path.home() / "projects"
    hidden.mkdir()
    runner = LocalRunner(box.session, wall=Wall(BOX, box.spec))
    with pytest.raises(ToolError, match="cannot be seen"):
        await runner.run("true", cwd=hidden, timeout=GENEROUS)


@works
async def test_the_whole_machine_is_no_workspace(box: Box) -> None:
    runner = LocalRunner(box.session, wall=Wall(BOX, SandboxSpec(Path("/"))))
    with pytest.raises(ToolError, match="whole machine"):
        await runner.run("true", cwd=box.workspace, timeout=GENEROUS)


@works
async def test_commands_run_side_by_side(box: Box) -> None:
    results = await asyncio.gather(*(box.run(f"echo {number}; sleep 0.2") for number in range(6)))
    assert sorted(int(result.output) for result in results) == list(range(6))


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("bwrap: Unknown option --disable-userns", "0.8 or newer"),
        ("bwrap: Creating new namespace failed: No space left on device", "max_user_namespaces"),
        ("bwrap: setting up uid map: Permission denied", "--sandbox external"),
        ("bwrap: something new", "something new"),
    ],
)
def test_a_bwrap_that_does_not_work_says_how_to_mend_it(tmp_path: Path, said: str, advice: str) -> None:
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\necho {json.dumps(said)} >&2\nexit 1\n")
    program.chmod(0o755)
    capability = BwrapSandbox(str(program)).probe()
    assert capability.level is Level.NONE
    assert advice in capability.hint


async def test_without_bwrap_no_command_runs(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("aura.safety.sandbox.outside.PLACES", "/nonexistent")
    missing = BwrapSandbox()
    assert "apt-get install bubblewrap" in missing.probe().hint
    runner = LocalRunner(box.session, wall=Wall(missing, box.spec))
    with pytest.raises(ToolError, match="was not run"):
        await runner.run("touch ran", cwd=box.workspace, timeout=GENEROUS)
    assert not (box.workspace / "ran").exists()


@works
@pytest.mark.skipif(os.getuid() == 0, reason="root is not held")
async def test_processes_are_limited(box: Box) -> None:
    spec = SandboxSpec(box.spec.workspace, procs=40)
    result = await box.run("for i in $(seq 80); do sleep 5 & done; wait", spec, timeout=10)
    assert "fork" in result.output
