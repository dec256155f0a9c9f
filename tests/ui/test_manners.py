"""Which face a terminal gets, and what its owner wants of any."""

import io
import json
import os
from collections.abc import Mapping
from os import terminal_size
from pathlib import Path

import pytest

from aura.config.paths import state_dir, user_config_file
from aura.ui.look import ASCII, PALETTES, Signs, pair_of, use_pair
from aura.ui.manners import (
    KEPT,
    Preferences,
    choose_face,
    has_unicode,
    make_look,
    preferences,
    recall,
    remember,
    wants_colour,
)

WIDE = terminal_size((80, 24))


class Stream(io.StringIO):
    """A stream that is a terminal, or is not."""

    def __init__(self, *, is_terminal: bool = True) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        if self.closed:
            raise ValueError("closed")
        return self._is_terminal


def choose(environ: Mapping[str, str], size: terminal_size = WIDE, **flags: bool) -> str:
    """The face for a terminal at both ends."""
    return choose_face(environ, Stream(), Stream(), size, **flags)


@pytest.mark.parametrize(
    ("environ", "face"),
    [
        ({"TERM": "xterm-256color"}, "tui"),
        ({"TERM": "linux"}, "tui"),
        ({"TERM": "dumb"}, "plain"),
        ({"TERM": ""}, "plain"),
        ({}, "plain"),
        ({"TERM": "xterm", "AURA_PLAIN": "1"}, "plain"),
        ({"TERM": "xterm", "AURA_PLAIN": "0"}, "tui"),
        ({"TERM": "xterm", "AURA_PLAIN": ""}, "tui"),
        ({"TERM": "xterm", "AURA_SCREEN_READER": "yes"}, "plain"),
    ],
)
def test_the_environment_chooses_the_face(environ: dict[str, str], face: str) -> None:
    assert choose(environ) == face


@pytest.mark.parametrize(
    ("size", "face"),
    [((40, 12), "tui"), ((39, 12), "plain"), ((40, 11), "plain"), ((0, 0), "tui"), ((200, 60), "tui")],
)
def test_a_tiny_window_gets_lines_and_one_of_unknown_size_the_screen(
    size: tuple[int, int], face: str
) -> None:
    assert choose({"TERM": "xterm"}, terminal_size(size)) == face


def test_flags_ask_for_lines() -> None:
    assert choose({"TERM": "xterm"}, plain=True) == "plain"
    assert choose({"TERM": "xterm"}, screen_reader=True) == "plain"


def test_without_a_terminal_at_both_ends_there_is_no_face() -> None:
    here, pipe, closed = Stream(), Stream(is_terminal=False), Stream()
    closed.close()
    for stdin, stdout in ((here, pipe), (pipe, here), (None, here), (here, None), (closed, here)):
        assert choose_face({"TERM": "xterm"}, stdin, stdout, WIDE, plain=True) == "none"


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "0"}, False),
        ({"TERM": "xterm", "NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"TERM": "xterm", "FORCE_COLOR": "0"}, False),
    ],
)
def test_colours_are_wanted_unless_somebody_says_no(environ: dict[str, str], *, wanted: bool) -> None:
    assert wants_colour(environ) is wanted


@pytest.mark.parametrize(
    ("environ", "unicode"),
    [
        ({"LANG": "de_DE.UTF-8"}, True),
        ({"LANG": "C.utf8"}, True),
        ({"LANG": "C"}, False),
        ({}, False),
        ({"LANG": "en_US.ISO-8859-1"}, False),
        ({"LANG": "C", "LC_ALL": "en_US.UTF-8"}, True),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "en_US.UTF-8", "LC_CTYPE": "POSIX"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),  # Python itself sets that
        ({"LC_CTYPE": "UTF-8"}, True),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, False),
    ],
)
def test_signs_beyond_ascii_need_a_locale_that_has_them(environ: dict[str, str], *, unicode: bool) -> None:
    assert has_unicode(environ) is unicode


