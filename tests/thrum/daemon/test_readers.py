"""Connections that are lent, given back, and closed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from thrum.daemon.readers import MOST_IDLE, Readers
from thrum.daemon.state import connection
from thrum.daemon.state.faults import is_damage


@pytest.fixture
def readers(tmp_path: Path) -> Iterator[Readers]:
    path = tmp_path / "state.db"
    connection.empty(path).close()
    made = Readers(lambda: connection.reader(path), is_damage)
    yield made
    made.close()


def is_open(db: sqlite3.Connection) -> bool:
    try:
        db.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_each_is_lent_to_one_and_used_again(readers: Readers) -> None:
    with readers.lent() as one, readers.lent() as other:
        assert one is not other
    with readers.lent() as again:
        assert again in (one, other)


def test_so_many_are_kept(readers: Readers) -> None:
    with ExitStack() as stack:
        lent = [stack.enter_context(readers.lent()) for _ in range(MOST_IDLE + 2)]
        assert all(map(is_open, lent))
    assert sum(map(is_open, lent)) == MOST_IDLE


def test_an_error_of_who_asks_costs_no_connection_and_damage_does(readers: Readers) -> None:
    with pytest.raises(ZeroDivisionError), readers.lent() as db:
        raise ZeroDivisionError
    assert is_open(db)
    with pytest.raises(sqlite3.OperationalError), readers.lent() as db:
        db.execute("SELECT CAST(x'ff' AS TEXT)").fetchone()
    assert not is_open(db)
    with readers.lent() as db:
        assert is_open(db)


def test_what_is_lent_out_is_closed_when_it_comes_back(readers: Readers) -> None:
    with readers.lent() as idle:
        pass
    with readers.lent() as lent:
        assert lent is idle
        with readers.lent() as other:
            pass
        readers.close()
        assert (is_open(lent), is_open(other)) == (True, False)
    assert not is_open(lent)
    readers.close()
