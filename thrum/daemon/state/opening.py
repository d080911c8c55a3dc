"""Making the file ready, whatever state it is in. Nothing that it held is thrown away.

A file that is another program's is moved aside as it is; one of a newer layout is refused, for that
program may still be in use and nothing else has what it knows. Of a damaged one
what can be read is carried over into ``state.db.building``, which is renamed to
``state.db.mended`` when it is whole; then the damaged one is moved aside, and the mended one takes
its place. While there is a ``state.db.mended``, it is the truth: who was interrupted goes on.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from thrum.atomic import sync_directory
from thrum.clock import stamp
from thrum.daemon.state import connection
from thrum.daemon.state.faults import is_disk
from thrum.daemon.state.schema import Schema
from thrum.errors import ThrumError
from thrum.paths import PRIVATE_DIRECTORY, PRIVATE_FILE

MAGIC: Final = b"SQLite format 3\0"
_HEADER: Final = 100
_MOST_LAYOUTS: Final = 10_000
"""No program of ours ever numbers its layout so high."""
_SIDES: Final = ("-journal", "-wal", "-shm")


class Prepared(Struct, frozen=True):
    """What was found, and what had to be done.

    Attributes:
        reason: why the file is a new one: missing, empty, foreign, damaged; or "".
        aside: where the file of before is now, with side files that lay beside it.
        lost: by owner, what of it could not be carried over.
    """

    reason: str = ""
    aside: tuple[Path, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)


def prepare(path: Path, schemas: Iterable[Schema], now_ns: int) -> Prepared:
    """Leaves a sound file of our layout at the path. No daemon may have it open.

    Raises:
        OSError, sqlite3.Error: the disk refuses; what was there is there still.
        ThrumError: ``database``, a newer program wrote it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY)
    for scratch in ("building", "reading"):
        discard(_beside(path, scratch))
    known = tuple(schemas)
    if _beside(path, "mended").exists():
        aside = _install_mended(path, now_ns)
        text = "state.db was damaged; an interrupted start carried over what it could read"
        return Prepared("damaged", aside, {schema.owner: text for schema in known})
    reason = judge(path)
    if reason == "newer":
        raise newer(path)
    if reason == "damaged":
        lost = _mend(path, known, now_ns)
        return Prepared(reason, _install_mended(path, now_ns), lost)
    aside = ()
    if reason:
        aside = move_aside(path, reason, now_ns)
        _install_empty(path)
    path.chmod(PRIVATE_FILE)
    text = "state.db was another program's and is moved aside; it begins empty"
    lost = dict.fromkeys((s.owner for s in known), text) if reason == "foreign" else {}
    return Prepared(reason, aside, lost)


def newer(path: Path) -> ThrumError:
    """The refusal of a newer program's file, with the ways out."""
    text = f"{path.name} has a newer layout, this binary supports up to {connection.LAYOUT}"
    names = ", ".join(each.name for each in copies(path))
    kept = f"put what an upgrade kept in its place ({names})" if names else "move it away"
    todo = (
        f"use the newer program again; or {kept}, without what came since. Delete nothing: no log"
        f" has what {path} knows"
    )
    return ThrumError("database", f"{text} — cannot downgrade", todo)


def copies(path: Path) -> list[Path]:
    """What upgrades kept of the file, the newest first."""
    found = path.parent.glob(f"{path.name}.before-*")
    return sorted(found, key=lambda each: each.stat().st_mtime_ns, reverse=True)


def damage_mark(path: Path) -> Path:
    """The file whose presence says that the database was found damaged while in use."""
    return path.with_name(f"{path.name}.damaged")


