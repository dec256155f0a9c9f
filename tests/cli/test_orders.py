"""Orders on the command line, for runs that no process has: what they say, and what is left in the log."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from aura import __version__
from aura.app.orders import send_order
from aura.app.pursuit import Wish, prepare
from aura.cli.main import main
from aura.cli.runs import describe, render
from aura.config.paths import sessions_dir
from aura.core.errors import SessionLocked
from aura.core.events import (
    Checkpointed,
    DurableEvent,
    QuestionAnswered,
    QuestionAsked,
    RunOrdered,
    RunStarted,
    SessionResumed,
    SessionStarted,
    TurnStarted,
    TurnStopped,
)
from aura.core.limits import Limits, Spend, StopReason
from aura.core.messages import user
from aura.core.rewound import Earlier, Rewound
from aura.core.run import Phase, Terms
from aura.core.tools import Answer, Option, Question
from aura.core.turn import Turn, fold
from aura.runs.advance import NextTurn, advance
from aura.runs.orders import Wanted
from aura.store.index import Summary, summarise
from aura.store.lease import Lease
from aura.store.log import SessionLog
from aura.store.rows import read_events
from aura.store.run_summary import RunSummary, add_to_run
from aura.ui.look import Look
from aura.ui.manners import make_look, preferences

STORAGE = Question("Which storage?", "choice", (Option("SQLite"), Option("JSONL")))


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is worked in, which is not the one that the commands are called in."""
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    made = tmp_path / "work"
    made.mkdir()
    return made


def begin(work: Path, name: str, *more: DurableEvent, limits: Limits = Limits(cost=2.0)) -> Path:  # noqa: B008
    """The folder of a session with a run, and what happened in it."""
    now = time.time()
    first = SessionStarted(name, str(work), __version__)
    log = SessionLog.create(sessions_dir(work) / name, first, now)
    for event in (*prepare(fold([first]), Wish("the goal", limits), now), *more):
        log.append(event, now)  # type: ignore[arg-type]
    log.close()
    return log.folder


def turn_of(folder: Path) -> Turn:
    """Where it stands."""
    return fold(one.event for one in read_events(folder))


