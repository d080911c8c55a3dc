"""Numbers go on over a restart of the daemon, and end where what came after one cannot be told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.thrum.daemon.projection.queries.asked import at, read, sent
from thrum import events
from thrum.daemon.projection import numbering
from thrum.daemon.projection.queries.happenings import epoch
from thrum.daemon.projection.tables import Tables
from thrum.errors import ThrumError


@pytest.fixture
def db(tables: Tables) -> sqlite3.Connection:
    numbering.go_on(tables.db, "first")
    return tables.db


def test_a_start_of_the_machine_ends_them_and_one_of_the_daemon_does_not(
    db: sqlite3.Connection,
) -> None:
    before = epoch(db)
    numbering.go_on(db, "first")
    assert epoch(db) == before
    numbering.go_on(db, "second")
    after = epoch(db)
    assert after != before
    numbering.go_on(db, "second")
    assert epoch(db) == after


def purge() -> events.PurgeExecuted:
    return events.PurgeExecuted(cutoff=at(500), timestamp=at(600), event_id="evt_p")


def cleanup() -> events.AgentCleanup:
    return events.AgentCleanup(agent_id="ann", timestamp=at(600), event_id="evt_c")


def again() -> events.MessageCreate:
    """Another copy of an event, which ranks before the one that is here."""
    return sent(1, "ann", body=events.Body("another"), timestamp=at(50))


@pytest.mark.parametrize(
    "event", [purge(), cleanup(), again()], ids=lambda each: type(each).__name__
)
def test_they_end_where_events_go_or_change(
    tables: Tables, put: Callable[..., None], db: sqlite3.Connection, event: Any
) -> None:
    put(
        events.AgentRegister(
            agent_id="ann", kind="agent", role="r", module="m", timestamp=at(1), event_id="evt_a"
        )
    )
    put(sent(1, "ann", "bob"))
    put(sent(2, "bob", "ann"))
    before = epoch(db)
    put(read(1, "bob"))
    put(sent(3, "ann"))
    put(events.MessageDelete(message_id="msg_x", timestamp=at(300), event_id="evt_x"))
    assert epoch(db) == before
    put(event)
    assert epoch(db) != before


def test_the_daemon_says_which_start_it_is(open_store: Any, database: Path) -> None:
    epochs = []
    for boot in ("one", "one", "two"):
        store = open_store(boot=boot)
        epochs.append(epoch(store.reader()))
        store.close()
    assert epochs[0] == epochs[1] != epochs[2]


def numbers(database: Path) -> dict[str, int]:
    """The number of each event."""
    db = sqlite3.connect(database)
    try:
        return dict(db.execute("SELECT event_id, sequence FROM events"))
    finally:
        db.close()


def said(store: Any, *indexes: int) -> None:
    """Messages that are sent."""
    store.transact_blocking(
        lambda transaction: [transaction.emit(sent(each, "ann")) for each in indexes]
    )


def test_no_number_is_given_twice_over_a_database_that_is_made_anew(
    open_store: Any, database: Path
) -> None:
    store = open_store(boot="one")
    said(store, 1, 2, 3)
    store.close()
    before = numbers(database)
    database.unlink()
    store = open_store(boot="one")
    said(store, 4)
    store.close()
    after = numbers(database)
    assert before.keys() < after.keys()
    assert min(after.values()) > max(before.values())


def test_nor_over_commits_that_are_lost_with_the_power(open_store: Any, database: Path) -> None:
    store = open_store(boot="one")
    said(store, 1)
    store.close()
    kept = database.read_bytes()
    store = open_store(boot="one")
    said(store, 2, 3)
    store.close()
    before = numbers(database)
    database.write_bytes(kept)
    store = open_store(boot="two")
    said(store, 4)
    store.close()
    after = numbers(database)
    assert before.keys() < after.keys()
    gone = {number for id, number in before.items() if after[id] != number}
    assert gone
    assert not gone & set(after.values())


def test_an_older_copy_goes_on_above_what_was_promised_since(
    database: Path, tables: Tables
) -> None:
    numbering.go_on(tables.db, "one")
    numbering.go_on(tables.db, "one", numbering.BLOCK)
    assert numbering.last_number(tables.db) == 0
    numbering.go_on(tables.db, "one", 3 * numbering.BLOCK)
    assert numbering.last_number(tables.db) == 3 * numbering.BLOCK


def test_nor_over_a_purge_of_the_newest(
    tables: Tables, put: Callable[..., None], db: sqlite3.Connection
) -> None:
    put(sent(1, "ann"))
    put(sent(2, "ann"))
    last = numbering.last_number(db)
    put(purge())
    (left,) = db.execute("SELECT group_concat(sequence) FROM events").fetchone()
    assert left == str(last + 1)


@pytest.mark.parametrize("text", ["", "x", "-1", "9" * 30, "\0"])
def test_a_damaged_promise_promises_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "numbers").write_text(text)
    assert numbering.Promise(tmp_path / "numbers").highest == 0


def test_a_promise_is_on_disk_before_the_number_is(tmp_path: Path, tables: Tables) -> None:
    promise = numbering.Promise(tmp_path / "numbers")
    promise.cover(tables.db)
    assert not (tmp_path / "numbers").exists()
    numbering.begin_above(tables.db, 7)
    promise.cover(tables.db)
    assert numbering.Promise(tmp_path / "numbers").highest == 7 + numbering.BLOCK
    again = numbering.Promise(tmp_path / "numbers")
    numbering.begin_above(tables.db, 7 + numbering.BLOCK)
    (tmp_path / "numbers").unlink()
    again.cover(tables.db)
    assert not (tmp_path / "numbers").exists()
    numbering.begin_above(tables.db, 8 + numbering.BLOCK)
    again.cover(tables.db)
    assert numbering.Promise(tmp_path / "numbers").highest == 8 + 2 * numbering.BLOCK
    nowhere = numbering.Promise(tmp_path / "gone" / "numbers")
    with pytest.raises(ThrumError, match="numbers cannot be written"):
        nowhere.cover(tables.db)
    assert nowhere.highest == 0


def test_a_promise_is_renewed_before_it_is_used_up(
    open_store: Any, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbering, "BLOCK", 3)
    store = open_store(boot="one")
    for number in range(1, 12):
        said(store, number)
        promised = numbering.Promise(database.with_name(numbering.FILE)).highest
        assert numbering.last_number(store.reader()) <= promised
    store.close()
