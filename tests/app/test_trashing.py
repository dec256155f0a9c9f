"""The trash around commands, in a session with real workings."""

import subprocess
from pathlib import Path

import pytest

from aura.cli.main import main
from aura.core import events as ev
from aura.core.permissions import Mode
from aura.runs.run_report import make_run_report
from aura.runs.sections import make_sections
from aura.safety.trash import Trash
from aura.store.rows import read_events
from aura.testing import call
from tests.app.hosting import Hosting, hosting

IGNORED = "data/\n"


def fill(work: Path) -> None:
    """A workspace with a large ignored file, and a small one that snapshots cover."""
    work.mkdir(exist_ok=True)
    (work / ".gitignore").write_text(IGNORED)
    (work / "data").mkdir()
    (work / "data" / "big.bin").write_bytes(b"x" * 300_000)
    (work / "small.txt").write_text("small\n")


async def run(stage: Hosting) -> None:
    """Have the model do its part."""
    await stage.session.submit("go")
    await stage.rest()


@pytest.mark.parametrize(
    "command", ["rm data/big.bin small.txt", "rm -r data small.txt", "echo new > data/big.bin; rm small.txt"]
)
async def test_only_what_no_snapshot_covers_goes_to_the_trash(tmp_path: Path, command: str) -> None:
    fill(tmp_path / "work")
    async with hosting(tmp_path, call("Bash", command=command), "done", mode=Mode.YOLO) as stage:
        await run(stage)
        (event,) = stage.of(ev.FilesTrashed)
        assert (event.count, event.bytes, event.missed) == (1, 300_000, ())
        assert event.paths == (f"{tmp_path}/work/data/big.bin",)
        (entry,) = Trash(Path(stage.session.facts.folder)).entries()
        place = Trash(Path(stage.session.facts.folder)).restore(entry.number)
        assert Path(place).read_bytes() == b"x" * 300_000


async def test_without_snapshots_everything_goes_to_the_trash_and_harmless_commands_cost_nothing(
    tmp_path: Path,
) -> None:
    fill(tmp_path / "work")
    acts = (call("Bash", command="cat small.txt"), call("Bash", command="rm small.txt"), "done")
    async with hosting(tmp_path, *acts, mode=Mode.YOLO, flags={"undo.enabled": "false"}) as stage:
        await run(stage)
        (event,) = stage.of(ev.FilesTrashed)
        assert [Path(path).name for path in event.paths] == ["small.txt"]


async def test_the_command_line_lists_restores_and_empties_and_the_report_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "work")
    async with hosting(tmp_path, call("Bash", command="rm -r data"), "done", mode=Mode.YOLO) as stage:
        await run(stage)
        folder = Path(stage.session.facts.folder)
    monkeypatch.setattr("aura.cli.ordering.locate", lambda name: folder)
    assert main(["trash", "s"]) == 0
    assert "data/big.bin" in capsys.readouterr().out
    assert main(["trash", "s", "restore", "data/big.bin"]) == 0
    assert (tmp_path / "work" / "data" / "big.bin").stat().st_size == 300_000
    assert main(["trash", "s", "restore", "nothing.txt"]) == 1
    assert "There is no nothing.txt in the trash" in capsys.readouterr().err
    sections = make_sections(make_run_report(read_events(folder)), str)
    told = [item.text for section in sections for item in section.items]
    assert any(line.startswith("in the trash: 1 file before a command") for line in told)
    assert main(["trash", "s", "empty", "--yes"]) == 0
    assert not Trash(folder).entries()


async def test_a_file_tool_that_overwrites_what_no_snapshot_covers_puts_it_aside(tmp_path: Path) -> None:
    fill(tmp_path / "work")
    acts = (
        call("Read", path="data/big.bin"),
        call("Write", path="data/big.bin", content="new\n"),
        call("Read", path="small.txt"),
        call("Write", path="small.txt", content="new\n"),
        call("Write", path="other.txt", content="new\n"),
        "done",
    )
    async with hosting(tmp_path, *acts, mode=Mode.YOLO) as stage:
        (tmp_path / "work" / "data" / "big.bin").write_text("yyyy\n" * 60_000)
        await stage.session.submit("go")
        await stage.rest()
        trashed = [Path(path).name for event in stage.of(ev.FilesTrashed) for path in event.paths]
        assert trashed == ["big.bin"]
        assert (tmp_path / "work" / "data" / "big.bin").read_text() == "new\n"


def git(work: Path, *words: str) -> bytes:
    """What git says."""
    who = ("-c", "user.name=n", "-c", "user.email=e@example.invalid")
    return subprocess.run(["git", *who, *words], cwd=work, check=True, capture_output=True).stdout


async def test_branches_are_saved_before_history_is_rewritten(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    git(work, "init", "-q")
    git(work, "commit", "-q", "--allow-empty", "-m", "one")
    tip = git(work, "rev-parse", "HEAD")
    command = "git -c user.name=n -c user.email=e@example.invalid commit --amend --allow-empty -m other"
    async with hosting(tmp_path, call("Bash", command=command), "done", mode=Mode.YOLO) as stage:
        await run(stage)
        (event,) = stage.of(ev.FilesTrashed)
    assert git(work, "rev-parse", f"{event.refs}/HEAD") == tip
