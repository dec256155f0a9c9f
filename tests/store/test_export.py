"""Exports: one for programs that loses nothing, one for people in which nothing can play tricks."""

import json
import re
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.cli.cmd_export import command as export_command
from aura.cli.cmd_sessions import command as sessions_command
from aura.config.paths import sessions_dir
from aura.core import events as ev
from aura.core.errors import AuraError, ConfigError
from aura.core.evidence import Check, CommandRun, FileChange
from aura.core.limits import StopReason
from aura.core.messages import Image, Message, Text, Thinking, ToolCall, ToolResult, user
from aura.core.models import Completion, Usage
from aura.core.todos import Todo
from aura.core.tools import Answer, Claim, Option, Question
from aura.store import codec
from aura.store.export import LONGEST_OUTPUT, export_jsonl, export_markdown
from aura.store.faults import LOG_NAME
from aura.store.index import list_sessions
from aura.store.log import SessionLog
from tests.store.samples import EVERY, events
from tests.store.test_index import write

CALL = ToolCall("c1", "Bash", {"command": "pytest -q"})
REPLY = Message("assistant", (Thinking("hm"), Text("I will run the tests."), CALL), "model")
CLAIM = Claim("All tests pass.", evidence=("pytest",))
TALK: tuple[ev.DurableEvent, ...] = (
    ev.SessionResumed("h/1/t", "0.2"),
    ev.TurnStarted(1, user("Make the tests pass.\nAll of them.", images=(Image("image/png", "AAAA"),))),
    ev.TodosChanged((Todo("1", "run the tests", "in_progress"),), "model"),
    ev.StepStarted(1, "big"),
    ev.ModelFailed("overloaded", "The provider is busy.", 1, "big", 2.0),
    ev.ModelReplied(Completion(REPLY, Usage(100, 20), cost=0.5, model="big"), 2.0),
    ev.ToolJudged("c1", "allow", "auto mode"),
    ev.ToolStarted(CALL),
    ev.ToolFinished(
        CALL,
        ToolResult("c1", "1 failed\n```\nnot the end\n```"),
        "error",
        1.25,
        (FileChange("a.py", "modified", 3, 1),),
    ),
    ev.Injected(Message("user", (Text("Todos are open."),), "injector:todo-reminder")),
    ev.Steered(user("Be quick.")),
    ev.QuestionAsked("q", Question("Which one?", "choice", (Option("left"), Option("right")))),
    ev.QuestionAnswered("q", Answer("left", ("left",)), "human"),
    ev.ModelChanged("small", "to save money"),
    ev.Compacted("We ran tests.", "goal", 3, 9000, 900, "80 % full"),
    ev.CommandRan("/status", "all is well"),
    ev.CheckFinished(Check(CommandRun("pytest -q", 1, "E assert 1 == 2"), 1)),
    ev.DoneRefused(CLAIM, "a check fails", "pytest -q: exit code 1"),
    ev.CheckFinished(Check(CommandRun("pytest -q", 0, "fine"), 2)),
    ev.DoneAccepted(CLAIM, True, ("a test was skipped",)),
    ev.LimitReached(StopReason.MAX_COST, "1 USD"),
    ev.AutoSwitched(True, "human"),
    ev.ModeSwitched("edit", "human"),
    ev.NoticeShown("The disk is nearly full.", "warning"),
    ev.PluginUnplugged("beeper", "before_chat", "ValueError: no sound"),
    ev.TurnStopped(StopReason.DONE, "in 2 steps"),
)


def record(*some: ev.Event) -> list[ev.Recorded]:
    return [ev.Recorded(number, 1_760_000_000.0 + number, event) for number, event in enumerate(some, 1)]


def transcript(*some: ev.Event) -> str:
    return "".join(export_markdown(record(*some)))


