"""kill -9 anywhere in a run over turns, also inside an append, also while it goes on: it ends the same every time.

`AURA_CRASH_SEED` chooses the places; a failure names the kills that led to it, and the seed.
"""

import os
import random
from pathlib import Path

import pytest

from tests.e2e.crashed import Story, Whole, prepare, run_whole

SEED = int(os.environ.get("AURA_CRASH_SEED", "20260"))
KILLS = 10  # of each test
FEW, MANY = 2, 20
DEATHS = (1, 1, 1, 2, 2, 3, 3)  # of one run


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return run_whole(tmp_path_factory.mktemp("whole"))


def kill_often(folder: Path, whole: Whole, number: int) -> None:
    chance, killed, stories = random.Random(f"{SEED}-{number}"), 0, 0
    while killed < KILLS:
        stories += 1
        program, model = prepare(folder / str(stories))
        story = Story(program, model, whole, chance)
        try:
            killed += story.play(chance.choice(DEATHS))
        except AssertionError as error:
            error.add_note(f"AURA_CRASH_SEED={SEED}, test {number}, story {stories}: {story.kills}")
            raise
        assert stories < 4 * KILLS, "it is hardly ever killed"


@pytest.mark.parametrize("number", range(FEW))
def test_killed_anywhere_a_run_ends_the_same(tmp_path: Path, whole: Whole, number: int) -> None:
    kill_often(tmp_path, whole, number)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(FEW, MANY))
def test_killed_at_two_hundred_places_a_run_ends_the_same(tmp_path: Path, whole: Whole, number: int) -> None:
    kill_often(tmp_path, whole, number)
