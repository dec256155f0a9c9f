"""Words and commands are read as a shell reads them."""

import contextlib
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.safety.script import read_script
from aura.safety.words import Unreadable


def words(text: str) -> list[list[str | None]]:
    commands = (simple for simple in read_script(text).commands if simple.scope not in ("{", "}"))
    return [[word.literal for word in simple.words] for simple in commands]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ls -l", [["ls", "-l"]]),
        ("a;b&&c||d|e&f\ng", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
        ("'r'\"m\" \\-rf", [["rm", "-rf"]]),
        ("r\\\nm x", [["rm", "x"]]),
        ("$'\\162\\x6d' $'a\\nb'", [["rm", "a\nb"]]),
        ("echo 'a;b' \"c|d\"", [["echo", "a;b", "c|d"]]),
        ("echo a#b # c; d", [["echo", "a#b"]]),
        ("echo a{b,c}d", [["echo", "abd", "acd"]]),
        ("echo {1..3}", [["echo", "*"]]),
        ("if a; then b; else c; fi", [["a"], ["b"], ["c"]]),
        ("while a; do b; done | c", [["a"], ["b"], ["c"]]),
        ("echo $x", [["echo", None]]),
        ("echo $((1 + 2)) $? $#", [["echo", "0", "0", "0"]]),
        ("[[ a && b < c ]] && d", [["[[", "a", "b", "c", "]]"], ["d"]]),
        ("a 2>&1 >/dev/null <in b", [["a", "b"]]),
        ("cat <<E\nx\nE\nb", [["cat"], ["b"]]),
        ("cat <<-E && b\n\tx\n\tE\nc", [["cat"], ["b"], ["c"]]),
        ("! { a; }", [["a"]]),
        ("[ a && b ]", [["[", "a"], ["b", "]"]]),
        ("echo $((a + ${b}))", [["echo", "0"]]),
        ("cat x <<E | b > f\nx\nE\nc", [["cat", "x"], ["b"], ["c"]]),
    ],
)
def test_commands_are_found(text: str, expected: list[list[str | None]]) -> None:
    assert words(text) == expected


def test_a_here_document_is_text_unless_it_runs_commands() -> None:
    (quoted,) = read_script("cat <<'E'\n$(a) `b`\nE").commands
    assert quoted.redirects[0].target.literal == "$(a) `b`"
    (plain,) = read_script("cat <<E\n$(a)\nE").commands
    assert plain.redirects[0].target.pieces[0].commands[0].words[0].literal == "a"


def test_assignments_loops_and_pipes_are_told_apart() -> None:
    assigned, loop, inner, piped = read_script("A=1 b; for x in 1 2; do c; done | d").commands
    assert [(name, word.literal) for name, word in assigned.assignments] == [("A", "1")]
    assert loop.loop == "x" and [word.literal for word in loop.words] == ["1", "2"]
    assert not inner.piped and piped.piped


@pytest.mark.parametrize(
    "text",
    [
        "'a", '"a', "`a", "$(a", "${a", "a)", "(a", "a >", "cat <<E\nx", "if a; fi", "if then fi", "done", "a;; b",
        "case a in a) b;;", "case a b;; esac", "a[$(b)]=(c)",
        "a \\", "then a", "while a; done", "f(a)", "{}", "{a,b}", "cat <<-E; b\n\tx\n\tE\nc", "a 3<>f",
        "a <<A <<B\n1\nA\n2\nB\nb", "a >\nb", "--a=b", "a ;; b", "a\n\\b", "coproc { a; }",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said_to_be(text: str) -> None:
    with pytest.raises(Unreadable, match=r"^[^A-Z]"):
        read_script(text)


@pytest.mark.parametrize("text", ["f() { a; }", "function f { a; }", "f() ( a )"])
def test_a_function_is_kept_with_what_it_runs(text: str) -> None:
    (simple,) = read_script(text).commands
    assert simple.function == "f"
    assert [one.words[0].literal for one in simple.body if one.words] == ["a"]


@pytest.mark.parametrize(
    "text",
    ["a+=b", "echo ${!a}", "echo ${a@P}", "echo $((a[b]))", "$[a[1]]"],
)
def test_what_changes_the_meaning_of_other_parts_is_odd(text: str) -> None:
    assert read_script(text).odd


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12), min_size=1, max_size=5
    )
)
def test_quoted_words_are_read_back(texts: list[str]) -> None:
    (simple,) = read_script(shlex.join(["echo", *texts])).commands
    assert [word.literal for word in simple.words] == ["echo", *texts]


def test_the_branches_of_a_case_are_commands() -> None:
    commands = read_script("case a in a) b;; c|d) e;; esac").commands
    assert [simple.words[0].literal for simple in commands if simple.words and not simple.loop][-2:] == [
        "b",
        "e",
    ]


@pytest.mark.parametrize(
    "text",
    ["{rm,-rf,x}", "a; ls 3<>f; rm -rf x", "ls\n\\rm -rf x", "then; rm -rf x", "cat <<A; rm -rf x\nA"],
)
def test_what_cannot_be_read_still_shows_its_commands(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_script(text)
    assert ["rm", "-rf", "x"] in [[word.literal for word in simple.words] for simple in caught.value.commands]


def test_characters_of_any_size_are_parts_of_words() -> None:
    text = 'pytest \U000510b0\u8ccc@ \U0009e27f"${x}\U0001f600" a\u2003b <<\u00e9\nx\n\u00e9'
    assert words(text) == [["pytest", "\U000510b0\u8ccc@", None, "a\u2003b"]]


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        read_script(f"a {text}")


def test_a_line_end_that_the_grammar_passes_over_is_not() -> None:
    with pytest.raises(Unreadable, match="a line ends"):
        read_script("echo x | base64 --decode | bash\n: && ls -l")
    assert words("python3 - <<'E'\nx\nE") == [["python3"]]
