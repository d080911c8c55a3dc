"""What the branch costs: commits young and old, the object store, a fresh clone."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from gitstore import Log, canonical
from tests.bench.ages import all_rows, boot, history, stop
from tests.bench.figure import Figure, median
from tests.bench.place import Place
from tests.bench.processes import once
from thrum import events
from thrum.clock import Ticker, format_ns
from thrum.daemon.store import Store
from thrum.ids import Ids

TIMES = 15
AT_ONCE = 10
AUTHORS = 10


class Writer:
    """Appends small messages to a clone's log."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone
        self.tick = Ticker()
        self.ids = Ids(self.tick)
        self.log = Log.open(clone, journal=clone / ".thrum" / "var" / "journal.jsonl")

    def line(self, author: str, text: str) -> bytes:
        """The line of a message."""
        event = events.MessageCreate(
            message_id=self.ids.make("msg"), agent_id=author, body=events.Body(text)
        )
        event.timestamp, event.event_id, event.v = format_ns(self.tick()), self.ids.make("evt"), 1
        return canonical(event)

    def commit(self, author: str, count: int, text: str = "words " * 20) -> int:
        """Commits that many messages of an author; the bytes of their lines."""
        lines = [self.line(author, text) for _ in range(count)]
        self.log.append([[(f"messages/{author}.jsonl", line) for line in lines]])
        self.log.commit()
        return sum(len(line) + 1 for line in lines)


def objects_size(repository: Path) -> int:
    """Bytes on disk below ``.git/objects``."""
    files = (repository / ".git" / "objects").rglob("*")
    return sum(path.stat().st_size for path in files if path.is_file())