def test_a_run_is_paused_steered_and_given_up_from_any_folder(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = begin(work, "abcdefabcdef")
    assert main(["pause", "abc"]) == 0
    assert capsys.readouterr().out == "abcdefabcdef is paused; `aura resume abcdefabcdef` goes on.\n"
    assert main(["pause", "abc"]) == 0, "it is so already"
    assert main(["steer", "abc", "be", "careful"]) == 0
    assert "rests and hears it when it goes on" in capsys.readouterr().out
    assert turn_of(folder).messages[-1].text == "be careful"
    assert turn_of(folder).run.prompt == "the goal", "what it was to begin with is kept"
    assert main(["cancel", "abc"]) == 0
    assert turn_of(folder).run.phase is Phase.CANCELLED
    capsys.readouterr()
    assert main(["resume", "abc"]) == 1
    assert (
        capsys.readouterr().err
        == "aura: The run is cancelled, so there is nothing to resume; begin a new one.\n"
    )


def test_a_name_that_fits_none_or_several_is_refused(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begin(work, "abcdefabcdef")
    begin(work, "abcxyzabcxyz")
    for order in (["pause"], ["cancel"], ["steer"], ["answer"], ["resume"]):
        words = ["text"] if order[0] in ("steer", "answer") else []
        assert main([*order, "nosuch", *words]) == 2
        assert main([*order, "abc", *words]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 10, "one sentence each"
    assert main(["resume"]) == 2


def test_what_cannot_be_granted_is_refused_with_the_numbers(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limited = Limits(turns=1, cost=2.0)
    ended = (TurnStarted(1, user("go")), TurnStopped(StopReason.MAX_STEPS, "steps"))
    folder = begin(work, "abcdefabcdef", *ended, limits=limited)
    assert main(["grant", "abc"]) == 2
    for tokens in ("5", "1m", "2.5K"):
        assert main(["grant", "abc", "--tokens", tokens]) == 2
        assert "no limit of tokens" in capsys.readouterr().err
    assert main(["grant", "abc", "--tokens", "many"]) == 1
    assert "nothing to grant" in capsys.readouterr().err
    assert main(["grant", "abc", "--cost", "5"]) == 1
    assert (
        "turns would end the run again at once: 1 of 1 is used; grant more than 0" in capsys.readouterr().err
    )
    assert turn_of(folder).limits == limited


def test_a_finished_run_gives_its_result(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from aura.core.events import Checkpointed
    from aura.core.limits import Spend

    ended = (
        TurnStarted(1, user("go")),
        TurnStopped(StopReason.DONE, "all works"),
        Checkpointed("r", Phase.DONE, Spend(), 1, reason=StopReason.DONE, detail="all works"),
    )
    begin(work, "abcdefabcdef", *ended)
    assert main(["resume", "abc"]) == 0
    assert capsys.readouterr().out == "all works\n"
    assert main(["resume", "abc", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["reason"] == "done"


def test_a_holder_that_does_not_let_go_is_named(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aura.app.orders.OPENING", 0.0)
    folder = begin(work, "abcdefabcdef")
    lease = Lease.acquire(folder)
    try:
        with pytest.raises(SessionLocked):
            Lease.acquire(folder)
        assert main(["pause", "abc"]) == 1
        assert capsys.readouterr().err.endswith("or use --take-over.\n")
        assert main(["pause", "abc", "--take-over"]) == 0
    finally:
        lease.release()
    assert turn_of(folder).run.phase is Phase.PAUSED


def test_the_table_says_what_each_waits_for(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begin(work, "abcdefabcdef", QuestionAsked("q1-1", STORAGE))
    begin(work, "xyzxyzxyzxyz")
    assert main(["pause", "xyz"]) == 0
    capsys.readouterr()
    assert main(["runs"]) == 0
    table = capsys.readouterr().out
    assert "abcdefabcdef  ✋ asks" in table
    assert "xyzxyzxyzxyz  ‖ paused" in table
    assert main(["runs", "--json", "-C", str(work)]) == 0
    listed = {one["id"]: one for one in json.loads(capsys.readouterr().out)}
    assert listed["abcdefabcdef"]["questions"] == {"q1-1": "Which storage?"}
    assert listed["xyzxyzxyzxyz"]["state"] == "paused"
    assert main(["runs", "-C", "."]) == 0
    assert "There are no runs yet" in capsys.readouterr().out


def look() -> Look:
    """Without colour."""
    return make_look(preferences({"NO_COLOR": "1"}), "dark")


@pytest.mark.parametrize(
    ("run", "holder", "word", "waits"),
    [
        (RunSummary("g", "running"), "host/1/x", "running", ""),
        (RunSummary("g", "running"), "", "interrupted", "aura resume abc"),
        (RunSummary("g", "running", order="resume"), "", "queued", ""),
        (RunSummary("g", "running", order="resume"), "host/1/x", "running", ""),
        (RunSummary("g", "running", order="pause"), "host/1/x", "pausing", ""),
        (RunSummary("g", "running", questions={"q1-1": "Which?"}), "host/1/x", "asks", "Which?"),
        (
            RunSummary("g", "running", questions={"q1-1": "Which?", "q2-1": "Where?"}),
            "",
            "asks",
            "2 questions",
        ),
        (RunSummary("g", "waiting", "overloaded", wake=1e6 + 60), "", "waiting", "overloaded"),
        (RunSummary("g", "needs_input", "a key"), "", "needs input", "a key"),
    ],
)
def test_a_state_is_told_in_a_word_and_a_reason(run: RunSummary, holder: str, word: str, waits: str) -> None:
    state = describe(Summary("abc", changed=1e6 - 5, holder=holder, run=run), 1e6)
    assert state.word == word
    assert waits in state.waits
    for width in (60, 80, 120, 200):
        lines = list(render([Summary("abc", changed=1e6 - 5, holder=holder, run=run)], 1e6, width, look()))
        assert word in lines[1]
        assert "\x1b" not in lines[1]
        assert all(len(line) <= width for line in lines)


def test_what_was_resumed_and_is_not_taken_up_in_time_is_interrupted() -> None:
    run = RunSummary("g", "running", order="resume")
    assert describe(Summary("abc", changed=1e6 - 5, run=run), 1e6).word == "queued"
    assert describe(Summary("abc", changed=1e6 - 60, run=run), 1e6).word == "interrupted"


def test_the_order_to_go_on_is_carried_out_when_a_turn_begins() -> None:
    rests = RunSummary("g", "paused")
    resumed = add_to_run(rests, RunOrdered("resume", "human"))
    assert (resumed.phase, resumed.order) == ("running", "resume")
    assert add_to_run(resumed, TurnStarted(1, user("go"))).order == ""
    assert add_to_run(RunSummary("g", "running"), SessionResumed("host/1/x", "0")).order == "resume"
    assert add_to_run(RunSummary("g", "done"), SessionResumed("host/1/x", "0")).order == ""


def test_an_answer_to_a_run_at_its_limit_is_refused_like_going_on(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = (TurnStarted(1, user("go")), TurnStopped(StopReason.MAX_STEPS, "steps"))
    rests = Checkpointed("abcdefabcdef-0", Phase.LIMIT, Spend(turns=1), 1, "", "", detail="turns: 1 of 1")
    begin(work, "abcdefabcdef", *ended, rests, limits=Limits(turns=1))
    assert main(["answer", "abc", "west"]) == 1
    assert "limit of turns would end the run again at once" in capsys.readouterr().err


def test_hostile_words_stay_words(work: Path) -> None:
    run = RunSummary("g\x1b[31m\u202e" * 50, "waiting", "\x1b]0;x\x07\n" * 9, wake=1e6 + 60)
    lines = list(render([Summary("abc", run=run)], 1e6, 80, look()))
    assert len(lines) == 2
    assert not {"\x1b", "\x07", "\n", "\u202e"} & set("".join(lines))
    for width in range(60, 130):
        (_, line) = render([Summary("abc", run=run)], 1e6, width, look())
        assert "<" not in re.sub(r"<U\+[0-9A-F]{4}>", "", line), "no character is told by halves"


def test_every_open_question_is_kept_until_its_own_answer() -> None:
    run = RunSummary("g", "running")
    for name in ("q1-1", "q1-2", "q1-3"):
        run = add_to_run(run, QuestionAsked(name, replace(STORAGE, text=f"Which {name}?")))
    run = add_to_run(run, QuestionAnswered("q1-2", Answer("JSONL"), "human"))
    assert run.questions == {"q1-1": "Which q1-1?", "q1-3": "Which q1-3?"}
    run = add_to_run(run, Rewound(1, "human", earlier=Earlier(questions=("q1-3",))))
    assert run.questions == {"q1-3": "Which q1-3?"}
    again = add_to_run(run, RunStarted("next", "another goal", 1e6, Terms()))
    assert again.questions == run.questions, "a new run does not answer it"


def test_of_several_questions_the_one_meant_has_to_be_named(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    region = Question("Which region?")
    folder = begin(work, "abcdefabcdef", QuestionAsked("q1-1", STORAGE), QuestionAsked("q1-2", region))
    assert main(["runs"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert "asks" in table[1]
    assert [line.strip() for line in table[2:]] == ["q1-1 Which storage?", "q1-2 Which region?"]
    assert summarise(folder).run.questions == {"q1-1": "Which storage?", "q1-2": "Which region?"}
    assert summarise(folder) == summarise(folder), "as it was kept"
    assert main(["answer", "abc", "north"]) == 2
    said = capsys.readouterr().err
    assert "q1-1 (Which storage?), q1-2 (Which region?)" in said
    assert main(["answer", "abc", "q1-2", "north"]) == 0
    assert summarise(folder).run.questions == {"q1-1": "Which storage?"}


def test_a_summary_is_kept_up_by_what_is_new(work: Path) -> None:
    folder = begin(work, "abcdefabcdef")
    first = summarise(folder)
    assert (first.run.phase, first.run.goal, first.run.limit) == ("queued", "the goal", 2.0)
    assert main(["pause", "abc"]) == 0
    again = summarise(folder)
    assert again.run.phase == "paused"
    assert again == summarise(folder)


def test_an_answer_that_does_not_fit_is_refused_and_nothing_is_written(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = begin(work, "abcdefabcdef", QuestionAsked("q1-1", STORAGE))
    count = len(turn_of(folder).messages)
    assert main(["answer", "abc", "7"]) == 2
    assert main(["answer", "abc", "q9-9", "SQLite"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert "'q9-9'; open are q1-1 (Which storage?)" in said[1]
    turn = turn_of(folder)
    assert len(turn.messages) == count
    assert list(turn.rest.pending.questions) == ["q1-1"]


async def test_an_answer_to_a_run_that_nobody_has_becomes_its_next_prompt(work: Path) -> None:
    folder = begin(work, "abcdefabcdef", TurnStarted(1, user("the goal")), QuestionAsked("q1-1", STORAGE))
    sent = await send_order(folder, Wanted("answer", text="2"))
    assert not sent.was_live
    turn = turn_of(folder)
    assert turn.run.prompt == "My answer to your question (Which storage?): JSONL"
    assert not turn.rest.pending.questions


async def test_what_is_said_to_a_run_that_nobody_has_comes_behind_what_was_said_before(work: Path) -> None:
    folder = begin(work, "abcdefabcdef")
    await send_order(folder, Wanted("steer", text="look at the tests first"))
    await send_order(folder, Wanted("steer", text="and be quick"))
    assert turn_of(folder).run.prompt == "the goal\n\nlook at the tests first\n\nand be quick"


def test_a_lifetime_that_is_over_is_granted_more_of(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aura.cli.background.hand_over", lambda folder: None)
    over = Checkpointed("run", Phase.LIMIT, Spend(), 0, detail="the longest lifetime of a run is over")
    begun = time.time() - 2 * 86_400
    folder = begin(work, "abcdefabcdef", RunStarted("run", "the goal", begun, Terms(lifetime=86_400)), over)
    assert main(["resume", "abc"]) == 1
    assert (
        capsys.readouterr().err
        == "aura: The lifetime of the run would end it again at once: it began 2d ago and may exist for 1d; grant a"
        " lifetime of more than 1d.\n"
    )
    assert main(["grant", "abc", "--lifetime", "2h"]) == 1, "not enough"
    assert turn_of(folder).run.phase is Phase.LIMIT
    capsys.readouterr()
    assert main(["grant", "abc", "--lifetime", "3d", "--cost", "1"]) == 0
    turn = turn_of(folder)
    assert (turn.run.phase, turn.run.terms.lifetime, turn.limits.cost) == (Phase.RUNNING, 4 * 86_400, 3.0)
    assert isinstance(advance(turn, time.time(), lambda _: "go on"), NextTurn)


def test_a_run_without_a_lifetime_has_none_to_extend(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begin(work, "abcdefabcdef", RunStarted("run", "the goal", time.time(), Terms(lifetime=0)))
    assert main(["grant", "abc", "--lifetime", "3d"]) == 2
    assert "no limit of lifetime" in capsys.readouterr().err


def test_a_model_that_a_run_is_resumed_with_is_kept_in_its_log(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[Path] = []
    monkeypatch.setattr("aura.cli.background.hand_over", handed.append)
    folder = begin(work, "abcdefabcdef", Checkpointed("run", Phase.PAUSED, Spend(), 0))
    Path("other.yaml").write_text("- say: hello\n", encoding="utf-8")
    assert main(["resume", "abc", "-m", "no-such-model"]) == 2
    assert "no-such-model" in capsys.readouterr().err
    assert (turn_of(folder).run.phase, handed) == (Phase.PAUSED, [])
    assert main(["resume", "abc", "-m", "script:other.yaml"]) == 0
    turn = turn_of(folder)
    assert turn.run.phase is Phase.RUNNING
    assert turn.switches.chosen == f"script:{Path('other.yaml').resolve()}", "as another process finds it"
    assert handed == [folder]
