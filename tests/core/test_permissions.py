"""Who may do what: the laws that hold whatever the facts are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.errors import ConfigError
from aura.core.permissions import Allow, Ask, Deny, Facts, Mode, Rule, judge, parse_rule
from aura.core.tools import Access, Effect

MODES = [Mode.PLAN, Mode.ASK, Mode.EDIT, Mode.AUTO, Mode.YOLO]  # from strict to loose
TEXT = st.sampled_from(["", "it is risky"])
PATHS = st.sampled_from([(), ("x",)])
RULE = st.sampled_from(["", "Bash(git:*)"])

facts = st.builds(
    Facts,
    st.sampled_from(Effect),
    st.just(Access()),
    floor=TEXT,
    risky=TEXT,
    sensitive=PATHS,
    outside=PATHS,
    allowed_by=RULE,
    asked_by=RULE,
    denied_by=RULE,
    consent=TEXT,
    secret=PATHS,
    broadly_allowed_by=RULE,
)
modes = st.sampled_from(MODES)


@given(facts, modes)
def test_every_case_has_a_verdict_that_can_be_shown(known: Facts, mode: Mode) -> None:
    verdict = judge(known, mode)
    assert isinstance(verdict, (Allow, Ask, Deny))
    assert verdict.by if isinstance(verdict, Allow) else verdict.reason


@given(facts, modes)
def test_nothing_lifts_the_hard_floor(known: Facts, mode: Mode) -> None:
    verdict = judge(replace(known, floor="it wipes the home folder"), mode)
    assert isinstance(verdict, Deny)
    assert verdict.by == "hard floor"


@given(facts, modes)
def test_a_deny_rule_dominates(known: Facts, mode: Mode) -> None:
    assert isinstance(judge(replace(known, denied_by="Bash"), mode), Deny)


@given(facts)
def test_plan_mode_changes_nothing(known: Facts) -> None:
    verdict = judge(known, Mode.PLAN)
    risky = known.effect is Effect.EXECUTE and (known.risky or known.consent)
    if known.effect in (Effect.WRITE, Effect.NETWORK) or risky:
        assert isinstance(verdict, Deny)


@given(facts, modes, modes)
def test_a_stricter_mode_never_allows_more(known: Facts, one: Mode, other: Mode) -> None:
    """Rules so broad that auto mode sets them aside are the exception, and credentials are the floor of auto."""
    known = replace(known, broadly_allowed_by="", secret=())
    strict, loose = sorted((one, other), key=MODES.index)
    if isinstance(judge(known, strict), Allow):
        assert isinstance(judge(known, loose), Allow)


@given(facts, modes)
def test_credentials_are_never_free(known: Facts, mode: Mode) -> None:
    verdict = judge(replace(known, secret=(".env",)), mode)
    assert not isinstance(verdict, Allow)
    if mode in (Mode.AUTO, Mode.YOLO):
        assert isinstance(verdict, Deny)


@given(facts)
def test_broad_rules_are_set_aside_in_auto_mode(known: Facts) -> None:
    assert judge(replace(known, broadly_allowed_by="Bash"), Mode.AUTO) == judge(
        replace(known, broadly_allowed_by=""), Mode.AUTO
    )


@given(facts, modes)
def test_an_ask_rule_is_not_overruled_by_an_allow_rule(known: Facts, mode: Mode) -> None:
    verdict = judge(replace(known, asked_by="Edit", allowed_by="Edit(src/**)"), mode)
    assert mode is Mode.YOLO or not isinstance(verdict, Allow)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Bash", Rule("allow", "Bash")),
        (" Bash( git diff:* ) ", Rule("allow", "Bash", "git diff:*")),
        ("mcp__server__*", Rule("allow", "mcp__server__*")),
        ("Edit(src/(a)/**)", Rule("allow", "Edit", "src/(a)/**")),
    ],
)
def test_rules_are_read(text: str, rule: Rule) -> None:
    assert parse_rule(text, "allow") == rule


@pytest.mark.parametrize(
    ("text", "column"), [("(x)", 0), ("Bash[x]", 4), ("Bash(x", 6), ("Bash( )", 5), ("", 0), ("1x", 0)]
)
def test_rules_that_cannot_be_read_say_where(text: str, column: int) -> None:
    with pytest.raises(ConfigError) as failure:
        parse_rule(text, "deny")
    assert failure.value.sentence.splitlines()[-1] == f"    {' ' * column}^"
