from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from thrum.daemon.projection.copies import KEPT, forget_old, found, keep

NOW = 1_767_323_045 * 1_000_000_000
HOUR = 3600 * 1_000_000_000


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "var" / "messages.db"
    path.parent.mkdir()
    change(path, "CREATE TABLE t (x)")
    return path


def change(database: Path, sql: str) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute(sql)


def names(database: Path) -> list[str]:
    return sorted(each.name for each in database.parent.iterdir())


@pytest.mark.parametrize("linked", [True, False])
def test_a_copy_is_its_owners_and_says_what_it_is(database: Path, linked: bool) -> None:
    database.chmod(0o644)
    (copy,) = keep(database, 7, NOW, linked=linked)
    assert copy.name == "messages.db.pre-migration-v7-20260102T030405Z.bak"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert copy.samefile(database) == linked
    assert copy.read_bytes() == database.read_bytes()
    assert names(database) == ["messages.db", copy.name]


@pytest.mark.parametrize("linked", [True, False])
def test_what_is_kept_already_is_not_kept_twice(database: Path, linked: bool) -> None:
    keep(database, 7, NOW, linked=linked)
    assert keep(database, 7, NOW + HOUR, linked=linked) == []
    assert len(found(database.parent)) == 1


def test_nothing_is_overwritten(database: Path) -> None:
    (first,) = keep(database, 7, NOW, linked=False)
    before = first.read_bytes()
    change(database, "CREATE TABLE u (x)")
    (second,) = keep(database, 7, NOW, linked=False)
    assert second.name == "messages.db.pre-migration-v7-20260102T030406Z.bak"
    assert first.read_bytes() == before


def test_what_somebody_reads_is_copied_with_its_side_files(database: Path) -> None:
    change(database, "PRAGMA journal_mode = WAL")
    with closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t").fetchall()
        change(database, "INSERT INTO t VALUES (1)")
        copies = keep(database, 7, NOW, linked=True)
    ending = ".pre-migration-v7-20260102T030405Z.bak"
    files = ["messages.db", "messages.db-wal", "messages.db-shm"]
    assert [each.name for each in copies] == [name + ending for name in files]
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in copies)


def test_where_no_file_has_two_names_it_is_copied(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, os.strerror(95))

    monkeypatch.setattr(os, "link", refuse)
    (copy,) = keep(database, 7, NOW, linked=True)
    assert copy.read_bytes() == database.read_bytes()


def test_the_newest_ones_stay_and_anothers_too(database: Path) -> None:
    other = database.with_name("thrum.db.pre-migration-v13-bak")
    other.touch()
    database.with_name("messages.db.pre-migration-v1-20200102T030405Z.bak").mkdir()
    for number in range(KEPT + 2):
        change(database, f"CREATE TABLE t{number} (x)")
        keep(database, number, NOW + number * HOUR, linked=False)
    database.with_name("messages.db-wal.pre-migration-v0-20260102T030405Z.bak").touch()
    forget_old(database)
    kept = [(each.version, bool(each.made_at)) for each in found(database.parent)]
    assert kept == [(4, True), (3, True), (2, True), (13, False)]
    assert not list(database.parent.glob("*-wal*"))
