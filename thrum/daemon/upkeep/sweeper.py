"""Notices by its process whether an agent lives, so that nobody has to say so.

A process is meant by PID and start time: a number that went to another process is not the agent.
Only agents of this clone are looked at; what others' processes do is for their daemons to say.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from thrum import events
from thrum.daemon import ending
from thrum.daemon.callers.identities import Identities
from thrum.daemon.notices import Moved
from thrum.daemon.projection.queries import sessions as queries
from thrum.daemon.projection.queries.sessions import Running
from thrum.daemon.store import Store
from thrum.daemon.transaction import Transaction
from thrum.daemon.upkeep import reconcile
from thrum.identity import process
from thrum.identity.owner import Look

logger = logging.getLogger("thrum.upkeep")

DEAD: Final = "dead_pid"
BEREFT: Final = "superseded"
"""Why the session of an agent ends that was deleted, in another clone perhaps."""


class Pass(Struct, frozen=True):
    """What a pass found."""

    alive: list[Running]
    dead: list[Running]
    bereft: list[str]


class Sweeper(Struct):
    """Ends the sessions of agents whose process has ended.

    Args:
        store: where sessions are.
        identities: the files that say that a new process took over.
        daemon_id: ours; sessions that others began are theirs.
        look: one process of the system.
    """

    store: Store
    identities: Identities
    daemon_id: str
    look: Look = process.look

    async def sweep(self) -> int:
        """One pass; how many sessions it ended. It asks the system once per agent."""
        found = await self.store.ask(self._find)
        ended = await self.store.transact(end_bereft) if found.bereft else 0
        if found.dead:
            claims = await self.store.ask(
                lambda db: reconcile.claims(db, self.identities.all(), self.daemon_id)
            )
            ended += await self.store.transact(lambda t: settle(t, found.dead, claims))
        return ended

    async def note_seen(self) -> int:
        """Notes those who live as seen now; how many."""
        found = await self.store.ask(self._find)
        if found.alive:
            await self.store.transact(lambda t: note_seen(t, found.alive))
        return len(found.alive)

    def _find(self, db: sqlite3.Connection) -> Pass:
        running = queries.running(db, self.daemon_id)
        alive = [each for each in running if is_alive(each, self.look)]
        living = {each.session_id for each in alive}
        dead = [each for each in running if each.session_id not in living]
        return Pass(alive, dead, queries.bereft(db, self.daemon_id))


def is_alive(running: Running, look: Look = process.look) -> bool:
    """Whether the very process runs; whether one of that number does where no more is known."""
    found = look(running.pid)
    return found is not None and running.started in {"", found.started}


def end_bereft(transaction: Transaction) -> int:
    """Ends sessions of agents that were deleted meanwhile; how many.

    What they worked on is not told: it was the agent's, and that is forgotten.
    """
    found = queries.bereft(transaction.db, transaction.origin.daemon)
    for session_id in found:
        transaction.emit(events.SessionEnd(session_id=session_id, reason=BEREFT))
    return len(found)


def settle(
    transaction: Transaction, dead: Sequence[Running], claims: Sequence[reconcile.Claim]
) -> int:
    """Ends sessions whose process is gone, unless another one has taken over; how many.

    Args:
        transaction: where to.
        dead: sessions with the process that is gone.
        claims: what identity files say now.
    """
    heirs = {claim.agent_id: claim for claim in claims if claim.pid}
    ended = 0
    for each in dead:
        session = queries.session(transaction.db, each.session_id)
        if session is None or session.ended_at:
            continue
        heir = heirs.get(each.agent_id)
        # Whoever registered anew meanwhile has a process that was not looked at.
        if not _replace(transaction, each, heir) or heir is not None:
            continue
        ending.end(transaction, [session], DEAD)
        logger.info("%s is gone: process %d has ended", each.agent_id, each.pid)
        ended += 1
    return ended


def _replace(transaction: Transaction, gone: Running, heir: reconcile.Claim | None) -> bool:
    """Notes the process that took over, or none; False if the agent has another one already."""
    pid, started = (heir.pid, heir.started) if heir else (0, "")
    done = transaction.db.execute(
        "UPDATE agents SET agent_pid = ?, agent_pid_start_time = ?"
        " WHERE agent_id = ? AND agent_pid IN (?, 0) AND agent_pid_start_time IN (?, '')",
        (pid, started, gone.agent_id, gone.pid, gone.started),
    )
    if done.rowcount:
        transaction.notice(Moved(gone.agent_id))
    return bool(done.rowcount)


def note_seen(transaction: Transaction, alive: Sequence[Running]) -> None:
    """Notes agents and sessions as seen now: their processes run."""
    transaction.db.executemany(
        "UPDATE agents SET last_seen_at = ? WHERE agent_id = ?",
        [(transaction.now, each.agent_id) for each in alive],
    )
    transaction.db.executemany(
        "UPDATE sessions SET last_seen_at = ? WHERE session_id = ?",
        [(transaction.now, each.session_id) for each in alive],
    )
