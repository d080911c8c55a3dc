"""What the branch costs: commits young and old, the object store, a fresh clone."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from gitstore import Log, canonical
from tests.bench.ages import boot, history, stop
from tests.bench.figure import Figure, median
from tests.bench.place import Place
from thrum import events
from thrum.clock import Ticker, format_ns
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


def by_plumbing(place: Place, clone: Path, content: bytes) -> float:
    """Milliseconds for the same work by git's own programs: blob, two trees, commit, ref."""

    def git(*argv: str, given: bytes = b"") -> str:
        done = subprocess.run(
            ["git", "-C", str(clone), *argv],
            input=given,
            env=place.environment,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    start = time.perf_counter()
    blob = git("hash-object", "-w", "--stdin", given=content)
    inner = git("mktree", given=f"100644 blob {blob}\tauthor.jsonl\n".encode())
    tree = git("mktree", given=f"040000 tree {inner}\tmessages\n".encode())
    commit = git("commit-tree", tree, "-m", "bench")
    git("update-ref", "refs/heads/bench", commit)
    return (time.perf_counter() - start) * 1000


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
        floor = median([by_plumbing(place, clone, content) for _ in range(5)])
        spent.append(median(samples))
        size = max(sizes) / 1000
        name = f"commit of {AT_ONCE}, author has {age:,}"
        yield Figure(f"{name}: objects", size, "kB", aim="≤ 64 kB", met=size <= 64)
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
    place.run("git", "gc", "-q", cwd=clone)
    after = objects_size(clone) - empty
    yield Figure("the same after git gc", after / 1e6, "MB", ours / 1e6, "before it")


def all_rows(database: Path, directory: Path) -> tuple[int, float]:
    """How many rows a database has, and seconds of a bare executemany of them all."""
    source = sqlite3.connect(database)
    floor = sqlite3.connect(directory / "all-rows.db")
    floor.execute("pragma journal_mode=wal")
    for sql, kind in source.execute(
        "select sql, type from sqlite_master where sql is not null order by type = 'index'"
    ).fetchall():
        if "sqlite_" not in sql and kind in {"table", "index"}:
            floor.execute(sql)
    count, seconds = 0, 0.0
    for (table,) in floor.execute("select name from sqlite_master where type = 'table'").fetchall():
        rows = source.execute(f"select * from {table}").fetchall()
        if not rows:
            continue
        start = time.perf_counter()
        with floor:
            floor.execute(f"delete from {table}")
            floor.executemany(f"insert into {table} values ({','.join('?' * len(rows[0]))})", rows)
        seconds += time.perf_counter() - start
        count += len(rows)
    floor.close()
    source.close()
    return count, seconds


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


def figures(place: Place, bare: Path, count: int) -> Iterator[Figure]:
    """All of them; `count` events make a long history."""
    yield from ages(place, bare, count)
    yield from growth(place, bare, count // 20)
    yield from fresh_clone(place, bare, count)
