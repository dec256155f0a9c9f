"""The list of what was refused: numbers, what may be allowed, and what is used up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.denials import KEEP, Denials, lift, sign_call, tell_denials
from aura.core.errors import AuraError
from aura.core.messages import ToolCall, ToolResult, user
from aura.core.turn import Turn, fold


def refuse(number: int, by: str = "reviewer", *, may: bool = True, rule: str = "") -> list[ev.Event]:
    call = ToolCall(f"c{number}", "Net", {"url": f"http://{number}"})
    return [
        ev.ToolJudged(call.id, "deny", by, "no", "high", may, rule),
        ev.ToolFinished(call, ToolResult(call.id, "Refused", is_error=True), "denied"),
    ]


def parked(number: int) -> list[ev.Event]:
    _, finished = refuse(number)
    assert isinstance(finished, ev.ToolFinished)
    judged = ev.ToolJudged(finished.call.id, "park", "reviewer", "nobody", may_be_allowed=True)
    return [judged, ev.ToolFinished(finished.call, finished.result, "cancelled")]


def allow(turn: Turn, number: int) -> Turn:
    return fold([lift(turn.rest.denials, number, "human")], turn)


@given(st.integers(0, 60))
def test_numbers_never_change_and_the_newest_are_kept(count: int) -> None:
    denials = fold([event for number in range(count) for event in refuse(number)]).rest.denials
    assert denials.counted == count
    assert [one.number for one in denials.listed] == list(range(1, count + 1))[-KEEP:]
    assert len(denials.refused) == count


def test_an_allowed_call_is_found_by_its_exact_arguments_and_only_once() -> None:
    turn = allow(fold(refuse(1)), 1)
    same = ToolCall("other id", "Net", {"url": "http://1"})
    assert turn.rest.denials.find_lifted(same) == 1
    for other in (
        ToolCall("c", "Net", {"url": "http://1 "}),
        ToolCall("c", "Get", same.arguments),
        ToolCall("c", "Net"),
    ):
        assert not turn.rest.denials.find_lifted(other)
    used = fold([ev.ToolJudged("c", "allow", "human", lifts=1)], turn)
    assert not used.rest.denials.find_lifted(same)
    assert "allowed, and ran" in tell_denials(used.rest.denials)[1]


def test_the_order_of_keys_is_the_only_thing_that_does_not_matter() -> None:
    one, other = ToolCall("a", "T", {"x": 1, "y": 2}), ToolCall("b", "T", {"y": 2, "x": 1})
    assert sign_call(one) == sign_call(other)
    assert sign_call(ToolCall("a", "T", {"command": "ls  -l"})) != sign_call(
        ToolCall("a", "T", {"command": "ls -l"})
    )


@pytest.mark.parametrize(
    ("events", "number", "as_rule", "words"),
    [
        ([], 1, False, "There is no refused call 1"),
        (refuse(1, "hard floor", may=False), 1, False, "refused by the hard floor, which cannot be lifted"),
        (refuse(1, "Bash(git push:*)", may=False), 1, False, "Change that instead."),
        (refuse(1), 1, True, "There is no rule to offer"),
    ],
)
def test_what_cannot_be_allowed_is_said(
    events: list[ev.Event], number: int, as_rule: bool, words: str
) -> None:
    with pytest.raises(AuraError) as caught:
        lift(fold(events).rest.denials, number, "human", as_rule=as_rule)
    assert words in caught.value.sentence


def test_a_forged_event_lifts_nothing() -> None:
    call = ToolCall("c", "Net", {"url": "http://1"})
    for forged in (
        [*refuse(1, "hard floor", may=False), ev.DenialAllowed(1, sign_call(call), "human")],
        [*refuse(1), ev.DenialAllowed(1, "another sign", "human")],
        [*refuse(1), ev.DenialAllowed(7, sign_call(call), "human")],
    ):
        turn = fold(forged)
        assert not turn.rest.denials.find_lifted(call)
        assert not turn.rest.denials.news


def test_allowing_twice_is_refused_and_the_second_time_says_so() -> None:
    turn = allow(fold(refuse(1)), 1)
    with pytest.raises(AuraError, match="allowed already"):
        lift(turn.rest.denials, 1, "human")


def test_a_parked_call_is_listed_and_counts_nothing() -> None:
    denials = fold(parked(1)).rest.denials
    assert denials.refused == ()
    assert denials.listed[0].is_parked
    assert lift(denials, 1, "human").number == 1


def test_the_list_tells_the_call_the_reason_and_what_can_be_done() -> None:
    events = [*refuse(1, rule="Bash(git push:*)"), *refuse(2, "hard floor", may=False)]
    lines = tell_denials(fold([ev.TurnStarted(1, user("go")), ev.StepStarted(4, "m"), *events]).rest.denials)
    assert lines[0] == "  1. Net http://1   (turn 1, step 4)"
    assert lines[1] == "     refused by reviewer, high risk: no [can be allowed; rule: `git push *`]"
    assert lines[3] == "     refused by hard floor, high risk: no [cannot be allowed here]"
    assert tell_denials(Denials()) == ["Nothing was refused."]


@given(st.text(max_size=40), st.text(max_size=40))
def test_hostile_words_are_cleaned(reason: str, url: str) -> None:
    call = ToolCall("c", "Net", {"url": f"\x1b]52;c;x\x07{url}"})
    finished = ev.ToolFinished(call, ToolResult("c", "no", is_error=True), "denied")
    turn = fold([ev.ToolJudged("c", "deny", f"\x1b[31m{reason}", f"\u202e{reason}"), finished])
    text = "".join(tell_denials(turn.rest.denials))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\n" not in text
