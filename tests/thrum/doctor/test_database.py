"""A byte of the database that changed by itself, wherever it is, is found and mended."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pygit2
import pytest

from gitstore import Log
from tests import forge
from tests.simulation.verdict import Tables, tables_of
from thrum import doctor, events, paths
from thrum.daemon import lifecycle
from thrum.daemon.store import Store, Transaction
from thrum.doctor import database
from thrum.ids import Ids


@pytest.fixture
def place(tmp_path: Path) -> paths.Place:
    """A repository with a log and the database of it; nobody has them open."""
    root = tmp_path / "repository"
    pygit2.init_repository(str(root))
    (root / ".thrum").mkdir()
    (root / ".thrum" / "config.json").write_text("{}")
    found = paths.at(root)
    log = Log.open(root, journal=found.journal)
    ids = Ids(time.time_ns)
    store = Store.open(
        log=log, database=found.database, origin_daemon="d", now_ns=time.time_ns, ids=ids
    )
    for name in ("nux", "furiosa"):
        register = events.AgentRegister(agent_id=name, kind="agent", role="r", module="m")
        store.transact_blocking(partial(Transaction.emit, event=register))
    for number in range(5):
        message = events.MessageCreate(
            message_id=ids.make("msg"),
            agent_id="nux",
            body=events.Body(f"message {number}", "markdown"),
            refs=[events.Pair("mention", "furiosa")],
            recipients=["furiosa"],
        )
        store.transact_blocking(partial(Transaction.emit, event=message))
    log.commit()
    store.catch_up()
    store.close()
    log.close()
    return found


def patient(place: paths.Place) -> doctor.Patient:
    return doctor.Patient(place, {}, time.time_ns)


def wrong(place: paths.Place) -> list[str]:
    """What the doctor finds wrong with the database."""
    return [
        finding.text
        for finding in doctor.examine(patient(place))
        if finding.check == "database" and finding.level is doctor.Level.WRONG
    ]


def fixed(place: paths.Place) -> str:
    """What `thrum doctor --fix` says."""
    env = {**os.environ, "HOME": str(place.root)}
    done = forge.run(["doctor", "--fix"], cwd=place.root, env=env)
    assert "Traceback" not in done.stderr
    return done.stdout


def test_an_index_that_lacks_a_message_is_found_and_mended(place: paths.Place) -> None:
    with closing(sqlite3.connect(place.database)) as db:
        db.execute("DELETE FROM message_search_docsize WHERE id = (SELECT max(row) FROM messages)")
        db.commit()
    assert wrong(place) == ["its index for searching is not what the messages say"]
    fixed(place)
    assert wrong(place) == []


def is_as_before(database: Path, expected: Tables) -> bool:
    """Whether everything can be read, is right, and every index agrees with its table."""
    db = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    try:
        sound = db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return sound and tables_of(db) == expected
    except (sqlite3.Error, UnicodeDecodeError):
        return False
    finally:
        db.close()


def damages(size: int, step: int) -> Iterator[Callable[[bytes], bytes]]:
    """Flips of one bit here and there, and cuts."""
    for offset in range(0, size, step):
        bit = 1 << offset % 8
        yield (
            lambda data, at=offset, bit=bit: (  # type: ignore[misc]
                data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
            )
        )
        if offset % 4096 == 0:
            yield lambda data, at=offset: data[:at]  # type: ignore[misc]


def check(place: paths.Place, step: int) -> None:
    whole = place.database.read_bytes()
    db = sqlite3.connect(f"{place.database.as_uri()}?mode=ro", uri=True)
    expected = tables_of(db)
    db.close()
    assert wrong(place) == []
    found = 0
    for damage in damages(len(whole), step):
        for part in place.var.glob("messages.db*"):
            part.unlink()
        place.database.write_bytes(damage(whole))
        place.database.chmod(0o600)
        if is_as_before(place.database, expected):
            continue
        found += 1
        assert wrong(place)
        if found % 20 == 1:
            mended = fixed(place)
            aside = [path for path in place.var.iterdir() if "messages.db" in path.name]
            assert is_as_before(place.database, expected)
            assert any(path.name in mended for path in aside if path != place.database)
            for path in aside:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    assert found > 10


def test_damage_here_and_there_is_found_and_mended(place: paths.Place) -> None:
    check(place, 509)


@pytest.mark.parametrize("column", ["event_id", "event_json"])
def test_a_damaged_row_is_not_taken_for_the_only_copy(place: paths.Place, column: str) -> None:
    db = sqlite3.connect(place.database)
    db.execute(f"UPDATE events SET {column} = replace({column}, 'evt_', 'evt-') WHERE rowid = 1")
    db.commit()
    db.close()
    assert wrong(place)
    assert "rebuilt" in fixed(place)
    assert wrong(place) == []


@pytest.mark.parametrize("name", [b"  hostname TEXT", b"tablerival_creates", b"tableinbox_counts"])
def test_a_changed_name_in_the_schema_is_found(place: paths.Place, name: bytes) -> None:
    whole = place.database.read_bytes()
    assert name in whole
    changed = name[:-6] + bytes([name[-6] ^ 32]) + name[-5:]
    place.database.write_bytes(whole.replace(name, changed, 1))
    assert wrong(place)


@pytest.mark.soak
def test_damage_at_every_tenth_byte_is_found_and_mended(place: paths.Place) -> None:
    check(place, 11)


@pytest.mark.parametrize("looks", [1, 3, database.LOOKS + 1])
def test_a_daemon_that_has_just_fetched_is_given_a_while(place: paths.Place, looks: int) -> None:
    paused = []

    def catch_up(seconds: float) -> None:
        """Takes in what was lacking when it was looked at so often."""
        paused.append(seconds)
        if len(paused) == looks:
            with closing(sqlite3.connect(place.database)) as db, db:
                db.execute("INSERT INTO events SELECT * FROM lacking")
                db.execute("DROP TABLE lacking")

    with closing(sqlite3.connect(place.database)) as db, db:
        db.execute("CREATE TABLE lacking AS SELECT * FROM events ORDER BY sequence DESC LIMIT 2")
        db.execute("DELETE FROM events WHERE event_id IN (SELECT event_id FROM lacking)")
    looked = replace(patient(place), sleep=catch_up)
    with lifecycle.only_daemon(place):
        found = [each.text for each in doctor.examine(looked) if "lacks 2 events" in each.text]
    caught_up = looks <= database.LOOKS
    assert len(found) == (not caught_up)
    assert len(paused) == min(looks, database.LOOKS)


@pytest.mark.parametrize(
    ("version", "level", "told"), [(26, "note", "schema is 26"), (99, "wrong", "cannot downgrade")]
)
def test_another_programs_schema_is_no_damage(
    place: paths.Place, version: int, level: str, told: str
) -> None:
    with closing(sqlite3.connect(place.database, isolation_level=None)) as db:
        db.execute("UPDATE schema_version SET version = ?", (version,))
        db.execute("CREATE TABLE another (x)")
    (finding,) = database.check(patient(place))
    assert (finding.level.value, finding.by_rebuild) == (level, False)
    assert told in finding.text


def test_what_upgrades_kept_is_named(place: paths.Place) -> None:
    copy = place.database.with_name("messages.db.pre-migration-v26-20260102T030405Z.bak")
    copy.write_bytes(b"x" * 1_200_000)
    (finding,) = database.check(patient(place))
    assert (finding.level.value, finding.text) == (
        "note",
        f"{copy} (1.2 MB) has schema 26: what an upgrade found",
    )


def test_what_was_set_aside_is_named_once_with_its_reason(place: paths.Place) -> None:
    names = ["corrupt-20260102T030405Z", "foreign-20260102T030405Z-2", "foreign-of-mine"]
    for name in names:
        place.database.with_name(f"messages.db.{name}").touch()
    place.database.with_name("messages.db-wal.corrupt-20260102T030405Z").touch()
    told = [
        (each.level.value, each.text.partition("var/")[2])
        for each in database.check(patient(place))
    ]
    assert told == [
        ("note", f"messages.db.{names[0]} was set aside: it was damaged"),
        ("note", f"messages.db.{names[1]} was set aside: another program made it"),
    ]
