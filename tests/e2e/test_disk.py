"""Full and read-only disks, and homes that are not there: one clear sentence, and nothing lost."""

import json
import shlex
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Program, Ran, call, done

IMPATIENT = (
    "import sys, aura.app.session as session; session.DISK_PATIENCE = 0.3; "
    "from aura.cli.main import main; sys.exit(main())"
)
BIG = "x" * 700_000
UNSHARE = ["unshare", "--user", "--map-root-user", "--mount", "--kill-child"]


@cache
def can_mount() -> bool:
    """Whether this machine lets us have mounts of our own."""
    try:
        tried = subprocess.run(
            [*UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, timeout=30, check=False
        )
    except OSError:
        return False
    return tried.returncode == 0


needs_mounts = pytest.mark.skipif(not can_mount(), reason="no mounts of our own on this machine")


def write(path: str, content: str) -> dict[str, Any]:
    return {"call": [call("Write", path=path, content=content)]}


def bash(command: str) -> dict[str, Any]:
    return {"call": [call("Bash", command=command)]}


class Stage:
    """Runs of the program one after the other, with mounts between them that nobody else sees."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.lines = ["set -e"]
        self.runs = 0

    def mount(self, folder: Path, options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.lines.append(f"mount -t tmpfs -o {options} tmpfs {shlex.quote(str(folder))}")

    def remount(self, folder: Path, options: str) -> None:
        self.lines.append(f"mount -o remount,{options} tmpfs {shlex.quote(str(folder))}")

    def run(self, *arguments: str) -> None:
        self.runs += 1
        command = [*self.program.command()[:1], "-c", IMPATIENT, *arguments]
        place = shlex.quote(str(self.program.home / f"run{self.runs}"))
        self.lines.append(f"cd {shlex.quote(str(self.program.workspace))}")
        self.lines.append(
            f"{shlex.join(command)} > {place}.out 2> {place}.err < /dev/null && code=0 || code=$?"
        )
        self.lines.append(f"echo $code > {place}.code")

    def keep(self, path: Path) -> None:
        """Copy a file out of a mount before it is gone."""
        self.lines.append(f"cp {shlex.quote(str(path))} {shlex.quote(str(self.program.home / path.name))}")

    def play(self) -> list[Ran]:
        script = "\n".join(self.lines)
        played = subprocess.run(
            [*UNSHARE, "sh", "-c", script],
            env=self.program.environ,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert played.returncode == 0, played.stderr
        return [self._read(number) for number in range(1, self.runs + 1)]

    def _read(self, number: int) -> Ran:
        code, out, err = (
            (self.program.home / f"run{number}.{end}").read_text(encoding="utf-8")
            for end in ("code", "out", "err")
        )
        return Ran(int(code), out, err)


@needs_mounts
def test_a_full_disk_under_the_log_stops_a_turn_and_the_log_goes_on_later(program: Program) -> None:
    store = program.home / "aura"
    first = program.script(
        [
            write("small.txt", "small\n"),
            bash("echo ran >> ran.txt"),
            write("big.txt", BIG),
            bash("echo no > never.txt"),
        ]
    )
    second = program.script(
        [
            {"when": {"user_contains": "go on"}, "call": [call("Bash", command="cat ran.txt small.txt")]},
            {"when": {"contains": "ran\nsmall"}, "call": [call("Done", summary="It is all there.")]},
        ],
        "two.yaml",
    )
    stage = Stage(program)
    stage.mount(store, "size=400k")
    stage.run("run", "--mode", "auto", "--model", first, "go")
    stage.run("sessions", "--json")
    stage.remount(store, "size=20m")
    stage.run("run", "--auto", "-o", "stream-json", "--continue", "--model", second, "go on")
    stage.run("sessions", "--json")
    stopped, listed, resumed, later = stage.play()

    assert stopped.code == 1
    last = stopped.err.strip().splitlines()[-1]
    assert last.startswith("aura: The disk that holds ") and last.endswith(" is full; free some space on it.")
    assert "Traceback" not in stopped.err
    assert not (program.workspace / "big.txt").exists(), "nothing begins that the log does not know of"
    assert not (program.workspace / "never.txt").exists()
    assert (program.workspace / "ran.txt").read_text(encoding="utf-8") == "ran\n"
    assert len(json.loads(listed.out)) == 1
    assert resumed.result["reason"] == "done", resumed.err
    assert [one["id"] for one in json.loads(later.out)] == [one["id"] for one in json.loads(listed.out)]


AWAITED = "while ! grep -q 'is full' {err}; do sleep 0.05; done"
MEASURED = """
sleep 0.5
used() {{ awk '{{print $14 + $15}}' /proc/$pid/stat; }}
before=$(used)
sleep 3
echo $(($(used) - before)) > {home}/ticks
ls > {home}/listed
"""


def start_and_fill(stage: Stage, model: str) -> Path:
    """A run in the background that goes on until its log's disk is full, and waits there; the place of what it says."""
    home, workspace = stage.program.home, stage.program.workspace
    stage.mount(home / "aura", "size=400k")
    command = shlex.join(stage.program.command("run", "--auto", "--model", model, "go"))
    out, err = (shlex.quote(str(home / f"run.{end}")) for end in ("out", "err"))
    stage.lines.append(f"cd {shlex.quote(str(workspace))}")
    stage.lines.append(f"{command} > {out} 2> {err} < /dev/null & pid=$!")
    stage.lines.append(AWAITED.format(err=err))
    return home / "run.err"


def end_of(stage: Stage) -> int:
    """Wait for the run in the background; how it ended."""
    code = stage.program.home / "run.code"
    stage.lines.append(f"wait $pid && code=0 || code=$?; echo $code > {shlex.quote(str(code))}")
    stage.play()
    return int(code.read_text(encoding="utf-8"))


def filling(program: Program) -> str:
    """A model whose third call is too long for the log."""
    return program.script(
        [
            bash("echo ran >> ran.txt"),
            write("big.txt", BIG),
            {"when": {"tool": "Write"}, "call": [call("Bash", command="wc -c big.txt; cat ran.txt")]},
            {"when": {"contains": "700000 big.txt\nran"}, **done("all there")},
        ]
    )


@needs_mounts
def test_a_run_waits_for_space_does_nothing_meanwhile_and_goes_on(program: Program) -> None:
    stage = Stage(program)
    err = start_and_fill(stage, filling(program))
    stage.lines.append(MEASURED.format(home=shlex.quote(str(program.home))))
    stage.remount(program.home / "aura", "size=20m")
    assert end_of(stage) == 0
    listed = (program.home / "listed").read_text(encoding="utf-8").split()
    assert listed == ["ran.txt"], "nothing begins that the log does not know of"
    assert (program.workspace / "ran.txt").read_text(encoding="utf-8") == "ran\n"
    assert (program.workspace / "big.txt").stat().st_size == len(BIG)
    said = err.read_text(encoding="utf-8")
    assert said.count("is full; free some space on it.") == 1, said
    assert said.count("is written again; nothing was lost") == 1
    assert "Traceback" not in said
    ticks = int((program.home / "ticks").read_text())  # hundredths of a second, in three seconds
    assert ticks <= 9, "it waits without keeping the machine busy"


@needs_mounts
def test_a_run_that_waits_for_space_still_hears_ctrl_c(program: Program) -> None:
    stage = Stage(program)
    err = start_and_fill(stage, filling(program))
    stage.lines.append("kill -INT $pid")
    code = end_of(stage)
    said = err.read_text(encoding="utf-8").strip()
    assert code in (1, 130)
    assert "is full; free some space on it." in said.splitlines()[-1]
    assert "Traceback" not in said
    assert not (program.workspace / "big.txt").exists()


@needs_mounts
def test_no_space_for_a_new_session_is_one_sentence(program: Program) -> None:
    stage = Stage(program)
    stage.mount(program.home / "aura", "size=8k")
    stage.run("run", "--auto", "--model", program.script([write("a.txt", "a")]), "go")
    [ran] = stage.play()
    assert ran.code == 1
    assert ran.err.startswith("aura: The disk that holds ")
    assert "is full" in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert not (program.workspace / "a.txt").exists()


@needs_mounts
def test_a_full_workspace_is_the_tools_error_and_the_log_does_not_mind(program: Program) -> None:
    model = program.script(
        [
            write("small.txt", "small\n"),
            write("small.txt", BIG),
            {
                "when": {"tool": "Write", "is_error": True, "matches": "(?i)space|full"},
                "call": [read("small.txt")],
            },
            {"when": {"contains": "small"}, "call": [call("Done", summary="The old file is whole.")]},
        ]
    )
    stage = Stage(program)
    stage.mount(program.workspace, "size=200k")
    stage.run("run", "--auto", "-o", "json", "--model", model, "go")
    stage.keep(program.workspace / "small.txt")
    stage.lines.append(
        f"ls -A {shlex.quote(str(program.workspace))} > {shlex.quote(str(program.home / 'listed'))}"
    )
    [ran] = stage.play()
    assert ran.code == 0, ran.out
    assert ran.result["claim"] == "The old file is whole."
    assert (program.home / "small.txt").read_text(encoding="utf-8") == "small\n"
    assert (program.home / "listed").read_text(encoding="utf-8") == "small.txt\n", (
        "no half-written file is left"
    )


def read(path: str) -> dict[str, Any]:
    return call("Read", path=path)


@needs_mounts
def test_with_a_home_that_cannot_be_written_it_works_and_says_that_nothing_is_kept(program: Program) -> None:
    model = program.script([write("a.txt", "a"), done()])
    stage = Stage(program)
    stage.mount(program.home / "aura", "ro,size=1m")
    stage.run("run", "--auto", "--model", model, "go")
    stage.run("run", "--auto", "--model", model, "--continue", "go")
    works, continued = stage.play()
    assert works.code == 0, works.err
    assert (program.workspace / "a.txt").read_text(encoding="utf-8") == "a"
    assert_says_nothing_is_kept(works, program.home / "aura")
    assert continued.code == 2
    assert continued.err == "aura: There is no session in this folder yet to continue.\n"


def test_with_a_home_that_is_not_there_and_cannot_be_made_it_is_the_same(program: Program) -> None:
    nowhere = Program(program.workspace, program.home, {"HOME": "/proc/nowhere", "AURA_HOME": ""})
    ran = nowhere("run", "--auto", "--model", nowhere.script([write("a.txt", "a"), done()]), "go")
    assert ran.code == 0, ran.err
    assert_says_nothing_is_kept(ran, Path("/proc/nowhere"))


def assert_says_nothing_is_kept(ran: Ran, home: Path) -> None:
    notice = ran.err.splitlines()[0]
    assert notice.startswith(f"aura: {home}")
    assert "cannot be written" in notice
    assert "AURA_HOME" in notice
    assert "cannot be resumed" in notice
    assert "Traceback" not in ran.err


def test_without_home_the_place_of_aura_is_enough(program: Program) -> None:
    class Homeless(Program):
        @property
        def environ(self) -> dict[str, str]:
            return {name: value for name, value in super().environ.items() if name != "HOME"}

    homeless = Homeless(program.workspace, program.home)
    ran = homeless(
        "run", "--auto", "-o", "json", "--model", homeless.script([write("a.txt", "a"), done()]), "go"
    )
    assert ran.code == 0, ran.err
    assert (program.workspace / "a.txt").read_text(encoding="utf-8") == "a"
    assert (program.home / "aura").is_dir()
