"""The question dock: every kind of question, several at once, and a time after which it goes on by itself."""

from typing import Any, cast

import pytest

from aura.app.session import Session
from aura.core.errors import AuraError
from aura.core.events import QuestionAsked
from aura.core.tools import Answer, Option, Question
from aura.ui.answers import SKIPPED, TALK
from aura.ui.tui.docks.question import QuestionDock
from tests.ui.tui.docks.bay import Clock, bay
from tests.ui.tui.docks.desk import Desk

STORAGE = (Option("SQLite", "one file, crash-safe"), Option("JSONL", "append only"), Option("both"))


def ask(name: str = "q1", deadline: float = 0.0, **question: Any) -> QuestionAsked:
    return QuestionAsked(name, Question(**{"text": "Which storage?", **question}), deadline)


CHOICE = ask(kind="choice", options=STORAGE)
SEVERAL = ask(kind="choices", options=STORAGE)
MAIL = ask("q2", text="Your mail?", pattern="email")
APPROVAL = ask("q3", text="Delete it?", kind="approval", options=(Option("yes"), Option("no")))


def answer(text: str, *chosen: str) -> dict[str, Answer]:
    return {"q1": Answer(text, chosen)}


ANSWERS: list[tuple[QuestionAsked, list[str], dict[str, Answer]]] = [
    (CHOICE, ["2"], answer("JSONL", "JSONL")),
    (CHOICE, ["down", "down", "enter"], answer("both", "both")),
    (CHOICE, ["4", *"no", "enter"], answer("no")),
    (CHOICE, ["4", "x", "escape", "1"], answer("SQLite", "SQLite")),
    (CHOICE, ["escape"], {"q1": SKIPPED}),
    (CHOICE, ["c"], {"q1": TALK}),
    (SEVERAL, ["1", "down", "down", "space", "enter"], answer("SQLite, both", "SQLite", "both")),
    (SEVERAL, ["1", "2", "1", "enter"], answer("JSONL", "JSONL")),
    (SEVERAL, ["enter", "2", "4", *"x", "enter"], answer("x", "JSONL")),
    (SEVERAL, ["up", "enter", *"x", "enter"], answer("x")),
    (ask(text="Why?"), [*"so", "enter"], answer("so")),
    (ask(text="Why?"), ["enter", "escape"], {"q1": SKIPPED}),
    (ask(text="Why?", default="habit"), ["enter"], answer("habit")),
    (ask(kind="choice", options=STORAGE, default="JSONL"), ["enter"], answer("JSONL", "JSONL")),
]


async def test_every_kind_is_answered() -> None:
    clock = Clock()
    async with bay(QuestionDock(CHOICE, clock=clock), clock) as place:
        await place.press("escape")
        for event, keys, expected in ANSWERS:
            await place.next(QuestionDock(event, clock=clock), clock)
            await place.press(*keys)
            assert place.result == expected, keys


async def test_a_text_that_does_not_fit_is_kept_and_told() -> None:
    clock = Clock()
    async with bay(QuestionDock(MAIL, clock=clock), clock) as place:
        await place.type("a@b")
        await place.press("enter")
        assert "This is not an email address." in place.text
        assert "a@b" in place.text
        await place.press(*".cd", "enter")
        assert place.result == {"q2": Answer("a@b.cd")}


async def test_letters_typed_too_early_are_not_an_answer() -> None:
    clock = Clock()
    async with bay(QuestionDock(MAIL, clock=clock)) as place:
        await place.press("x", "enter")
        assert place.app.strayed == ["x"]
        clock.wait()
        await place.press(*"a@b.cd", "enter")
        assert place.result == {"q2": Answer("a@b.cd")}


async def test_it_counts_down_to_what_happens_by_itself() -> None:
    wall = Clock(5000.0)
    event = ask(kind="choice", options=STORAGE, deadline=5581.0)
    async with bay(QuestionDock(event, wall=wall)) as place:
        assert "aura asks · goes on with SQLite in 9:41" in place.text
        wall.wait(1.0)
        for _ in range(300):  # until the clock of the dock itself has gone on
            await place.pilot.pause(0.01)
            if "in 9:40" in place.text:
                break
        assert "in 9:40" in place.text


async def test_without_a_deadline_no_clock_goes() -> None:
    dock = QuestionDock(CHOICE)
    async with bay(dock) as place:
        assert "aura asks · the run waits" in place.text
        assert dock._timer is not None
        assert not dock._timer._active.is_set()


async def test_several_questions_keep_what_was_begun() -> None:
    clock = Clock()
    dock = QuestionDock(CHOICE, clock=clock)
    dock.join(MAIL)
    dock.join(APPROVAL)
    async with bay(dock, clock) as place:
        assert "1 of 3" in place.text
        await place.press("down", "tab")
        assert "2 of 3" in place.text
        await place.press(*"a@b.c", "tab")
        assert "3 of 3" in place.text
        await place.press("2")
        assert "❯ 2 JSONL" in place.text  # the first one again, where the cursor was
        await place.press("enter")
        assert not place.app.closed  # what follows has its own time in which keys do not count
        clock.wait()
        await place.press("enter")
        assert "❯ a@b.c" in place.text
        clock.wait()
        await place.press("d", "enter")
        assert place.result == {
            "q1": Answer("JSONL", ("JSONL",)),
            "q2": Answer("a@b.cd"),
            "q3": Answer("no", ("no",)),
        }


async def test_what_is_answered_elsewhere_goes_away() -> None:
    clock = Clock()
    dock = QuestionDock(CHOICE, clock=clock)
    dock.join(MAIL)
    async with bay(dock, clock) as place:
        dock.withdraw("unknown")
        dock.withdraw("q1")
        await place.pilot.pause()
        assert "Your mail?" in place.text
        assert "of 2" not in place.text
        dock.withdraw("q2")
        await place.pilot.pause()
        assert place.result is None


async def test_an_answer_that_was_given_is_sent_when_the_other_question_is_withdrawn() -> None:
    clock, desk = Clock(), Desk()
    dock = QuestionDock(CHOICE, clock=clock)
    dock.join(MAIL)
    async with bay(dock, clock) as place:
        await place.press("1")
        dock.withdraw("q2")
        await place.pilot.pause()
        await dock.carry_out(cast("Session", desk))
        assert desk.said == [("q1", Answer("SQLite", ("SQLite",)))]
        assert place.result == answer("SQLite", "SQLite")


async def test_one_answer_that_comes_too_late_does_not_keep_the_others_back() -> None:
    desk = Desk("q1")
    dock = QuestionDock(CHOICE)
    dock.result = {"q1": Answer("a"), "q2": Answer("b")}
    with pytest.raises(AuraError):
        await dock.carry_out(cast("Session", desk))
    assert desk.said == [("q2", Answer("b"))]


async def test_questions_and_options_are_text_and_shown_whole() -> None:
    words = " ".join(f"word{number}" for number in range(200))
    options = tuple(Option(f"[b]part {number}[/b]", "\x1b[31mdetail\u202e") for number in range(12))
    clock = Clock()
    event = ask(text=words, kind="choice", options=options)
    async with bay(QuestionDock(event, clock=clock), clock) as place:
        assert "word0 word1" in place.text
        assert "lines 1-6 of " in place.text
        assert "1 [b]part 0[/b] detail<U+202E>" in " ".join(place.text.split())
        await place.press(*["j"] * 30)
        assert "word199" in place.text
        await place.press(*["up"] * 2)
        assert "❯   [b]part 11[/b]" in place.text  # scrolled to the cursor
        await place.press("enter")
        assert place.result == answer("[b]part 11[/b]", "[b]part 11[/b]")
