"""The options of `aura run`, from the command line to a headless run."""

import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.cli.main import main
from aura.core.durations import read_duration
from aura.core.errors import ConfigError


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one, with a script that answers anything."""
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    (tmp_path / "echo.yaml").write_text(
        '- {when: {seen: "0+"}, say: "You said {{ user }}."}', encoding="utf-8"
    )
    return place


def run(*arguments: str) -> int:
    """The exit code of a run in plan mode with that script."""
    return main(["run", "--mode", "plan", "--model", "script:../echo.yaml", *arguments])


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Have this on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("1.5m", 90), (" 2 H ", 7200), ("1d", 86400), ("1w", 604800), ("0", 0)],
)
def test_times_are_read(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1", "1h30m", "1y", "nan", "inf", "1e3", ".5"])
def test_other_texts_are_no_times(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a time"):
        read_duration(text)


@given(st.text())
def test_any_text_is_a_time_or_one_sentence(text: str) -> None:
    try:
        seconds = read_duration(text)
    except ConfigError:
        seconds = 0.0
    assert seconds >= 0


def test_prompts_are_turns_and_a_dash_is_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe(monkeypatch, "  caf\u00e9\n".encode())
    assert run("one", "-") == 0
    assert capsys.readouterr().out == "You said one.\nYou said caf\u00e9.\n"
    pipe(monkeypatch, b"alone \xff")
    assert run() == 0
    assert capsys.readouterr().out == "You said alone \ufffd.\n"


@pytest.mark.parametrize(
    ("arguments", "data", "words"),
    [
        ((), b" \n", "Standard input is empty"),
        (("-",), b"", "Standard input is empty"),
        (("one", " "), b"", "A prompt is empty"),
        (("-c", "-r", "x", "go"), b"", "exclude each other"),
        (("--fork", "go"), b"", "--fork needs"),
        (("-c", "go"), b"", "no session in this folder"),
        (("-r", "x", "go"), b"", "no session 'x'"),
        (("--max-time", "soon", "go"), b"", "'soon' is not a time"),
        (("--max-cost", "nan", "go"), b"", "auto.max_cost"),
    ],
)
def test_what_cannot_be_run_is_one_sentence_and_one_document(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    data: bytes,
    words: str,
) -> None:
    pipe(monkeypatch, data)
    assert run("-o", "json", *arguments) == 2
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert (document["reason"], document["exit_code"], document["session"]) == ("config", 2, "")
    assert words in document["detail"]
    assert captured.err == f"aura: {document['detail']}\n"


def test_a_workspace_that_is_gone_is_one_sentence(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.rmdir()
    assert run("go") == 2
    assert "does not exist (any more)" in capsys.readouterr().err
    assert run("--cwd", "/", "--model", f"script:{workspace.parent}/echo.yaml", "hi") == 0


def test_a_program_without_standard_input_has_no_prompt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert run() == 2
    assert "Standard input is empty" in capsys.readouterr().err
    assert run("hi") == 0


def test_flags_reach_the_session(capsys: pytest.CaptureFixture[str]) -> None:
    limits = ("--max-steps", "7", "--max-tokens", "9000", "--max-cost", "3", "--max-time", "2h")
    assert (
        run(*limits, "--check", "true", "--check", "false", "/status", "/check", "/auto on", "/status") == 0
    )
    said = capsys.readouterr().out
    for words in (
        "steps: 0 of 7",
        "tokens: 0 of 9000",
        "cost: $0.00 of $3.00",
        "time: 0s of 2h",
        "mode plan",
    ):
        assert words in said
    assert "check: true\ncheck: false" in said
    assert "auto on" in said


def test_trust_is_said_for_one_run_and_never_kept(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace / ".aura").mkdir()
    (workspace / ".aura" / "config.yaml").write_text("auto: {checks: [make]}\n")
    (workspace / "AGENTS.md").write_text("Be brief.\n")
    assert run("hello") == 0
    said = capsys.readouterr().err
    assert "not trusted" in said and "auto.checks set aside" in said
    assert run("--trust", "hello") == 0
    assert "not trusted" not in capsys.readouterr().err
    assert run("hello") == 0
    assert "not trusted" in capsys.readouterr().err