def test_what_moves_and_what_is_far_away_is_known_from_the_environment() -> None:
    here = preferences({"TERM": "xterm", "LANG": "C.UTF-8"}, {})
    assert here == Preferences()
    assert not preferences({"TERM": "xterm", "TEXTUAL_ANIMATIONS": "none"}, {}).motion
    assert not preferences({"TERM": "xterm", "AURA_SCREEN_READER": "1"}, {}).motion
    assert preferences({"TERM": "xterm", "SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, {}).remote
    assert preferences({}, {}).dumb


def test_settings_count_where_the_environment_does_not_say_no() -> None:
    environ = {"TERM": "xterm", "LANG": "C.UTF-8"}
    ui = {"ascii": True, "motion": False, "mouse": False, "theme": "light", "notify": "never"}
    wanted = preferences(environ, ui)
    assert (wanted.unicode, wanted.motion, wanted.mouse) == (False, False, False)
    assert (wanted.theme, wanted.notify, wanted.ui) == ("light", "never", ui)


def test_the_settings_that_were_last_known_are_remembered() -> None:
    assert recall() == {}
    remember({"theme": "light", "mouse": False})
    assert preferences({"TERM": "xterm"}).theme == "light"
    assert not preferences({"TERM": "xterm"}).mouse
    assert [path.name for path in state_dir().iterdir()] == [KEPT]
    assert (state_dir() / KEPT).stat().st_mode & 0o077 == 0


def test_what_is_remembered_already_is_not_written_again() -> None:
    remember({"theme": "light"})
    before = (state_dir() / KEPT).stat().st_ino
    remember({"theme": "light"})
    remember({})
    assert (state_dir() / KEPT).stat().st_ino == before


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "\udcff"])
def test_what_was_remembered_badly_is_forgotten(text: str) -> None:
    (state_dir() / KEPT).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert recall() == {}
    assert preferences({"TERM": "xterm"}).theme == "auto"


def test_a_state_folder_that_refuses_is_no_matter(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_HOME", str(own_folders / "file"))
    (own_folders / "file").write_text("in the way")
    remember({"theme": "light"})
    assert recall() == {}


def test_values_that_are_no_json_are_no_matter() -> None:
    remember({"theme": object()})
    assert json.dumps(dict(recall())) == "{}"
    assert not (state_dir() / KEPT).exists()


def test_the_look_follows_wishes_and_what_the_terminal_said() -> None:
    wanted = preferences({"TERM": "xterm", "LANG": "C.UTF-8"}, {})
    assert make_look(wanted, "light").palette is PALETTES["light"]
    assert make_look(wanted, "dark").palette is PALETTES["dark"]
    assert make_look(wanted, "dark").signs == Signs()
    assert make_look(wanted, "dark", sign_cells=2).signs == ASCII
    assert make_look(preferences({"LANG": "C"}, {}), "dark", sign_cells=1).signs == ASCII
    assert make_look(preferences({"TERM": "xterm"}, {"theme": "light"}), "dark").palette is PALETTES["light"]
    assert not make_look(preferences({"TERM": "xterm", "NO_COLOR": "1"}, {}), "dark").colour


def test_settings_that_were_changed_since_count_at_once() -> None:
    remember({"theme": "light", "mouse": True})
    kept, own = state_dir() / "ui.json", user_config_file()
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("model: a/b\nui:\n  mouse: false\n", encoding="utf-8")
    os.utime(own, (kept.stat().st_mtime + 1,) * 2)
    assert recall() == {"theme": "light", "mouse": False}
    os.utime(own, (kept.stat().st_mtime - 1,) * 2)
    assert recall() == {"theme": "light", "mouse": True}


@pytest.mark.parametrize("text", ["ui: [1]", "- 1", "ui: {", "\x00"])
def test_settings_that_cannot_be_read_are_left_to_others(text: str) -> None:
    own = user_config_file()
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(text, encoding="utf-8")
    assert recall() == {}


@pytest.mark.parametrize("theme", ["auto", "dark", "light", "ansi", "contrast"])
def test_the_colours_of_a_diff_are_a_setting_in_every_theme(theme: str) -> None:
    plain = make_look(preferences({"TERM": "xterm"}, {"theme": theme}), "light")
    other = make_look(preferences({"TERM": "xterm"}, {"theme": theme, "diff": "blue-orange"}), "light")
    assert pair_of(plain.palette) == "red-green"
    assert pair_of(other.palette) == "blue-orange"
    assert plain.style("added") != other.style("added")
    assert plain.style("good") == other.style("good")
    assert use_pair(other.palette, "red-green") == plain.palette
