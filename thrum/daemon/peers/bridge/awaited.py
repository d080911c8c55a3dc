"""What mail that crossed waits for at the other side, as it says when it is asked."""

from __future__ import annotations

import sqlite3
from typing import Final

import msgspec

from thrum.daemon.peers.bridge.letters import span
from thrum.daemon.peers.bridge.message_map import Remote
from thrum.daemon.peers.peer import Peer
from thrum.held import LONGEST_WAY

MOST: Final = 100
"""Messages that are asked about at once: the newest that nobody saw."""
_LONGEST_TIME: Final = 40


class Awaited(msgspec.Struct):
    """A message that was sent to somebody of a peer, who did not see it yet."""

    origin: str
    message_id: str

    @property
    def remote(self) -> Remote:
        """As the other side looks for it."""
        return Remote(self.origin, self.message_id)


class Waiting(msgspec.Struct, omit_defaults=True):
    """What a message waits for with an agent of the peer, a token as recipients have it, and since
    when."""

    message_id: str
    agent: str
    held: str
    held_since: str = ""


Standings = dict[tuple[str, str], Waiting]
"""By message and agent, as they are called here."""


def awaited(db: sqlite3.Connection, peer: Peer) -> list[Awaited]:
    """What was sent to somebody of the peer and was not seen, the newest first."""
    rows = db.execute(
        "SELECT DISTINCT m.origin_daemon, m.message_id, m.created_at FROM message_deliveries d"
        " JOIN messages m USING (message_id)"
        " WHERE d.recipient_agent_id > ? AND d.recipient_agent_id < ?"
        " AND d.inbox = 1 AND d.read_at IS NULL AND d.seen_at IS NULL"
        " ORDER BY m.created_at DESC LIMIT ?",
        (*span(peer), MOST),
    )
    return [Awaited(origin, message_id) for origin, message_id, _ in rows]


def standings(peer: Peer, asked: list[Awaited], told: list[Waiting]) -> Standings:
    """What a peer says of messages that it was asked about, and of no others."""
    known = {each.message_id for each in asked}
    return {
        (each.message_id, peer.proxy(each.agent)): each
        for each in told
        if each.message_id in known
        and len(each.held) <= LONGEST_WAY
        and each.held.isprintable()
        and len(each.held_since) <= _LONGEST_TIME
        and each.held_since.isprintable()
    }
