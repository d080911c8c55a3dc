from __future__ import annotations

from collections import Counter

import pytest

from tests.integration.conftest import World
from tests.integration.crowd import gather, status
from tests.integration.load import in_database, leftovers, on_branch


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("clones", [12, pytest.param(20, marks=pytest.mark.soak)])
def test_clones_send_at_once_and_everybody_gets_everything(world: World, clones: int) -> None:
    crowd = gather(world, clones=clones, messages=50)
    print(f"{clones} clones, {clones * 50} messages: everywhere after {crowd.seconds:.1f} s")
    assert crowd.refused == []
    # On a slow machine the deadline of a sync may pass while others are faster; the next goes on.
    in_time = ("rejected", "by its deadline", "within")
    assert [line for line in crowd.troubles if not any(words in line for words in in_time)] == []
    assert len(crowd.acknowledged) == clones * 50
    once = Counter(crowd.acknowledged)
    assert set(once.values()) == {1}
    assert on_branch(world, crowd.remote) == once
    for where in crowd.clones:
        assert in_database(where) == once
        assert "last_error" not in status(world, where)
        assert leftovers(where / ".git") == []
    assert world.thrum(crowd.clones[0], "doctor").code == 0
