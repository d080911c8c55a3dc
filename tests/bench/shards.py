"""What an exchange takes with as many messages in twenty times the shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from tests.bench.ages import boot, stop
from tests.bench.exchanging import per_exchange, taken
from tests.bench.figure import Figure
from tests.bench.growth import stored
from tests.bench.past import Past
from tests.bench.place import Place, temporary

AXIS: Final = "shards"
SHARDS: Final = (10, 200)
MESSAGES: Final = 20_000


def figures(shards: Sequence[int] = SHARDS) -> Iterator[Figure]:
    """What each number of shards takes."""
    for count in shards:
        with temporary() as place:
            for found in _of(place, count):
                yield replace(found, axis=AXIS, size=count)


def _of(place: Place, count: int) -> Iterator[Figure]:
    bare = place.remote()
    clone = place.clone(bare, "first")
    place.thrum("init", "--non-interactive", "--no-daemon", cwd=clone)
    Past(clone, count).grow(MESSAGES)
    yield from stored(place, clone, MESSAGES)
    place.run("git", "push", "-q", "origin", "a-sync", cwd=clone)
    late = place.fetched(bare, "late")
    place.thrum("init", "--non-interactive", "--no-daemon", cwd=late)
    boot(place, late)
    stop(place, late)
    yield from per_exchange(taken(place, clone, late))
