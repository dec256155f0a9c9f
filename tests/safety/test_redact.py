"""Secrets do not leave."""

import base64
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.safety.redact import MARK, Redactor, is_secret_name, known_secrets, redact

SECRET = "correct horse/battery+staple"


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_known_value_is_found_however_it_is_written(spelling: str) -> None:
    assert redact(f"a {spelling} b", [SECRET]).replace("=", "") == f"a {MARK} b"


@pytest.mark.parametrize(
    "key",
    [
        "sk-ant-" + "a1" * 20,
        "ghp_" + "A1" * 18,
        "github_pat_" + "A1" * 20,
        "AKIA" + "A1B2" * 4,
        "xoxb-" + "1" * 12,
        "eyJ" + "a" * 10 + ".eyJ" + "b" * 10 + ".sig",
        "AIza" + "b" * 35,
        "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\ncut off",
    ],
)
def test_the_shapes_of_keys_are_found(key: str) -> None:
    assert redact(f"x={key}", []) == f"x={MARK}"


def test_what_stands_around_a_secret_stays() -> None:
    assert redact("https://me:hunter2@host/x", []) == f"https://{MARK}@host/x"
    assert redact("Authorization: Bearer " + "a" * 20, []) == f"Authorization: Bearer {MARK}"


@pytest.mark.parametrize(
    "text",
    ["risk-averse people", "sk-learn", "a task-force", "https://host:80/x@y", "eyJ", "the key is blue"],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text, ["short"]) == text


def test_values_of_variables_with_such_names_are_known() -> None:
    environ = {
        "MY_API_KEY": "abcdefgh1",
        "PASSWORD": "longenough",
        "AUTH": "longenough2",
        "HOME": "/home/somebody",
        "A_TOKEN": "short",
    }
    assert known_secrets(environ) == {"abcdefgh1", "longenough", "longenough2"}


@pytest.mark.parametrize(
    "name", ["SSH_AUTH_SOCK", "PATH", "KEYBOARD", "MONKEYS_HOME", "AUTHOR", "PASSAGE", "SSL_KEY_FILE"]
)
def test_other_names_are_not_secret(name: str) -> None:
    assert not is_secret_name(name)


@given(
    st.lists(st.sampled_from([SECRET, "\n", "text ", "sk-" + "a" * 20, " "]), max_size=12), st.integers(1, 7)
)
def test_pieces_are_redacted_as_the_whole(parts: list[str], size: int) -> None:
    text = "".join(parts)
    redactor = Redactor([SECRET])
    pieces = [redactor.feed(text[at : at + size]) for at in range(0, len(text), size)]
    assert "".join(pieces) + redactor.close() == redact(text, [SECRET])


def test_a_key_over_several_lines_is_held_back_until_its_end() -> None:
    redactor = Redactor([])
    assert redactor.feed("a\n-----BEGIN PRIVATE KEY-----\nabc\n") == "a\n"
    assert redactor.feed("def\n-----END PRIVATE KEY-----\nb\n") == f"{MARK}\nb\n"
