"""Carrying what can still be read of a damaged file over into a new one.

It works on a copy, in which what is the same in all our headers is put right. Each table is read
from its beginning to where it is damaged, and from its end back to there. Tables are defined as
their owner's migrations define them; what nobody here knows, as the damaged file says.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from thrum.clock import format_seconds
from thrum.daemon.state import connection
from thrum.daemon.state.faults import is_disk
from thrum.daemon.state.schema import Schema, Thing, as_of, owner_of
from thrum.paths import PRIVATE_FILE

_HEADER: Final = b"SQLite format 3\0" + connection.PAGE.to_bytes(2, "big")
_HEADER_END: Final = bytes((0, 64, 32, 32))

Row = tuple[Any, ...]


def salvage(
    damaged: Path, copy: Path, target: Path, schemas: Iterable[Schema], now_ns: int
) -> dict[str, str]:
    """Makes a new file out of a damaged one.

    Args:
        damaged: is only read.
        copy: where a copy to work on may be made; it is left to the caller.
        target: the new file, in the same folder; durable when this returns.

    Returns:
        By owner, what could not be carried over.

    Raises:
        OSError, sqlite3.Error: the disk refuses.
    """
    _copy(damaged, copy)
    with closing(_patient_reader(copy)) as old, closing(connection.empty(target)) as new:
        new.execute("BEGIN")
        work = _Salvage(old, new, {schema.owner: schema for schema in schemas})
        work.carry_all(format_seconds(now_ns))
        new.execute("COMMIT")
        return {owner: "; ".join(texts) for owner, texts in sorted(work.lost.items())}


def _copy(damaged: Path, copy: Path) -> None:
    for side in ("", "-wal"):
        source, target = (path.with_name(path.name + side) for path in (damaged, copy))
        if source.exists():
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
            shutil.copyfile(source, target)
    with copy.open("r+b") as file:
        file.write(_HEADER)
        file.seek(20)
        file.write(_HEADER_END)
        file.seek(18)
        if not set(file.read(2)) <= {1, 2}:
            file.seek(18)
            file.write(b"\2\2")


def _patient_reader(copy: Path) -> sqlite3.Connection:
    """A connection that goes on with what it understands of the schema."""
    db = sqlite3.connect(copy, isolation_level=None)
    db.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    with suppress(sqlite3.Error):  # the first statement is told that the schema is malformed
        db.execute("PRAGMA writable_schema = ON")
        db.execute("PRAGMA cell_size_check = ON")
        db.execute("SELECT 1 FROM sqlite_master").fetchone()
    return db


@dataclass(slots=True)
class _Reading:
    """Rows of a query up to its end or to the damage."""

    db: sqlite3.Connection
    query: str
    whole: bool = False

    def __iter__(self) -> Iterator[Row]:
        try:
            yield from self.db.execute(self.query)
        except (sqlite3.Error, UnicodeError) as error:
            if is_disk(error):
                raise
            return
        self.whole = True


@dataclass(slots=True)
class _Salvage:
    """One damaged file, and the new one."""

    old: sqlite3.Connection
    new: sqlite3.Connection
    schemas: Mapping[str, Schema]
    lost: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def carry_all(self, now: str) -> None:
        """Carries every owner over, and its version with it."""
        found, found_all = self._things()
        versions, versions_all = self._versions()
        for owner in sorted({*found, *versions, *self.schemas}):
            theirs = found.get(owner, {})
            version = versions.get(owner) or self._version_of(owner, theirs)
            if version or (theirs and owner not in self.schemas):
                self._carry(owner, theirs, version, now)
            elif theirs or not (found_all and versions_all):
                self.lost[owner].append("nothing of it could be read")

    def _things(self) -> tuple[dict[str, dict[str, Thing]], bool]:
        """By owner, what the damaged file says it holds; and whether all of that could be read."""
        query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
        reading = _Reading(self.old, query)
        found: dict[str, dict[str, Thing]] = defaultdict(dict)
        for kind, name, sql in reading:
            if isinstance(name, str) and isinstance(sql, str) and owner_of(name):
                found[owner_of(name)][name] = Thing(str(kind), name, sql)
        return found, reading.whole

    def _versions(self) -> tuple[dict[str, int], bool]:
        found = {}
        whole = True
        for order in ("ASC", "DESC"):
            query = f"SELECT name, version FROM owners NOT INDEXED ORDER BY _rowid_ {order}"
            reading = _Reading(self.old, query)
            for name, version in reading:
                if isinstance(name, str) and isinstance(version, int) and version > 0:
                    found[name] = version
                else:
                    whole = False
            whole = whole and reading.whole
        return found, whole

    def _version_of(self, owner: str, theirs: Mapping[str, Thing]) -> int:
        """The version whose tables look like those of the file; 0 where none does."""
        schema = self.schemas.get(owner)
        if schema is None or not theirs:
            return 0
        fitting = (v for v in range(schema.version, 0, -1) if as_of(schema, v) == theirs)
        return next(fitting, 0)

    def _carry(self, owner: str, theirs: dict[str, Thing], version: int, now: str) -> None:
        schema = self.schemas.get(owner)
        right = as_of(schema, version) if schema and version <= schema.version else None
        wanted = {**theirs, **(right or {})}
        for kinds in (("table",), ("index",)):
            self._define(owner, wanted, kinds)
        for thing in wanted.values():
            if thing.kind == "table":
                self._carry_table(owner, thing.name)
        # Triggers come last: they must not fire now.
        self._define(owner, wanted, ("view", "trigger"))
        if version:
            self.new.execute("INSERT INTO owners VALUES (?, ?, ?)", (owner, version, now))

    def _define(self, owner: str, wanted: Mapping[str, Thing], kinds: tuple[str, ...]) -> None:
        for thing in wanted.values():
            if thing.kind not in kinds:
                continue
            try:
                self.new.execute(thing.sql)
            except sqlite3.Error as error:
                if is_disk(error):
                    raise
                self.lost[owner].append(f"{thing.name} cannot be made again: {error}")

    def _carry_table(self, owner: str, table: str) -> None:
        columns = self._shared_columns(table)
        carried, whole = self._carry_rows(table, columns) if columns else (0, False)
        if not whole:
            text = f"of {table} only {carried} rows could be read" if carried else ""
            self.lost[owner].append(text or f"nothing of {table} could be read")
        self._carry_sequence(table)

    def _shared_columns(self, table: str) -> list[str]:
        both = []
        for db in (self.new, self.old):
            reading = _Reading(db, f'PRAGMA table_info("{table}")')
            both.append([str(row[1]) for row in reading])
        return [name for name in both[0] if name in both[1]]

    def _carry_rows(self, table: str, columns: list[str]) -> tuple[int, bool]:
        """How many rows were carried over, and whether these are all."""
        key = self._key(table)
        listed = ", ".join(f'"{name}"' for name in columns)
        chosen = f"_rowid_, {listed}" if key == ["_rowid_"] else listed
        marks = ", ".join("?" * (len(columns) + (key == ["_rowid_"])))
        put = f'INSERT OR IGNORE INTO "{table}" ({chosen}) VALUES ({marks})'
        carried, refused = 0, False
        for order in ("ASC", "DESC"):
            by = ", ".join(f"{name} {order}" for name in key)
            reading = _Reading(
                self.old, f'SELECT {chosen} FROM "{table}" NOT INDEXED ORDER BY {by}'
            )
            for row in reading:
                taken = self._put(put, row)
                carried += taken
                refused |= not taken and order == "ASC"
                if not taken and order == "DESC":
                    break  # here the reading from the beginning has been
            if reading.whole:
                return carried, not refused
        return carried, False

    def _put(self, statement: str, row: Row) -> bool:
        """Whether the row found a place; what damage made of one may not fit the table."""
        try:
            return self.new.execute(statement, row).rowcount > 0
        except (sqlite3.IntegrityError, UnicodeEncodeError):
            return False

    def _key(self, table: str) -> list[str]:
        try:
            self.new.execute(f'SELECT _rowid_ FROM "{table}" LIMIT 0')
        except sqlite3.OperationalError:
            columns = self.new.execute(f'PRAGMA table_info("{table}")').fetchall()
            ordered = sorted((row[5], row[1]) for row in columns if row[5])
            return [f'"{name}"' for _, name in ordered]
        return ["_rowid_"]

    def _carry_sequence(self, table: str) -> None:
        """Numbers that were given out once are not given out again."""
        rows = _Reading(self.old, "SELECT name, seq FROM sqlite_sequence")
        for seq in [seq for name, seq in rows if name == table and isinstance(seq, int)]:
            self.new.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            self.new.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, seq))
