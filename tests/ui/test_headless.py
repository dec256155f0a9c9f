"""Headless runs in this process: how they end, what they print, whom they ask."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from aura.app.build import Opened
from aura.app.options import SessionOptions
from aura.core.errors import AuraError, ConfigError, ModelError, ModelErrorKind
from aura.core.events import NoticeShown
from aura.core.models import Request
from aura.core.permissions import Mode
from aura.testing import Act, FakeModel, Player, call, reply
from aura.ui.headless import HeadlessOptions, Output, run_headless

AUTO = {"auto.enabled": True}


def done(summary: str = "It is done.", **more: Any) -> Any:
    """A call of Done."""
    return call("Done", summary=summary, **more)


def options(
    workspace: Path,
    acts: Sequence[Act | Player],
    prompts: Sequence[str] = ("go",),
    *,
    output: Output = "json",
    auto: bool = True,
    repeat: bool = False,
    **flags: Any,
) -> HeadlessOptions:
    """A run of a model that plays these acts; without auto mode in plan mode."""
    session = SessionOptions(
        workspace,
        model=FakeModel(*acts, repeat=repeat),
        sessions=workspace.parent / "sessions",
        flags={"auto.enabled": auto, **{name.replace("__", "."): value for name, value in flags.items()}},
        mode=None if auto else Mode.PLAN,
        unattended=auto,
        trusted=False,
    )
    return HeadlessOptions(session, tuple(prompts), output, "off")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An empty workspace."""
    place = tmp_path / "work"
    place.mkdir()
    return place


def failing(kind: ModelErrorKind) -> ModelError:
    """A model call that fails for good."""
    return ModelError(kind, "It failed.")


def insist(request: Request) -> Act:
    """Ask for the same forbidden thing for as long as there are tools."""
    return call("Bash", command="rm -rf /") if request.tools else "I may not."


ENDINGS: dict[str, tuple[int, dict[str, Any]]] = {
    "done": (0, {"acts": [done()]}),
    "end_turn": (0, {"acts": ["Hello."], "auto": False}),
    "not_verified": (3, {"acts": [done()], "repeat": True, "auto__checks": ("false",)}),
    "blocked": (4, {"acts": [done(status="blocked")]}),
    "needs_input": (4, {"acts": [done("Which port?", status="needs_input")]}),
    "max_steps": (
        5,
        {"acts": [call("Glob", pattern="*"), "This is left."], "auto__max_steps": 1},
    ),
    "max_tokens": (5, {"acts": [call("Glob", pattern="*"), "This is left."], "auto__token_budget": 10}),
    "max_cost": (
        5,
        {"acts": [reply("", call("Glob", pattern="*"), cost=3.0), "Left."], "auto__max_cost": 2.0},
    ),
    "stalled": (6, {"acts": ["I think about it."], "repeat": True}),
    "denied": (
        7,
        {
            "acts": [insist],
            "repeat": True,
            "auto": False,
        },
    ),
    "provider": (75, {"acts": [failing(ModelErrorKind.AUTH)]}),
    "config": (2, {"acts": [failing(ModelErrorKind.NOT_FOUND)]}),
    "error": (1, {"acts": [failing(ModelErrorKind.BAD_REQUEST)]}),
}


@pytest.mark.parametrize("reason", ENDINGS)
def test_every_ending_has_its_exit_code_and_one_document(
    workspace: Path, capsys: pytest.CaptureFixture[str], reason: str
) -> None:
    code, given = ENDINGS[reason]
    assert run_headless(options(workspace, **given)) == code
    out = capsys.readouterr().out
    document = json.loads(out)
    assert (document["reason"], document["exit_code"]) == (reason, code)
    assert out.count("\n") == 1