def test_the_transcript_tells_everything_that_matters() -> None:
    text = transcript(ev.SessionStarted("s1", "/w", "0.1", "s0", 12), *TALK)
    for piece in (
        "# Session s1",
        "- began 2025-10-09 08:53:21 UTC",
        "- workspace /w",
        "- forked from s0 at event 12",
        "## Turn 1 (2025-10-09 08:53:23 UTC)",
        "> Make the tests pass.\n> All of them.\n> [picture: image/png]",
        "[>] 1: run the tests",
        "The provider is busy. Tried again after 2 s.",
        "*Thinking*\n\n```\nhm\n```",
        "I will run the tests.",
        "*Allowed by auto mode*",
        "**Bash** (1.2 s, error)",
        "```sh\npytest -q\n```",
        "````\n1 failed\n```\nnot the end\n```\n````",
        "- modified a.py (+3 -1)",
        "**injector:todo-reminder**\n\n> Todos are open.",
        "> Be quick.",
        "> Which one?\n> - left\n> - right",
        "**Answer** (by human)\n\n> left",
        "small answers from here on: to save money",
        "from 9000 to 900 tokens",
        "**A person ran** `/status`",
        "**Check failed**: `pytest -q` (exit code 1)\n\n```\nE assert 1 == 2\n```",
        "**Done refused** (a check fails): pytest -q: exit code 1",
        "**Check passed**: `pytest -q` (exit code 0)",
        "**Done** (done, checked)\n\n> All tests pass.\n- look at: a test was skipped",
        "*Limit reached (max_cost): 1 USD*",
        "*Auto mode on (by human).*",
        "*Mode edit (by human).*",
        "*warning: The disk is nearly full.*",
        "The plugin beeper was unplugged in before_chat: ValueError: no sound",
        "*Stopped (done): The work is done. in 2 steps*",
        "1 model calls, 100 tokens in, 20 tokens out, $0.50",
    ):
        assert piece in text, piece


@settings(max_examples=150)
@given(some=st.lists(st.one_of([events(kind) for kind in EVERY]), max_size=6))
def test_no_event_can_play_tricks_in_a_transcript(some: list[ev.Event]) -> None:
    text = transcript(*some)
    assert re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text) is None
    text.encode("utf-8")


def test_control_characters_are_made_visible() -> None:
    text = transcript(ev.TurnStarted(1, user("a\x1b[2Jb\x00c\u202ed\x9be\x07")))
    assert "\x1b" not in text
    assert "␀" in text and "<U+202E>" in text and "␇" in text


def test_long_outputs_are_cut_in_the_middle() -> None:
    output = "begin " + "x" * 50_000 + " end"
    text = transcript(ev.ToolFinished(CALL, ToolResult("c1", output), "ok"))
    assert len(text) < LONGEST_OUTPUT + 500
    assert "begin xxx" in text and "xxx end" in text
    assert f"{len(output) - LONGEST_OUTPUT} characters left out" in text


@settings(max_examples=30)
@given(body=st.text("`\nx", max_size=30))
def test_nothing_ends_a_block_before_its_end(body: str) -> None:
    text = transcript(ev.ToolFinished(ToolCall("c", "T"), ToolResult("c", f"a{body}b"), "ok"))
    block = text.split("json\n{}\n```\n\n")[1].split("---")[0].strip()
    marks, *lines, end = block.split("\n")
    assert set(marks) == {"`"} and end == marks
    assert not any(line.strip().startswith(marks) for line in lines)


def test_lines_are_those_of_the_codec() -> None:
    recorded = record(*TALK)
    lines = list(export_jsonl(recorded))
    assert [codec.decode_recorded(line) for line in lines] == recorded
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines)


def test_what_is_hidden_is_hidden_before_it_is_cut() -> None:
    secret = "hunter2-" * 4
    event = ev.ToolFinished(
        ToolCall("c", "Bash", {"command": f"login {secret}"}),
        ToolResult("c", "x" * 2990 + secret + "y" * 5000),
        "ok",
    )
    for export in (export_jsonl, export_markdown):
        text = "".join(export(record(event), lambda text: text.replace(secret, "[secret]")))
        assert "hunter2" not in text
        assert text.count("[secret]") == 2


# --- the commands -------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with one session."""
    folder = tmp_path / "work"
    folder.mkdir()
    write(sessions_dir(folder) / "1abc", *TALK)
    return folder


def export(*arguments: object) -> Result:
    return CliRunner().invoke(export_command, [str(argument) for argument in arguments])


