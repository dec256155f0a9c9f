"""A run over eight hours of invented time: it outwaits what fails, is given more, and holds no more at the end."""

from pathlib import Path

import pytest

from tests.bench.endless import Trouble
from tests.bench.workday import Plan, work

TROUBLE = Trouble(quota_every=60, reset=1800.0, outage_every=75)


async def test_eight_hours_of_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    plan = Plan(pace=170.0, steps=2, turns=20, trouble=TROUBLE, window=12_000)
    day = await work(tmp_path, plan)
    assert day.phase == "done"
    assert day.hours >= 8
    assert day.counts["waits"] >= 3, "quotas and an outage"
    assert day.counts["grants"] >= 1
    assert day.counts["warnings"] >= 2
    assert day.counts["compactions"] >= 3
    half = len(day.whole) // 2
    assert max(day.whole[half:]) < max(day.whole[:half]) * 1.3, "messages in memory"