def test_what_was_written_at_a_limit_is_the_answer_on_stdout(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    acts: list[Act | Player] = [call("Glob", pattern="*"), "Half is done."]
    assert run_headless(options(workspace, acts, output="text", auto__max_steps=1)) == 5
    assert capsys.readouterr().out == "Half is done.\n"


def test_a_prompt_that_does_not_end_well_ends_the_run(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    acts = [done("one"), done("Which port?", status="needs_input")]
    assert run_headless(options(workspace, acts, ("first", "second", "third"), output="text")) == 4
    assert capsys.readouterr().out == "one\nWhich port?\n"


def test_commands_alone_end_well_and_need_nobody(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = options(workspace, [], ("/todo add feed the cat", "/status"))
    assert run_headless(given) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["exit_code"], document["detail"], document["answer"]) == (0, "no turn ran", "")


def test_commands_in_a_resumed_session_do_not_inherit_how_its_last_turn_ended(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_headless(options(workspace, [done(status="blocked")])) == 4
    again = options(workspace, [], ("/status",))
    session = SessionOptions(workspace, latest=True, model=FakeModel(), sessions=again.session.sessions)
    capsys.readouterr()
    assert run_headless(HeadlessOptions(session, again.prompts, "text", "off")) == 0
    captured = capsys.readouterr()
    assert "turn 1" in captured.out
    assert "BLOCKED" not in captured.err


@pytest.mark.parametrize("output", ["json", "stream-json", "text"])
def test_a_wrong_command_is_raised_after_the_document(
    workspace: Path, capsys: pytest.CaptureFixture[str], output: Output
) -> None:
    given = options(workspace, ["Hello."], ("hi", "/tod"), output=output, auto=False)
    with pytest.raises(AuraError, match=r"There is no command /tod\. Did you mean /todo"):
        run_headless(given)
    out = capsys.readouterr().out
    if output == "text":
        assert out == "Hello.\n"
        return
    documents = [json.loads(line) for line in out.splitlines()]
    assert [one["type"] for one in documents].count("result") == 1
    assert (documents[-1]["type"], documents[-1]["reason"], documents[-1]["exit_code"]) == (
        "result",
        "error",
        1,
    )


def test_what_keeps_a_session_from_opening_is_a_document_too(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = SessionOptions(workspace, resume="nonsense", model=FakeModel(), sessions=workspace / "none")
    with pytest.raises(ConfigError, match="nonsense"):
        run_headless(HeadlessOptions(session, ("go",), "json"))
    document = json.loads(capsys.readouterr().out)
    assert (document["session"], document["reason"], document["exit_code"]) == ("", "config", 2)
    assert "nonsense" in document["detail"]


def test_a_fault_of_aura_is_raised_after_the_document(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(opened: Opened) -> None:
        raise ValueError("secret detail")

    given = options(workspace, [])
    broken = HeadlessOptions(given.session, given.prompts, "json", "off", before=break_down)
    with pytest.raises(ValueError, match="secret"):
        run_headless(broken)
    document = json.loads(capsys.readouterr().out)
    assert (document["reason"], document["detail"]) == ("error", "something went wrong inside aura")


def test_ask_mode_with_nobody_there_is_refused_when_the_first_turn_would_begin(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = SessionOptions(workspace, model=FakeModel(done()), sessions=workspace.parent / "s")
    with pytest.raises(ConfigError, match="nobody is there to ask"):
        run_headless(HeadlessOptions(session, ("/todo", "go"), "json"))
    assert json.loads(capsys.readouterr().out)["reason"] == "config"
    with pytest.raises(ConfigError, match="needs a terminal"):
        run_headless(HeadlessOptions(session, ("go",), "text", "stdin"))
    assert run_headless(HeadlessOptions(session, ("/auto on", "/done on", "go"), "text")) == 0


def test_a_path_that_exists_is_a_prompt_and_no_command(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace / "x").mkdir()
    given = options(workspace, ["Delete something."], ("/tmp is full",), output="text", auto=False)
    assert run_headless(given) == 0
    assert capsys.readouterr().out == "Delete something.\n"


def test_notices_are_events_of_a_stream_and_lines_of_a_text(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def notice(opened: Opened) -> None:
        opened.session.record(NoticeShown("Mind the gap."))

    given = options(workspace, ["Hi."], auto=False)
    for output in ("stream-json", "text"):
        acts = FakeModel("Hi.")
        session = SessionOptions(
            workspace, model=acts, sessions=given.session.sessions, mode=Mode.PLAN, trusted=False
        )
        assert run_headless(HeadlessOptions(session, ("go",), output, "off", before=notice)) == 0
    captured = capsys.readouterr()
    assert '"text":"Mind the gap."' in captured.out
    assert "info: Mind the gap." in captured.err


def test_the_report_is_handed_to_a_ci_service(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = workspace.parent / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert run_headless(options(workspace, [done("```\n# forged\n```")])) == 0
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("### aura\n\n```\nDONE")
    assert text.count("```") == 2
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(workspace / "not" / "there.md"))
    assert run_headless(options(workspace, [done()])) == 0
    assert "step summary could not be written" in capsys.readouterr().err
