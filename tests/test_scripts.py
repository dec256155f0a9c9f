"""Conversations written down, and what becomes of them.

Each `scripts/NAME.yaml` is played through a real session with the real tools and the shipped plugins; the log has to be
what `scripts/NAME.log` says. To accept what has changed: `UPDATE_GOLDEN=1 pytest tests/test_scripts.py`, then read the
difference that git shows. A bug report becomes a script.
"""

import difflib
import os
from functools import cache
from pathlib import Path

import pytest

from aura.core import events as ev
from aura.core.errors import ConfigError
from aura.core.limits import StopReason
from aura.core.turn import fold
from aura.testing import play, read_conversation, render_log

FOLDER = Path(__file__).parent / "scripts"
SCRIPTS = sorted(FOLDER.glob("*.yaml"))


@cache
def log_of(script: Path) -> tuple[ev.Event, ...]:
    return tuple(play(script))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script(script: Path) -> None:
    golden = script.with_suffix(".log")
    log = f"# {read_conversation(script).about}\n{render_log(log_of(script))}"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(log, encoding="utf-8", newline="\n")
    expected = golden.read_text(encoding="utf-8") if golden.exists() else ""
    if log != expected:
        lines = difflib.unified_diff(
            expected.splitlines(),
            log.splitlines(),
            f"{golden.name} as it is",
            "as it became",
            lineterm="",
            n=4,
        )
        pytest.fail("\n".join([*lines, "", "UPDATE_GOLDEN=1 accepts this."]), pytrace=False)


def test_every_log_has_its_script_and_says_what_it_is_about() -> None:
    assert {path.stem for path in FOLDER.glob("*.log")} == {path.stem for path in SCRIPTS}
    assert all(read_conversation(script).about.endswith(".") for script in SCRIPTS)


def test_playing_twice_is_the_same() -> None:
    assert render_log(play(SCRIPTS[0])) == render_log(log_of(SCRIPTS[0]))


def test_scripts_reach_most_ways_to_end() -> None:
    reasons = {fold(log_of(script)).stop for script in SCRIPTS}
    run_only = {StopReason.MAX_TURNS, StopReason.MAX_TIME, StopReason.MAX_COST}
    assert reasons >= set(StopReason) - run_only


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("prompts: [hi]\nreplies: []", "at least one reply"),
        ("replies: [{say: hi}]", "needs a list of `prompts`"),
        ("prompts: [hi]\nreply: [{say: hi}]", "did you mean `replies`"),
        ("prompts: [hi", "is not YAML"),
    ],
)
def test_a_conversation_that_cannot_be_read_says_why(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "talk.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=sentence) as failure:
        read_conversation(file)
    assert "talk.yaml" in failure.value.sentence
