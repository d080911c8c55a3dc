"""Opening ``messages.db`` so that what is open is right, or saying why it cannot be.

The log is the truth, so whatever cannot be used is moved aside and built anew. An older program's
is built anew as well, unless there are steps for it: so nothing rests on a step for each form that
tables ever had. It stays in its place until the new one is whole, and then as a copy. Only a
database that a newer program wrote is refused: that program may still be in use.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from gitstore import Log
from thrum.clock import stamp
from thrum.daemon.projection import connection, schema
from thrum.daemon.projection.gate import Gate
from thrum.daemon.projection.migrations import STEPS, Step, migrate
from thrum.daemon.projection.rebuild import Progress, build, discard, parts
from thrum.errors import ThrumError
from thrum.paths import MIGRATION_STATUS

CHECKED_BYTES: Final = 16 * 1024 * 1024
"""Databases up to this size are checked page by page at every start; larger ones after a crash."""


class Opened(Struct, frozen=True):
    """An open database and what had to be done for it.

    Attributes:
        reason: why it was built anew: missing, empty, foreign, corrupt, unfinished, old; or "".
        aside: where the unusable files are now.
    """

    db: sqlite3.Connection
    reason: str = ""
    aside: tuple[Path, ...] = ()


def open_database(
    database: Path,
    log: Log,
    now_ns: int,
    progress: Progress | None = None,
    steps: Mapping[int, Step] = STEPS,
    promised: int = 0,
    gate: Gate | None = None,
) -> Opened:
    """Opens the database for writing; migrates it or builds it anew where needed.

    Args:
        promised: events of one that is built anew are numbered above this, see `numbering`.
        gate: says which events count in one that is built anew; None: all of them do.

    Raises:
        ThrumError: ``database``, a newer program wrote it; ``storage``, the disk refuses.
    """
    try:
        return _open(database, log, now_ns, progress, steps, promised, gate)
    except (OSError, sqlite3.OperationalError) as error:
        raise ThrumError(
            "storage",
            f"the database cannot be made ready: {error}",
            "make room or mend the disk, then start again; the log has everything",
        ) from error


def _open(
    database: Path,
    log: Log,
    now_ns: int,
    progress: Progress | None,
    steps: Mapping[int, Step],
    promised: int,
    gate: Gate | None,
) -> Opened:
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    discard(database.with_name(f"{database.name}.building"))
    database.with_name(MIGRATION_STATUS).unlink(missing_ok=True)
    reason = _judge(database)
    aside: tuple[Path, ...] = ()
    if reason == "old":
        reason, aside = _upgraded(database, log, now_ns, progress, steps, promised, gate)
    elif reason:
        aside = _move_aside(database, reason, now_ns)
        build(database, log, now_ns, progress, promised, gate=gate)
        damage_mark(database).unlink(missing_ok=True)
    db = connection.writer(database)
    db.execute("PRAGMA journal_mode = WAL")
    return Opened(db, reason, aside)


def _upgraded(
    database: Path,
    log: Log,
    now_ns: int,
    progress: Progress | None,
    steps: Mapping[int, Step],
    promised: int,
    gate: Gate | None,
) -> tuple[str, tuple[Path, ...]]:
    """Brings an older database up, by steps or anew; why it was built anew, and the copies."""
    # A program is newer than its database once, and each module counts at the daemon's start.
    from thrum.daemon.migration_status import told
    from thrum.daemon.projection import copies
    from thrum.daemon.projection.predecessor import Predecessor

    version = _version(database)
    with told(database.with_name(MIGRATION_STATUS), version, schema.VERSION) as enter:
        if version < schema.VERSION and migrate(database, version, now_ns, steps):
            reason = ""
        else:
            before = Predecessor(database, version)
            before.keep(now_ns)
            enter("migrating")
            build(database, log, now_ns, progress, promised, before, gate)
            reason = "old"
        copies.forget_old(database)
    kept = [each.path for each in copies.found(database.parent) if each.version == version]
    return reason, tuple(kept[:1])


def damage_mark(database: Path) -> Path:
    """The file whose presence says that the database was found damaged while in use."""
    return database.with_name(f"{database.name}.damaged")


def _judge(database: Path) -> str:
    """Why the database cannot be used as it is; empty when it can."""
    if not database.exists():
        return "missing"
    if database.stat().st_size == 0:
        return "empty"
    if damage_mark(database).exists():
        return "corrupt"
    try:
        return _look_inside(database)
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "unable to open" in str(error):
            raise ThrumError(
                "storage", f"the database cannot be opened: {error}", "is another daemon running?"
            ) from None
        return "corrupt"
    except sqlite3.DatabaseError:
        return "corrupt"


def _look_inside(database: Path) -> str:
    crashed = len(parts(database)) > 1
    small = database.stat().st_size <= CHECKED_BYTES
    db = sqlite3.connect(database, isolation_level=None)
    try:
        db.execute("PRAGMA busy_timeout = 2000")
        if db.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            return "foreign"
        version = db.execute("SELECT version FROM schema_version").fetchone()
        if version is None or not isinstance(version[0], int) or version[0] < 1:
            return "unfinished"
        if version[0] > schema.VERSION:
            # Only this start ends here, and each module counts at the daemon's start.
            from thrum.daemon.projection.guard import newer

            raise newer(database, version[0])
        if (small or crashed) and db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            return "corrupt"
        if version[0] < schema.VERSION:
            return "old"
        if not _is_whole(db):
            return "unfinished"
        return "" if schema.is_present(db) else "old"
    finally:
        db.close()


def _is_whole(db: sqlite3.Connection) -> bool:
    """Whether every table, index and trigger is there, and the log was read at least once."""
    names = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    cursor = db.execute("SELECT 1 FROM log_cursor").fetchone() if "log_cursor" in names else None
    return cursor is not None and schema.names() <= names


def _version(database: Path) -> int:
    db = sqlite3.connect(database)
    try:
        return int(db.execute("SELECT version FROM schema_version").fetchone()[0])
    finally:
        db.close()


def _move_aside(database: Path, reason: str, now_ns: int) -> tuple[Path, ...]:
    """Renames the files of an unusable database; empty ones are deleted."""
    moved = []
    for path in parts(database):
        if path.stat().st_size == 0 or reason == "missing":
            path.unlink()
            continue
        target = path.with_name(f"{path.name}.{reason}-{stamp(now_ns)}")
        number = 1
        while target.exists():
            number += 1
            target = path.with_name(f"{path.name}.{reason}-{stamp(now_ns)}-{number}")
        path.rename(target)
        moved.append(target)
    return tuple(moved)
