"""What an owner declares: its name, and the steps that lead to its tables.

Step number one leads from nothing to version one. A step that was released is never changed:
another one follows it.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec import Struct

logger = logging.getLogger(__name__)

Migration = str | Callable[[sqlite3.Connection], object]
"""An SQL script, or a function of a connection within a transaction. It fails by raising."""

_OWNER: Final = re.compile(r"[a-z][a-z0-9]*")


class Thing(NamedTuple):
    """A table, an index, a trigger or a view: a row of ``sqlite_master``."""

    kind: str
    name: str
    sql: str


class Schema(Struct, frozen=True):
    """An owner and its migrations; its version is their number.

    Everything that they make is named ``<owner>_…``. The owner's name has no underscore, so no
    owner's prefix begins with another's. Virtual and temporary tables are not for this file.

    Raises:
        ValueError: the name is none.
    """

    owner: str
    migrations: tuple[Migration, ...]

    def __post_init__(self) -> None:
        if not _OWNER.fullmatch(self.owner) or self.owner == "sqlite":
            raise ValueError(f"no name of an owner: {self.owner!r}")

    @property
    def version(self) -> int:
        """The version that this program knows."""
        return len(self.migrations)


@lru_cache(maxsize=1024)
def owner_of(name: str) -> str:
    """Whose a table or an index is by its name; empty for one that is nobody's.

    SQLite has every statement's names asked about, and there are few; what is no name of a table
    here, as a strange statement may have it, pushes out no more than as many others.
    """
    owner, underscore, _ = name.lower().partition("_")
    return owner if underscore and owner != "sqlite" else ""


def things(db: sqlite3.Connection) -> dict[str, Thing]:
    """Everything in the file that somebody made, by name; not what SQLite makes by itself."""
    query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
    return {
        name: Thing(kind, name, sql)
        for kind, name, sql in db.execute(query)
        if not name.startswith("sqlite_")
    }


def apply(db: sqlite3.Connection, migration: Migration) -> None:
    """Carries out a step within the transaction that is open.

    Raises:
        Exception: whatever the step raises.
    """
    if callable(migration):
        migration(db)
        return
    # Not `executescript`, which commits what is open.
    for statement in statements(migration):
        db.execute(statement)


def statements(script: str) -> Iterator[str]:
    """The statements of a script, triggers whole."""
    so_far = ""
    for piece in re.split(r"(?<=;)", script):
        so_far += piece
        if sqlite3.complete_statement(so_far):
            yield so_far
            so_far = ""
    if so_far.strip():
        yield so_far


def as_of(schema: Schema, version: int) -> dict[str, Thing] | None:
    """What the migrations up to a version make of nothing; ``None`` where they need more."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute("BEGIN")
        try:
            for migration in schema.migrations[:version]:
                apply(db, migration)
        except Exception as error:  # noqa: BLE001 — a step may need rows, and raises as it likes
            logger.debug("%s %d is not made of nothing: %s", schema.owner, version, error)
            return None
        return things(db)