def judge(path: Path) -> str:
    """Why the file cannot be used as it is; empty when it can. Changes nothing in it.

    Raises:
        OSError, sqlite3.Error: the disk, or another program that locks the file.
    """
    if not os.path.lexists(path):
        return "missing"
    if not path.is_file():
        raise IsADirectoryError(errno.EISDIR, "it is no plain file", str(path))
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if not header:
        return "empty"
    if header.startswith(MAGIC) and len(header) == _HEADER:
        if _number(header, 68) != connection.APPLICATION_ID:
            return "foreign"
        if _number(header, 60) > connection.LAYOUT:
            return "newer" if _number(header, 60) < _MOST_LAYOUTS else "damaged"
    if not _is_plausible(header) or damage_mark(path).exists():
        return "damaged"
    try:
        with closing(connection.reader(path)) as db:
            return _look_inside(db)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if is_disk(error):
            raise
        return "damaged"


def _number(header: bytes, at: int) -> int:
    return int.from_bytes(header[at : at + 4], "big")


def _is_plausible(header: bytes) -> bool:
    """Whether what is the same in all our files is the same; some of it SQLite does not mind."""
    expected = MAGIC + connection.PAGE.to_bytes(2, "big")
    return (
        len(header) == _HEADER
        and header.startswith(expected)
        and set(header[18:20]) <= {1, 2}
        and header[20:24] == bytes((0, 64, 32, 32))
    )


def _look_inside(db: sqlite3.Connection) -> str:
    if db.execute("PRAGMA user_version").fetchone()[0] > connection.LAYOUT:
        return "newer"
    if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        return "damaged"
    query = "SELECT count(*) FROM owners WHERE typeof(version) != 'integer' OR version < 1"
    return "damaged" if db.execute(query).fetchone()[0] else ""


def _mend(path: Path, schemas: tuple[Schema, ...], now_ns: int) -> dict[str, str]:
    """Makes the file that is to take the damaged one's place; what could not be read."""
    # A file is seldom damaged, and each module counts at the daemon's start.
    from thrum.daemon.state.salvage import salvage

    building, reading = _beside(path, "building"), _beside(path, "reading")
    try:
        lost = salvage(path, reading, building, schemas, now_ns)
        _rename(building, _beside(path, "mended"))
    finally:
        discard(reading)
        discard(building)
    return lost


def _install_mended(path: Path, now_ns: int) -> tuple[Path, ...]:
    aside = move_aside(path, "damaged", now_ns)
    damage_mark(path).unlink(missing_ok=True)
    _rename(_beside(path, "mended"), path)
    return aside


def _install_empty(path: Path) -> None:
    building = _beside(path, "building")
    try:
        connection.empty(building).close()
        _rename(building, path)
    finally:
        discard(building)
    damage_mark(path).unlink(missing_ok=True)


def _rename(source: Path, target: Path) -> None:
    source.rename(target)
    sync_directory(target.parent)


def _beside(path: Path, name: str) -> Path:
    return path.with_name(f"{path.name}.{name}")


def parts(path: Path) -> list[Path]:
    """The files of a database that are there: itself first, then its side files."""
    all_of_them = (path, *(path.with_name(path.name + side) for side in _SIDES))
    return [each for each in all_of_them if os.path.lexists(each)]


def discard(path: Path) -> None:
    """Deletes a database and its side files."""
    for part in parts(path):
        part.unlink()


def move_aside(path: Path, reason: str, now_ns: int) -> tuple[Path, ...]:
    """Renames the files, side files so that SQLite still finds them; empty ones are deleted."""
    there = [part for part in parts(path) if part.stat().st_size]
    for part in set(parts(path)) - set(there):
        part.unlink()
    target = free(_beside(path, f"{reason}-{stamp(now_ns)}"))
    moved = []
    for part in there:
        moved.append(target.with_name(target.name + part.name.removeprefix(path.name)))
        part.rename(moved[-1])
    if moved:
        sync_directory(path.parent)
    return tuple(moved)


def free(path: Path) -> Path:
    """The path, or one with a number where something has that name."""
    number, wanted = 1, path
    while parts(wanted):
        number += 1
        wanted = path.with_name(f"{path.name}-{number}")
    return wanted
