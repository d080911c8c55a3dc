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
