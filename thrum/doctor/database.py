"""The database: sound, of our schema, and what the log says; or built anew."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from gitstore import Snapshot
from thrum.clock import stamp
from thrum.daemon import control
from thrum.daemon.projection import connection, copies, guard, rebuild, schema
from thrum.daemon.projection.search import index
from thrum.daemon.signing import check as signing
from thrum.doctor import objects
from thrum.doctor.accepted import accept_by
from thrum.doctor.finding import Finding, Level, Patient
from thrum.plurals import counted
from thrum.scratch import scratch

_WHY: Final = {
    "corrupt": "it was damaged",
    "doctor": "it was mended by building another one",
    "foreign": "another program made it",
    "old": "an older program made it",
    "unfinished": "it was not whole",
}
_ASIDE: Final = re.compile(rf"\.({'|'.join(_WHY)})-\d{{8}}T\d{{6}}Z(?:-\d+)?")

LOOKS: Final = 20
PAUSE_S: Final = 0.25
"""How often, after so many seconds each, it is looked whether a daemon has caught up."""

# Text of a damaged database may be no UTF-8, which sqlite3 does not report as an error of its own.
UNREADABLE_DATABASE: Final = (sqlite3.Error, UnicodeDecodeError)


def check(patient: Patient) -> Iterator[Finding]:
    """The database holds everything that the log holds, and nothing was set aside."""
    place = patient.place
    yield from _kept(place.database)
    yield from _moved_aside(place.database)
    if not place.database.exists():
        yield Finding("database", Level.NOTE, "there is none yet; the next start builds it")
        return
    try:
        with closing(connection.reader(place.database)) as db:
            yield from _inside(patient, db)
    except UNREADABLE_DATABASE as error:
        yield _at_fault(f"it cannot be read: {error}")


def _kept(database: Path) -> Iterator[Finding]:
    """What upgrades kept."""
    for each in copies.found(database.parent):
        size = f"{each.path.stat().st_size / 1_000_000:.1f} MB"
        text = f"{each.path} ({size}) has schema {each.version}: what an upgrade found"
        todo = f"delete it when nobody goes back to that program; the newest {copies.KEPT} are kept"
        yield Finding("database", Level.NOTE, text, todo)


def _moved_aside(database: Path) -> Iterator[Finding]:
    """What could not be used, as it was."""
    for path in sorted(database.parent.glob(f"{database.name}.*")):
        match = _ASIDE.fullmatch(path.name.removeprefix(database.name))
        if match:
            text = f"{path} was set aside: {_WHY[match[1]]}"
            todo = "look at it; delete it when nothing in it is missed"
            yield Finding("database", Level.NOTE, text, todo)


def _at_fault(text: str) -> Finding:
    todo = "run `thrum doctor --fix`: the database is rebuilt from the log"
    return Finding("database", Level.WRONG, text, todo, by_rebuild=True)


def _inside(patient: Patient, db: sqlite3.Connection) -> Iterator[Finding]:
    verdict = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        yield _at_fault(f"the file is damaged: {verdict}")
        return
    if db.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
        yield _at_fault("another program made it; the next start moves it aside, too")
        return
    (version,) = db.execute("SELECT version FROM schema_version").fetchone() or (None,)
    if version == schema.VERSION:
        yield from _set_aside(db)
        yield from _compare(patient, db)
    elif not isinstance(version, int) or schema.is_present(db):
        yield _at_fault(f"its tables are of schema {schema.VERSION}, and it says {version!a}")
    elif version > schema.VERSION:
        refusal = guard.newer(patient.place.database, version)
        yield Finding("database", Level.WRONG, refusal.message, refusal.hint or "")
    else:
        yield _older(patient, version)


def _older(patient: Patient, version: int) -> Finding:
    text = f"its schema is {version}, this program's {schema.VERSION}"
    if control.is_held(patient.place):
        todo = "run `thrum daemon restart`, which has this program's daemon build it anew"
        return Finding("database", Level.NOTE, text, todo)
    return Finding("database", Level.NOTE, f"{text}; the next start of the daemon builds it anew")


def _set_aside(db: sqlite3.Connection) -> Iterator[Finding]:
    """Lines that are no event, each with the event that it stands in for, if it has an id."""
    for id, path, offset, reason, event_id in db.execute(
        "SELECT bad.id, path, byte_offset, reason, event_id FROM bad_events bad"
        " LEFT JOIN spoiled_events spoiled ON substr(spoiled.raw, 1, length(bad.raw)) = bad.raw"
        " ORDER BY path, byte_offset"
    ):
        text = f"{path} at byte {offset} was set aside: {reason}"
        if event_id:
            text += f"; as the first line with its id it keeps every other {event_id[:40]!a} out"
        todo = "correct it where it was written" + accept_by(id)
        yield Finding("database", Level.WRONG, text, todo, id=id)


def _compare(patient: Patient, db: sqlite3.Connection) -> Iterator[Finding]:
    """Builds the database a second time in a temporary folder and compares.

    Beside a running daemon it may learn more meanwhile, so only its events count; without one every
    table must be equal. What it knew before the log was read stood in the log then.
    """
    place = patient.place
    (known,) = db.execute("SELECT coalesce(max(sequence), 0) FROM events").fetchone()
    snapshot = Snapshot.take(place.repository, place.journal)
    with scratch() as folder:
        second = folder / "messages.db"
        rebuild.build(second, snapshot, patient.now_ns(), gate=signing.gate_of(patient))
        db.execute("ATTACH ? AS second", (f"{second.as_uri()}?mode=ro",))
        try:
            only = list(_only_copies(db, known, snapshot, is_served=control.is_held(place)))
            yield from only
            if only:
                return
            yield from _missing_events(patient, db)
            yield from _index(db, folder / "index.db")
            yield from _other_schema(db)
            if not control.is_held(place):
                yield from _unequal_tables(db)
        finally:
            db.execute("DETACH second")


def _only_copies(
    db: sqlite3.Connection, known: int, snapshot: Snapshot, *, is_served: bool
) -> Iterator[Finding]:
    """Events that the log has lost. A rebuild would lose them for good, so nothing else counts."""
    # A damaged row is no copy of anything: its id must be the one in its text.
    query = (
        "SELECT count(*) FROM events WHERE sequence <= ?"
        " AND event_id NOT IN (SELECT event_id FROM second.events)"
        " AND CASE WHEN json_valid(event_json)"
        " THEN coalesce(json_extract(event_json, '$.event_id'), event_id) = event_id ELSE 0 END"
    )
    (lost,) = db.execute(query, (known,)).fetchone()
    if lost:
        are = "is" if lost == 1 else "are"
        text = f"{lost} of its events {are} not in the log any more; it has the only copy"
        yield Finding("database", Level.WRONG, text, _way_back(db, snapshot, is_served=is_served))


def _way_back(db: sqlite3.Connection, snapshot: Snapshot, *, is_served: bool) -> str:
    """How what the branch held comes back: by the commit that was read last, if it is here."""
    cursor = rebuild.read_cursor(db)
    branch = snapshot.format.branch
    if cursor and cursor.tip and _is_off(snapshot, cursor.tip):
        joins = "run `thrum sync force`" if is_served else "start the daemon (`thrum daemon start`)"
        return f"{joins}: it takes up the commit {cursor.tip[:10]}, which {branch} has lost"
    return (
        f"no commit here holds more; bring it from a clone or a remote whose {branch} does"
        " (`thrum sync force`), and keep messages.db until then"
    )


def _is_off(snapshot: Snapshot, commit: str) -> bool:
    """Whether the commit is here and the branch has left it."""
    repository = snapshot.repository
    if commit not in repository or commit == snapshot.tip:
        return False
    return not repository.descendant_of(snapshot.tip, commit)


def _missing_events(patient: Patient, db: sqlite3.Connection) -> Iterator[Finding]:
    """Events that the log has and the database lacks, also a while later.

    A daemon at work takes in what it has just fetched; that is no fault.
    """
    query = "SELECT count(*) FROM second.events WHERE event_id NOT IN (SELECT event_id FROM events)"
    (missing,) = db.execute(query).fetchone()
    looks = LOOKS if missing and control.is_held(patient.place) else 0
    for _ in range(looks):
        if missing:
            patient.sleep(PAUSE_S)
            (missing,) = db.execute(query).fetchone()
    if missing:
        text = f"the database lacks {counted(missing, 'event')} of the log"
        todo = "run `thrum sync force`; if it stays so, `thrum doctor --fix` rebuilds it"
        yield Finding("database", Level.WRONG, text, todo, by_rebuild=True)


def _index(db: sqlite3.Connection, path: Path) -> Iterator[Finding]:
    """The index for searching holds the words of the messages.

    FTS5 compares them only for who may write, so a copy is looked at; nobody waits for that.
    """
    if not index.is_there(db):
        return
    with closing(sqlite3.connect(path)) as copy:
        db.backup(copy)
        try:
            index.check(copy)
        except sqlite3.DatabaseError:
            yield _at_fault("its index for searching is not what the messages say")


def _other_schema(db: sqlite3.Connection) -> Iterator[Finding]:
    """A changed byte in the schema renames a table or a column, and no check of SQLite minds."""
    for schema_of in ("main", "second"):
        other = "second" if schema_of == "main" else "main"
        missing = _named(db, schema_of) - _named(db, other)
        if missing:
            names = ", ".join(sorted({".".join(name) for name in missing})[:3])
            side = "has, and should not:" if schema_of == "main" else "lacks:"
            yield _at_fault(f"its schema {side} {names}")


def _named(db: sqlite3.Connection, schema_of: str) -> set[tuple[str, ...]]:
    """Everything that a schema names: kind, name and table, and each table's columns."""
    rows = db.execute(f"SELECT type, name, tbl_name FROM {schema_of}.sqlite_master").fetchall()
    tables = [name for kind, name, _ in rows if kind == "table"]
    columns = {
        (name, str(column[1]), str(column[2]))
        for name in tables
        for column in db.execute(f'PRAGMA {schema_of}.table_info("{name}")')
    }
    return {tuple(map(str, row)) for row in rows} | columns


