from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gitstore import Log, canonical
from thrum import events
from thrum.daemon.projection import migrations, opening, schema
from thrum.daemon.projection.opening import open_database
from thrum.daemon.store import Store
from thrum.errors import ThrumError

Opener = Callable[..., Store]
COUNT = 40


@pytest.fixture
def filled(log: Log) -> Log:
    """A log with messages in the branch and in the journal."""
    for n in range(COUNT):
        event = events.MessageCreate(
            message_id=f"msg_{n}",
            agent_id="ann",
            body=events.Body("x"),
            timestamp=f"2026-01-01T00:00:00.{n:09d}Z",
            event_id=f"evt_{n}",
        )
        log.append([[("messages/ann.jsonl", canonical(event))]])
        if n == COUNT // 2:
            log.commit()
    return log


def count(store: Store) -> int:
    found: int = store.reader().execute("SELECT count(*) FROM messages").fetchone()[0]
    return found


def absent(database: Path) -> None:
    """Nothing is there."""


def side_files_only(database: Path) -> None:
    database.with_name("messages.db-wal").write_bytes(b"\x37\x7f\x06\x82" + b"\0" * 4096)
    database.with_name("messages.db-shm").write_bytes(b"\0" * 4096)


def blank(database: Path) -> None:
    database.touch()


def text(database: Path) -> None:
    database.write_text("This is no database. " * 1000)


def another_programs(database: Path) -> None:
    db = sqlite3.connect(database)
    db.execute("CREATE TABLE messages (message_id TEXT PRIMARY KEY, body TEXT)")
    db.execute("CREATE TABLE schema_version (version INTEGER)")
    db.execute("INSERT INTO schema_version VALUES (51)")
    db.commit()
    db.close()


def without_tables(database: Path) -> None:
    db = sqlite3.connect(database)
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    db.execute("CREATE TABLE schema_version (version INTEGER NOT NULL, applied_at TEXT)")
    db.execute(f"INSERT INTO schema_version VALUES ({schema.VERSION}, '')")
    db.commit()
    db.close()


def never_read(database: Path) -> None:
    db = sqlite3.connect(database)
    schema.create(db, "")
    db.commit()
    db.close()


def without_a_way_from_its_version(database: Path) -> None:
    never_read(database)
    db = sqlite3.connect(database)
    db.execute("UPDATE schema_version SET version = 7")
    db.commit()
    db.close()


def with_a_version_that_is_none(database: Path) -> None:
    never_read(database)
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("UPDATE schema_version SET version = -5")


@pytest.mark.parametrize(
    ("prepare", "reason", "kept"),
    [
        (absent, "missing", False),
        (side_files_only, "missing", False),
        (blank, "empty", False),
        (text, "corrupt", True),
        (another_programs, "foreign", True),
        (without_tables, "unfinished", True),
        (never_read, "unfinished", True),
        (with_a_version_that_is_none, "unfinished", True),
        (without_a_way_from_its_version, "old", True),
    ],
)
def test_whatever_stands_there_the_messages_are_there(
    filled: Log,
    open_store: Opener,
    database: Path,
    prepare: Callable[[Path], None],
    reason: str,
    kept: bool,
) -> None:
    prepare(database)
    before = database.read_bytes() if kept else b""
    store = open_store()
    assert count(store) == COUNT
    assert store.rebuilt == reason
    assert [path.read_bytes() for path in store.aside if kept] == ([before] if kept else [])
    assert not list(database.parent.glob("*.building*"))
    store.close()
    again = open_store()
    assert again.rebuilt == ""
    assert count(again) == COUNT


def test_a_usable_database_stays(filled: Log, open_store: Opener, database: Path) -> None:
    open_store().close()
    inode = database.stat().st_ino
    store = open_store()
    assert (store.rebuilt, count(store)) == ("", COUNT)
    assert database.stat().st_ino == inode


def test_the_file_is_its_owners(filled: Log, open_store: Opener, database: Path) -> None:
    open_store()
    assert database.stat().st_mode & 0o777 == 0o600


def test_a_newer_programs_database_is_refused_and_left_alone(
    filled: Log, open_store: Opener, database: Path
) -> None:
    open_store().close()
    db = sqlite3.connect(database)
    db.execute("UPDATE schema_version SET version = 99")
    db.commit()
    db.close()
    before = database.read_bytes()
    with pytest.raises(ThrumError) as caught:
        open_store()
    assert caught.value.kind == "database"
    start = f"database schema is version 99, this binary supports up to {schema.VERSION}"
    assert caught.value.message.startswith(f"{start} — cannot downgrade")
    assert "no message is lost" in (caught.value.hint or "")
    assert database.read_bytes() == before


def test_what_can_take_a_newer_databases_place_is_named(
    filled: Log, open_store: Opener, database: Path
) -> None:
    open_store().close()
    ours = database.with_name(f"messages.db.pre-migration-v{schema.VERSION}-20260102T030405Z.bak")
    shutil.copyfile(database, ours)
    usable = [ours, database.with_name("thrum.db.pre-migration-v13-bak")]
    useless = database.with_name("messages.db.pre-migration-v98-20260202T030405Z.bak")
    for path in (usable[1], useless):
        path.touch()
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("UPDATE schema_version SET version = 99")
    with pytest.raises(ThrumError) as caught:
        open_store()
    hint = caught.value.hint or ""
    assert [path.name in hint for path in (*usable, useless)] == [True, True, False]
    ours.replace(database)
    store = open_store()
    assert (store.rebuilt, count(store)) == ("", COUNT)


