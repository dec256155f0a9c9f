"""aura undo on the command line: what it shows, what it does, what it refuses."""

import asyncio
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from aura.app.build import open_session
from aura.app.options import SessionOptions
from aura.cli.main import main
from aura.core import events as ev
from aura.core.permissions import Mode
from aura.store.rows import read_events
from aura.testing import Act, FakeModel, call


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is worked in, which is not the one that the commands are called in."""
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    made = tmp_path / "work"
    made.mkdir()
    return made


def session(work: Path, *acts: Act, resume: str = "", fork: bool = False) -> str:
    """A session in which the model did something; its name."""

    async def run() -> str:
        options = SessionOptions(
            work, resume=resume, fork=fork, model=FakeModel(*acts, "done"), mode=Mode.YOLO
        )
        opened = await open_session(options)
        try:
            async for _ in opened.session.prompt("go"):
                pass
        finally:
            await opened.close()
        return opened.session.id

    return asyncio.run(run())


def two_files(work: Path) -> str:
    (work / "a.txt").write_text("one\ntwo\n")
    return session(
        work,
        call("Bash", command="printf 'one\\nthree\\n' > a.txt; mkdir made; printf x > made/b"),
        call("Write", path="c.txt", content="c\n"),
    )


def test_without_a_terminal_and_without_a_yes_nothing_is_changed(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = two_files(work)
    assert main(["undo", name[:12], "--diff"]) == 4
    said = capsys.readouterr()
    assert "restore  a.txt +1 -1" in said.out
    assert "delete   made/b" in said.out and "delete   c.txt" in said.out
    assert "-three\n+two\n" in said.out
    assert "add --yes" in said.err
    assert (work / "a.txt").read_text() == "one\nthree\n"
    assert main(["undo", name, "--preview"]) == 0


def test_an_undo_and_its_undo(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = two_files(work)
    assert main(["undo", name, "--yes"]) == 0
    assert "--redo` undoes this" in capsys.readouterr().out
    assert {path.name for path in work.iterdir()} == {"a.txt"}
    assert (work / "a.txt").read_text() == "one\ntwo\n"
    assert main(["undo", name, "--yes"]) == 0
    assert "nothing to undo" in capsys.readouterr().out
    assert main(["undo", name, "--redo", "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert sorted(told["undone"]["paths"]) == ["a.txt", "c.txt", "made", "made/b"]
    assert (work / "made" / "b").read_text() == "x"
    assert (work / "a.txt").read_text() == "one\nthree\n"
    restored = [
        one.event
        for one in read_events(next((work.parent / "home").rglob(name)), types=("files_restored",))
        if isinstance(one.event, ev.FilesRestored)
    ]
    assert [(one.to, one.count) for one in restored] == [(0, 4), (restored[0].before, 4)]


def test_what_a_person_changed_since_is_named_and_stays(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = two_files(work)
    (work / "a.txt").write_text("mine\n")
    assert main(["undo", name, "--yes"]) == 0
    said = capsys.readouterr().out
    assert "a.txt: changed after the session last wrote it" in said and "stays as it is: a.txt" in said
    assert (work / "a.txt").read_text() == "mine\n" and not (work / "c.txt").exists()
    assert main(["undo", name, "--yes", "--others", "beside"]) == 0
    assert (work / "a.txt.aura-old").read_text() == "one\ntwo\n"
    assert main(["undo", name, "--yes", "--others", "old"]) == 0
    assert (work / "a.txt").read_text() == "one\ntwo\n"
    assert main(["undo", name, "--yes", "--redo"]) == 0
    assert (work / "a.txt").read_text() == "mine\n"


def test_to_a_step_and_one_path_only(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = two_files(work)
    assert main(["undo", name, "--yes", "--to", "1.2"]) == 0
    assert not (work / "c.txt").exists() and (work / "made" / "b").exists()
    assert main(["undo", name, "--yes", "--path", "made"]) == 0
    assert not (work / "made").exists() and (work / "a.txt").read_text() == "one\nthree\n"
    capsys.readouterr()
    for place, sentence in (("1.9", "no step 9 of turn 1"), ("x", "neither"), ("999", "no event 999")):
        assert main(["undo", name, "--yes", "--to", place]) == 1
        assert sentence in capsys.readouterr().err


def test_over_a_resume(work: Path) -> None:
    name = two_files(work)
    (work / "mine").write_text("mine")
    session(work, call("Bash", command="printf y >> made/b"), resume=name)
    assert main(["undo", name, "--yes"]) == 0
    assert {path.name for path in work.iterdir()} == {"a.txt", "mine"}


def test_over_a_fork(work: Path) -> None:
    name = two_files(work)
    forked = session(
        work, call("Bash", command="printf y >> made/b; printf z > later"), resume=name, fork=True
    )
    assert forked != name
    (work / "mine").write_text("mine")
    assert main(["undo", forked, "--yes", "--to", "2.1"]) == 0
    assert (work / "made" / "b").read_text() == "x" and not (work / "later").exists()
    assert main(["undo", forked, "--yes"]) == 0
    assert {path.name for path in work.iterdir()} == {"a.txt", "mine"}


def test_a_session_that_changed_nothing(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = session(work, call("Bash", command="ls"))
    assert main(["undo", name, "--yes"]) == 1
    assert "Nothing was kept" in capsys.readouterr().err
    assert main(["undo", "nonsense"]) == 2


@pytest.mark.slow
def test_on_a_terminal_the_person_is_asked(work: Path) -> None:
    name = two_files(work)
    (work / "a.txt").write_text("mine\n")
    said = converse([sys.executable, "-m", "aura", "undo", name], "b\ny\n")
    assert "keep (m)ine" in said and "Put 4 back?" in said
    assert (work / "a.txt").read_text() == "mine\n"
    assert (work / "a.txt.aura-old").read_text() == "one\ntwo\n"
    assert not (work / "c.txt").exists()


def converse(command: list[str], answers: str) -> str:
    """What a command says on a terminal that somebody types into."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, answers.encode())
    said = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        said += piece
    os.close(ours)
    assert process.wait(30) == 0, said
    return said.decode()
