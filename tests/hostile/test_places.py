"""What aura keeps is for its owner only, whatever the umask; and it keeps nothing where others could write."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # real processes

AURA = Path(sys.executable).with_name("aura")
WORK = (
    {
        "call": [
            {"tool": "Write", "with": {"path": "a.txt", "content": "x\n"}},
            {"tool": "Bash", "with": {"command": "seq 1 40000"}},
            {"tool": "MemoryWrite", "with": {"scope": "project", "name": "n", "text": "x"}},
        ]
    },
    {"call": [{"tool": "Done", "with": {"summary": "It is done."}}]},
    {"say": "Nothing more."},
)


class Desk:
    """A home and a workspace, where everything is started with no umask at all."""

    def __init__(self, place: Path) -> None:
        self.home, self.work = place / "home", place / "work"
        self.home.mkdir()
        self.work.mkdir()
        (self.home / "script.json").write_text(json.dumps(WORK))
        self.model = f"script:{self.home / 'script.json'}"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run aura to its end."""
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "AURA_HOME": str(self.home / "aura"),
            "LANG": "C.UTF-8",
        }
        return subprocess.run(
            [AURA, *arguments],
            cwd=self.work,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            umask=0,
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_every_file_is_its_owners(desk: Desk) -> None:
    assert desk.run("run", "--auto", "go", "-m", desk.model).returncode == 0
    (log,) = (desk.home / "aura" / "data").rglob("log.sqlite")
    for command in (
        ("config", "set", "model", desk.model),
        ("config", "set", "--project", "log.level", "info"),
        ("trust", "--yes"),
        ("trust", "--show"),
        ("sessions",),
        ("runs",),
        ("export", log.parent.name, "--format", "html", "-o", str(desk.home / "aura" / "state" / "x.html")),
        ("report", log.parent.name),
        ("undo", log.parent.name, "--yes"),
        ("doctor",),
    ):
        assert desk.run(*command).returncode in (0, 1, 2), command
    open_ones = [
        f"{stat.filemode(path.lstat().st_mode)} {path.relative_to(desk.home)}"
        for path in (desk.home / "aura").rglob("*")
        if path.lstat().st_mode & 0o077
        and not path.is_symlink()
        and "/tmp/" not in f"{path}/"[len(str(desk.home)) :]
    ]
    assert open_ones == []
    assert (desk.home / "aura" / "state" / "trust.json").exists()


@pytest.mark.parametrize("kind", ["data", "state", "cache"])
def test_a_folder_that_others_can_write_to_is_refused(desk: Desk, kind: str) -> None:
    folder = desk.home / "aura" / kind
    folder.mkdir(parents=True)
    folder.chmod(0o770)
    done = desk.run("run", "--auto", "go", "-m", desk.model)
    assert done.returncode == 2
    assert f"Others can write to {folder}" in done.stderr
    assert "chmod go-w" in done.stderr
    assert not (desk.work / "a.txt").exists()
