"""Completing shortened ids: any id may be given as an ending that fits only one thing."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from thrum.daemon.projection.queries import near_ids
from thrum.daemon.projection.queries.near_ids import PLACES, SHORTEST
from thrum.errors import ThrumError
from thrum.ids import is_ulid_id

_LONGEST: Final = 26
_SHOWN: Final = 10


def has(db: sqlite3.Connection, prefix: str, full: str) -> bool:
    """Whether something has this very id."""
    table, column, *_ = PLACES[prefix]
    sql = f"SELECT 1 FROM {table} WHERE {column} = ? LIMIT 1"
    return db.execute(sql, (full,)).fetchone() is not None


def complete_id(db: sqlite3.Connection, prefix: str, ending: str) -> list[str]:
    """The ids with that prefix (``msg``, ``ses``, ``evt``, ``grp``, ``thr``) and ending, up to ten.

    Letter case does not count. A whole id is one that exists, so an unknown one gives none.
    """
    if has(db, prefix, ending):
        return [ending]
    table, column, *_ = PLACES[prefix]
    tail = ending.removeprefix(f"{prefix}_").upper()
    if not SHORTEST <= len(tail) <= _LONGEST or is_ulid_id(ending):
        return []
    rows = db.execute(
        f"SELECT DISTINCT {column} FROM {table}"
        f" WHERE substr({column}, -?1) = ?2 AND {column} LIKE ?3 || '\\_%' ESCAPE '\\'"
        f" LIMIT {_SHOWN}",
        (len(tail), tail, prefix),
    )
    return [full for (full,) in rows]


def whole_ids(db: sqlite3.Connection, prefix: str, endings: Sequence[str]) -> dict[str, list[str]]:
    """For each ending that is no whole ULID, the ids that it fits; ones that fit none are left out.

    All endings of one length are looked for in one pass over the table, so many cost little more
    than one. An id that is there as it was given, however it looks, fits itself alone.
    """
    table, column, *_ = PLACES[prefix]
    found = _as_given(db, table, column, endings)
    tails: dict[int, dict[str, list[str]]] = {}
    for ending in dict.fromkeys(endings):
        tail = ending.removeprefix(f"{prefix}_").upper()
        if SHORTEST <= len(tail) <= _LONGEST and not is_ulid_id(ending) and ending not in found:
            tails.setdefault(len(tail), {}).setdefault(tail, []).append(ending)
    for length, wanted in tails.items():
        marks = ", ".join("?" * len(wanted))
        for full, tail in db.execute(
            f"SELECT DISTINCT {column}, substr({column}, -?) AS tail FROM {table}"
            f" WHERE tail IN ({marks}) AND {column} LIKE ? || '\\_%' ESCAPE '\\'",
            (length, *wanted, prefix),
        ):
            for ending in wanted[tail]:
                found.setdefault(ending, []).append(full)
    return found


def _as_given(
    db: sqlite3.Connection, table: str, column: str, ids: Sequence[str]
) -> dict[str, list[str]]:
    marks = ", ".join("?" * len(ids))
    rows = db.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IN ({marks})", ids)
    return {full: [full] for (full,) in rows}


def one_id(db: sqlite3.Connection, prefix: str, ending: str, what: str) -> str:
    """The only id with that ending.

    Args:
        what: what is looked for, in words, for the refusal.

    Raises:
        ThrumError: ``not_found``, with what is near; ``ambiguous_id``, with the ids that fit.
    """
    found = complete_id(db, prefix, ending)
    if len(found) == 1:
        return found[0]
    if not found:
        hint = near_ids.hint(db, prefix, ending)
        raise ThrumError("not_found", f"there is no {what} {ending}", hint)
    raise ThrumError(
        "ambiguous_id",
        f"{ending} fits {len(found)} or more: {', '.join(found)}",
        "give more characters of the id",
    )
