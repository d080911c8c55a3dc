"""A database is built beside its place and is there whole, or not at all."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitstore import Cursor, Line, Since, canonical
from thrum import events
from thrum.daemon.projection import rebuild
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables

CURSOR = Cursor("tip", "", 7)


def line(number: int) -> Line:
    event = events.MessageCreate(
        message_id=f"msg_{number:04}",
        agent_id="ann",
        body=events.Body("x"),
        recipients=["bob"],
        timestamp=f"2026-01-01T00:00:00.{number:09d}Z",
        event_id=f"evt_{number:04}",
    )
    return Line("messages/ann.jsonl", number, canonical(event))


class History:
    """A log that may break off."""

    def __init__(self, lines: list[Line], breaks: bool = False) -> None:
        self.lines = lines
        self.breaks = breaks

    def since(self, cursor: Cursor | None) -> Since:
        assert cursor is None
        return Since(self._read(), CURSOR)

    def _read(self) -> Iterator[Line]:
        yield from self.lines
        if self.breaks:
            raise OSError("the disk is gone")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    folder = tmp_path / "var"
    folder.mkdir()
    return folder / "messages.db"


def names(database: Path) -> set[str]:
    return {path.name for path in database.parent.iterdir()}


def test_a_build_says_the_same_as_reading_line_by_line(
    database: Path, empty: Callable[[], Tables], contents: Callable[[Tables], object]
) -> None:
    lines = [line(number) for number in range(300)]
    gc.enable()
    rebuild.build(database, History(lines[::-1]), 0)
    assert gc.isenabled()
    tables = empty()
    for each in lines:
        take(tables, [each])
    db = sqlite3.connect(database)
    assert contents(Tables.read(db)) == contents(tables)
    assert rebuild.read_cursor(db) == CURSOR
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    assert database.stat().st_mode & 0o777 == 0o600


def test_what_breaks_off_leaves_nothing_in_the_place(database: Path) -> None:
    gc.enable()
    with pytest.raises(OSError, match="gone"):
        rebuild.build(database, History([line(1)], breaks=True), 0)
    assert gc.isenabled()
    assert "messages.db" not in names(database)
    rebuild.build(database, History([line(1)]), 0)
    assert {name for name in names(database) if "building" in name} == set()
    db = sqlite3.connect(database)
    assert db.execute("SELECT count(*) FROM messages").fetchone() == (1,)
    db.close()


def test_leftovers_of_a_killed_build_are_in_nobodys_way(database: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        database.with_name(f"messages.db.building{suffix}").write_bytes(b"torn")
    rebuild.build(database, History([line(1)]), 0)
    assert {name for name in names(database) if "building" in name} == set()


def test_progress_goes_up_to_the_whole(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "CHUNK", 10)
    told: list[tuple[int, int]] = []
    rebuild.build(
        database, History([line(n) for n in range(35)]), 0, lambda *pair: told.append(pair)
    )
    counting = [pair for pair in told if pair[0] == 0]
    assert [whole for _, whole in counting] == [10, 20, 30, 35]
    assert told[len(counting) :] == [(10, 35), (20, 35), (30, 35), (35, 35)]


@pytest.mark.parametrize("text", [None, "", "nonsense", "[]", '{"tip": 7}'])
def test_a_cursor_that_is_none_means_from_the_beginning(tables: Tables, text: str | None) -> None:
    if text is not None:
        tables.db.execute("INSERT INTO log_cursor VALUES (1, ?)", (text,))
    assert rebuild.read_cursor(tables.db) is None
    rebuild.store_cursor(tables.db, CURSOR)
    rebuild.store_cursor(tables.db, CURSOR)
    assert rebuild.read_cursor(tables.db) == CURSOR


def test_a_database_is_discarded_with_all_its_files(database: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        database.with_name(f"messages.db{suffix}").touch()
    bystander = database.with_name("messages.db.bak")
    bystander.touch()
    assert len(rebuild.parts(database)) == 3
    rebuild.discard(database)
    assert names(database) == {bystander.name}
    rebuild.discard(database)
