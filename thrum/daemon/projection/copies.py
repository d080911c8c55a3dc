"""Copies of ``messages.db`` as it was before an upgrade: made, bounded, found again.

A copy is whole or not there. Where the database is made anew beside the old one, whose place it
then takes, the copy is the old file under another name: that costs no room and cannot fail for
lack of it. Only a file system without such links has it copied.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from thrum import atomic, platform
from thrum.clock import stamp
from thrum.daemon.projection import checkpoints
from thrum.daemon.projection.rebuild import parts
from thrum.paths import PRIVATE_FILE

KEPT: Final = 3
"""How many are kept; older ones go with the next upgrade."""

_OURS: Final = re.compile(r"messages\.db\.pre-migration-v(\d+)-(\d{8}T\d{6}Z)\.bak")
_OLDER: Final = re.compile(r"thrum\.db\.pre-migration-v(\d+)-bak")
"""The name that another Thrum gave the one copy which it made."""


class Copy(NamedTuple):
    """A copy: the schema that it has, and when it was made; empty for another Thrum's."""

    path: Path
    version: int
    made_at: str


def found(folder: Path) -> list[Copy]:
    """The copies that lie in a folder, the newest first."""
    return sorted(_looked_for(folder), key=lambda each: (each.made_at, each.path), reverse=True)


def _looked_for(folder: Path) -> Iterator[Copy]:
    for path in filter(Path.is_file, folder.glob("*.db.pre-migration-*")):
        if match := _OURS.fullmatch(path.name):
            yield Copy(path, int(match[1]), match[2])
        elif match := _OLDER.fullmatch(path.name):
            yield Copy(path, int(match[1]), "")


def keep(database: Path, version: int, now_ns: int, *, linked: bool) -> list[Path]:
    """Keeps the database as it is, with its side files; nothing if a copy says the same already.

    Nobody writes to it meanwhile. Nothing that lies there is overwritten.

    Args:
        version: the schema that it has.
        linked: nobody will ever write to this file again, so its copy may be the same file.

    Returns:
        The copies: ``<file>.pre-migration-v<version>-<moment>.bak``.

    Raises:
        OSError, sqlite3.Error: there is no room or no right; nothing may be changed then.
    """
    scratch_of(database).unlink(missing_ok=True)
    _settle(database)
    files = parts(database)
    before = (each.path for each in found(database.parent) if each.version == version)
    if files == [database] and any(_are_same(each, database) for each in before):
        return []
    made = []
    ending = _free_ending(database, version, now_ns)
    for path in reversed(files):  # the database itself last: a copy of it has all that it needs
        made.append(path.with_name(path.name + ending))
        _copy(path, made[-1], scratch_of(database), linked=linked and path == database)
    atomic.sync_directory(database.parent)
    return made[::-1]


def scratch_of(database: Path) -> Path:
    """Where a copy is while it is not whole."""
    return database.with_name(f"{database.name}.copying")


def _settle(database: Path) -> None:
    """Has the file hold what its write-ahead log holds; somebody who reads may prevent that."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("PRAGMA busy_timeout = 2000")
        checkpoints.settle(db, patience_s=0)


def _are_same(one: Path, other: Path) -> bool:
    return one.samefile(other) or filecmp.cmp(one, other, shallow=False)


def _free_ending(database: Path, version: int, now_ns: int) -> str:
    while True:
        ending = f".pre-migration-v{version}-{stamp(now_ns)}.bak"
        if not os.path.lexists(database.with_name(database.name + ending)):
            return ending
        now_ns += 1_000_000_000


def _copy(path: Path, target: Path, scratch: Path, *, linked: bool) -> None:
    if linked and _is_linked(path, target):
        return
    shutil.copyfile(path, scratch)
    scratch.chmod(PRIVATE_FILE)
    with scratch.open("rb") as file:
        platform.sync(file.fileno())
    scratch.rename(target)


def _is_linked(path: Path, target: Path) -> bool:
    """Gives the file a second name; False where the file system knows no such thing."""
    path.chmod(PRIVATE_FILE)
    try:
        os.link(path, target)
    except FileExistsError:
        raise
    except OSError:
        return False
    return True


def forget_old(database: Path) -> None:
    """Deletes our copies but for the newest ones; another Thrum's are not ours to delete."""
    for each in [copy for copy in found(database.parent) if copy.made_at][KEPT:]:
        ending = each.path.name.removeprefix(database.name)
        for side in ("-wal", "-shm", ""):
            database.with_name(f"{database.name}{side}{ending}").unlink(missing_ok=True)
