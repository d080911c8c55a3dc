"""The index: what the tables have, and nothing of what has gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Line, canonical
from tests.thrum.daemon.projection.apply.mail import at, created, edited
from thrum import events
from thrum.daemon.projection import connection, schema
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.search import index
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def ids(tables: Tables, word: str) -> list[str]:
    rows = tables.db.execute(
        f"SELECT message_id FROM {index.NAME} s JOIN messages m ON m.row = s.rowid"
        f" WHERE {index.NAME} MATCH ? ORDER BY s.rowid",
        (word,),
    )
    return [message_id for (message_id,) in rows]


def test_it_follows_what_becomes_of_a_message(tables: Tables, put: Put) -> None:
    put(created(1, body=events.Body("first words")))
    assert ids(tables, "words") == ["msg_1"]
    put(edited("evt_e", 20, "other ones", '{"a":1}'))
    assert ids(tables, "words") == []
    assert ids(tables, "other AND \ue012") == ["msg_1"]
    assert index.owes(tables.db)
    put(events.MessageDelete(message_id="msg_1", timestamp=at(30), event_id="evt_d"))
    assert ids(tables, "other") == []
    index.check(tables.db)


def test_what_is_purged_is_in_no_byte_of_the_file(tmp_path: Path) -> None:
    db = connection.writer(tmp_path / "messages.db")
    db.execute("PRAGMA journal_mode = WAL")
    schema.create(db, "2026-01-01T00:00:00Z")
    tables = Tables.read(db)
    told = [
        created(n, n % 50, body=events.Body(f"unspeakable{n % 7} thing {n} " * 20))
        for n in range(300)
    ]
    kept = created(999, 59, body=events.Body("speakable"))
    for event in (*told, kept):
        db.execute("BEGIN")
        take(tables, [Line("events.jsonl", 0, canonical(event))])
        db.execute("COMMIT")
    purge = events.PurgeExecuted(cutoff=at(55), timestamp=at(59), event_id="evt_p")
    db.execute("BEGIN")
    take(tables, [Line("events.jsonl", 0, canonical(purge))])
    db.execute("COMMIT")
    assert tables.owes_index
    assert Tables.read(db).owes_index
    while tables.forget_some():
        pass
    assert not Tables.read(db).owes_index
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert ids(tables, "speakable") == ["msg_999"]
    index.check(db)
    assert b"unspeakable" not in (tmp_path / "messages.db").read_bytes()


def test_a_difference_is_found(tables: Tables, put: Put) -> None:
    put(created(1))
    index.check(tables.db)
    tables.db.execute("UPDATE messages SET body_content = 'else'")
    with pytest.raises(sqlite3.DatabaseError):
        index.check(tables.db)


def test_without_fts5_there_is_none_and_all_else_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "is_available", lambda: False)
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(db, "2026-01-01T00:00:00Z")
    tables = Tables.read(db)
    assert not tables.is_indexed
    take(tables, [Line("events.jsonl", 0, canonical(created(1)))])
    assert db.execute("SELECT count(*) FROM messages").fetchone() == (1,)
    assert schema.is_present(db)
    assert index.NAME not in schema.names()


def test_one_that_this_sqlite_cannot_keep_has_the_database_built_anew(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert schema.is_present(tables.db)
    monkeypatch.setattr(index, "is_available", lambda: False)
    assert not schema.is_present(tables.db)
