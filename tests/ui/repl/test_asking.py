"""Approvals and questions as numbered choices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.events import ApprovalAsked, ApprovalSettled, QuestionAnswered, QuestionAsked
from aura.core.evidence import FileChange
from aura.core.permissions import Allow, Deny
from aura.core.tools import Answer, Option, Question
from aura.testing import call
from aura.ui.answers import SKIPPED
from aura.ui.repl.answering import Answering, read, refuse
from aura.ui.repl.asking import Asked, Verdict, name_prompt, read_verdict, show
from aura.ui.repl.sheet import Sheet

EYE, EAR = Sheet(bare=True), Sheet(bare=True, spoken=True)
PLAIN = ApprovalAsked("a1", call("Bash", command="git push"), "it leaves this machine")
RULED = ApprovalAsked("a2", call("Bash", command="pytest -q"), "it runs a command", rule="Bash(pytest:*)")
EDIT = ApprovalAsked(
    "a3",
    call("Edit", path="a.py"),
    "it changes a file",
    changes=(FileChange("a.py", "modified", 1, 1, "-a\n+b\n"),),
)
CHOICE = Question("Which storage?", "choice", (Option("SQLite", "one file"), Option("JSONL")))
YES, NO = Verdict(Allow("human")), Verdict(Deny("a person said no", by="human"))


@pytest.mark.parametrize(
    ("asked", "line", "verdict"),
    [
        (PLAIN, "1", YES),
        (PLAIN, " y ", YES),
        (PLAIN, "Yes", YES),
        (PLAIN, "2", NO),
        (PLAIN, "n", NO),
        (PLAIN, "NO", NO),
        (PLAIN, "no, use a branch", Verdict(Deny("a person said: use a branch", by="human"))),
        (PLAIN, "n too much", Verdict(Deny("a person said: too much", by="human"))),
        (PLAIN, "3", None),
        (PLAIN, "a", None),
        (PLAIN, "", None),
        (PLAIN, "yes please", None),
        (PLAIN, "and then?", None),
        (RULED, "2", Verdict(Allow("human"), "session")),
        (RULED, "a", Verdict(Allow("human"), "session")),
        (RULED, "p", Verdict(Allow("human"), "project")),
        (RULED, "4", NO),
        (RULED, "5", None),
    ],
)
def test_a_line_is_a_verdict_only_when_it_is_clear(
    asked: ApprovalAsked, line: str, verdict: Verdict | None
) -> None:
    assert read_verdict(asked, line) == verdict


@given(st.text(max_size=40))
def test_nothing_but_a_clear_word_allows(line: str) -> None:
    verdict = read_verdict(PLAIN, line)
    allowed = verdict is not None and isinstance(verdict.verdict, Allow)
    assert allowed == (line.strip().lower() in ("1", "y", "yes"))


def test_a_command_is_shown_whole_with_its_reason_and_the_choices() -> None:
    assert show(Asked("a1", approval=PLAIN), EYE) == (
        "aura asks: may this run? shell git push (it leaves this machine)\n  command: git push\n  1 yes\n  2 no\n"
    )
    told = show(Asked("a2", approval=RULED), EAR)
    assert told.startswith("note: aura asks: may this run?")
    assert (
        "  2 yes, and Bash(pytest:*) in this session\n  3 yes, and Bash(pytest:*) in this project\n" in told
    )
    assert name_prompt(Asked("a1", approval=PLAIN)).startswith("Enter 1 or 2, or no with a reason, or Esc")
    assert name_prompt(Asked("a2", approval=RULED)).startswith("Enter 1 to 4, ")


def test_an_edit_is_shown_as_the_change_it_makes() -> None:
    told = show(Asked("a3", approval=EDIT), EYE)
    assert "change a.py +1 -1\n  -a\n  +b\n" in told
    assert "path:" not in told


def test_no_text_of_a_call_or_question_looks_like_aura() -> None:
    hostile = ApprovalAsked("a", call("Bash", command="x\n  1 yes\x1b[2J"), "r\x1b]0;t\x07")
    told = show(Asked("a", approval=hostile), EYE)
    assert "\x1b" not in told
    assert "\n    | " in told
    question = Question("Really?\naura asks: rm", "choice", (Option("a\nb", "c\nd"),))
    assert "\n    | aura asks" in show(Asked("q", question=question), EYE)


def test_a_question_and_its_options() -> None:
    asked = Asked("q1", question=CHOICE)
    assert show(asked, EYE) == "aura asks: Which storage?\n  1 SQLite   one file\n  2 JSONL\n"
    assert name_prompt(asked) == "Enter 1 or 2, or Esc to cancel: "
    assert read(asked, "2") == Answer("JSONL", ("JSONL",))
    assert read(asked, "") == SKIPPED
    assert refuse(asked) == SKIPPED


@pytest.mark.parametrize(
    ("question", "prompt"),
    [
        (Question("Why?"), "Your answer, or Esc to skip: "),
        (Question("Port?", default="80"), "Your answer [80], or Esc to skip: "),
        (
            Question("Which?", "choices", (Option("a"), Option("b"), Option("c"))),
            "Enter 1 to 3, several with commas, or Esc to cancel: ",
        ),
        (Question("Well?", "approval", (Option("go"),)), "Enter 1, or Esc to cancel: "),
    ],
)
def test_the_prompt_says_what_may_be_typed(question: Question, prompt: str) -> None:
    assert name_prompt(Asked("q", question=question)) == prompt


def test_the_default_is_taken_by_an_empty_line() -> None:
    assert read(Asked("q", question=Question("Port?", default="80")), " ") == Answer("80")
    assert read(Asked("q", question=Question("Port?", pattern="number")), "x") is None


def test_the_safe_answer_to_a_call_is_no() -> None:
    assert refuse(Asked("a1", approval=PLAIN)) == NO


def test_what_waits_is_answered_one_after_the_other() -> None:
    answering = Answering()

    def titled() -> str:
        return answering.current.title if answering.current is not None else ""

    assert answering.prompt == ""
    assert answering.take(PLAIN)
    assert not answering.take(QuestionAsked("q1", CHOICE))
    assert not answering.take(ApprovalSettled("other"))
    assert titled() == "approve shell git push"
    assert answering.take(ApprovalSettled("a1"))
    assert titled() == "asks: Which storage?"
    assert answering.take(QuestionAnswered("q1", Answer("x"), "human"))
    assert titled() == ""
    answering.take(PLAIN)
    answering.clear()
    assert answering.prompt == ""
