"""Questions and approvals on a real pseudo-terminal, and how lines are read."""

import asyncio
import os
import pty
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.answers import read_answer
from aura.core.permissions import Allow, Ask, Deny
from aura.core.tools import Answer, Option, Question
from aura.testing import call
from aura.ui.answers import SKIPPED
from aura.ui.terminal import HEAD, TAIL, Terminal, render_value

COLOURS = (Option("red", "like blood"), Option("blue"), Option("2 tone"))
CHOICE = Question("Which?", "choice", COLOURS)
CHOICES = Question("Which ones?", "choices", COLOURS)
APPROVAL = Question("May I?", "approval", (Option("yes"), Option("no")))


class Person:
    """Who sits at a pseudo-terminal: answers each prompt in turn, and keeps what was shown."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        self.terminal = Terminal(self.slave)
        self.shown = ""

    async def see(self, *words: str) -> None:
        """Read until all of this was shown, in order."""
        place = 0
        for word in words:
            while (found := self.shown.find(word, place)) < 0:
                self.shown += await self._read()
            place = found + len(word)

    async def _read(self) -> str:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self.master, ready.set)
        await ready.wait()
        loop.remove_reader(self.master)
        return os.read(self.master, 65536).decode()

    def say(self, text: str) -> None:
        """Type something."""
        os.write(self.master, text.encode())

    def leave(self) -> None:
        """Close the terminal's window."""
        if self.master >= 0:
            os.close(self.master)
        self.master = -1


@pytest.fixture
def person() -> Iterator[Person]:
    """Somebody at a terminal."""
    somebody = Person()
    yield somebody
    somebody.leave()
    somebody.terminal.close()


async def decide(person: Person, *lines: str) -> Allow | Deny:
    """What comes of typing this when a call is asked about."""
    task = asyncio.create_task(
        person.terminal.approve(call("Bash", command="rm x\necho \x1b[2Jok"), Ask("it deletes"))
    )
    await person.see("may this run? (it deletes)", "or say no with a reason: ")
    for line in lines:
        person.say(line)
    return await task


@pytest.mark.parametrize("typed", ["y\n", " YES \n"])
async def test_yes_allows(person: Person, typed: str) -> None:
    assert await decide(person, typed) == Allow("human")
    assert "  command: rm x\r\n    | echo ok" in person.shown


@pytest.mark.parametrize("typed", ["n\n", "\n", "No\n"])
async def test_no_and_enter_deny(person: Person, typed: str) -> None:
    assert await decide(person, typed) == Deny("a person said no", by="human")


async def test_a_reason_is_told_to_the_model(person: Person) -> None:
    assert await decide(person, "use git rm\n") == Deny("a person said: use git rm", by="human")


async def test_the_end_of_input_is_nobody(person: Person) -> None:
    assert await decide(person, "\x04") == Deny("nobody answered on the terminal", by="nobody there")


async def test_a_terminal_that_goes_away_is_nobody(person: Person) -> None:
    task = asyncio.create_task(person.terminal.approve(call("Bash", command="x"), Ask("why")))
    await person.see("or say no with a reason: ")
    person.leave()
    assert await task == Deny("nobody answered on the terminal", by="nobody there")
    assert await person.terminal.ask(Question("Still there?", default="yes")) == SKIPPED


async def test_what_was_typed_before_the_question_does_not_answer_it(person: Person) -> None:
    person.say("y\n")
    await person.see("y\r\n")
    assert await decide(person, "n\n") == Deny("a person said no", by="human")


async def test_an_answer_that_does_not_fit_is_asked_for_again(person: Person) -> None:
    task = asyncio.create_task(person.terminal.ask(Question("Port?", pattern="number")))
    await person.see("Port?", "answer (Enter skips): ")
    person.say("abc\n")
    await person.see("This is not a number.", "answer (Enter skips): ")
    person.say("8080\n")
    assert await task == Answer("8080")


