from __future__ import annotations

import os
import random
import time

import pytest

from tests.integration.conftest import World
from tests.integration.lives import Lives


def lived(world: World, *, clones: int, seed: int, steps: int, seconds: float) -> None:
    lives = Lives(world, random.Random(seed), clones)
    lives.begin()
    lives.go_on(steps, time.monotonic() + seconds)
    told = "\n".join(lives.told)
    assert lives.lost() == {}, told
    assert lives.stuck() == [], told
    unwell = lives.unwell()
    assert unwell == [], "\n".join([*unwell, told])
    assert len(lives.sent) > len(lives.forgotten)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_short_life_of_three_clones_loses_nothing_and_no_name(world: World) -> None:
    lived(world, clones=3, seed=5, steps=40, seconds=600)


@pytest.mark.soak
def test_ten_minutes_of_eight_clones_lose_nothing_and_no_name(world: World) -> None:
    seconds = float(os.environ.get("LIVES_SECONDS", "600"))
    seed = int(os.environ.get("LIVES_SEED", "0"))
    lived(world, clones=8, seed=seed, steps=1_000_000, seconds=seconds)
