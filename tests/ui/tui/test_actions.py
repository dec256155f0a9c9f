"""The table of actions: what the keys, the palette, completion and the help are made from."""

from collections import Counter

import pytest

from aura.commands.define import load_commands
from aura.ui.tui.actions import GROUPS, PRESETS, choose_keys, name_key
from aura.ui.tui.table import load_actions

ACTIONS = load_actions()
KEYS_ONLY = {
    "stop",
    "escape",
    "mode",
    "leave",
    "line_start",
    "think",
}  # a ladder, or the same as a command of another name
SHARED = {
    "auto",
    "denials",
    "model",
    "rewind",
    "theme",
}  # the action opens a dialog, or passes its words on to the command


def test_every_action_has_a_title_a_group_and_a_slash_command() -> None:
    for action in ACTIONS.values():
        assert action.title and action.group in GROUPS, action.name
        assert action.slash or action.name in KEYS_ONLY, action.name


def test_no_key_and_no_slash_command_means_two_things() -> None:
    keys = Counter(key for action in ACTIONS.values() for key in action.keys)
    slashes = Counter(action.slash for action in ACTIONS.values() if action.slash)
    assert not [key for key, count in keys.items() if count > 1]
    assert not [slash for slash, count in slashes.items() if count > 1]


def test_actions_hide_no_command_of_the_session_but_those_they_pass_on() -> None:
    hidden = {action.slash for action in ACTIONS.values()} & set(load_commands())
    assert hidden <= SHARED


def test_what_other_programs_steal_is_left_alone() -> None:
    free = {"ctrl+b", "ctrl+q", "ctrl+e", "ctrl+w", "ctrl+u", "ctrl+k", "ctrl+@"}
    assert not free & {key for action in ACTIONS.values() for key in action.keys}


def test_own_keys_replace_those_of_the_table_and_are_taken_from_others() -> None:
    chosen = choose_keys(ACTIONS, "aura", {"auto": "alt+g, ctrl+t"})
    assert chosen["auto"].keys == ("alt+g", "ctrl+t")
    assert "ctrl+t" not in chosen["panel"].keys


def test_a_preset_changes_keys_and_unknown_names_are_no_matter() -> None:
    chosen = choose_keys(ACTIONS, "emacs", {"nothing": "x"})
    assert chosen["auto"].keys == PRESETS["emacs"]["auto"]
    assert choose_keys(ACTIONS, "unheard-of", {}) == ACTIONS


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("ctrl+a", "Ctrl+A"),
        ("shift+tab", "Shift+Tab"),
        ("f1", "F1"),
        ("pageup", "PgUp"),
        ("shift+up", "Shift+↑"),
    ],
)
def test_keys_are_named_as_people_know_them(key: str, name: str) -> None:
    assert name_key(key) == name
