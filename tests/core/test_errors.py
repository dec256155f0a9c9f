"""What an error lets one hope for."""

import math

from aura.core.errors import ModelErrorKind, find_hope


def test_what_waiting_does_not_mend_gives_no_hope() -> None:
    assert find_hope(ModelErrorKind.AUTH, 5.0) == math.inf


def test_the_provider_is_taken_at_its_word() -> None:
    assert find_hope(ModelErrorKind.QUOTA, 5.0) == 5.0
    assert find_hope(ModelErrorKind.QUOTA, None) > find_hope(ModelErrorKind.OVERLOADED, None)


def test_a_kind_of_another_version_is_like_any_other() -> None:
    assert find_hope("a kind that is yet to come", None) == find_hope(ModelErrorKind.UNKNOWN, None)
