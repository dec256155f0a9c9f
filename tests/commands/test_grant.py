"""What `/grant` takes."""

import pytest

from aura.commands.grant import read_grant
from aura.core.errors import AuraError


@pytest.mark.parametrize(
    ("name", "text", "more"),
    [
        ("cost", "5", {"cost": 5.0}),
        ("cost", "$2.50", {"cost": 2.5}),
        ("tokens", "500k", {"tokens": 500_000.0}),
        ("tokens", "2m", {"tokens": 2_000_000.0}),
        ("turns", "10", {"turns": 10.0}),
        ("time", "2h", {"seconds": 7_200.0}),
        ("time", "90", {"seconds": 90.0}),
        ("lifetime", "3d", {"lifetime": 259_200.0}),
    ],
)
def test_each_limit_has_its_own_units(name: str, text: str, more: dict[str, float]) -> None:
    assert read_grant(name, text) == more


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cost", "2h"),
        ("cost", "5m"),
        ("turns", "1.5"),
        ("time", "5k"),
        ("time", ""),
        ("money", "5"),
        ("", ""),
    ],
)
def test_other_units_are_refused(name: str, text: str) -> None:
    with pytest.raises(AuraError):
        read_grant(name, text)
