"""Done: the claim goes to the gate, and the gate's answer to the model."""

from pathlib import Path
from typing import Any

import pytest

from aura.core.errors import ToolError
from aura.core.tools import Claim, GateAnswer
from aura.tools.done import make_done
from tests.tools.fakes import make_context

DONE = make_done()


@pytest.mark.parametrize(
    "gate",
    [
        GateAnswer(True, "Accepted.", True),
        GateAnswer(False, "2 todos are open.", False),
        GateAnswer(False, "Not verified.", True),
    ],
)
async def test_the_gate_decides(tmp_path: Path, gate: GateAnswer) -> None:
    asked: list[Any] = []
    context = make_context(tmp_path, gate=gate, asked=asked)
    arguments = DONE.validate(
        {"summary": " All works. ", "status": "Blocked", "evidence": ["pytest -q: 5 passed", ""]}
    )
    output = await DONE(context, arguments)
    assert asked == [Claim("All works.", "blocked", ("pytest -q: 5 passed",))]
    assert (output.content, output.is_error, output.ends_turn) == (
        gate.text,
        not gate.accepted,
        gate.ends_turn,
    )


async def test_an_empty_summary_is_refused_without_asking_the_gate(tmp_path: Path) -> None:
    asked: list[Any] = []
    with pytest.raises(ToolError, match="summary is empty"):
        await DONE(make_context(tmp_path, asked=asked), DONE.validate({"summary": " \n"}))
    assert asked == []


def test_one_piece_of_evidence_may_stand_alone() -> None:
    assert DONE.validate({"summary": "x", "evidence": "tests pass"})["evidence"] == ["tests pass"]
    assert DONE.validate({"summary": "x"})["status"] == "done"
