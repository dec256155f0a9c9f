"""Which older session to go on with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aura.config.paths import sessions_dir
from aura.core.events import SessionStarted, TurnStarted
from aura.core.messages import user
from aura.store.index import make_id
from aura.store.log import SessionLog
from aura.ui.repl.choosing import MOST, choose_session
from aura.ui.repl.sheet import Sheet

SHEET = Sheet(bare=True)


async def make_session(workspace: Path, prompt: str, at: float) -> str:
    """A session in which something was said."""
    name = make_id(at)
    log = SessionLog.create(sessions_dir(workspace) / name, SessionStarted(name, str(workspace), "0"), at)
    log.append(TurnStarted(1, user(prompt)), at)
    await log.flush()
    log.close()
    return name


def choose(workspace: Path, *lines: str) -> tuple[str | None, str]:
    """What was chosen with these lines, and what was written."""
    typed: Iterator[str] = iter(lines)
    written: list[str] = []
    chosen = choose_session(workspace, SHEET, written.append, lambda: next(typed, ""))
    return chosen, "".join(written)


def test_without_an_older_session_there_is_a_new_one(tmp_path: Path) -> None:
    chosen, written = choose(tmp_path)
    assert chosen == ""
    assert "There is no older session" in written


@pytest.mark.parametrize(
    ("lines", "which"),
    [
        (("1\n",), 1),
        (("2\n",), 0),
        (("7\n", "x\n", "0\n", "1\n"), 1),
        (("\n",), None),
        ((), -1),
        (("q\n",), -1),
    ],
)
async def test_a_number_chooses_the_newest_first(
    tmp_path: Path, lines: tuple[str, ...], which: int | None
) -> None:
    names = [await make_session(tmp_path, f"prompt {number}", 1_000.0 + number) for number in range(2)]
    chosen, written = choose(tmp_path, *lines)
    assert chosen == ("" if which is None else None if which < 0 else names[which])
    assert "  1 prompt 1 (" in written
    assert "  2 prompt 0 (" in written
    assert written.count("That is none of the choices.") == max(0, len(lines) - 1)


async def test_only_the_newest_are_listed_and_hostile_names_are_harmless(tmp_path: Path) -> None:
    for number in range(MOST + 2):
        await make_session(tmp_path, f"p{number} \x1b]0;PWNED\x07\n  9 fake", 1_000.0 + number)
    _, written = choose(tmp_path)
    assert "and 2 older ones" in written
    assert "\x1b" not in written
    assert "\n  9 fake" not in written
