"""What the progress rules are given: calls described, kept for a while, and carried into the next turn of a goal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.attempts import Edited, digest_call, digest_result, say_call, sign_error
from aura.core.evidence import CommandRun, FileChange
from aura.core.limits import StopReason
from aura.core.messages import AURA, HUMAN, ToolCall, ToolResult, user
from aura.core.newest import CARRIED_TURNS
from aura.core.text import clean
from aura.core.todos import Todo
from aura.core.turn import Turn, fold


def begin(number: int, origin: str = AURA) -> ev.TurnStarted:
    return ev.TurnStarted(number, user("go", origin))


def step(number: int, *calls: ToolCall, after: str = "", seen: str = "") -> list[ev.Event]:
    changes = (FileChange("src/f.py", "modified", after=after),) if after else ()
    shown = {"/work/src/f.py": seen} if seen else {}
    return [
        ev.StepStarted(number, "m"),
        *(
            ev.ToolFinished(call, ToolResult(call.id, "text"), "ok", changes=changes, seen=shown)
            for call in calls
        ),
    ]


def read(path: str) -> ToolCall:
    return ToolCall("c", "Read", {"path": path})


def turn_of(*parts: list[ev.Event] | ev.Event) -> Turn:
    events: list[ev.Event] = []
    for part in parts:
        events += part if isinstance(part, list) else [part]
    return fold(events)


def test_a_turn_of_aura_goes_on_from_the_calls_before() -> None:
    turn = turn_of(
        begin(1, HUMAN), step(1, read("a")), step(2, read("b"), after="x"), begin(2), step(1, read("c"))
    )
    assert [one.step for one in turn.recent] == [-1, 0, 1]
    assert turn.recent[0].world == ""
    assert turn.recent[1].world == turn.recent[2].world != ""


@pytest.mark.parametrize("origin", [HUMAN, "timer", "injector:x"])
def test_who_else_begins_a_turn_begins_anew(origin: str) -> None:
    turn = turn_of(begin(1, HUMAN), step(1, read("a"), after="x"), begin(2, origin))
    assert (turn.recent, turn.pace.world) == ((), {})


@pytest.mark.parametrize("reason", [StopReason.STALLED, StopReason.DENIED, StopReason.NOT_VERIFIED])
def test_after_giving_up_all_begins_anew(reason: StopReason) -> None:
    assert turn_of(begin(1), step(1, read("a")), ev.TurnStopped(reason), begin(2)).recent == ()
    assert (
        len(turn_of(begin(1), step(1, read("a")), ev.TurnStopped(StopReason.END_TURN), begin(2)).recent) == 1
    )


def test_a_word_of_a_person_in_between_begins_anew() -> None:
    steered = ev.Steered(user("Go on calling it."))
    turn = turn_of(begin(1), step(1, read("a"), after="x"), steered, step(2, read("b")))
    assert [one.step for one in turn.recent] == [2]
    assert turn.pace.world == {"src/f.py": "x"}


def test_every_sixteenth_turn_begins_anew() -> None:
    turns = [
        event for number in range(1, CARRIED_TURNS) for event in (begin(number), *step(1, read(f"{number}")))
    ]
    assert len(fold(turns).recent) == CARRIED_TURNS - 1
    assert fold([*turns, begin(CARRIED_TURNS)]).recent == ()


def test_what_a_file_held_before_is_known_from_edits_and_from_reads() -> None:
    edits = turn_of(
        begin(1),
        step(1, read("f"), seen="s0"),
        step(2, read("f"), after="s1"),
        step(3, read("f"), after="s2"),
    ).recent
    assert [one.trace.edits for one in edits] == [
        (),
        (Edited("src/f.py", "s0", "s1"),),
        (Edited("src/f.py", "s1", "s2"),),
    ]
    assert turn_of(begin(1), step(1, read("f"), after="s1")).recent[0].trace.edits[0].before == ""


def test_the_todos_after_a_call_are_kept_with_it() -> None:
    todos = (Todo("1", "write it"),)
    turn = turn_of(begin(1), step(1, read("a")), ev.TodosChanged(todos, "model"), step(2, read("b")))
    assert [one.trace.todos for one in turn.recent] == [(), todos]


def test_a_failed_command_is_known_by_what_it_printed() -> None:
    call = ToolCall("c", "Bash", {"command": "grep -q x f"})
    run = CommandRun("grep -q x f", 1, "")
    silent = ev.ToolFinished(call, ToolResult("c", "[exit code 1]", is_error=True), "error", command=run)
    loud = ev.ToolFinished(
        call, ToolResult("c", "…", is_error=True), "error", command=CommandRun("x", 2, "grep: no such file")
    )
    turn = turn_of(begin(1), silent, loud)
    assert [bool(one.trace.error) for one in turn.recent] == [False, True]
    assert turn.recent[1].trace.words == "grep: no such file"


def test_what_was_cancelled_says_nothing_about_the_call() -> None:
    result = ToolResult("c", "Not run: the turn was stopped first.", is_error=True)
    turn = turn_of(
        begin(1), ev.ToolFinished(read("a"), result, "cancelled"), ev.ToolFinished(read("a"), result, "error")
    )
    assert [bool(one.trace.error) for one in turn.recent] == [False, True]


def bash(command: str) -> ToolCall:
    return ToolCall("c", "Bash", {"command": command})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (bash("ls -la"), bash("  ls   -la ")),
        (bash("ls\t-la\n"), bash("ls -la")),
        (read("a.py"), read("./a.py")),
        (read("src/a.py"), read("src//x/../a.py")),
    ],
)
def test_blanks_and_detours_make_no_other_call(one: ToolCall, other: ToolCall) -> None:
    assert digest_call(one) == digest_call(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (bash("echo 'a  b'"), bash("echo 'a b'")),
        (bash("cat <<E\na  b\nE"), bash("cat <<E\na b\nE")),
        (bash("a\nb"), bash("a b")),
        (read("a.py"), read("b/a.py")),
        (read(""), read(".")),
        (ToolCall("c", "Grep", {"pattern": "a  b"}), ToolCall("c", "Grep", {"pattern": "a b"})),
    ],
)
def test_blanks_that_mean_something_do(one: ToolCall, other: ToolCall) -> None:
    assert digest_call(one) != digest_call(other)


def test_blanks_at_the_ends_of_lines_are_no_news() -> None:
    assert digest_result(ToolResult("c", "a  \nb\n\n")) == digest_result(ToolResult("c", "a\nb"))
    assert digest_result(ToolResult("c", "  a\nb")) != digest_result(ToolResult("c", "a\nb"))


def test_the_same_error_about_another_file_is_the_same() -> None:
    one = sign_error(read("src/alpha.py"), "There is no file src/alpha.py.")
    other = sign_error(read("lib/beta.py"), "There is no file lib/beta.py.")
    assert one[0] == other[0] != ""
    assert one[1] == "There is no file src/alpha.py."
    assert (
        sign_error(read("x"), "SyntaxError in line 12")[0]
        != sign_error(read("x"), "SyntaxError in line 13")[0]
    )


def test_the_telling_line_is_the_one_with_the_error() -> None:
    text = "Traceback\n  File x\nValueError: no such colour\n\nsee the manual\n"
    assert sign_error(bash("python x"), text)[1] == "ValueError: no such colour"
    assert sign_error(bash("x"), "\n  \n1 2 3\n") == ("", "")


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_error_can_be_signed(text: str, command: str) -> None:
    error, words = sign_error(bash(command), text)
    assert bool(error) == bool(words)
    assert words == clean(words)
    assert len(words) <= 120
    assert "\n" not in words


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (read("a.py"), "Read a.py"),
        (ToolCall("c", "Grep", {"path": "src", "pattern": "x"}), "Grep x"),
        (ToolCall("c", "Page", {"number": 3, "rows": [1]}), "Page number=3"),
        (ToolCall("c", "Done", {}), "Done"),
        (ToolCall("c", "Read", raw='{"path', problem="cut"), 'Read {"path'),
    ],
)
def test_a_call_in_a_few_words(call: ToolCall, said: str) -> None:
    assert say_call(call) == said
