"""At start: sessions that nobody ended because the daemon or the machine went away.

Only those that this daemon began; an open session of another clone is for its own daemon to judge.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Collection, Sequence
from typing import Final

import msgspec

from thrum.clock import parse
from thrum.daemon import ending
from thrum.daemon.projection.queries import sessions as queries
from thrum.daemon.transaction import Transaction
from thrum.daemon.upkeep.reconcile import Claim
from thrum.daemon.upkeep.sweeper import end_bereft, is_alive, settle
from thrum.identity import process
from thrum.identity.owner import Look, may_be

logger = logging.getLogger("thrum.upkeep")

CRASHED: Final = "crash_recovered"
UNSEEN_NS: Final = 7 * 24 * 3600 * 1_000_000_000
"""After so long without a sign of life, an agent without a process is taken to be gone."""

_LEFT = """
SELECT s.session_id, s.agent_id, coalesce(a.agent_pid, 0),
  max(s.last_seen_at, coalesce(a.last_seen_at, ''),
    coalesce((SELECT max(created_at) FROM messages m WHERE m.agent_id = s.agent_id), '')),
  (SELECT json_group_array(ref_value) FROM session_refs r
   WHERE r.session_id = s.session_id AND r.ref_type = 'worktree')
FROM sessions s LEFT JOIN agents a ON a.agent_id = s.agent_id
WHERE s.ended_at IS NULL AND s.origin_daemon IN ('', ?)
ORDER BY s.agent_id, s.started_at DESC, s.session_id DESC
"""

_NUMBERED = """
SELECT a.agent_id, a.agent_pid, max(substr(a.registration, 1, instr(a.registration, ' ') - 1),
  coalesce((SELECT max(max(s.started_at, s.last_seen_at)) FROM sessions s
    WHERE s.agent_id = a.agent_id AND s.ended_at IS NULL AND s.origin_daemon IN ('', ?1)), ''))
FROM agents a
WHERE a.agent_pid > 0 AND a.agent_pid_start_time = '' AND a.origin_daemon IN ('', ?1)
"""
"""Agents of this clone whose process is known by its number alone, and when they were last told."""


class Left(msgspec.Struct):
    """An open session as it was found.

    The agent's process is 0 where none is known; the worktrees are JSON.
    """

    session_id: str
    agent_id: str
    pid: int
    seen_at: str
    worktrees: str


def recover(
    transaction: Transaction,
    claims: Sequence[Claim],
    gone: Collection[str],
    present: Callable[[str], int],
    look: Look = process.look,
) -> int:
    """Ends what nobody goes on with; how many sessions.

    Args:
        transaction: where to.
        claims: what identity files say; such a file lies in a worktree that is there.
        gone: ids of sessions whose worktrees are gone. Whoever asks has looked before: a disk that
            does not answer would hold up the writer.
        present: the present beside which a noted moment is as old as it really is.
        look: one process of the system.

    A process that has ended is ``dead_pid``, and so is one that got the number of another after the
    agent was last heard of; an agent that was deleted ``superseded``.
    ``crash_recovered`` are all but the newest session of an agent, and sessions without a process
    whose worktrees are gone, unless the agent has moved, or that were not seen for a week.
    """
    ours = transaction.origin.daemon
    _recognize(transaction, ours, look)
    dead = [
        each
        for each in queries.running(transaction.db, ours)
        if not each.started or not is_alive(each, look)
    ]
    ended = end_bereft(transaction) + settle(transaction, dead, claims)
    transaction.db.execute(
        "UPDATE agents SET agent_pid = 0 WHERE agent_pid > 0 AND agent_pid_start_time = ''"
        " AND origin_daemon IN ('', ?)",
        (ours,),
    )
    living = {claim.agent_id for claim in claims if claim.pid}
    housed = {claim.agent_id for claim in claims}
    known: set[str] = set()
    for left in left_open(transaction.db, ours):
        again = left.agent_id in known
        known.add(left.agent_id)
        alive = left.pid > 0 or left.agent_id in living
        is_homeless = left.session_id in gone and left.agent_id not in housed
        if not again and (alive or not (is_homeless or _is_unseen(left, present))):
            continue
        session = queries.session(transaction.db, left.session_id)
        if session is not None:
            ending.end(transaction, [session], CRASHED)
            ended += 1
    if ended:
        logger.info("%d sessions that nobody goes on with were ended", ended)
    return ended


def _recognize(transaction: Transaction, ours: str, look: Look) -> None:
    """Notes the start times of processes that are known by their numbers alone.

    As where an older program's files were taken over, or the database was built anew: no event
    carries a start time. Where it is not noted, the number is another's.
    """
    for agent_id, pid, noted_at in transaction.db.execute(_NUMBERED, (ours,)).fetchall():
        found = look(pid)
        if found is not None and may_be(found, noted_at):
            transaction.db.execute(
                "UPDATE agents SET agent_pid_start_time = ? WHERE agent_id = ?",
                (found.started, agent_id),
            )


def left_open(db: sqlite3.Connection, ours: str) -> list[Left]:
    """The open sessions that a daemon began, of each agent the newest first."""
    return [Left(*row) for row in db.execute(_LEFT, (ours,)).fetchall()]


def _is_unseen(left: Left, present: Callable[[str], int]) -> bool:
    return present(left.seen_at) - parse(left.seen_at) > UNSEEN_NS