@pytest.mark.parametrize("part", range(8))
def test_a_damaged_page_or_a_cut_is_noticed(
    filled: Log, open_store: Opener, database: Path, part: int
) -> None:
    open_store().close()
    size = database.stat().st_size
    with database.open("r+b") as file:
        if part % 2:
            file.truncate(size * part // 8)
        else:
            # Whole pages: SQLite has no checksums, a flipped letter in a text is a text.
            page = (size * part // 8) // 4096 * 4096
            file.seek(page)
            file.write(b"\xff" * 4096)
    store = open_store()
    assert count(store) == COUNT
    assert store.rebuilt in {"corrupt", "foreign"}


def test_damage_that_is_met_in_use_is_mended_at_the_next_start(
    filled: Log, open_store: Opener, database: Path
) -> None:
    store = open_store()

    def meet(transaction: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    with pytest.raises(ThrumError) as caught:
        store.transact_blocking(meet)
    assert caught.value.kind == "database"
    store.close()
    again = open_store()
    assert (again.rebuilt, count(again)) == ("corrupt", COUNT)
    again.close()
    assert open_store().rebuilt == ""


def test_an_interrupted_build_starts_over(
    filled: Log, open_store: Opener, database: Path, monkeypatch
) -> None:
    class Killed(BaseException):
        pass

    def interrupt(done: int, total: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        open_store(progress=interrupt)
    assert not database.exists()
    assert count(open_store()) == COUNT


def test_progress_ends_at_the_whole(filled: Log, open_store: Opener) -> None:
    told: list[tuple[int, int]] = []
    open_store(progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, COUNT)
    assert told[-1] == (COUNT, COUNT)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def older(database: Path, filled: Log, open_store: Opener, version: int) -> None:
    open_store().close()
    db = sqlite3.connect(database)
    db.execute("UPDATE schema_version SET version = ?", (version,))
    db.execute("ALTER TABLE agents DROP COLUMN hostname")
    db.commit()
    db.close()


def add_hostname(db: sqlite3.Connection) -> None:
    from sqlite_utils import Database

    Database(db)["agents"].add_column("hostname", str, not_null_default="")  # type: ignore[union-attr]


def test_an_older_database_is_copied_and_migrated(
    filled: Log, open_store: Opener, database: Path
) -> None:
    older(database, filled, open_store, schema.VERSION - 1)
    before = database.read_bytes()
    now = 1_767_323_045 * 1_000_000_000
    opened = open_database(database, filled, now, steps={schema.VERSION - 1: add_hostname})
    assert opened.reason == ""
    assert "hostname" in [row[1] for row in opened.db.execute("PRAGMA table_info(agents)")]
    assert opened.db.execute("SELECT version FROM schema_version").fetchone() == (schema.VERSION,)
    opened.db.close()
    copy = database.with_name(
        f"messages.db.pre-migration-v{schema.VERSION - 1}-20260102T030405Z.bak"
    )
    assert copy.read_bytes() == before
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_failing_migration_changes_nothing(
    filled: Log, open_store: Opener, database: Path
) -> None:
    older(database, filled, open_store, schema.VERSION - 1)
    before = database.read_bytes()

    def fail(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM messages")
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        open_database(database, filled, time.time_ns(), steps={schema.VERSION - 1: fail})
    assert database.read_bytes() == before


def test_without_room_for_the_copy_nothing_is_migrated(
    filled: Log, open_store: Opener, database: Path, monkeypatch
) -> None:
    older(database, filled, open_store, schema.VERSION - 1)
    before = database.read_bytes()

    def refuse(*paths: object, **_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(shutil, "copyfile", refuse)
    for steps in ({}, {schema.VERSION - 1: add_hostname}):
        with pytest.raises(ThrumError, match="No space") as caught:
            open_database(database, filled, time.time_ns(), steps=steps)
        assert caught.value.kind == "storage"
        assert database.read_bytes() == before
        assert not list(database.parent.glob("messages.db.*"))


def test_what_another_form_of_this_schema_made_is_built_anew(
    filled: Log, open_store: Opener, database: Path
) -> None:
    older(database, filled, open_store, schema.VERSION)
    store = open_store()
    assert (store.rebuilt, count(store)) == ("old", COUNT)
    store.close()
    assert open_store().rebuilt == ""


def test_a_disk_that_is_full_is_one_clear_refusal(
    filled: Log, open_store: Opener, database: Path, monkeypatch
) -> None:
    def refuse(*arguments: object, **_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(opening, "build", refuse)
        with pytest.raises(ThrumError) as caught:
            open_store()
    assert caught.value.kind == "storage"
    assert count(open_store()) == COUNT


def test_every_step_of_the_way_is_needed() -> None:
    def step(db: sqlite3.Connection) -> None:
        """Does nothing."""

    assert migrations.path_from(22, {22: step, 23: step}, 24) == [step, step]
    assert migrations.path_from(22, {23: step}, 24) is None


def test_a_large_database_is_checked_after_a_crash(
    filled: Log, open_store: Opener, database: Path, monkeypatch
) -> None:
    monkeypatch.setattr(opening, "CHECKED_BYTES", 0)
    open_store().close()
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)
    database.with_name("messages.db-shm").write_bytes(b"\0" * 32768)
    assert open_store().rebuilt == "corrupt"
