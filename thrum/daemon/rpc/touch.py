"""Noting that an agent was seen, at most twice a minute. Local: never an event."""

from __future__ import annotations

from typing import Final

from thrum.clock import before
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.store import Transaction

EVERY_NS: Final = 30_000_000_000


def seen(transaction: Transaction, agent_id: str) -> None:
    """Notes the agent and its open sessions as seen now, unless they were a moment ago."""
    now = transaction.now
    stale = before(now, EVERY_NS)
    known = transaction.people(agent_queries.seen_at, (agent_id,))
    if known.get(agent_id, now) >= stale:
        return
    transaction.db.execute("UPDATE agents SET last_seen_at = ? WHERE agent_id = ?", (now, agent_id))
    transaction.db.execute(
        "UPDATE sessions SET last_seen_at = ? WHERE agent_id = ? AND ended_at IS NULL",
        (now, agent_id),
    )
