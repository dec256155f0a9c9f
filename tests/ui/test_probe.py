"""What a terminal is asked, what it answers, and that typed text is never lost."""

import contextlib
import os
import pty
import select
import termios
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.ui.probe import (
    ASK_BACKGROUND,
    ASK_KIND,
    ASK_WIDTH,
    Findings,
    begin_probe,
    find_background,
    finish_probe,
    luminance,
    read_answers,
    read_colour,
    read_typed,
)

KIND = b"\x1b[?62;22c"
DARK = b"\x1b]11;rgb:1010/1010/1414\x1b\\"
LIGHT = b"\x1b]11;rgb:ffff/ffff/ffff\x07"
NARROW = b"\x1b[3;1R\x1b[3;2R"
WIDE = b"\x1b[3;1R\x1b[3;3R"


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("rgb:ffff/0000/0000", (1.0, 0.0, 0.0)),
        ("rgb:ff/00/80", (1.0, 0.0, 128 / 255)),
        ("rgb:f/0/0", (1.0, 0.0, 0.0)),
        ("rgb:fff/000/fff", (1.0, 0.0, 1.0)),
        ("rgba:ffff/ffff/ffff/8000", (1.0, 1.0, 1.0)),
        ("#ff0000", (1.0, 0.0, 0.0)),
        ("#ffff00000000", (1.0, 0.0, 0.0)),
        ("rgb:ffff/0000", None),
        ("rgb:fffff/0/0", None),
        ("rgb:gg/00/00", None),
        ("?", None),
        ("", None),
    ],
)
def test_colours_come_in_many_forms(text: str, colour: tuple[float, float, float] | None) -> None:
    assert read_colour(text) == colour


@given(*[st.floats(0, 1)] * 3)
def test_luminance_lies_between_black_and_white(red: float, green: float, blue: float) -> None:
    assert 0 <= luminance((red, green, blue)) <= 1.0000001


@pytest.mark.parametrize(
    ("findings", "environ", "background"),
    [
        (Findings((0.1, 0.1, 0.1)), {}, "dark"),
        (Findings((0.1, 0.1, 0.1)), {"COLORFGBG": "0;15"}, "dark"),
        (Findings((1, 1, 0.9)), {}, "light"),
        (Findings(), {"COLORFGBG": "0;15"}, "light"),
        (Findings(), {"COLORFGBG": "0;default;15"}, "light"),
        (Findings(), {"COLORFGBG": "15;0"}, "dark"),
        (Findings(), {"COLORFGBG": "15;8"}, "dark"),
        (Findings(), {"COLORFGBG": "0;7"}, "light"),
        (Findings(), {"COLORFGBG": "15;default"}, "dark"),
        (Findings(), {}, "dark"),
    ],
)
def test_the_background_is_what_the_terminal_says_else_a_guess(
    findings: Findings, environ: dict[str, str], background: str
) -> None:
    assert find_background(findings, environ) == background


def test_answers_are_told_from_what_was_typed() -> None:
    found = read_answers(b"he" + NARROW + b"ll" + DARK + b"o\r" + KIND + b"!")
    assert found.typed == "hello\n!"
    assert found.sign_cells == 1
    assert found.is_complete
    assert found.background is not None
    assert luminance(found.background) < 0.1
    assert read_answers(WIDE + KIND).sign_cells == 2


def test_a_sign_at_the_end_of_the_line_or_half_an_answer_tells_nothing() -> None:
    assert read_answers(b"\x1b[3;80R\x1b[4;2R" + KIND).sign_cells == 0
    assert read_answers(b"\x1b[3;80R" + KIND).sign_cells == 0
    assert read_answers(b"") == Findings(is_complete=False)


@given(st.binary(max_size=200))
def test_anything_may_come_back(data: bytes) -> None:
    found = read_answers(data)
    assert "\x1b" not in found.typed


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40), st.randoms())
def test_text_typed_between_the_answers_is_whole(text: str, random: object) -> None:
    cuts = sorted(random.randrange(len(text) + 1) for _ in range(3))  # type: ignore[attr-defined]
    one, two, three = cuts
    data = text[:one].encode() + NARROW + text[one:two].encode() + LIGHT + text[two:three].encode() + KIND
    assert read_answers(data + text[three:].encode()).typed == text


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("abc\x7f\x7fd", "ad"),
        ("\x7f\x7fa", "a"),
        ("one\rtwo\n", "one\ntwo\n"),
        ("a\x1b[Ab\x1bOHc\x1bxd", "abcd"),
        ("a\x03b\x00", "ab"),
        ("tab\there", "tab\there"),
        ("grün ✓", "grün ✓"),
        ("x\u202ey", "x<U+202E>y"),
    ],
)
def test_typed_keys_become_the_text_that_was_meant(keys: str, text: str) -> None:
    assert read_typed(keys) == text


