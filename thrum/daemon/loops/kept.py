"""Exchanges and what waits because of them, in ``state.db``, with how far the log was heard."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

import msgspec

from thrum.daemon.loops.exchange import Exchange
from thrum.daemon.loops.ledger import Ledger
from thrum.daemon.loops.rounds import Way
from thrum.daemon.state import Schema

_WAYS: Final = """
CREATE TABLE IF NOT EXISTS loops_ways (
  listener TEXT NOT NULL,
  agents TEXT NOT NULL, -- JSON
  heard_ns INTEGER NOT NULL
);
"""

SCHEMA: Final = Schema(
    "loops",
    (
        """
CREATE TABLE loops_exchanges (
  key TEXT PRIMARY KEY,
  body TEXT NOT NULL -- JSON
) WITHOUT ROWID;
CREATE TABLE loops_waits (
  message_id TEXT NOT NULL,
  key TEXT NOT NULL,
  due_ns INTEGER NOT NULL,
  PRIMARY KEY (message_id, key)
) WITHOUT ROWID;
CREATE TABLE loops_heard (
  number INTEGER NOT NULL, -- of the last arrival that was heard
  event_id TEXT NOT NULL
);
"""
        + _WAYS,
        _WAYS,  # the first step was without it at first
    ),
)


class Heard(NamedTuple):
    """How far the log was heard: the last arrival, by its number and its event."""

    number: int
    event_id: str


_decoder: Final = msgspec.json.Decoder(Exchange)


def load(db: sqlite3.Connection) -> tuple[Ledger, Heard | None]:
    """What was kept; None if nothing was ever heard."""
    ledger = Ledger()
    for (body,) in db.execute("SELECT body FROM loops_exchanges"):
        found = _decoder.decode(body)
        ledger.exchanges[found.key] = found
    for message_id, key, due in db.execute("SELECT message_id, key, due_ns FROM loops_waits"):
        if key in ledger.exchanges:
            ledger.waits.setdefault(message_id, {})[key] = due
    for listener, agents, heard_ns in db.execute("SELECT * FROM loops_ways ORDER BY rowid"):
        ledger.rounds.lead(listener, Way(tuple(msgspec.json.decode(agents)), heard_ns))
    row = db.execute("SELECT number, event_id FROM loops_heard").fetchone()
    in_order = sorted(ledger.exchanges.items(), key=lambda each: each[1].heard_ns)
    ledger.exchanges = dict(in_order)
    return ledger, Heard(*row) if row else None


def keep(db: sqlite3.Connection, ledger: Ledger, heard: Heard) -> None:
    """Keeps all of it in place of what was kept."""
    for table in ("loops_exchanges", "loops_waits", "loops_ways", "loops_heard"):
        db.execute(f"DELETE FROM {table}")
    db.executemany(
        "INSERT INTO loops_exchanges VALUES (?, ?)",
        [(key, msgspec.json.encode(each).decode()) for key, each in ledger.exchanges.items()],
    )
    db.executemany(
        "INSERT INTO loops_waits VALUES (?, ?, ?)",
        [
            (message_id, key, due)
            for message_id, waits in ledger.waits.items()
            for key, due in waits.items()
        ],
    )
    db.executemany(
        "INSERT INTO loops_ways VALUES (?, ?, ?)",
        [
            (listener, msgspec.json.encode(way.agents).decode(), way.heard_ns)
            for listener, ways in ledger.rounds.ways.items()
            for way in ways.values()
        ],
    )
    db.execute("INSERT INTO loops_heard VALUES (?, ?)", heard)
