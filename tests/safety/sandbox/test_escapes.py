"""Every known way out of the sandbox is tried from inside, as root and as a plain user."""

import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aura.safety.sandbox.landlock import STOPPED
from tests.safety.sandbox.ways_out import ATTEMPTS

ROOT = Path(__file__).resolve().parents[3]
PLAIN = 65534  # the user that is nobody
SECONDS = f"41.{os.getpid():07}"  # of a sleep that nobody else sleeps, not even the same test elsewhere
WORKS = ("commit", "write_inside")
SET_ASIDE = {
    "plant_absent": (".mcp.json", ".vscode", ".git/commondir"),
    "plant_armed_repository": ("made/.git/config",),
}
PUT_BACK = (  # by Landlock, which cannot keep a part of a folder from being written
    *("append_git_config", "plant_hook", "plant_nested_hook", "plant_module_config", "move_git"),
    *("move_nested_parent", "rename_over_config", "link_over_config", "write_settings", "replace_settings"),
)
UNSEEN = ("change_mode_outside", "change_times_outside")  # by Landlock, as it says itself
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")
HARMLESS = (
    *("write_outside", "read_ssh_key", "list_home", "read_carved_credentials", "read_own_state"),
    *("append_git_config", "plant_hook", "plant_nested_hook", "plant_module_config", "rename_over_config"),
    *("connect_tcp", "send_udp", "connect_unix", "connect_unix_of_tmp", "connect_abstract"),
    *("read_environment", "signal_assistant", "change_mode_outside", "change_times_outside", "race_links"),
)
USERS = ("root", "plain") if os.getuid() == 0 else ("self",)


