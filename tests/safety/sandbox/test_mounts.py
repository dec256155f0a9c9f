"""Rules become mounts: whatever was asked for, and in whatever order, the nearest rule decides."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aura.safety.sandbox.mounts import ROOT, Right, Rule, find_right, settle_rules, write_mounts

PARTS = st.lists(st.sampled_from("abc"), max_size=4).map(lambda parts: ROOT.joinpath(*parts))
RULES = st.lists(st.builds(Rule, st.sampled_from(Right), PARTS), max_size=12)
KEPT = st.lists(st.builds(Rule, st.just(Right.WRITE), PARTS, keep=st.just(True)), max_size=4)


def right_at(rules: tuple[Rule, ...], path: Path) -> Right:
    """What a kernel makes of the mounts: the last one at or above a path counts."""
    above = [rule for rule in rules if path.is_relative_to(rule.path)]
    return above[-1].right if above else Right.READ


def can_write(right: Right) -> bool:
    return right is Right.WRITE


@given(RULES, KEPT, PARTS)
def test_the_last_mount_above_a_path_is_the_nearest(rules: list[Rule], kept: list[Rule], path: Path) -> None:
    settled = settle_rules([*rules, *kept])
    assert right_at(settled, path) == find_right({rule.path: rule for rule in settled}, path)


@given(RULES, KEPT, st.randoms())
def test_the_order_of_rules_does_not_matter(rules: list[Rule], kept: list[Rule], random: object) -> None:
    mixed = [*rules, *kept]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert settle_rules(mixed) == settle_rules([*rules, *kept])


@given(RULES, KEPT)
def test_shallow_mounts_come_first(rules: list[Rule], kept: list[Rule]) -> None:
    depths = [len(rule.path.parts) for rule in settle_rules([*rules, *kept])]
    assert depths == sorted(depths)


@given(RULES, KEPT, PARTS)
def test_nothing_can_be_written_but_below_what_was_given(
    rules: list[Rule], kept: list[Rule], path: Path
) -> None:
    settled = settle_rules([*rules, *kept])
    given_for_it = [rule.path for rule in rules if rule.right is Right.WRITE]
    if can_write(right_at(settled, path)):
        assert any(path.is_relative_to(one) for one in given_for_it)


@given(RULES, KEPT, PARTS)
def test_what_is_protected_cannot_be_written_there(rules: list[Rule], kept: list[Rule], path: Path) -> None:
    if path != ROOT:
        settled = settle_rules([*rules, *kept, Rule(Right.PROTECT, path)])
        assert not can_write(right_at(settled, path))


@given(RULES, KEPT, PARTS)
def test_what_is_hidden_cannot_be_seen_there(rules: list[Rule], kept: list[Rule], path: Path) -> None:
    if path != ROOT:
        settled = settle_rules([*rules, *kept, Rule(Right.HIDE, path)])
        assert right_at(settled, path) in (Right.HIDE, Right.COVER)


@given(RULES, PARTS, PARTS)
def test_protecting_opens_nothing_that_is_hidden(rules: list[Rule], path: Path, below: Path) -> None:
    place = path / below.relative_to(ROOT)
    before, after = (
        right_at(settle_rules(some), place) for some in (rules, [*rules, Rule(Right.PROTECT, path)])
    )
    if before in (Right.HIDE, Right.COVER):
        assert after in (Right.HIDE, Right.COVER) or can_write(before) == can_write(after)
        assert not can_write(after)


def test_the_arguments_say_what_the_rules_say() -> None:
    home, work = Path("/home/a"), Path("/home/a/w")
    rules = [
        Rule(Right.PROTECT, work / ".git/config", is_dir=False),
        Rule(Right.HIDE, work / ".env", is_dir=False),
        Rule(Right.WRITE, work / ".git", keep=True),
        Rule(Right.READ, home / ".cargo"),
        Rule(Right.READ, Path("/usr")),  # it may be read anyway
        Rule(Right.COVER, Path("/tmp"), source=Path("/s/tmp")),
        Rule(Right.WRITE, work),
        Rule(Right.COVER, home),
    ]
    assert write_mounts(settle_rules(rules)) == [
        *("--bind", "/s/tmp", "/tmp"),
        *("--tmpfs", "/home/a"),
        *("--ro-bind", "/home/a/.cargo", "/home/a/.cargo"),
        *("--bind", "/home/a/w", "/home/a/w"),
        *("--ro-bind", "/dev/null", "/home/a/w/.env"),
        *("--bind", "/home/a/w/.git", "/home/a/w/.git"),
        *("--ro-bind", "/home/a/w/.git/config", "/home/a/w/.git/config"),
    ]
