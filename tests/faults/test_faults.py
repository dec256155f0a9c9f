"""The catalogue of faults: each is brought about for real, and the same must hold after all of them."""

import os
from pathlib import Path

import pytest

from tests.faults.page import PAGE, render_page
from tests.faults.scene import Fault, Scene, check_aftermath
from tests.faults.table import FAULTS


def _cases() -> list[object]:
    return [
        pytest.param(
            fault,
            seed,
            id=f"{fault.id}-{seed}" if len(fault.seeds) > 1 else fault.id,
            marks=[pytest.mark.slow] if fault.is_slow else [],
        )
        for fault in FAULTS
        for seed in fault.seeds
    ]


@pytest.mark.parametrize(("fault", "seed"), _cases())
def test_fault(fault: Fault, seed: int, tmp_path: Path) -> None:
    scene = Scene(tmp_path, seed)
    fault.inject(scene)
    for check in fault.assertions:
        check(scene)
    check_aftermath(scene)


def test_every_row_has_a_name_of_its_own() -> None:
    names = [fault.id for fault in FAULTS]
    assert len(set(names)) == len(names)


def test_the_page_is_what_is_tested() -> None:
    text = render_page(FAULTS)
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text, "UPDATE_GOLDEN=1 ./dev test tests/faults writes it anew"
