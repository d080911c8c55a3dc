"""What became visible has numbers in that order, and none is given twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import at, read, sent
from thrum import events
from thrum.daemon.projection import schema
from thrum.daemon.projection.queries import happenings
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def test_the_order_is_that_of_arrival_and_not_of_times(tables: Tables, put: Put) -> None:
    assert happenings.last(tables.db) == happenings.NOWHERE
    put(sent(9, "ann", "bob"))
    put(sent(3, "ann", "bob"))
    put(read(3, "bob"))
    found, _ = happenings.since(tables.db, 0, 10)
    assert [each.event.event_id for each in found] == ["evt_9", "evt_3", "evt_r3bob"]
    assert [type(each.event) for each in found][1:] == [events.MessageCreate, events.MessageReceipt]
    assert happenings.last(tables.db) == (found[-1].number, "evt_r3bob")


def test_a_portion_ends_where_it_should_and_the_next_goes_on(tables: Tables, put: Put) -> None:
    for number in range(7):
        put(sent(number, "ann"))
    numbers, number = [], 0
    while found := happenings.since(tables.db, number, 3)[0]:
        assert len(found) <= 3
        number = found[-1].number
        numbers += [each.number for each in found]
    assert numbers == sorted(set(numbers)) and len(numbers) == 7


def test_a_line_without_an_id_or_with_another_time_is_read_as_it_counts(
    tables: Tables, put: Put
) -> None:
    put(sent(1, "ann", timestamp=at(5)))
    tables.db.execute("UPDATE events SET timestamp = ?, event_id = 'evt_given'", (at(6),))
    ((_, event),), _ = happenings.since(tables.db, 0, 10)
    assert (event.timestamp, event.event_id) == (at(6), "evt_given")


def test_a_number_that_was_given_is_not_given_again(tables: Tables, put: Put) -> None:
    put(sent(1, "ann"))
    put(sent(2, "ann"))
    number, _ = happenings.last(tables.db)
    tables.db.execute("DELETE FROM events WHERE sequence = ?", (number,))
    assert happenings.last(tables.db)[0] < number
    put(sent(3, "ann"))
    assert happenings.last(tables.db)[0] > number


def test_each_database_has_an_epoch_of_its_own() -> None:
    epochs = set()
    for _ in range(5):
        db = sqlite3.connect(":memory:", isolation_level=None)
        schema.create(db, "2026-01-01T00:00:00Z")
        assert happenings.epoch(db) == happenings.epoch(db)
        epochs.add(happenings.epoch(db))
        db.close()
    assert len(epochs) == 5
