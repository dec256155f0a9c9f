"""The catalogue of faults: each is brought about for real, and the same must hold after all of them."""

import ast
import os
from pathlib import Path

import pytest

from tests.faults.page import PAGE, render_page
from tests.faults.scene import Fault, Scene, check_aftermath
from tests.faults.table import FAULTS

ROOT = Path(__file__).resolve().parents[2]


def _cases() -> list[object]:
    return [
        pytest.param(
            fault,
            seed,
            id=f"{fault.id}-{seed}" if len(fault.seeds) > 1 else fault.id,
            marks=[pytest.mark.slow] if fault.is_slow else [],
        )
        for fault in FAULTS
        if fault.inject is not None
        for seed in fault.seeds
    ]


@pytest.mark.parametrize(("fault", "seed"), _cases())
def test_fault(fault: Fault, seed: int, tmp_path: Path) -> None:
    scene = Scene(tmp_path, seed)
    assert fault.inject is not None
    fault.inject(scene)
    for check in fault.assertions:
        check(scene)
    check_aftermath(scene)


def test_every_row_has_a_name_of_its_own() -> None:
    names = [fault.id for fault in FAULTS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("fault", [one for one in FAULTS if one.proof], ids=lambda one: one.id)
def test_what_proves_a_row_is_there(fault: Fault) -> None:
    assert fault.inject is None
    for proof in fault.proof:
        file, _, function = proof.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        (test,) = [node for node in ast.walk(tree) if getattr(node, "name", "") == function]
        assert function.startswith("test_")
        marks = [ast.unparse(mark) for mark in getattr(test, "decorator_list", ())]
        assert not any("mark.skip(" in mark or "xfail" in mark for mark in marks)


def test_the_page_is_what_is_tested() -> None:
    text = render_page(FAULTS)
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text, "UPDATE_GOLDEN=1 ./dev test tests/faults writes it anew"
