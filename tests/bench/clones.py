"""Many clones at one remote: what an exchange takes when the others push, in turn and at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from gitstore import Exchange
from tests.bench.commits import Writer
from tests.bench.exchanging import cpu_ms, packed
from tests.bench.figure import Figure, median
from tests.bench.place import Place, temporary

AXIS: Final = "clones"
CLONES: Final = (1, 20, 100)
SAMPLED: Final = 20
"""Clones that are measured where not all have to be."""

MOST_AT_ONCE: Final = 20
"""Clones that push at once: git's programs of more of them only wait for this one machine."""

FLOORS: Final = 7
FLOOR: Final = "git ls-remote"

BEATEN: Final = "who comes last has waited for all others"
BROUGHT: Final = "each brings a message of every other clone"
TEXT: Final = "The valve leaks, and nobody has looked at it since Monday."
LONGEST_S: Final = 900.0


@dataclass
class Fleet:
    """Clones of one remote, each with an agent of its own."""

    place: Place
    bare: Path
    writers: list[Writer]

    @classmethod
    def of(cls, place: Place, count: int) -> Fleet:
        """As many, that all have what the others began with."""
        bare = place.remote()
        writers = []
        for number in range(count):
            clone = place.clone(bare, f"clone{number}")
            (clone / ".thrum" / "var").mkdir(parents=True)
            writers.append(Writer(clone))
        fleet = cls(place, bare, writers)
        for writer in writers:
            writer.log.exchange()
        return fleet

    def say(self, number: int) -> None:
        """The agent of a clone says something, which nobody else has yet."""
        writer = self.writers[number]
        name = f"agent{number}"
        writer.log.append([[(f"messages/{name}.jsonl", writer.line(name, TEXT))]])

    def exchange(self, number: int) -> tuple[float, float, float]:
        """What it takes a clone: processor time, git programs, bytes to and from the remote."""
        log = self.writers[number].log
        before, begin = log.tip, cpu_ms()
        done = log.exchange()
        spent = cpu_ms() - begin
        assert done.ok, done
        return (
            spent,
            done.processes,
            packed(self.place, self.writers[number].clone, before, log.tip),
        )

    def in_turn(self, count: int) -> list[tuple[float, float, float]]:
        """The first of them say something and exchange, one after the other."""
        found = []
        for number in range(count):
            self.say(number)
            found.append(self.exchange(number))
        return found

    def at_once(self) -> list[Exchange]:
        """All say something and exchange in the same moment."""
        done: list[Exchange] = []
        for number in range(len(self.writers)):
            self.say(number)
        threads = [
            threading.Thread(target=lambda each=each: done.append(each.log.exchange(LONGEST_S)))
            for each in self.writers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(each.ok for each in done), done
        return done

    def close(self) -> None:
        """Closes all logs."""
        for writer in self.writers:
            writer.log.close()


def figures(clones: Sequence[int] = CLONES) -> Iterator[Figure]:
    """What each number of clones takes."""
    for count in clones:
        with temporary() as place:
            fleet = Fleet.of(place, count)
            found = [*_alone(fleet), *_in_turn(fleet)]
            found += _at_once(fleet) if count <= MOST_AT_ONCE else []
            yield from (replace(each, axis=AXIS, size=count) for each in found)
            fleet.close()


def _floor(fleet: Fleet) -> float:
    """Milliseconds of the processor for git to ask a remote where its branch is."""
    clone = fleet.writers[0].clone
    spent = []
    for _ in range(FLOORS):
        begin = cpu_ms()
        fleet.place.run("git", "ls-remote", "-q", "origin", "a-sync", cwd=clone)
        spent.append(cpu_ms() - begin)
    return median(spent)


def _alone(fleet: Fleet) -> Iterator[Figure]:
    """One clone has a message, and takes one that another has pushed since."""
    rows = []
    for number in range(min(SAMPLED, len(fleet.writers))):
        other = (number + 1) % len(fleet.writers)
        if other != number:
            fleet.exchange(number)
            fleet.say(other)
            fleet.exchange(other)
        fleet.say(number)
        rows.append(fleet.exchange(number))
    spent, programs, sent = map(median, zip(*rows, strict=True))
    name = "one other has pushed"
    yield Figure(f"{name}: processor of an exchange", spent, "ms", _floor(fleet), FLOOR)
    yield Figure(f"{name}: git programs", programs, "")
    yield Figure(f"{name}: bytes to and from the remote", sent, "bytes")


def _in_turn(fleet: Fleet) -> Iterator[Figure]:
    """All others have pushed a message since the clone exchanged."""
    count = len(fleet.writers)
    fleet.in_turn(count)
    rows = fleet.in_turn(min(SAMPLED, count))
    spent, programs, sent = map(median, zip(*rows, strict=True))
    name = "all others have pushed"
    floor = _floor(fleet)
    yield Figure(f"{name}: processor of an exchange", spent, "ms", floor, FLOOR, may=BROUGHT)
    yield Figure(f"{name}: processor for each message", spent / count, "ms", floor, FLOOR)
    yield Figure(f"{name}: git programs", programs, "")
    yield Figure(f"{name}: bytes for each message", sent / count, "bytes")


def _at_once(fleet: Fleet) -> Iterator[Figure]:
    """All have a message and exchange in the same moment, each until it is in."""
    count = len(fleet.writers)
    floor, begin = _floor(fleet), cpu_ms()
    done = fleet.at_once()
    spent = cpu_ms() - begin
    name = "all push at once"
    pushes = sum(each.attempts for each in done) / count
    programs = sum(each.processes for each in done) / count
    yield Figure(f"{name}: pushes of a clone", pushes, "", may=BEATEN)
    yield Figure(f"{name}: git programs of a clone", programs, "", may=BEATEN)
    yield Figure(f"{name}: processor of a clone", spent / count, "ms", floor, FLOOR, may=BEATEN)