class Ground:
    """A workspace in a home, a folder outside, sockets that listen, all of one user; and what attempts found there."""

    def __init__(self, user: str) -> None:
        self.uid = PLAIN if user == "plain" else os.getuid()
        self.place = Path(tempfile.mkdtemp(prefix="aura-escape-", dir="/var/tmp"))
        self.home = self.place / "home"
        self.workspace = self.home / "work"
        self.outside = self.place / "outside"
        self.session = self.place / "session"
        self.sockets: list[socket.socket] = []

    def build(self) -> dict[str, Any]:
        """Make everything, and say where it is."""
        for folder in (self.workspace, self.outside, self.session, self.home / ".ssh", self.home / ".cargo"):
            folder.mkdir(parents=True)
        (self.home / ".ssh" / "id_canary").write_text("canary")
        (self.home / ".cargo" / "credentials.toml").write_text("canary")
        (self.home / "private.txt").write_text("canary")
        (self.session / "session.canary").write_text("canary")
        (self.outside / "file").write_text("canary")
        self._make_repository()
        name = f"aura-escape-{os.urandom(6).hex()}"  # several scenes may stand at once
        return {
            "workspace": str(self.workspace),
            "home": str(self.home),
            "outside": str(self.outside),
            "session": str(self.session),
            "tcp": self._listen(socket.AF_INET, ("127.0.0.1", 0)),
            "udp": self._echo(),
            "unix": self._listen(socket.AF_UNIX, str(self.home / "agent.sock")),
            "unix_tmp": self._listen(socket.AF_UNIX, f"/tmp/{name}.sock"),
            "abstract": self._listen(socket.AF_UNIX, f"\0{name}"),
            "seconds": SECONDS,
            "reset": f"[ -d .git/objects ] || {{ rm -rf .git; cp -a {self.place}/pristine .git; }};"
            " rm -rf ../saved/* race race-away made && git checkout -q . && git clean -fdq -e ways_out.py",
        }

    def _make_repository(self) -> None:
        deep = self.workspace / "deep" / "er"
        deep.mkdir(parents=True)
        for folder in (self.workspace, deep):
            subprocess.run([*GIT, "init", "-q"], cwd=folder, check=True)
        module = self.workspace / ".git" / "modules" / "lib"
        shutil.copytree(deep / ".git", module)
        (self.workspace / ".aura").mkdir()
        (self.workspace / ".aura" / "config.yaml").write_text("model: x\n")
        (self.workspace / ".gitignore").write_text("deep/\nscene.json\nways_out.py\n")
        subprocess.run([*GIT, "add", "-A"], cwd=self.workspace, check=True)
        subprocess.run([*GIT, "commit", "-q", "-m", "first"], cwd=self.workspace, check=True)
        shutil.copytree(self.workspace / ".git", self.place / "pristine", symlinks=True)

    def _listen(self, family: int, address: Any) -> Any:
        server = socket.socket(family)
        server.bind(address)
        server.listen()
        if family == socket.AF_UNIX and not address.startswith("\0"):
            Path(address).chmod(0o666)
        self.sockets.append(server)
        return server.getsockname()[1] if family == socket.AF_INET else address.removeprefix("\0")

    def _echo(self) -> int:
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 0))
        self.sockets.append(server)

        def answer() -> None:
            while True:
                try:
                    data, address = server.recvfrom(64)
                    server.sendto(data, address)
                except OSError:
                    return

        threading.Thread(target=answer, daemon=True).start()
        return int(server.getsockname()[1])

    def close(self) -> None:
        for one in self.sockets:
            name = one.getsockname()
            one.close()
            if one.family == socket.AF_UNIX and isinstance(name, str) and name:
                Path(name).unlink(missing_ok=True)
        shutil.rmtree(self.place, ignore_errors=True)

    def attempt(self, sandbox: str, names: Iterable[str] = ATTEMPTS) -> dict[str, Any]:
        """What attempts found, as this user."""
        python = find_python(self.uid)
        scene = self.build() | {"sandbox": sandbox, "python": python, "attempts": list(names)}
        file = self.workspace / "scene.json"
        file.write_text(json.dumps(scene))
        if self.uid != os.getuid():
            for path in (self.place, *self.place.rglob("*")):
                os.lchown(path, self.uid, self.uid)
        environment = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}:{sysconfig.get_path('purelib')}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "ASSISTANT": "canary",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        done = subprocess.run(
            [*become(self.uid), python, str(Path(__file__).with_name("try_ways.py")), str(file)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def become(uid: int) -> tuple[str, ...]:
    """What a command line begins with to be run by another user."""
    ids = (f"--reuid={uid}", f"--regid={uid}", "--clear-groups")
    return () if uid == os.getuid() else ("setpriv", *ids)


@functools.cache
def find_python(uid: int) -> str:
    """A Python that this user may run; skips where there is none."""
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    own: tuple[str, ...] = (sys.executable,) if uid == os.getuid() else ()
    for python in (*own, "/usr/bin/python3", "/usr/local/bin/python3"):
        tried = subprocess.run([*become(uid), python, "-I", "-c", check], capture_output=True, check=False)
        if tried.returncode == 0:
            return python
    pytest.skip(f"no Python 3.11 that user {uid} may run")


@pytest.fixture(
    scope="module", params=[f"{sandbox}-{user}" for sandbox in ("bwrap", "landlock") for user in USERS]
)
def found(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    sandbox, _, user = request.param.partition("-")
    ground = Ground(user)
    try:
        found = ground.attempt(sandbox)
        if "hint" in found:
            pytest.skip(f"{sandbox} does not work for {user}: {found['hint']}")
        yield found | {"sandbox": sandbox}
    finally:
        ground.close()


@pytest.mark.parametrize("name", [name for name in ATTEMPTS if name not in (*WORKS, *SET_ASIDE)])
def test_an_attempt_is_held(found: dict[str, Any], name: str) -> None:
    if found["sandbox"] == "landlock" and name in PUT_BACK:
        assert "put back" in found[name] or "it was moved to" in found[name]
    elif found["sandbox"] == "landlock" and name in UNSEEN:
        assert any("modes and times" in text for text in found["missing"])
    else:
        assert found[name].startswith("HELD"), found[name]


@pytest.mark.parametrize("name", WORKS)
def test_ordinary_work_goes_on(found: dict[str, Any], name: str) -> None:
    if found["sandbox"] == "landlock" and name == "write_inside":
        assert {"/tmp (there is $TMPDIR)", "servers on loopback"} <= set(STOPPED)  # as it says itself
        return
    assert found[name].startswith("ESCAPED"), found[name]


@pytest.mark.parametrize("name", SET_ASIDE)
def test_what_may_not_come_into_being_is_set_aside(found: dict[str, Any], name: str) -> None:
    assert found[name].startswith("ESCAPED"), found[name]
    for made in SET_ASIDE[name]:
        assert f"[{made} is protected" in found[name]


def test_without_a_sandbox_they_would_get_out() -> None:
    """Else the table would prove nothing. Only what leaves nothing behind is tried."""
    ground = Ground("self")
    try:
        found = ground.attempt("none", HARMLESS)
    finally:
        ground.close()
    assert {name: found[name] for name in HARMLESS} == dict.fromkeys(HARMLESS, "ESCAPED")


def test_nothing_stays_behind(found: dict[str, Any]) -> None:
    sleepers = [
        path
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if SECONDS.encode() in _read(path).split(b"\0") and b"sleep" in _read(path)
    ]
    assert not sleepers


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
