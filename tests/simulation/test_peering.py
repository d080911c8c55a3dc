"""An older peer whose numbers fall back is noticed by whoever does not go by numbers alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.peering import LaterTables, Link
from tests.simulation.verdict import tables_of
from tests.simulation.world import World, opened
from thrum import events
from thrum.daemon.projection import numbering


def anew(world: World, count: int) -> None:
    """The first node's database is made anew where no promise is kept, as older programs do it."""
    there = world.all[0]
    there.log.commit()
    there.close()
    var = there.root / ".thrum" / "var"
    for path in [*var.glob("messages.db*"), var / numbering.FILE]:
        path.unlink()
    there.open()
    for _ in range(count):
        world._send(there)


@pytest.mark.parametrize("count", [1, 9, 30])
@pytest.mark.parametrize("is_old", [False, True])
def test_numbers_that_fall_back(tmp_path: Path, count: int, is_old: bool) -> None:
    world = opened(1, tmp_path / "world", nodes=2)
    there, here = world.all
    for node in world.all:
        node.begin()
        world._register(node)
    for _ in range(10):
        world._send(there)
    link = Link(here, there, is_old, True, LaterTables())
    assert link.pull(lambda: False, 4) > 0
    moment = there.store.reader().execute("SELECT max(created_at) FROM messages").fetchone()[0]
    there.emit(events.PurgeExecuted(cutoff=moment, marks={}))
    link.pull(lambda: False, 4)
    anew(world, count)
    link.pull(lambda: False, 4)
    mine = set(tables_of(there.store.reader())["events"])
    missing = mine - set(tables_of(here.store.reader())["events"])
    assert bool(missing) is is_old
    world.close()
