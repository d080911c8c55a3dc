"""Events that do not count here (see `projection.gate`), and what becomes of them in time.

They stay in the event table, each with the reason. One that counts by and by gets a number of its
own, so that it is told as new to everybody; one that counts no more is taken out of what was made
of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from thrum import events
from thrum.daemon.projection.apply import apply, copies, tombstones
from thrum.daemon.projection.facts import Event, of_row
from thrum.daemon.projection.gate import ALWAYS, Gate
from thrum.daemon.projection.sorting import PHASES
from thrum.daemon.projection.tables import Tables

AT_ONCE = 1000
"""Events that are in memory at once while all are looked at."""


class _Stored(NamedTuple):
    event: Event
    text: str
    why: str


def verdict(gate: Gate | None, event: Event, line: bytes) -> str:
    """Why the event does not count; empty if it does."""
    if gate is None or isinstance(event, ALWAYS):
        return ""
    return gate.refuses(event, line)


def heed(tables: Tables) -> list[Event]:
    """After events about keys were applied: has everything count as they say; what counts now."""
    if tables.gate is None:
        return []
    daemons = tables.gate.learn(tables.db)
    return _sift(tables, daemons) if daemons else []


def turn(tables: Tables, gate: Gate | None, daemons: Collection[str] | None = None) -> list[Event]:
    """Has another gate judge from now on; what counts now and did not before.

    Args:
        gate: the new one; None: everything counts.
        daemons: whose events it may judge otherwise than the one before; None: anybody's.
    """
    tables.gate = gate
    if gate is not None:
        gate.begin(tables.db)
    found = _sift(tables, daemons)
    if daemons is None:
        _ask_for_rows(tables.db)
    keep_rule(tables.db, gate)
    return found


def keep_rule(db: sqlite3.Connection, gate: Gate | None) -> None:
    """Notes by which rule the tables were made."""
    db.execute("DELETE FROM gate")
    if gate is not None:
        db.execute("INSERT INTO gate VALUES (1, ?)", (gate.rule,))


def rule(db: sqlite3.Connection) -> str:
    """By which rule the tables were made; empty: everything counted."""
    row = db.execute("SELECT rule FROM gate").fetchone()
    return str(row[0]) if row else ""


def _sift(tables: Tables, daemons: Collection[str] | None) -> list[Event]:
    """Judges again what is here; of some daemons only by their keys, else bytes and all."""
    for each in _standing(tables, daemons):
        _withhold(tables, each)
    counting = _now_counting(tables, daemons)
    return [each.event for each in _stored(tables.db, counting) if _release(tables, each)]


def _standing(tables: Tables, daemons: Collection[str] | None) -> Iterator[_Stored]:
    """What counted and does no more, each with the reason; it may be withheld meanwhile."""
    gate = tables.gate
    if gate is None:
        return
    for each in _read(tables.db, "withheld IS NULL", daemons):
        if isinstance(each.event, ALWAYS):
            continue
        if daemons is None:
            why = gate.refuses(each.event, each.text.encode())
        else:
            why = gate.lets_stand(each.event)
        if why:
            yield each._replace(why=why)


def _now_counting(tables: Tables, daemons: Collection[str] | None) -> list[str]:
    """The ids of what is withheld and counts now, in the order in which it is best applied.

    Somebody who can push may have had much withheld, so it is in memory a thousand at once.
    """
    found: list[tuple[int, str, str]] = []
    for each in _read(tables.db, "withheld IS NOT NULL", daemons):
        event, why = each.event, verdict(tables.gate, each.event, each.text.encode())
        if not why:
            found.append((_phase(event), event.timestamp, event.event_id))
        elif why != each.why:
            _note(tables, event.event_id, why)
    return [event_id for _, _, event_id in sorted(found)]


def _stored(db: sqlite3.Connection, event_ids: Sequence[str]) -> Iterator[_Stored]:
    """The events of those ids, in that order."""
    sql = (
        "SELECT event_json, timestamp, event_id, withheld FROM json_each(?)"
        " JOIN events ON event_id = value ORDER BY key"
    )
    for start in range(0, len(event_ids), AT_ONCE):
        chunk = json.dumps(event_ids[start : start + AT_ONCE])
        for text, timestamp, event_id, why in db.execute(sql, (chunk,)).fetchall():
            yield _Stored(of_row(text, timestamp, event_id), text, why or "")


def _phase(event: Event) -> int:
    return PHASES.get(type(event), 0)


def _note(tables: Tables, event_id: str, why: str) -> None:
    tables.db.execute("UPDATE events SET withheld = ? WHERE event_id = ?", (why, event_id))


def _withhold(tables: Tables, stored: _Stored) -> None:
    """Has an event count no more, as if it had never come."""
    event_id = stored.event.event_id
    tables.changed = True
    _note(tables, event_id, stored.why)
    tables.db.execute("DELETE FROM parked_events WHERE event_id = ?", (event_id,))
    if isinstance(stored.event, events.AgentUpdate):
        tombstones.settle_contexts(tables, stored.event.agent_id)
    else:
        copies.settle(tables, stored.event, event_id)


def _release(tables: Tables, stored: _Stored) -> bool:
    """Has an event count that did not; whether it does, which a tombstone may keep it from."""
    tables.changed = True
    tables.db.execute("DELETE FROM events WHERE event_id = ?", (stored.event.event_id,))
    tables.events_went()
    return apply(tables, stored.event, stored.text)


def _read(
    db: sqlite3.Connection, condition: str, daemons: Collection[str] | None
) -> Iterator[_Stored]:
    """The events of those daemons for which an SQL condition holds."""
    number = 0
    sql = (
        f"SELECT sequence, event_json, timestamp, event_id, withheld FROM events WHERE {condition}"
    )
    values: tuple[str, ...] = ()
    if daemons is not None:
        sql += " AND origin_daemon IN (SELECT value FROM json_each(?))"
        values = (json.dumps(sorted(daemons)),)
    while rows := db.execute(
        f"{sql} AND sequence > ? ORDER BY sequence LIMIT {AT_ONCE}", (*values, number)
    ).fetchall():
        number = rows[-1][0]
        for _, text, timestamp, event_id, why in rows:
            yield _Stored(of_row(text, timestamp, event_id), text, why or "")


def _ask_for_rows(db: sqlite3.Connection) -> None:
    """Has the log read again where rows of another Thrum's snapshots were left out."""
    left_out = db.execute("DELETE FROM bad_events WHERE reason LIKE ?", (f"{NOT_SIGNED}%",))
    if left_out.rowcount:
        db.execute("DELETE FROM log_cursor")


NOT_SIGNED = "no signature"
"""How the reason begins for which rows are left out, which never have one."""