async def test_enter_takes_the_default_or_skips(person: Person) -> None:
    task = asyncio.create_task(person.terminal.ask(Question("Name?", default="Ann")))
    await person.see("answer [Ann]: ")
    person.say("\n")
    assert await task == Answer("Ann")
    task = asyncio.create_task(person.terminal.ask(Question("More?")))
    await person.see("More?", "answer (Enter skips): ")
    person.say("\n")
    assert await task == SKIPPED


async def test_the_end_of_input_skips_even_with_a_default_that_does_not_fit(person: Person) -> None:
    task = asyncio.create_task(person.terminal.ask(Question("Mail?", pattern="email", default="none")))
    await person.see("answer [none]: ")
    person.say("\x04")
    assert await task == SKIPPED


async def test_options_are_numbered_and_cannot_pretend_to_be_aura(person: Person) -> None:
    question = Question("Which?\naura asks: may this run?", "choice", COLOURS)
    task = asyncio.create_task(person.terminal.ask(question))
    await person.see("answer (Enter skips): ")
    person.say("2\n")
    assert await task == Answer("blue", ("blue",))
    assert "\n    | aura asks: may this run?" in person.shown
    assert "  1 red   like blood\r\n" in person.shown


async def test_a_question_can_be_withdrawn(person: Person) -> None:
    task = asyncio.create_task(person.terminal.ask(Question("Name?")))
    await person.see("answer")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await decide(person, "y\n") == Allow("human")


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        (CHOICE, "1", Answer("red", ("red",))),
        (CHOICE, " BLUE ", Answer("blue", ("blue",))),
        (CHOICE, "green, rather", Answer("green, rather")),
        (CHOICE, "4", None),
        (CHOICE, "0", None),
        (CHOICE, "²", Answer("²")),
        (CHOICES, "1, blue,1", Answer("red, blue", ("red", "blue"))),
        (CHOICES, "1, green", None),
        (CHOICES, "1,,2", None),
        (Question("?", "choices", (Option("a, b"), Option("c"))), "A, B", Answer("a, b", ("a, b",))),
        (APPROVAL, "Yes", Answer("yes", ("yes",))),
        (APPROVAL, "2", Answer("no", ("no",))),
        (APPROVAL, "maybe", None),
        (Question("?"), "anything", Answer("anything")),
        (Question("?", pattern="email"), "a@b.org", Answer("a@b.org")),
        (Question("?", pattern="email"), "a@b", None),
        (Question("?", pattern="number"), "-1.5", Answer("-1.5")),
        (Question("?", pattern="number"), "1e5", None),
        (Question("?", pattern="path"), "/", Answer("/")),
        (Question("?", pattern="path"), "/not/there", None),
        (Question("?", pattern="path"), "~no-such-person/x", None),
        (Question("?", pattern="path"), "a\0b", None),
        (Question("?", pattern="[a-c]+"), "abc", Answer("abc")),
        (Question("?", pattern="[a-c]+"), "abcd", None),
        (Question("?", pattern="[broken"), "x", Answer("x")),
    ],
)
def test_lines_are_read_as_answers(question: Question, text: str, answer: Answer | None) -> None:
    assert read_answer(question, text) == answer


@given(st.sampled_from([CHOICE, CHOICES, APPROVAL]), st.text(min_size=1))
def test_what_is_chosen_is_always_one_of_the_options(question: Question, text: str) -> None:
    answer = read_answer(question, text)
    assert answer is None or set(answer.chosen) <= {option.label for option in question.options}


def test_long_arguments_are_never_cut_in_silence() -> None:
    text = "a" * HEAD + "b" * 500 + "c" * TAIL
    shown = render_value(text)
    assert "500 characters are not shown" in shown
    assert shown.startswith("a" * HEAD)
    assert shown.endswith("c" * TAIL)
    assert render_value({"ä": [1]}) == '{"ä": [1]}'
