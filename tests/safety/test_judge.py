"""The rules that hold for every verdict, whatever the facts are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.errors import ConfigError
from aura.core.permissions import Allow, Ask, Deny, Facts, Mode, Rule, judge, parse_rule
from aura.core.tools import Access, Effect

TEXT = st.sampled_from(["", "because"])
PATHS = st.sampled_from([(), ("a/b",)])
FACTS = st.builds(
    Facts,
    effect=st.sampled_from(Effect),
    access=st.just(Access()),
    floor=TEXT,
    risky=TEXT,
    consent=TEXT,
    secret=PATHS,
    sensitive=PATHS,
    outside=PATHS,
    allowed_by=TEXT,
    asked_by=TEXT,
    denied_by=TEXT,
    broadly_allowed_by=TEXT,
    boxed=st.booleans(),
)
MODES = list(Mode)


@given(FACTS, st.sampled_from(MODES))
def test_the_floor_and_deny_rules_hold_in_every_mode(facts: Facts, mode: Mode) -> None:
    assert isinstance(judge(replace(facts, floor="no"), mode), Deny)
    assert isinstance(judge(replace(facts, denied_by="Bash"), mode), Deny)


@given(FACTS, st.sampled_from(MODES))
def test_an_allow_rule_lifts_neither_floor_nor_secrets(facts: Facts, mode: Mode) -> None:
    allowed = replace(facts, allowed_by="Bash(x)", broadly_allowed_by="Bash")
    if facts.floor or facts.denied_by:
        assert judge(allowed, mode) == judge(facts, mode)
    elif facts.secret:
        assert not isinstance(judge(allowed, mode), Allow)


@given(FACTS)
def test_plan_mode_never_changes_anything(facts: Facts) -> None:
    verdict = judge(facts, Mode.PLAN)
    if facts.effect in (Effect.WRITE, Effect.NETWORK) or (facts.effect is Effect.EXECUTE and facts.risky):
        assert isinstance(verdict, Deny)


@given(FACTS, st.sampled_from(MODES), st.sampled_from(MODES))
def test_a_stricter_mode_never_allows_more(facts: Facts, one: Mode, other: Mode) -> None:
    stricter, looser = sorted((one, other), key=MODES.index)
    facts = replace(facts, broadly_allowed_by="")  # such rules are set aside in auto mode only, on purpose
    if isinstance(judge(facts, stricter), Allow):
        assert isinstance(judge(facts, looser), Allow)


@given(FACTS, st.sampled_from([mode for mode in MODES if mode is not Mode.YOLO]))
def test_an_ask_rule_is_never_passed_over(facts: Facts, mode: Mode) -> None:
    assert not isinstance(judge(replace(facts, asked_by="Edit"), mode), Allow)


@given(FACTS)
def test_auto_mode_allows_nothing_that_needs_a_person(facts: Facts) -> None:
    needs = bool(facts.consent) and facts.effect is Effect.EXECUTE
    needs = needs or (facts.effect is not Effect.NONE and bool(facts.outside or facts.sensitive))
    if needs and not facts.allowed_by:
        assert not isinstance(judge(facts, Mode.AUTO), Allow)


@given(FACTS)
def test_what_is_not_known_to_be_harmless_passes_unseen_only_in_a_box(facts: Facts) -> None:
    facts = replace(facts, effect=Effect.EXECUTE, risky="it runs", allowed_by="", boxed=False)
    assert not isinstance(judge(facts, Mode.AUTO), Allow)
    free = Facts(Effect.EXECUTE, facts.access, risky="it runs", boxed=True)
    assert judge(free, Mode.AUTO) == Allow("sandbox")
    assert not isinstance(judge(free, Mode.EDIT), Allow)


def test_credentials_are_refused_where_nobody_is_asked() -> None:
    facts = Facts(Effect.READ, Access(reads=(".env",)), secret=(".env",))
    assert isinstance(judge(facts, Mode.ASK), Ask)
    assert isinstance(judge(facts, Mode.AUTO), Deny)
    assert isinstance(judge(facts, Mode.YOLO), Deny)


@pytest.mark.parametrize(
    ("text", "tool", "pattern"),
    [
        ("Bash", "Bash", ""),
        (" Bash(git diff:*) ", "Bash", "git diff:*"),
        ("Edit(src/**)", "Edit", "src/**"),
        ("mcp__server__*", "mcp__server__*", ""),
        ("Bash(echo (a) b)", "Bash", "echo (a) b"),
        ("*", "*", ""),
    ],
)
def test_a_rule_is_a_tool_and_perhaps_a_pattern(text: str, tool: str, pattern: str) -> None:
    rule = parse_rule(text, "deny")
    assert rule == Rule("deny", tool, pattern)
    assert parse_rule(str(rule), "deny") == rule


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("", 0, "begins with the name"),
        ("(x)", 0, "begins with the name"),
        ("Bash(git", 8, "closing"),
        ("Bash()", 5, "empty"),
        ("Bash git", 4, "comes ( or nothing"),
        ("Bash(a) b", 9, "closing"),
    ],
)
def test_a_caret_shows_where_a_rule_is_wrong(text: str, column: int, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_rule(text, "allow")
    sentence, shown, caret = caught.value.sentence.split("\n")
    assert reason in sentence
    assert shown == f"    {text}"
    assert caret == f"    {' ' * column}^"
