"""The same figures with ten and a hundred times the agents, who have as many messages together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from tests.bench.ages import stop
from tests.bench.asking import everyday
from tests.bench.figure import Figure
from tests.bench.growth import resident, started
from tests.bench.past import Past
from tests.bench.place import Place, temporary

AXIS: Final = "agents"
AGENTS: Final = (5, 60, 500)
MESSAGES: Final = 10_000
WORDS: Final = 50
ANSWERS: Final = {
    "team: processor": "its answer names every agent",
    "who has a file: processor": "it looks at what every agent is at",
}


def figures(agents: Sequence[int] = AGENTS) -> Iterator[Figure]:
    """What each number of agents takes."""
    for count in agents:
        with temporary() as place:
            for found in _of(place, count):
                yield replace(found, axis=AXIS, size=count, may=ANSWERS.get(found.name, ""))


def _of(place: Place, count: int) -> Iterator[Figure]:
    clone = place.clone(place.remote(), "crowded")
    place.thrum("init", "--non-interactive", "--no-daemon", cwd=clone)
    past = Past(clone, count)
    past.grow(MESSAGES)
    beside = place.worktree(clone, "crowded-bob")
    place.thrum("daemon", "start", cwd=clone)
    for name, home in (("agent0", clone), ("bob", beside)):
        place.thrum("quickstart", name, "--role", "worker", "--module", "bench", cwd=home)
    for found in everyday(place, clone, beside, past.words[:: len(past.words) // WORDS]):
        yield found
        if found.name in ANSWERS:
            yield replace(found, name=f"{found.name} for each agent", value=found.value / count)
    yield resident(clone)
    stop(place, clone)
    yield from started(place, clone)
