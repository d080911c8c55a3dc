"""A cursor is good as long as what came after it can be told, and known for stale otherwise."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from thrum import events
from thrum.daemon.projection.rebuild import parts as files
from thrum.daemon.push import cursor
from thrum.daemon.push.cursor import Cursor
from thrum.daemon.store import Store
from thrum.errors import ThrumError


def register(store: Store, *names: str) -> None:
    for name in names:
        event = events.AgentRegister(agent_id=name, kind="agent", role="r", module="m")
        store.transact_blocking(lambda transaction, each=event: transaction.emit(each))  # type: ignore[misc]


def stale(db: sqlite3.Connection, text: str) -> bool:
    try:
        cursor.read(db, text)
    except ThrumError as error:
        assert error.kind == "stale_cursor"
        return True
    return False


def test_it_comes_back_as_it_was_given(store: Store) -> None:
    db = store.reader()
    empty = cursor.present(db)
    assert cursor.read(db, str(empty)) == empty
    register(store, "ann")
    first = cursor.present(db)
    register(store, "bob")
    assert first.number > empty.number
    assert [cursor.read(db, str(each)) for each in (empty, first)] == [empty, first]


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "7",
        "0-0-",
        "x" * 1000,
        "{epoch}-1",
        "{epoch}-99-",
        "{epoch}-1-zzzzzzzz",
        "{epoch}-99999999999999999999-a",
        "{epoch}-1-\n",
        "0123456789ab-1-{ending}",
        "{epoch}--1-",
    ],
)
def test_what_nobody_gave_is_stale(store: Store, text: str) -> None:
    register(store, "ann")
    now = cursor.present(store.reader())
    assert stale(store.reader(), text.format(epoch=now.epoch, ending=now.ending))


def test_it_outlasts_a_restart(open_store: Any) -> None:
    first = open_store()
    register(first, "ann")
    now = cursor.present(first.reader())
    first.close()
    assert cursor.read(open_store().reader(), str(now)) == now


def test_a_database_that_was_built_anew_knows_none_of_before(
    open_store: Any, database: Path
) -> None:
    first = open_store()
    register(first, "ann", "bob")
    texts = [str(cursor.present(first.reader()))]
    texts.append(str(cursor.at(cursor.present(first.reader()).epoch, 0, "")))
    first.close()
    for path in files(database):
        path.unlink()
    second = open_store()
    assert second.rebuilt
    assert all(stale(second.reader(), text) for text in texts)


def test_a_database_that_was_put_back_knows_what_it_does_not_know(
    open_store: Any, database: Path, tmp_path: Path
) -> None:
    """It numbers what comes next otherwise than it did before."""
    first = open_store()
    register(first, "ann")
    early = cursor.present(first.reader())
    first.close()
    kept = tmp_path / "kept.db"
    shutil.copyfile(database, kept)
    second = open_store()
    register(second, "bob")
    late = cursor.present(second.reader())
    second.close()
    for path in files(database):
        path.unlink()
    shutil.copyfile(kept, database)
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("DELETE FROM log_cursor")
        db.execute("INSERT INTO log_cursor VALUES (1, '')")
    third = open_store()
    assert cursor.read(third.reader(), str(early)) == early
    assert stale(third.reader(), str(Cursor(late.epoch, late.number + 1, late.ending)))


def test_where_its_event_went_it_is_stale(store: Store) -> None:
    register(store, "ann", "bob")
    now = cursor.present(store.reader())
    store.transact_blocking(
        lambda transaction: transaction.db.execute(
            "DELETE FROM events WHERE sequence = ?", (now.number,)
        )
    )
    assert stale(store.reader(), str(now))