class Plumber:
    """Does the same by git's own programs: blob, two trees, commit, ref, a process for each.

    Durably, as we do: by default git does not sync loose objects.
    """

    def __init__(self, place: Place, clone: Path) -> None:
        self.place = place
        self.clone = clone
        self.files: dict[str, str] = {}
        self.tip = ""

    def git(self, *argv: str, given: bytes = b"") -> str:
        """What the program printed."""
        done = subprocess.run(
            ["git", "-c", "core.fsync=committed", "-C", str(self.clone), *argv],
            input=given,
            env=self.place.environment,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    def commit(self, author: str, content: bytes) -> tuple[float, int]:
        """Gives the author's file that content; milliseconds, and bytes of new objects."""
        before, start = objects_size(self.clone), time.perf_counter()
        self.files[author] = self.git("hash-object", "-w", "--stdin", given=content)
        listing = "".join(f"100644 blob {id}\t{name}.jsonl\n" for name, id in self.files.items())
        inner = self.git("mktree", given=listing.encode())
        tree = self.git("mktree", given=f"040000 tree {inner}\tmessages\n".encode())
        parent = ["-p", self.tip] if self.tip else []
        self.tip = self.git("commit-tree", tree, *parent, "-m", "bench")
        self.git("update-ref", "refs/heads/bench", self.tip)
        return (time.perf_counter() - start) * 1000, objects_size(self.clone) - before


def ages(place: Place, bare: Path, old: int) -> Iterator[Figure]:
    """Ten events on top of a short and of a long history of their author."""
    spent: list[float] = []
    for age in (100, old):
        clone = place.clone(bare, f"author-{age}")
        writer = Writer(clone)
        for start in range(0, age, 1000):
            writer.commit("alice", min(1000, age - start))
        samples, walls, sizes = [], [], []
        for _ in range(TIMES):
            before, cpu, wall = objects_size(clone), time.process_time(), time.perf_counter()
            writer.commit("alice", AT_ONCE)
            samples.append((time.process_time() - cpu) * 1000)
            walls.append((time.perf_counter() - wall) * 1000)
            sizes.append(objects_size(clone) - before)
        writer.log.close()
        content = b"".join(writer.line("alice", "words " * 20) + b"\n" for _ in range(90))
        plumber = Plumber(place, clone)
        floors = [plumber.commit("alice", content + b"\n" * number) for number in range(5)]
        floor, floor_size = median([ms for ms, _ in floors]), max(size for _, size in floors) / 1000
        spent.append(median(samples))
        size = max(sizes) / 1000
        name = f"commit of {AT_ONCE}, author has {age:,}"
        yield Figure(
            f"{name}: objects", size, "kB", floor_size, "git plumbing", "≤ 64 kB", size <= 64
        )
        yield Figure(
            f"{name}: CPU", spent[-1], "ms", spent[0], "with 100", "≤ 3×", spent[-1] <= 3 * spent[0]
        )
        yield Figure(f"{name}: time", median(walls), "ms", floor, "git plumbing")


def growth(place: Place, bare: Path, commits: int) -> Iterator[Figure]:
    """The object store after many small commits, before and after a person's own gc."""
    clone = place.clone(bare, "growing")
    writer = Writer(clone)
    empty, text = objects_size(clone), 0
    for number in range(commits):
        text += writer.commit(f"author{number % AUTHORS}", 1, f"message {number} " + "words " * 8)
        writer.log.tidy()
    writer.log.close()
    ours = objects_size(clone) - empty
    name = f"objects after {commits:,} commits"
    yield Figure(name, ours / 1e6, "MB", text / 1e6, "the text", "< 5×", ours < 5 * text)
    loose = int(place.run("git", "count-objects", cwd=clone).split()[0])
    yield Figure("of them loose", loose, "", aim="< 1,000", met=loose < 1000)
    start = time.perf_counter()
    place.run("git", "gc", "-q", cwd=clone)
    spent = time.perf_counter() - start
    after = objects_size(clone) - empty
    yield Figure(
        "after a person's git gc",
        after / 1e6,
        "MB",
        ours / 1e6,
        "before it",
        "≥ ⅓×",
        after > ours / 3,
    )
    yield Figure("time of that git gc", spent, "s")
    yield from plumbed_growth(place, bare, max(commits // 20, AUTHORS * 10))


def plumbed_growth(place: Place, bare: Path, commits: int) -> Iterator[Figure]:
    """What git's own programs leave behind after as many small commits by as many authors."""
    both = {}
    for name in ("ours", "plumbed"):
        clone = place.clone(bare, f"grown-{name}")
        writer, plumber = Writer(clone), Plumber(place, clone)
        contents: dict[str, bytes] = {}
        empty = objects_size(clone)
        for number in range(commits):
            author = f"author{number % AUTHORS}"
            if name == "ours":
                writer.commit(author, 1, f"message {number} " + "words " * 8)
                writer.log.tidy()
                continue
            line = writer.line(author, f"message {number} " + "words " * 8) + b"\n"
            contents[author] = contents.get(author, b"") + line
            plumber.commit(author, contents[author])
        writer.log.close()
        both[name] = (objects_size(clone) - empty) / 1e6
    yield Figure(
        f"objects after {commits:,} commits", both["ours"], "MB", both["plumbed"], "git plumbing"
    )


def fresh_clone(place: Place, bare: Path, count: int) -> Iterator[Figure]:
    """A long log comes into a clone that has nothing."""
    first = place.clone(bare, "first")
    place.thrum("init", "--non-interactive", "--no-daemon", cwd=first)
    history(first, count)
    late = place.clone(bare, "late")
    place.run("git", "push", "-q", "origin", "a-sync", cwd=first)
    start = time.perf_counter()
    place.run("git", "fetch", "-q", "origin", "a-sync", cwd=late)
    fetched = time.perf_counter() - start
    place.thrum("init", "--non-interactive", "--no-daemon", cwd=late)
    place.share(late)
    built = boot(place, late) / 1000
    stop(place, late)
    rows, bare_seconds = all_rows(late / ".thrum" / "var" / "messages.db", place.root)
    yield Figure(f"fetch of {count:,} events by git", fetched, "s")
    yield Figure(
        f"fresh clone builds {rows:,} rows",
        rows / built,
        "rows/s",
        rows / bare_seconds,
        "bare executemany of the same rows",
    )
    yield from one_more(place, first, late, count)


def one_more(place: Place, first: Path, late: Path, count: int) -> Iterator[Figure]:
    """A sync of one new event into a long log, and one with nothing new."""
    writer = Writer(first)
    writer.commit("news", 1)
    writer.log.exchange()
    writer.log.close()
    log = Log.open(late, journal=late / ".thrum" / "var" / "journal.jsonl")
    database = late / ".thrum" / "var" / "messages.db"
    store = Store.open(
        log=log, database=database, origin_daemon="d_1", now_ns=time.time_ns, ids=Ids(Ticker())
    )
    log.exchange()
    store.catch_up()
    writer = Writer(first)
    writer.commit("news", 1)
    writer.log.exchange()
    writer.log.close()
    with counted_reads(log) as reads:
        start = time.perf_counter()
        log.exchange()
        applied = store.catch_up().applied
        spent = (time.perf_counter() - start) * 1000
    name = f"sync of 1 event into {count:,}"
    floor = once(["git", "fetch", "-q", "origin", "a-sync"], late, place.environment)
    yield Figure(name, spent, "ms", floor, "git fetch of nothing")
    yield Figure(f"{name}: files read", len(reads), "", aim="≤ 2", met=len(reads) <= 2)
    yield Figure(f"{name}: events applied", applied, "", aim="1", met=applied == 1)
    before = files_of(late)
    exchange = log.exchange()
    store.catch_up()
    log.tidy()
    written = len(files_of(late) ^ before)
    store.close()
    log.close()
    name = f"sync of nothing, {count:,} events"
    yield Figure(f"{name}: processes", exchange.processes, "", aim="1", met=exchange.processes == 1)
    yield Figure(f"{name}: files written", written, "", aim="0", met=written == 0)


@contextmanager
def counted_reads(log: Log) -> Iterator[list[str]]:
    """The blobs of the log that are read meanwhile."""
    reads: list[str] = []
    data = log.objects.data

    def counted(blob: str) -> bytes:
        reads.append(blob)
        return data(blob)

    with mock.patch.object(log.objects, "data", counted):
        yield reads


def files_of(clone: Path) -> set[tuple[str, int, int]]:
    """Path, size and time of change of every file in a clone, but for what SQLite maps."""
    return {
        (str(path), status.st_size, status.st_mtime_ns)
        for path in clone.rglob("*")
        if path.is_file() and not path.name.endswith("-shm")
        for status in (path.stat(),)
    }


def figures(place: Place, bare: Path, count: int) -> Iterator[Figure]:
    """All of them; `count` events make a long history."""
    yield from ages(place, bare, count)
    yield from growth(place, bare, count // 20)
    yield from fresh_clone(place, bare, count)
