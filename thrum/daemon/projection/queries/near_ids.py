"""What may be meant by an id that nothing here has: one that was cut, mistyped or is another's."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from thrum import suggest


class Place(NamedTuple):
    """Where ids of a kind stand, what has them, and what shows them."""

    table: str
    column: str
    noun: str
    shown_by: str


PLACES: Final = {
    "msg": Place("messages", "message_id", "message", "`thrum inbox` and `thrum sent` show ids"),
    "ses": Place("sessions", "session_id", "session", "`thrum session list` shows ids"),
    "evt": Place("events", "event_id", "event", "`thrum log` shows ids"),
    "grp": Place("groups", "group_id", "group", "`thrum group list` shows groups by their names"),
    "thr": Place("messages", "thread_id", "thread", "`thrum thread` takes any message of it"),
}
SHORTEST: Final = 4
"""Characters of an ending that is looked for."""
_RECENT: Final = 1000
_COMPARED: Final = 10
_TOLERANT_FROM: Final = 6
_NAMED: Final = 3


def hint(db: sqlite3.Connection, prefix: str, written: str) -> str:
    """What to do about an id that is neither whole nor the ending of one; never empty.

    Args:
        db: has the ids.
        prefix: of the kind that is looked for: ``msg``, ``ses``, ``evt``, ``grp``, ``thr``.
        written: the id as it was written.
    """
    place = PLACES[prefix]
    kind, _, tail = written.rpartition("_")
    if kind != prefix and kind in PLACES:
        return f"{kind}_ begins the id of a {PLACES[kind].noun}; {place.shown_by}"
    said = _meant(db, prefix, tail.upper())
    return f"{said}; {place.shown_by}" if said else place.shown_by


def _meant(db: sqlite3.Connection, prefix: str, tail: str) -> str:
    """Those that end or begin so, else those that are nearly so; empty if none is."""
    if len(tail) < SHORTEST:
        ending = _named(_ending(db, prefix, tail), "ends so") if tail else ""
        return ending or f"at least {SHORTEST} characters of the end of an id are needed"
    beginning = _beginning(db, prefix, tail)
    if beginning:
        some = _named(beginning, "begins so") or "more than one id begins so"
        return f"an id is shortened to its end: {some}"
    return suggest.question(_near(db, prefix, tail))


def _named(found: list[str], what: str) -> str:
    if len(found) > _NAMED:
        return ""
    return " and ".join(f"{each} {what}" for each in found)


def _ending(db: sqlite3.Connection, prefix: str, tail: str) -> list[str]:
    _, column, *_ = PLACES[prefix]
    return _ids(db, prefix, f"substr({column}, -?) = ?", (len(tail), tail), _NAMED + 1)


def _beginning(db: sqlite3.Connection, prefix: str, tail: str) -> list[str]:
    _, column, *_ = PLACES[prefix]
    first = f"{prefix}_{tail}"
    # No character of an id comes after the tilde.
    return _ids(db, prefix, f"{column} BETWEEN ? AND ?", (first, f"{first}~"), _NAMED + 1)


def _near(db: sqlite3.Connection, prefix: str, tail: str) -> list[str]:
    """Of the newest, those whose ending is nearly this; random endings are no more alike."""
    _, column, *_ = PLACES[prefix]
    word = tail[-_COMPARED:].lower()
    recent = _ids(db, prefix, f"{column} IS NOT NULL", (), _RECENT)
    # One that lacks a character is compared with the longer ending that it comes from.
    lengths = (len(word), len(word) + 1)
    endings = {each[-length:].lower(): each for each in recent for length in lengths}
    most = 2 if len(word) >= _TOLERANT_FROM else 1
    found = (endings[each] for each in suggest.close(word, endings, most))
    return list(dict.fromkeys(found))


def _ids(
    db: sqlite3.Connection, prefix: str, where: str, values: tuple[object, ...], most: int
) -> list[str]:
    """The newest ids for which that holds."""
    table, column, *_ = PLACES[prefix]
    rows = db.execute(
        f"SELECT DISTINCT {column} FROM {table} WHERE {where} ORDER BY {column} DESC LIMIT {most}",
        values,
    )
    return [full for (full,) in rows]
