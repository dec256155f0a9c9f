"""What a session may still do once it has taken in text that nobody vouches for."""

from pathlib import Path

import pytest

from aura.config.schema import Settings
from aura.core.permissions import Allow, Ask, Deny, Mode, judge
from aura.core.tools import Access, Effect
from aura.safety.policy import Policy


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    made = Policy(Settings(), tmp_path, home=tmp_path / "home")
    made.find_taint = lambda: "text from x.example"
    return made


REACHES = (
    (Effect.NETWORK, Access(url="https://x.example/")),
    (Effect.EXECUTE, Access(command="curl https://x.example/")),
    (Effect.EXECUTE, Access(command="git push")),
    (Effect.WRITE, Access(writes=("AGENTS.md",))),
    (Effect.WRITE, Access(writes=("sub/CLAUDE.md",))),
    (Effect.WRITE, Access(writes=(".aura/tasks/x.yaml",))),
    (Effect.WRITE, Access(writes=(".vscode/tasks.json",))),
    (Effect.WRITE, Access(writes=("/opt/x",))),
)
STAYS = (
    (Effect.READ, Access(reads=("main.py",))),
    (Effect.WRITE, Access(writes=("main.py",))),
    (Effect.EXECUTE, Access(command="ls -l")),
    (Effect.EXECUTE, Access(command="pytest -q")),
    (Effect.EXECUTE, Access(command="git commit -m x")),
)


@pytest.mark.parametrize(("effect", "access"), REACHES)
def test_what_could_carry_something_out_needs_a_person(
    policy: Policy, effect: Effect, access: Access
) -> None:
    verdict = judge(policy.gather("T", effect, access), Mode.AUTO)
    assert isinstance(verdict, Deny), "no reviewer is asked"
    assert isinstance(judge(policy.gather("T", effect, access), Mode.EDIT), Ask | Deny)
    policy.find_taint = lambda: ""
    assert policy.gather("T", effect, access).person == ""


@pytest.mark.parametrize(("effect", "access"), STAYS)
def test_ordinary_work_goes_on(policy: Policy, effect: Effect, access: Access) -> None:
    facts = policy.gather("T", effect, access)
    assert facts.person == ""
    assert not isinstance(judge(facts, Mode.AUTO), Deny)


def test_a_rule_of_the_user_is_a_yes_of_the_user(tmp_path: Path) -> None:
    settings = Settings.model_validate({"permissions": {"allow": ("WebFetch(domain:x.example)",)}})
    policy = Policy(settings, tmp_path, home=tmp_path / "home")
    policy.find_taint = lambda: "text from x.example"
    facts = policy.gather("WebFetch", Effect.NETWORK, Access(url="https://x.example/a"))
    assert isinstance(judge(facts, Mode.AUTO), Allow)


@pytest.mark.parametrize(
    ("effect", "access", "source"),
    [
        (Effect.NETWORK, Access(url="https://x.example/a"), "text from x.example"),
        (Effect.NETWORK, Access(), "text from the network"),
        (Effect.EXECUTE, Access(command="cd a && curl -s https://x | head"), "what curl fetched"),
        (Effect.EXECUTE, Access(command="pytest -q"), ""),
        (Effect.READ, Access(reads=("a",)), ""),
        (Effect.WRITE, Access(writes=("a",)), ""),
    ],
)
def test_where_text_comes_from(policy: Policy, effect: Effect, access: Access, source: str) -> None:
    assert policy.find_source(effect, access) == source
    policy.is_foreign = True
    expected = source or ("files of a folder that is not trusted" if effect is not Effect.WRITE else "")
    assert policy.find_source(effect, access) == expected
