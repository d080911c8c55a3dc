"""Messages as lists show them, and what every list of them is asked with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from thrum import held
from thrum.events import Body, Pair


class Recipient(msgspec.Struct, omit_defaults=True):
    """Whom a message reached, and how far it came there.

    `state` is stored, offered (it was put before the agent's model, at `seen_at`) or read, and
    `offered_by` says by what: hook, mcp or pane. What is stored with somebody of this clone may be
    `held` there since `held_since`: it waits for the next step of a turn (turn), the person of an
    idle session that nothing wakes (person), a line that is typed into its pane (line), leave that
    the agent asked for (leave), a session (asleep), until the agent looks for itself (looks), or
    for the guard against loops (loop). Of somebody behind a peer it is what that peer says, or that
    it does not answer (peer) or that its scope lets nothing across (closed). Where the peer did not
    take it, it is for an agent that is not there (unknown), too long (large) or else (refused).
    """

    agent_id: str
    delivered_at: str = ""
    seen_at: str = ""
    read_at: str = ""
    state: str = ""
    offered_by: str = ""
    held: str = ""
    held_since: str = ""


class Row(msgspec.Struct, omit_defaults=True):
    """A message in a list; `mentions` are those of the refs.

    `signature` is verified, unsigned, or wrong and why; see docs/security.md.
    """

    message_id: str
    agent_id: str
    body: Body
    created_at: str
    deleted: bool
    is_read: bool
    thread_id: str = ""
    reply_to: str = ""
    updated_at: str = ""
    deleted_at: str = ""
    session_id: str = ""
    authored_by: str = ""
    disclosed: bool = False
    scopes: list[Pair] | None = None
    refs: list[Pair] | None = None
    mentions: list[str] | None = None
    audiences: list[Pair] | None = None
    recipients: list[Recipient] | None = None
    read_count: int = 0
    signature: str = ""
    signature_why: str = ""


class Page(msgspec.Struct, omit_defaults=True):
    """A page of messages, how many there are in all, and on how many pages."""

    messages: list[Row]
    total: int
    page: int
    page_size: int
    total_pages: int


def pages(total: int, page_size: int) -> int:
    """Pages needed for all; 0 when there is nothing."""
    return -(-total // page_size)


COLUMNS: Final = (
    "m.message_id, m.agent_id, m.body_content, m.body_format, m.body_structured, m.created_at,"
    " m.deleted, m.thread_id, m.reply_to, m.updated_at, m.session_id, m.authored_by, m.disclosed,"
    " m.deleted_at"
)
"""What a row is made of, of the table ``messages m``."""


LARGEST: Final = 2_097_152
"""Bytes of texts in one answer; it has one message at least, however long that is."""


class Room:
    """What room for texts there is in an answer: rows are taken until one does not fit."""

    def __init__(self) -> None:
        self.is_full = False
        self._left = LARGEST
        self._is_empty = True

    def takes(self, row: Row) -> bool:
        """Whether the row goes in; the first one does."""
        body = row.body
        self._left -= len(body.content.encode()) + len(body.structured.encode())
        self.is_full = self._left < 0 and not self._is_empty
        self._is_empty = False
        return not self.is_full


def as_row(values: tuple[Any, ...], is_read: bool) -> Row:
    """The row of a message of which `COLUMNS` were asked for."""
    return Row(
        message_id=values[0],
        agent_id=values[1],
        body=Body(values[2], values[3], values[4] or ""),
        created_at=values[5],
        deleted=bool(values[6]),
        is_read=is_read,
        thread_id=values[7] or "",
        reply_to=values[8] or "",
        updated_at=values[9] or "",
        session_id=values[10],
        authored_by=values[11] or "",
        disclosed=bool(values[12]),
        deleted_at=values[13] or "",
    )


READ: Final = (
    "EXISTS (SELECT 1 FROM message_deliveries r WHERE r.message_id = m.message_id"
    " AND r.recipient_agent_id = ? AND r.read_at IS NOT NULL)"
)
"""Whether an agent has read the message; the agent is its one value."""


class Where:
    """Conditions that AND together, with their values."""

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.values: list[Any] = []

    def add(self, condition: str, *values: Any) -> None:
        """One more condition, with the values of its marks."""
        self.conditions.append(condition)
        self.values += values

    def sql(self) -> str:
        """The clause; empty without conditions."""
        return f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""


def add_pairs(db: sqlite3.Connection, rows: list[Row]) -> None:
    """Fills scopes and refs of the rows, and of these the mentions."""
    by_id = {row.message_id: row for row in rows}
    for message_id, kind, value in _of_messages(db, "ref", by_id):
        row = by_id[message_id]
        row.refs = [*(row.refs or ()), Pair(kind, value)]
        if kind == "mention":
            row.mentions = [*(row.mentions or ()), value]
    for message_id, kind, value in _of_messages(db, "scope", by_id):
        row = by_id[message_id]
        row.scopes = [*(row.scopes or ()), Pair(kind, value)]


def _of_messages(
    db: sqlite3.Connection, kind: str, message_ids: Iterable[str]
) -> list[tuple[str, str, str]]:
    ids = list(message_ids)
    marks = ", ".join("?" * len(ids))
    return db.execute(
        f"SELECT message_id, {kind}_type, {kind}_value FROM message_{kind}s"
        f" WHERE message_id IN ({marks})",
        ids,
    ).fetchall()


def recipients(db: sqlite3.Connection, message_id: str, author: str) -> list[Recipient]:
    """Whom the message reached, by id; the author's own copy is no part of it."""
    rows = db.execute(
        "SELECT recipient_agent_id, delivered_at, coalesce(seen_at, ''), coalesce(read_at, '')"
        " FROM message_deliveries WHERE message_id = ? AND recipient_agent_id != ? ORDER BY 1",
        (message_id, author),
    ).fetchall()
    ways = offers(db, [message_id]) if any(seen_at for _, _, seen_at, _ in rows) else {}
    return [recipient(*(*row, ways.get((message_id, row[0]), ""))) for row in rows]


def recipient(
    agent_id: str, delivered_at: str, seen_at: str, read_at: str, way: str = ""
) -> Recipient:
    """One whom a message reached, with how far it came there; way: by what it was put before it."""
    state = _state(seen_at, read_at)
    return Recipient(agent_id, delivered_at, seen_at, read_at, state=state, offered_by=way)


def _state(seen_at: str, read_at: str) -> str:
    return held.READ if read_at else held.OFFERED if seen_at else held.STORED


def offers(db: sqlite3.Connection, message_ids: Iterable[str]) -> dict[tuple[str, str], str]:
    """By what messages were first put before whom, as far as receipts say. One statement."""
    rows = db.execute(
        "SELECT subject, json_extract(event_json, '$.agent_id'),"
        " json_extract(event_json, '$.way') FROM events"
        " WHERE subject IN (SELECT value FROM json_each(?)) AND type = 'message.receipt'"
        " AND json_extract(event_json, '$.way') != ''"
        " ORDER BY timestamp DESC, event_id DESC",
        (json.dumps(list(message_ids)),),
    )
    return {(each, agent_id): way for each, agent_id, way in rows if len(way) <= held.LONGEST_WAY}


def add_audiences(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Fills in to whom the rows, which have their refs and scopes, were addressed."""
    found = list(rows)
    named = {ref.value for row in found for ref in row.refs or () if ref.type == "mention"}
    known = _registered(db, named)
    for row in found:
        row.audiences = _audiences(row, known)


def _registered(db: sqlite3.Connection, names: Iterable[str]) -> set[str]:
    wanted = list(names)
    marks = ", ".join("?" * len(wanted))
    rows = db.execute(f"SELECT agent_id FROM agents WHERE agent_id IN ({marks})", wanted)
    return {agent_id for (agent_id,) in rows}


def _audiences(row: Row, known: set[str]) -> list[Pair]:
    """As far as refs and scopes tell; a mention of no agent's id names a role."""
    found: dict[Pair, None] = {}
    for ref in row.refs or ():
        if ref.type == "mention":
            found[Pair("agent" if ref.value in known else "mention", ref.value)] = None
    for pair in (*(row.refs or ()), *(row.scopes or ())):
        if pair.type == "group":
            found[pair] = None
    return list(found) or [Pair("broadcast", "everyone")]
