"""What an owner's statements may touch: its own tables. SQLite asks before it compiles each one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct

from thrum.daemon.state.schema import owner_of

NEUTRAL: Final = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
"""What names no table; the tables that a SELECT reads are asked for one by one."""

CHANGES: Final = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})

# Which argument names what is made, dropped or altered, and which the table that it is of.
_DEFINES: Final = {
    sqlite3.SQLITE_CREATE_TABLE: (0,),
    sqlite3.SQLITE_CREATE_INDEX: (1,),
    sqlite3.SQLITE_CREATE_TRIGGER: (1,),
    sqlite3.SQLITE_CREATE_VIEW: (0,),
    sqlite3.SQLITE_DROP_TABLE: (0,),
    sqlite3.SQLITE_DROP_INDEX: (0, 1),
    sqlite3.SQLITE_DROP_TRIGGER: (0, 1),
    sqlite3.SQLITE_DROP_VIEW: (0,),
    sqlite3.SQLITE_ALTER_TABLE: (1,),
    sqlite3.SQLITE_REINDEX: (),  # makes nothing that was not there
}
_HARMLESS: Final = frozenset({"json_each", "json_tree"})
_LOOKS: Final = frozenset(
    {"table_info", "table_xinfo", "index_list", "index_info", "foreign_key_list"}
)
_SETS: Final = frozenset({"defer_foreign_keys", "recursive_triggers"})


class Fence(Struct):
    """An authorizer for one owner.

    Attributes:
        owner: whose tables are open.
        others: the lower-case names of all other tables and views of the file.
        writing: its rows may be changed.
        migrating: its tables, too.
        denied: what was asked for and denied last, for whoever reads the error.
    """

    owner: str
    others: frozenset[str] = frozenset()
    writing: bool = False
    migrating: bool = False
    denied: str = ""

    def __call__(
        self, action: int, one: str | None, two: str | None, where: str | None, via: str | None
    ) -> int:
        """What SQLite asks for each table, column, pragma and so on of a statement."""
        if self._is_open(action, one or "", two or "", where):
            return sqlite3.SQLITE_OK
        self.denied = " ".join(word for word in (one, two) if word) or f"action {action}"
        return sqlite3.SQLITE_DENY

    def _is_open(self, action: int, one: str, two: str, where: str | None) -> bool:
        if action in NEUTRAL:
            return True
        if action == sqlite3.SQLITE_READ:
            return self._may_read(one, two, where)
        if action in CHANGES:
            return self.writing and (self._is_own(one) or self._is_ledger(one))
        if action == sqlite3.SQLITE_SAVEPOINT:
            return self.writing
        return self.migrating and self._may_define(action, one, two)

    def _may_read(self, table: str, column: str, where: str | None) -> bool:
        if self._is_own(table) or table in _HARMLESS or self._is_ledger(table):
            return True
        # So SQLite asks for a table of which only rows are counted, and for a WITH clause too.
        named = table.lower()
        built_in = named.startswith(("sqlite_", "pragma_"))
        return not (column or where or built_in or named in self.others)

    def _may_define(self, action: int, one: str, two: str) -> bool:
        if action == sqlite3.SQLITE_PRAGMA:
            return one in _SETS or one in _LOOKS or (one == "foreign_keys" and not two)
        names = (one, two)
        made = (sqlite3.SQLITE_CREATE_TABLE, sqlite3.SQLITE_CREATE_VIEW)
        if action in made and one.lower() not in self.others:
            return True  # a wrong name is refused afterwards, in plain words
        return action in _DEFINES and all(self._is_own(names[at]) for at in _DEFINES[action])

    def _is_own(self, name: str) -> bool:
        return owner_of(name) == self.owner

    def _is_ledger(self, name: str) -> bool:
        """Whether it is one of the tables in which SQLite itself notes what a migration makes."""
        return self.migrating and name.startswith("sqlite_")

    @contextmanager
    def around(self, db: sqlite3.Connection) -> Iterator[None]:
        """Stands around a connection; an error that it caused says what was denied."""
        db.set_authorizer(self)
        try:
            yield
        except sqlite3.DatabaseError as error:
            if self.denied:
                error.add_note(f"{self.owner} may not touch: {self.denied}")
            raise
        finally:
            db.set_authorizer(None)


def others_than(owner: str, db: sqlite3.Connection) -> frozenset[str]:
    """The lower-case names of all tables and views that are not an owner's."""
    rows = db.execute("SELECT lower(name) FROM sqlite_master WHERE type IN ('table', 'view')")
    return frozenset(name for (name,) in rows if owner_of(name) != owner)