# --- with a terminal ----------------------------------------------------------------------------------------


@dataclass
class Terminal:
    """The two ends of a terminal; the far one answers as it was told."""

    near: int
    far: int
    heard: bytes = b""
    answers: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def terminal(*answers: bytes) -> Iterator[Terminal]:
    """A terminal that answers when it was asked for its kind."""
    far, near = pty.openpty()
    it = Terminal(near, far)

    def serve() -> None:
        while not it.heard.endswith(ASK_KIND):
            ready, _, _ = select.select([far], [], [], 10)
            if not ready:
                return
            it.heard += os.read(far, 4096)
        for answer in answers:
            os.write(far, answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield it
    finally:
        thread.join()
        os.close(near)
        os.close(far)


XTERM = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}


@pytest.fixture
def foreground(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' terminal is not the one that controls this process: it counts as its own."""
    monkeypatch.setattr(os, "tcgetpgrp", lambda descriptor: os.getpgrp())


def enter(it: Terminal) -> Findings:
    """Ask, wait for the answers as long as it takes, and read them."""
    probe = begin_probe(XTERM, it.near, it.near)
    assert probe is not None
    probe.patience = 10.0
    return finish_probe(probe)


@pytest.mark.usefixtures("foreground")
def test_a_terminal_is_asked_once_and_left_as_it_was() -> None:
    with terminal(NARROW, DARK, b"typed", KIND) as it:
        before = termios.tcgetattr(it.near)
        found = enter(it)
        assert termios.tcgetattr(it.near) == before
    assert it.heard == ASK_WIDTH + ASK_BACKGROUND + ASK_KIND
    assert (found.sign_cells, found.typed) == (1, "typed")
    assert find_background(found, {}) == "dark"


@pytest.mark.usefixtures("foreground")
def test_a_terminal_without_unicode_is_not_asked_how_wide_its_signs_are() -> None:
    with terminal(KIND) as it:
        finish_probe(begin_probe({"TERM": "xterm", "LANG": "C"}, it.near, it.near))
    assert it.heard == ASK_BACKGROUND + ASK_KIND


@pytest.mark.usefixtures("foreground")
def test_while_it_is_asked_it_echoes_nothing() -> None:
    with terminal(KIND) as it:
        probe = begin_probe(XTERM, it.near, it.near)
        assert probe is not None
        assert not termios.tcgetattr(it.near)[3] & (termios.ECHO | termios.ICANON)
        probe.restore()
        assert termios.tcgetattr(it.near)[3] & termios.ECHO


@pytest.mark.usefixtures("foreground")
def test_a_terminal_that_answers_late_is_not_waited_for() -> None:
    with terminal(DARK) as it:  # and never says its kind
        probe = begin_probe(XTERM, it.near, it.near)
        assert probe is not None
        found = finish_probe(probe)
    assert not found.is_complete
    assert found.typed == ""


@pytest.mark.usefixtures("foreground")
@pytest.mark.parametrize("term", ["", "dumb", "linux", "eterm-color", "vt100", "unknown"])
def test_a_terminal_that_would_print_the_questions_is_not_asked(term: str) -> None:
    far, near = pty.openpty()
    try:
        assert begin_probe({"TERM": term}, near, near) is None
        assert select.select([far], [], [], 0)[0] == []
    finally:
        os.close(near)
        os.close(far)


def test_a_terminal_of_others_is_not_asked() -> None:
    far, near = pty.openpty()
    try:
        assert begin_probe(XTERM, near, near) is None  # it does not control this process
    finally:
        os.close(near)
        os.close(far)


def test_what_is_no_terminal_is_not_asked() -> None:
    reader, writer = os.pipe()
    try:
        assert begin_probe(XTERM, reader, writer) is None
        assert finish_probe(None) == Findings()
    finally:
        os.close(reader)
        os.close(writer)
