"""Bringing each owner's tables to the version that this program knows, each on its own.

An owner's steps are one transaction, so a kill leaves the old version or the new one. Before the
first of a start the file is copied, if it holds anything. What goes wrong refuses that owner.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from thrum.atomic import sync_directory
from thrum.clock import format_seconds, stamp
from thrum.daemon.state import faults
from thrum.daemon.state.faults import Refusal
from thrum.daemon.state.fence import Fence, others_than
from thrum.daemon.state.opening import copies, damage_mark, discard, free
from thrum.daemon.state.schema import Schema, apply, owner_of, things
from thrum.paths import MIGRATION_STATUS, PRIVATE_FILE

logger = logging.getLogger(__name__)

BACKUPS: Final = 3
"""How many copies are kept."""


def migrate(
    db: sqlite3.Connection, path: Path, schemas: Iterable[Schema], now_ns: int
) -> dict[str, Refusal]:
    """Brings every owner up.

    Returns:
        The owners that are not at their version, and why.

    Raises:
        sqlite3.Error: the versions cannot be read.
    """
    discard(_scratch(path))
    path.with_name(MIGRATION_STATUS).unlink(missing_ok=True)  # that of a killed one
    stored = dict(db.execute("SELECT name, version FROM owners"))
    refused: dict[str, Refusal] = {}
    behind = []
    for schema in schemas:
        version = stored.get(schema.owner, 0)
        if version > schema.version:
            refused[schema.owner] = _newer(schema, version)
        elif version < schema.version:
            behind.append((schema, version))
    refused |= _bring_up(db, path, behind, now_ns) if behind else {}
    return refused


def _newer(schema: Schema, version: int) -> Refusal:
    text = f"{schema.owner}'s facts have version {version}, this program knows {schema.version}"
    todo = "use the newer program; until then they are left alone"
    return Refusal("state", text, todo)


def _bring_up(
    db: sqlite3.Connection, path: Path, behind: list[tuple[Schema, int]], now_ns: int
) -> dict[str, Refusal]:
    if not _holds_anything(db):
        return _brought_up(db, path, behind, now_ns)
    # A program is newer than its tables once, and each module counts at the daemon's start.
    from thrum.daemon.migration_status import told

    first, version = behind[0]
    with told(path.with_name(MIGRATION_STATUS), version, first.version) as enter:
        return _brought_up(db, path, behind, now_ns, enter)


def _brought_up(
    db: sqlite3.Connection,
    path: Path,
    behind: list[tuple[Schema, int]],
    now_ns: int,
    enter: Callable[[str], None] | None = None,
) -> dict[str, Refusal]:
    """The owners that could not be brought up, and why.

    Args:
        enter: told of the phase that begins, where the file holds anything and so is copied first.
    """
    try:
        copy = back_up(db, path, behind[0][0], now_ns) if enter else None
    except (OSError, sqlite3.Error) as error:
        discard(_scratch(path))
        if faults.is_damage(error):
            return {schema.owner: _explained(path, schema, error) for schema, _ in behind}
        text = f"state.db cannot be copied before it is migrated: {error}"
        refusal = Refusal("storage", text, "make room or mend the disk, then restart the daemon")
        return {schema.owner: refusal for schema, _ in behind}
    if enter:
        enter("migrating")
    refused = {}
    for schema, version in behind:
        try:
            _migrate(db, schema, version, now_ns)
        except Exception as error:
            logger.exception("%s's facts stay at version %d", schema.owner, version)
            refused[schema.owner] = _explained(path, schema, error)
    if copy is not None and len(refused) == len(behind):
        copy.unlink()  # nothing has changed, and no older copy has to give way to this one
    else:
        _forget_old_copies(path)
    return refused


def _explained(path: Path, schema: Schema, error: Exception) -> Refusal:
    if faults.is_damage(error):
        damage_mark(path).touch(PRIVATE_FILE)
        return faults.damage(path, error)
    told = "; ".join([str(error) or type(error).__name__, *getattr(error, "__notes__", ())])
    text = f"{schema.owner}'s facts cannot be brought to version {schema.version}: {told}"
    if faults.is_disk(error):
        return Refusal("storage", text, "make room or mend the disk, then restart the daemon")
    todo = "they are as they were; use the program of before, or a newer one"
    return Refusal("state", text, todo)


def _migrate(db: sqlite3.Connection, schema: Schema, version: int, now_ns: int) -> None:
    """Carries out an owner's missing steps, or none of them.

    Foreign keys rest meanwhile, so that a table can be made anew under others that refer to it;
    they are checked at the end.
    """
    db.execute("PRAGMA foreign_keys = OFF")
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            before = things(db)
            fence = Fence(schema.owner, others_than(schema.owner, db), True, True)
            for migration in schema.migrations[version:]:
                with fence.around(db):
                    apply(db, migration)
            _check_names(schema.owner, set(things(db)) - set(before))
            _check_references(db, schema.owner)
            row = (schema.owner, schema.version, format_seconds(now_ns))
            db.execute("INSERT OR REPLACE INTO owners VALUES (?, ?, ?)", row)
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
    finally:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA recursive_triggers = OFF")  # which a library may have turned on


def _check_names(owner: str, made: set[str]) -> None:
    wrong = sorted(name for name in made if owner_of(name) != owner)
    if wrong:
        raise ValueError(f"{wrong[0]} does not begin with {owner}_")


def _check_references(db: sqlite3.Connection, owner: str) -> None:
    for name, thing in things(db).items():
        if thing.kind == "table" and owner_of(name) == owner:
            row = db.execute(f'PRAGMA foreign_key_check("{name}")').fetchone()
            if row is not None:
                raise ValueError(f"a row of {row[0]} refers to nothing in {row[2]}")


def _holds_anything(db: sqlite3.Connection) -> bool:
    tables = [t.name for t in things(db).values() if t.kind == "table" and t.name != "owners"]
    return any(db.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in tables)


def back_up(db: sqlite3.Connection, path: Path, schema: Schema, now_ns: int) -> Path:
    """Copies the file: ``state.db.before-<owner>-<version>-<moment>``, whole or not at all.

    Raises:
        OSError, sqlite3.Error: there is no room or no right.
    """
    scratch = _scratch(path)
    os.close(os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE))
    with closing(sqlite3.connect(scratch)) as copy:
        db.backup(copy)
    name = f"{path.name}.before-{schema.owner}-{schema.version}-{stamp(now_ns)}"
    target = free(path.with_name(name))
    scratch.rename(target)
    sync_directory(path.parent)
    return target


def _scratch(path: Path) -> Path:
    return path.with_name(f"{path.name}.copying")


def _forget_old_copies(path: Path) -> None:
    for old in copies(path)[BACKUPS:]:
        old.unlink()
