"""Messages that were found, as an answer shows them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from thrum.daemon.projection.queries.rows import COLUMNS, Row, add_audiences, add_pairs, as_row
from thrum.daemon.projection.search.find import Hit
from thrum.daemon.projection.search.query import Kind, Phrase
from thrum.daemon.projection.search.snippet import Piece, snippet

_UNREAD: Final = (
    "EXISTS (SELECT 1 FROM message_deliveries d WHERE d.message_id = m.message_id"
    " AND d.recipient_agent_id = ? AND d.inbox = 1 AND d.read_at IS NULL)"
)


class SearchResult(msgspec.Struct, omit_defaults=True):
    """What was found, and the piece of it that shows why.

    `id` is a message's; of a context or a snapshot it is the agent's, whose it is. `to` names whom
    a message is for. `unread`: it lies unread with the caller. `signature` is told where it is
    wrong.
    """

    kind: Kind
    id: str
    agent_id: str
    created_at: str
    snippet: list[Piece]
    thread_id: str = ""
    to: list[str] | None = None
    unread: bool = False
    signature: str = ""


def messages(
    db: sqlite3.Connection, hits: Sequence[Hit], phrases: Sequence[Phrase], reader: str
) -> dict[int, tuple[SearchResult, Row]]:
    """The messages that were hit by their rows, each with what it is made of."""
    asked = db.execute(
        f"SELECT {COLUMNS}, {_UNREAD}, m.row FROM json_each(?) w CROSS JOIN messages m"
        " ON m.row = w.value",
        (reader, json.dumps([hit.row for hit in hits if hit.text < 0])),
    ).fetchall()
    rows = [as_row(values, not values[-2]) for values in asked]
    add_pairs(db, rows)
    add_audiences(db, rows)
    return {
        values[-1]: (_result(row, phrases), row) for values, row in zip(asked, rows, strict=True)
    }


def _result(row: Row, phrases: Sequence[Phrase]) -> SearchResult:
    return SearchResult(
        kind="message",
        id=row.message_id,
        agent_id=row.agent_id,
        created_at=row.created_at,
        snippet=snippet(row.body.content, phrases),
        thread_id=row.thread_id,
        to=[each.value for each in row.audiences or ()] or None,
        unread=not row.is_read,
    )
