"""What one exchange takes where one message is new: of the processor, git programs and bytes."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gitstore import Log
from tests.bench.commits import Writer, objects_size
from tests.bench.figure import Figure, median
from tests.bench.place import Place
from thrum.daemon.store import Store
from thrum.ids import Ids

TIMES: Final = 7
DONE: Final = {"push": "committed and pushed", "fetch": "fetched and applied"}


@dataclass(frozen=True, slots=True)
class Taken:
    """Medians of some exchanges.

    Attributes:
        pushed_ms, fetched_ms: processor time of committing and pushing one message, and of fetching
            and applying one, git's own included.
        push_floor_ms, fetch_floor_ms: the same of git alone, with a commit of one small file.
        wrote, objects: bytes and objects that one commit adds to the clone.
        wire: bytes that git sends for it.
        programs: git programs that the clone starts for it.
    """

    pushed_ms: float
    push_floor_ms: float
    fetched_ms: float
    fetch_floor_ms: float
    wrote: float
    objects: float
    wire: float
    programs: float


def cpu_ms() -> float:
    """Milliseconds of the processor that this process had, and what it started and awaited."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (time.process_time() + ended.ru_utime + ended.ru_stime) * 1000


def taken(place: Place, first: Path, late: Path) -> Taken:
    """Messages one at a time from the first clone to the late one, whose database is there."""
    writer = Writer(first)
    log = Log.open(late, journal=late / ".thrum" / "var" / "journal.jsonl")
    store = Store.open(
        log=log,
        database=late / ".thrum" / "var" / "messages.db",
        origin_daemon="d_1",
        now_ns=time.time_ns,
        ids=Ids(writer.tick),
    )
    floor = Floor(place, first, late)
    rows = []
    try:
        for each in (writer.log, log):
            each.exchange()
        store.catch_up()
        for _ in range(TIMES):
            rows.append((*_pushed(place, writer), *_fetched(log, store), *floor.measured()))
    finally:
        store.close()
        log.close()
        writer.log.close()
    pushed, wrote, objects, wire, programs, fetched, push_floor, fetch_floor = map(
        median, zip(*rows, strict=True)
    )
    return Taken(pushed, push_floor, fetched, fetch_floor, wrote, objects, wire, programs)


def _pushed(place: Place, writer: Writer) -> tuple[float, ...]:
    line = writer.line("agent1", "The valve leaks, and nobody has looked at it since Monday.")
    before, size = writer.log.tip, objects_size(writer.clone)
    count = loose(place, writer.clone)
    begin = cpu_ms()
    writer.log.append([[("messages/agent1.jsonl", line)]])
    done = writer.log.exchange()
    spent = cpu_ms() - begin
    assert done.pushed, done
    wrote = objects_size(writer.clone) - size
    objects = loose(place, writer.clone) - count
    wire = packed(place, writer.clone, before, writer.log.tip)
    return spent, wrote, objects, wire, done.processes


def _fetched(log: Log, store: Store) -> tuple[float]:
    begin = cpu_ms()
    done = log.exchange()
    applied = store.catch_up().applied
    spent = cpu_ms() - begin
    assert done.fetched, done
    assert applied == 1, applied
    return (spent,)


def loose(place: Place, clone: Path) -> int:
    """Objects in files of their own."""
    return int(place.run("git", "count-objects", cwd=clone).split()[0])


def packed(place: Place, clone: Path, old: str, new: str) -> int:
    """Bytes of what git sends to whoever has the old commit."""
    made = subprocess.run(
        ["git", "pack-objects", "--thin", "--stdout", "--revs", "-q"],
        input=f"{new}\n^{old}\n".encode(),
        cwd=clone,
        env=place.environment,
        capture_output=True,
        check=True,
    )
    return len(made.stdout)


class Floor:
    """What git alone takes to push and to fetch a commit of one small file."""

    def __init__(self, place: Place, first: Path, late: Path) -> None:
        self.place, self.first, self.late = place, first, late
        self.number = 0

    def measured(self) -> tuple[float, float]:
        """Milliseconds of the processor of a push and of a fetch."""
        self.number += 1
        (self.first / "floor").write_text(f"{self.number}\n")
        self.place.run("git", "add", "floor", cwd=self.first)
        self.place.run("git", "commit", "-qm", "floor", cwd=self.first)
        return (
            self._spent("push", "-q", "origin", "HEAD:refs/heads/floor", cwd=self.first),
            self._spent("fetch", "-q", "origin", "floor", cwd=self.late),
        )

    def _spent(self, *argv: str, cwd: Path) -> float:
        begin = cpu_ms()
        self.place.run("git", *argv, cwd=cwd)
        return cpu_ms() - begin


def per_exchange(at: Taken) -> Iterator[Figure]:
    """As figures."""
    for name, value, floor in (
        ("push", at.pushed_ms, at.push_floor_ms),
        ("fetch", at.fetched_ms, at.fetch_floor_ms),
    ):
        title = f"one message, {DONE[name]}: processor"
        yield Figure(title, value, "ms", floor, f"git {name} of one small file")
    yield Figure("one commit: bytes on disk until they are packed", at.wrote, "bytes")
    yield Figure("one commit: objects", at.objects, "")
    yield Figure("one push: bytes sent", at.wire, "bytes")
    yield Figure("one push: git programs", at.programs, "")
