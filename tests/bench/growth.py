"""The same figures with ten times the messages, and again: in one repository that grows."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from gitstore import Log
from tests.bench.ages import boot, resident_mb, stop
from tests.bench.asking import everyday
from tests.bench.commits import objects_size
from tests.bench.exchanging import cpu_ms, per_exchange, taken
from tests.bench.figure import Figure
from tests.bench.past import Past
from tests.bench.place import Place, daemon_pid
from tests.bench.processes import once
from tests.bench.sockets import cpu_s

AXIS: Final = "messages"
AUTHORS: Final = 10
SEARCHED: Final = 50
"""Words that are searched for: some that many messages have, and most that few have."""

STARTS: Final = 5

ALL: Final = "it reads everything"


def figures(place: Place, sizes: Sequence[int], authors: int = AUTHORS) -> Iterator[Figure]:
    """What each size takes.

    Args:
        place: where it all lies.
        sizes: how many messages there are at first, and then.
        authors: whose they are.
    """
    bare = place.remote()
    clone = place.clone(bare, "old")
    place.thrum("init", "--non-interactive", "--no-daemon", cwd=clone)
    past = Past(clone, authors)
    beside = place.worktree(clone, "old-bob")
    for size in sizes:
        past.grow(size)
        for found in _of_size(place, bare, past, beside, size):
            yield replace(found, axis=AXIS, size=size)


def _of_size(place: Place, bare: Path, past: Past, beside: Path, size: int) -> Iterator[Figure]:
    clone = past.clone
    yield from stored(place, clone, size)
    yield from _built(place, clone, size)
    place.thrum("daemon", "start", cwd=clone)
    for name, home in (("agent0", clone), ("bob", beside)):
        place.thrum("quickstart", name, "--role", "worker", "--module", "bench", cwd=home)
    yield from everyday(place, clone, beside, past.words[:: len(past.words) // SEARCHED])
    yield resident(clone)
    stop(place, clone)
    yield from started(place, clone)
    yield from _exchanged(place, bare, clone, size)


def resident(clone: Path) -> Figure:
    """What the daemon has in memory by now."""
    return Figure("memory of the daemon after that", resident_mb(daemon_pid(clone)), "MB")


def stored(place: Place, clone: Path, size: int) -> Iterator[Figure]:
    """What a message takes on the disk, of those that were committed together."""
    counts = place.run("git", "count-objects", "-v", cwd=clone).split()
    number = int(counts[counts.index("in-pack:") + 1]) + int(counts[counts.index("count:") + 1])
    folder = int(place.run("git", "cat-file", "-s", "a-sync:messages", cwd=clone))
    yield Figure("branch: bytes on disk for a message", objects_size(clone) / size, "bytes")
    yield Figure("branch: objects for 1,000 messages", number / size * 1000, "")
    yield Figure("branch: bytes of the list of its files", folder, "bytes")


def _built(place: Place, clone: Path, size: int) -> Iterator[Figure]:
    database = clone / ".thrum" / "var" / "messages.db"
    for part in database.parent.glob("messages.db*"):
        part.unlink()
    boot(place, clone)
    spent = cpu_s(daemon_pid(clone))
    stop(place, clone)
    floor = _read_s(clone)
    yield Figure("rebuild: processor", spent, "s", floor, "reading the lines of it", may=ALL)
    yield Figure("database: bytes for a message", database.stat().st_size / size, "bytes")


def _read_s(clone: Path) -> float:
    """Seconds of the processor for all lines of the branch."""
    log = Log.open(clone, journal=clone / ".thrum" / "var" / "journal.jsonl")
    begin = cpu_ms()
    for _ in log.since(None).lines:
        pass
    spent = (cpu_ms() - begin) / 1000
    log.close()
    return spent


def started(place: Place, clone: Path) -> Iterator[Figure]:
    """From the start to the first answer, with the database as it is."""
    samples, floors = [], []
    for _ in range(STARTS):  # first, for a daemon that has ended counts with the next child
        begin = cpu_ms()
        once([sys.executable, "-c", "pass"], clone, place.environment)
        floors.append(cpu_ms() - begin)
    for _ in range(STARTS):
        boot(place, clone)
        samples.append(cpu_s(daemon_pid(clone)) * 1000)
        stop(place, clone)
    yield Figure("start: processor", min(samples), "ms", min(floors), "python -c pass")


def _exchanged(place: Place, bare: Path, clone: Path, size: int) -> Iterator[Figure]:
    place.run("git", "push", "-q", "origin", "a-sync", cwd=clone)
    begin = cpu_ms()
    late = place.fetched(bare, f"late-{size}")
    fetched = (cpu_ms() - begin) / 1000
    place.thrum("init", "--non-interactive", "--no-daemon", cwd=late)
    spent = (cpu_ms() - begin) / 1000
    boot(place, late)
    spent += cpu_s(daemon_pid(late))
    stop(place, late)
    yield Figure("fresh clone: processor", spent, "s", fetched, "git clone of it", may=ALL)
    yield from per_exchange(taken(place, clone, late))
    shutil.rmtree(late)
