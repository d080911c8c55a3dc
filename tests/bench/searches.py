"""Searching ten and a hundred thousand messages, beside a bare query of the same texts by FTS5.

The texts are of a vocabulary in which, as in people's, few words are many; names in code are among
them. What is asked is what people ask: common words and rare ones, several, phrases, beginnings,
words beside an author, and words that are nowhere.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gitstore import Line, canonical
from tests.bench.figure import Figure, median, quantile
from tests.bench.place import Line as Caller
from tests.bench.place import Place, daemon_pid, process_s
from thrum import events
from thrum.clock import format_ns
from thrum.daemon.projection import connection, schema
from thrum.daemon.projection.queries import searched
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.search import index
from thrum.daemon.projection.search.find import find
from thrum.daemon.projection.search.query import parse_query
from thrum.daemon.projection.tables import Tables

ASKED: Final = 400
WORDS: Final = 20_000
AUTHORS: Final = 20
BEGIN_NS: Final = 1_767_225_600 * 10**9
WRITES: Final = 1000


def vocabulary(chance: random.Random) -> list[str]:
    """Words of one to four syllables; some are names in code."""
    syllables = [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er")]
    words: dict[str, None] = {}
    while len(words) < WORDS:
        parts = chance.choices(syllables, k=chance.randint(1, 4))
        joint = chance.random()
        if joint < 0.02 and len(parts) > 1:
            parts[1:] = [part.title() for part in parts[1:]]
        words["_".join(parts) if 0.02 < joint < 0.04 else "".join(parts)] = None
    return list(words)


def texts(count: int, chance: random.Random, words: list[str]) -> Iterator[str]:
    """Messages of ten to ninety words."""
    weights = [1 / (rank + 3) for rank in range(len(words))]
    total = 0.0
    heaped = [total := total + weight for weight in weights]
    for _ in range(count):
        yield " ".join(chance.choices(words, cum_weights=heaped, k=chance.randint(10, 90)))


def lines(said: list[str]) -> list[Line]:
    """A message a minute, by one of some authors to another one."""
    made = []
    for number, text in enumerate(said):
        event = events.MessageCreate(
            message_id=f"msg_{number:026}",
            event_id=f"evt_{number:026}",
            agent_id=f"agent{number % AUTHORS}",
            body=events.Body(text, format="markdown"),
            refs=[events.Pair("mention", f"agent{number * 7 % AUTHORS}")],
            timestamp=format_ns(BEGIN_NS + number * 60 * 10**9),
        )
        made.append(Line("messages/x.jsonl", 0, canonical(event)))
    return made


def questions(chance: random.Random, words: list[str]) -> list[str]:
    """What is asked, common words more often than rare ones."""
    rank = [int(len(words) ** chance.random()) - 1 for _ in range(ASKED * 2)]
    picked = [words[each] for each in rank]
    found = []
    for number in range(ASKED):
        one, other = picked[2 * number : 2 * number + 2]
        found.append(
            (
                one,
                f"{one} {other}",
                f'"{one} {other}"',
                f"{one[:4]}*",
                f"{one} from:agent3",
                f"{one} OR {other}",
                f"{one} -{other}",
                f"{one} nowhere{number}",
                f"{one} after:{format_ns(BEGIN_NS + number * 10**12)}",
                f"to:agent{number % AUTHORS} {one}",
            )[number % 10]
        )
    return found


def timed(db: sqlite3.Connection, asked: list[str]) -> list[float]:
    """Milliseconds for each: the page of twenty with its snippets."""
    samples = []
    for text in asked:
        begin = time.perf_counter()
        query = parse_query(text, BEGIN_NS)
        page = find(db, query, "agent1", limit=20)
        searched.messages(db, page.hits, list(query.phrases()), "agent1")
        samples.append((time.perf_counter() - begin) * 1000)
    return samples


def bare(said: list[str], folder: Path) -> sqlite3.Connection:
    """The same texts in a table of FTS5 and nothing else."""
    db = sqlite3.connect(folder / "bare.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize = 'unicode61')")
    db.execute("BEGIN")
    db.executemany("INSERT INTO t VALUES (?)", ((text,) for text in said))
    db.execute("COMMIT")
    return db


def timed_bare(db: sqlite3.Connection, asked: list[str]) -> list[float]:
    """Milliseconds for a bare query of the words of each, the newest twenty."""
    samples = []
    for text in asked:
        word = " ".join(f'"{phrase.words[0]}"' for phrase in parse_query(text, 0).phrases())
        begin = time.perf_counter()
        db.execute(
            "SELECT rowid, text FROM t WHERE t MATCH ? ORDER BY rowid DESC LIMIT 20", (word,)
        ).fetchall()
        samples.append((time.perf_counter() - begin) * 1000)
    return samples


def index_bytes(db: sqlite3.Connection) -> int:
    """Bytes of all pages of the index."""
    names = ", ".join(f"'{name}'" for name in index.PARTS)
    sql = f"SELECT sum(pgsize) FROM dbstat WHERE name IN ({names})"
    return int(db.execute(sql).fetchone()[0])


def written(folder: Path, made: list[Line], *, indexed: bool) -> float:
    """Microseconds of processor time for a message that is written by itself."""
    db = connection.writer(folder / f"written-{indexed}.db")
    db.execute("PRAGMA journal_mode = WAL")
    schema.create(db, "2026-01-01T00:00:00Z")
    tables = Tables.read(db)
    tables.is_indexed = indexed
    begin = time.process_time()
    for line in made:
        db.execute("BEGIN IMMEDIATE")
        take(tables, [line])
        db.execute("COMMIT")
    spent = time.process_time() - begin
    db.close()
    return spent / len(made) * 1e6


def of_size(count: int, folder: Path) -> Iterator[Figure]:
    """What it takes to search so many."""
    chance = random.Random(17)
    words = vocabulary(chance)
    said = list(texts(count, chance, words))
    made = lines(said)
    db = connection.writer(folder / f"{count}.db")
    db.execute("PRAGMA journal_mode = WAL")
    schema.create(db, "2026-01-01T00:00:00Z")
    tables = Tables.read(db)
    for begin in range(0, len(made), 1000):
        db.execute("BEGIN IMMEDIATE")
        take(tables, made[begin : begin + 1000])
        db.execute("COMMIT")
    asked = questions(chance, words)
    reader = connection.reader(folder / f"{count}.db")
    timed(reader, asked[:50])
    samples = timed(reader, asked)
    floor = timed_bare(bare(said, folder), asked)
    name = f"search, {count:,} messages"
    p50, p99 = median(samples), quantile(samples, 0.99)
    large = count >= 100_000
    yield Figure(
        f"{name} p50",
        p50,
        "ms",
        median(floor),
        "bare FTS5 p50",
        "≤ 2 ms" if large else "",
        p50 <= 2 if large else None,
    )
    yield Figure(
        f"{name} p99",
        p99,
        "ms",
        quantile(floor, 0.99),
        "bare FTS5 p99",
        "≤ 20 ms" if large else "",
        p99 <= 20 if large else None,
    )
    size = sum(len(text.encode()) for text in said)
    share = index_bytes(db) / size
    # Of few messages each page that is begun counts.
    aim, met = ("≤ 1.0", share <= 1) if count >= 10_000 else ("", None)
    yield Figure(f"{name}: index by text", share, "×", aim=aim, met=met)
    db.close()
    (folder / "bare.db").unlink()


def figures(count: int) -> Iterator[Figure]:
    """At a tenth and at all of so many messages."""
    with tempfile.TemporaryDirectory(prefix="thrum-bench-") as name:
        folder = Path(name)
        for size in (count // 10, count):
            yield from of_size(size, folder)


def costs(place: Place, clone: Path) -> Iterator[Figure]:
    """What the index costs who writes, of all that a daemon does for a message; alice writes."""
    chance = random.Random(7)
    said = list(texts(WRITES, chance, vocabulary(chance)))
    made = lines(said)
    with tempfile.TemporaryDirectory(prefix="thrum-bench-") as name:
        without = written(Path(name), made, indexed=False)
        index_us = written(Path(name), made, indexed=True) - without
    alice = Caller(place, clone)
    daemon = daemon_pid(clone)
    begin = process_s(daemon)
    for text in said:
        alice.call("message.send", {"content": text, "to": "@bob"})
    spent_us = (process_s(daemon) - begin) / len(said) * 1e6
    alice.close()
    yield Figure("index, processor time of a write", index_us, "µs", without, "the tables without")
    share = index_us / (spent_us - index_us) * 100
    yield Figure(
        "index, by all else that a daemon does for a message",
        share,
        "%",
        aim="≤ 15 %",
        met=share <= 15,
    )