def sessions(workspace: Path, *arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(sessions_command, ["-C", str(workspace), *arguments], input=answer)


def test_export_prints_both_forms(workspace: Path) -> None:
    done = export("1a", "-C", workspace)
    assert done.exit_code == 0
    assert done.stdout.startswith("# Session 1abc\n")
    done = export("last", "-C", workspace, "--format", "jsonl")
    kinds = [json.loads(line)["type"] for line in done.stdout.splitlines()]
    assert kinds == ["session_started", *(event.type for event in TALK)]


def test_export_writes_a_file_for_its_owner_only(workspace: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.md"
    assert export("1a", "-C", workspace, "-o", path).exit_code == 0
    assert path.read_text().startswith("# Session 1abc\n")
    assert path.stat().st_mode & 0o777 == 0o600
    done = export("1a", "-C", workspace, "-o", tmp_path / "no" / "out.md")
    assert isinstance(done.exception, AuraError)
    assert "cannot be written" in done.exception.sentence


def test_export_hides_secrets_unless_told(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRIEND_API_KEY", "correct-horse-battery")
    write(sessions_dir(workspace) / "2abc", ev.TurnStarted(1, user("use correct-horse-battery")), at=99.0)
    for form in ("jsonl", "markdown"):
        hidden = export("2", "-C", workspace, "--format", form)
        assert "use [secret]" in hidden.stdout
        shown = export("2", "-C", workspace, "--format", form, "--secrets")
        assert "use correct-horse-battery" in shown.stdout


def test_export_of_a_session_that_is_not_there(workspace: Path) -> None:
    done = export("zzz", "-C", workspace)
    assert isinstance(done.exception, ConfigError)
    assert "no run or session 'zzz'" in done.exception.sentence


def test_sessions_are_listed(workspace: Path) -> None:
    done = sessions(workspace)
    assert done.exit_code == 0
    head, line = done.stdout.splitlines()
    assert head.split() == ["session", "when", "turns", "cost", "end", "prompt"]
    assert line.split()[0] == "1abc"
    assert "$0.50" in line and "done" in line and "Make the tests" in line
    for arguments in (["--json"], ["list", "--json"], ["--json", "list"]):
        (only,) = json.loads(sessions(workspace, *arguments).stdout)
        assert (only["id"], only["turns"], only["stop"], only["cost"]) == ("1abc", 1, "done", 0.5)


def test_where_each_session_stands_is_said(tmp_path: Path) -> None:
    place = sessions_dir(tmp_path)
    write(place / "1", at=1.0)
    write(place / "2", ev.TurnStarted(1, user("go")), at=2.0)
    write(place / "3", ev.TurnStarted(1, user("go")), ev.TurnStopped(StopReason.STALLED), at=3.0)
    with closing(SessionLog.open(write(place / "4", ev.TurnStarted(1, user("go")), at=4.0), write=True)):
        lines = sessions(tmp_path).stdout.splitlines()[1:]
    for line, (name, state) in zip(
        lines, [("4", "open"), ("3", "stalled"), ("2", "cut off"), ("1", "empty")], strict=True
    ):
        assert line.split()[0] == name
        assert f"  {state}  " in line


def test_no_sessions_are_said_and_empty_in_json(tmp_path: Path) -> None:
    done = sessions(tmp_path)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "no sessions" in done.stderr
    assert json.loads(sessions(tmp_path, "--json").stdout) == []


def test_a_session_is_shown(workspace: Path) -> None:
    done = sessions(workspace, "show", "1abc")
    assert "events    27" in done.stdout
    assert "event 3, done)\nMake the tests pass." in done.stdout
    assert json.loads(sessions(workspace, "show", "1abc", "--json").stdout)["id"] == "1abc"


def test_a_session_is_forked(workspace: Path) -> None:
    name = sessions(workspace, "fork", "1abc", "--upto", "5").stdout.strip()
    found = {summary.id: summary for summary in list_sessions(sessions_dir(workspace))}
    assert found[name].events == 5
    assert found[name].parent == "1abc"


def test_a_session_is_removed_only_when_it_is_meant(workspace: Path) -> None:
    place = sessions_dir(workspace)
    refused = sessions(workspace, "remove", "1abc", answer="n\n")
    assert refused.exit_code != 0
    assert "Make the tests pass" in refused.output
    assert len(list_sessions(place)) == 1
    assert sessions(workspace, "remove", "1abc", answer="y\n").exit_code == 0
    assert list_sessions(place) == []


def test_a_damaged_session_is_listed_and_salvaged(workspace: Path) -> None:
    place = sessions_dir(workspace)
    path = place / "1abc" / LOG_NAME
    content = path.read_bytes()
    path.write_bytes(b"\x00" * 100 + content[100:])
    assert "damaged" in sessions(workspace).stdout
    shown = sessions(workspace, "show", "1abc")
    assert isinstance(shown.exception, AuraError)
    assert "aura sessions salvage 1abc" in shown.exception.sentence
    done = sessions(workspace, "salvage", "1abc")
    assert "events were copied to the session" in done.stdout
    assert len(list_sessions(place)) == 2


def test_hostile_prompts_do_not_reach_the_terminal(tmp_path: Path) -> None:
    write(sessions_dir(tmp_path) / "1abc", ev.TurnStarted(1, user("\x1b[2J\x9b31mred\u202e")))
    for arguments in ([], ["show", "1abc"]):
        assert re.search("[\x1b\x9b\u202e]", sessions(tmp_path, *arguments).stdout) is None
