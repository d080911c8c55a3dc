"""Lines of a shard that somebody committed damaged: kept, named, and in nobody's way."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pygit2
import pytest

from gitstore import Format, Log, Snapshot
from gitstore.line import normal, split
from gitstore.merge import Join
from gitstore.objects import Objects
from gitstore.snapshot import bad_lines
from gitstore.tree import overlay
from tests.simulation.verdict import tables_of
from thrum import doctor, events, paths
from thrum.daemon.projection import rebuild
from thrum.daemon.store import Store, Transaction
from thrum.ids import Ids

SHARD = "messages/nux.jsonl"


@dataclass
class Damaged:
    """A repository and the whole lines of its shard."""

    place: paths.Place
    log: Log
    shard: bytes
    tip: str

    def commit(self, data: bytes) -> None:
        """Commits the shard with these bytes upon the sound tip, as anybody could."""
        repository = self.log.repository
        objects = Objects(repository, ("Somebody", "else@example.org"))
        tree = overlay(objects, repository[self.tip].peel(pygit2.Commit).tree_id, {SHARD: data})
        commit = objects.commit(tree, "damaged", [self.tip], 1)
        (Path(repository.path) / "refs/heads/a-sync").write_text(f"{commit}\n")


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[Damaged]:
    root = tmp_path / "repository"
    pygit2.init_repository(str(root))
    (root / ".thrum").mkdir()
    (root / ".thrum" / "config.json").write_text("{}")
    place = paths.at(root)
    log = Log.open(root, journal=place.journal)
    ids = Ids(time.time_ns)
    store = Store.open(
        log=log, database=place.database, origin_daemon="d", now_ns=time.time_ns, ids=ids
    )
    register = events.AgentRegister(agent_id="nux", kind="agent", role="r", module="m")
    store.transact_blocking(lambda transaction: transaction.emit(register))
    for number in range(3):
        message = events.MessageCreate(
            message_id=ids.make("msg"), agent_id="nux", body=events.Body(f"m{number}", "markdown")
        )
        store.transact_blocking(partial(Transaction.emit, event=message))
    log.commit()
    store.close()
    blob = log.repository[log.tip].peel(pygit2.Tree)[SHARD]
    assert isinstance(blob, pygit2.Blob)
    yield Damaged(place, log, blob.data, log.tip)
    log.close()


def lines_of(data: bytes) -> list[bytes]:
    return [raw for _, raw in split(data)]


def damages(whole: bytes, step: int) -> Iterator[bytes]:
    for at in range(0, len(whole), step):
        yield whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :]
        yield whole[:at]


def test_damage_at_every_byte_of_a_shard_loses_no_line(damaged: Damaged) -> None:
    reader, format = damaged.log.reader, damaged.log.format
    whole = lines_of(damaged.shard)
    named = 0
    for data in damages(damaged.shard, 1):
        here = lines_of(data)
        united = normal(SHARD, (damaged.shard, data), reader)
        assert united == normal(SHARD, (data, damaged.shard), reader)
        held = lines_of(united)
        ids = {reader.keys(raw).id for raw in held}
        # Of two lines with one id one stands; neither its id nor a line without one ever goes.
        assert {reader.keys(raw).id for raw in [*here, *whole]} <= ids
        bad = [n for n, raw in enumerate(here, 1) if not reader.keys(raw).id]
        assert {here[n - 1] for n in bad} <= set(held)
        found = [each.number for each in bad_lines(SHARD, data, reader, format)]
        assert set(bad) <= set(found)
        named += len(bad)
    assert named > 100


def test_a_join_of_trees_keeps_what_is_damaged(damaged: Damaged) -> None:
    repository, format = damaged.log.repository, Format()
    objects = Objects(repository, ("Tester", "tester@example.org"))
    sound = repository[damaged.tip].peel(pygit2.Commit).tree_id
    for data in damages(damaged.shard, 83):
        tree = overlay(objects, sound, {SHARD: data})
        united = Join(objects, format).trees(sound, tree)
        assert united == Join(objects, format).trees(tree, sound)
        blob = repository[united].peel(pygit2.Tree)[SHARD]
        assert isinstance(blob, pygit2.Blob)
        bad = {raw for raw in lines_of(data) if not damaged.log.reader.keys(raw).id}
        assert bad <= set(lines_of(blob.data))


def test_a_projection_reads_every_other_line_and_equals_a_rebuild(damaged: Damaged) -> None:
    whole = lines_of(damaged.shard)
    for number, data in enumerate(damages(damaged.shard, 131)):
        damaged.commit(data)
        database = damaged.place.var / f"second-{number}.db"
        ids = Ids(time.time_ns)
        store = Store.open(
            log=damaged.log,
            database=damaged.place.database,
            origin_daemon="d",
            now_ns=time.time_ns,
            ids=ids,
        )
        store.close()
        for part in rebuild.parts(damaged.place.database):
            part.unlink()
        store = Store.open(
            log=damaged.log,
            database=damaged.place.database,
            origin_daemon="d",
            now_ns=time.time_ns,
            ids=ids,
        )
        store.close()
        snapshot = Snapshot.take(damaged.place.root, damaged.place.journal)
        rebuild.build(database, snapshot, time.time_ns())
        one, other = (sqlite3.connect(path) for path in (damaged.place.database, database))
        assert tables_of(one) == tables_of(other)
        bodies = {row[0] for row in one.execute("SELECT event_id FROM events")}
        for raw in set(lines_of(data)) & set(whole):
            assert damaged.log.reader.keys(raw).id in bodies
        one.close()
        other.close()
        report = doctor.examine(doctor.Patient(damaged.place, {}, time.time_ns))
        wrong = [f for f in report if f.check == "log" and f.level is doctor.Level.WRONG]
        bad = [raw for raw in lines_of(data) if not damaged.log.reader.keys(raw).id]
        assert bool(bad) <= bool(wrong)
        assert all(f.text.startswith(f"{SHARD}:") for f in wrong)