def _unequal_tables(db: sqlite3.Connection) -> Iterator[Finding]:
    names = [
        name
        for (name,) in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
        if name not in schema.LOCAL_TABLES
    ]
    for name in sorted(names):
        local = schema.LOCAL_COLUMNS.get(name, frozenset())
        columns = [row[1] for row in db.execute(f"PRAGMA main.table_info({name})")]
        listed = ", ".join(f'"{column}"' for column in columns if column not in local)
        both = f"SELECT {listed} FROM main.{name}", f"SELECT {listed} FROM second.{name}"
        differing = sum(
            db.execute(f"SELECT count(*) FROM ({one} EXCEPT {other})").fetchone()[0]
            for one, other in (both, both[::-1])
        )
        if differing:
            yield _at_fault(f"{differing} rows of the table {name} are not what the log says")


def mend(patient: Patient) -> Iterator[Finding]:
    """Builds it anew where it is at fault and the log can be read."""
    if list(objects.check(patient)):
        return
    if any(finding.by_rebuild for finding in check(patient)):
        yield from _rebuild(patient)


def _rebuild(patient: Patient) -> Iterator[Finding]:
    """Moves the database aside; the daemon builds it anew from branch and journal."""
    place = patient.place
    ran = control.is_held(place)
    if ran:
        control.stop(place)
    for path in rebuild.parts(place.database):
        aside = path.with_name(f"{path.name}.doctor-{stamp(patient.now_ns())}")
        path.rename(aside)
        yield Finding("database", Level.OK, f"moved aside to {aside}")
    found, _ = control.start(place, patient.environment)
    yield Finding("database", Level.OK, f"rebuilt by the daemon (PID {found.pid})")
    if not ran:
        control.stop(place)
