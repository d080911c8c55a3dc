"""Ids of ours increase for good, also where the last ones went with what they were about."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Line, canonical
from tests.thrum.daemon.test_store import registering, sending
from thrum import events
from thrum.daemon.projection import given_ids
from thrum.daemon.projection.given_ids import GivenIds
from thrum.daemon.projection.reading import take
from thrum.daemon.store import Store
from thrum.errors import ThrumError
from thrum.ids import Ids

Opener = Callable[..., Store]
HOUR_NS = 3_600_000_000_000
DAEMON = "d_01JZ0000000000000000000000"


@pytest.fixture
def db() -> sqlite3.Connection:
    """A database, as far as it says whether events went."""
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE numbering (epoch TEXT NOT NULL)")
    made.execute("INSERT INTO numbering VALUES ('one')")
    return made


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def now_ns(self) -> int:
        return time.time_ns() + self.ahead_ns


def test_an_id_above_every_mark_that_went_is_not_fallen_below(open_store: Opener) -> None:
    clock = Clock()

    def opened() -> Store:
        ids = Ids(clock.now_ns)
        return open_store(now_ns=clock.now_ns, ids=ids, origin_daemon=DAEMON)

    store = opened()
    store.transact_blocking(registering("ann"))
    store.transact_blocking(sending("msg_1", "ann"))
    (sent,) = store.reader().execute("SELECT event_id FROM messages").fetchone()
    clock.ahead_ns = 5 * HOUR_NS
    deleted = store.transact_blocking(
        lambda transaction: transaction.emit(events.MessageDelete(message_id="msg_1"))
    )
    # As by a node that had not heard of the end of the message.
    purge = events.PurgeExecuted(cutoff=deleted.timestamp, marks={DAEMON: sent})
    purge.timestamp, purge.event_id, purge.v = deleted.timestamp, Ids(time.time_ns).make("evt"), 1
    store.transact_blocking(
        lambda transaction: take(transaction.tables, [Line("events.jsonl", 0, canonical(purge))])
    )
    assert not store.reader().execute("SELECT * FROM messages").fetchall()
    store.close()
    clock.ahead_ns = 0
    store = opened()
    registered = store.transact_blocking(registering("bob"))
    assert registered.event_id > deleted.event_id


def test_it_is_on_disk_as_soon_as_something_goes(tmp_path: Path, db: sqlite3.Connection) -> None:
    ids = Ids(time.time_ns)
    path = tmp_path / given_ids.FILE
    given = GivenIds(path, ids, db)
    first = ids.make("evt")
    given.cover(db)
    assert not path.exists()
    db.execute("UPDATE numbering SET epoch = 'another'")
    given.cover(db)
    assert GivenIds(path, ids, db).last == first
    path.unlink()
    given.cover(db)
    assert not path.exists()
    nowhere = GivenIds(tmp_path / "gone" / "ids", ids, db)
    db.execute("UPDATE numbering SET epoch = 'a third one'")
    with pytest.raises(ThrumError, match="ids cannot be written"):
        nowhere.cover(db)
    assert not nowhere.last


@pytest.mark.parametrize("text", ["", "x", "evt_", "evt_" + "Z" * 99, "\0", "7"])
def test_a_file_that_is_damaged_says_nothing(
    tmp_path: Path, db: sqlite3.Connection, text: str
) -> None:
    path = tmp_path / given_ids.FILE
    path.write_text(text)
    assert not GivenIds(path, Ids(time.time_ns), db).last
