"""What the bridge keeps: places, pairs of messages, and what is still to go out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from thrum.daemon.telegram import kept
from thrum.daemon.telegram.kept import Parcel


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        for migration in kept.SCHEMA.migrations:
            assert isinstance(migration, str)
            made.executescript(migration)
        yield made


def test_a_bot_is_gone_on_with_where_it_was(db: sqlite3.Connection) -> None:
    assert kept.begin(db, 1, "now", 10) == (0, 10, "now")
    kept.move(db, 1, 5, 20)
    assert kept.begin(db, 1, "later", 30) == (5, 20, "now")
    assert kept.begin(db, 2, "later", 30) == (0, 30, "later")


def test_what_goes_out_goes_in_its_order_and_is_known_afterwards(db: sqlite3.Connection) -> None:
    parcels = [Parcel(kept.SEND, 5, message_id="m", part=part) for part in (0, 1)]
    assert kept.put(db, parcels, {"m": ("v", 5)}, 10) == 0
    first = kept.first(db)
    assert first is not None
    kept.done(db, first, 100, 11)
    second = kept.first(db)
    assert second is not None
    assert (second.part, kept.waiting(db)) == (1, 1)
    kept.done(db, second, 0, 11)
    assert kept.first(db) is None
    assert kept.there(db, "m") == {0: (5, 100)}
    assert (kept.here(db, 5, 100), kept.here(db, 6, 100)) == ("m", "")
    assert kept.chats(db, ["m", "n"]) == {"m": 5}
    assert kept.carried(db, ["m", "n"]) == {"m": ("v", 5)}
    assert kept.lately_carried(db, 10) == ["m"]


def test_the_queue_has_a_bound(db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_WAITING", 2)
    assert kept.put(db, [Parcel(kept.NOTE, 5)] * 3, {}, 10) == 1
    assert kept.waiting(db) == 2


def test_buttons_go_when_nobody_waits(db: sqlite3.Connection) -> None:
    kept.put(db, [Parcel(kept.SEND, 5, message_id="m", prompt_id="m")], {}, 10)
    first = kept.first(db)
    assert first is not None
    kept.done(db, first, 100, 10)
    assert (kept.unbutton(db, ["m"]), kept.buttons(db)) == (0, 1)
    assert (kept.unbutton(db, []), kept.buttons(db)) == (1, 0)
    gone = kept.first(db)
    assert gone is not None
    assert (gone.kind, gone.chat_id, gone.part) == (kept.UNBUTTON, 5, 100)


def test_what_is_old_is_forgotten(db: sqlite3.Connection) -> None:
    kept.pair(db, 5, 1, "old", 0, 0)
    kept.pair(db, 5, 2, "new", 0, kept.KEPT_S)
    kept.put(db, [], {"old": ("", 5)}, 0)
    kept.sweep(db, kept.KEPT_S + 1)
    assert (kept.here(db, 5, 1), kept.here(db, 5, 2)) == ("", "new")
    assert kept.carried(db, ["old"]) == {}
