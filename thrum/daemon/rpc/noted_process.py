"""The process that is noted for an agent: by it the agent is seen to live, and to have ended."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from thrum.daemon.notices import Moved
from thrum.daemon.projection.queries import agents as queries
from thrum.daemon.transaction import Transaction
from thrum.identity import process
from thrum.identity.process import Process


class Ended(NamedTuple):
    """A process that ran once, by number and start time."""

    pid: int
    started: str


def note(transaction: Transaction, agent_id: str, found: Process) -> None:
    """Keeps the process with its start time, so that its number alone does not stand for it."""
    _set(transaction, agent_id, found.pid, found.started)


def ended(db: sqlite3.Connection, agent_id: str, daemon_id: str) -> Ended | None:
    """The agent's process, if one of this clone is noted that runs no more."""
    known = queries.agent(db, agent_id)
    if known is None or not known.agent_pid or known.origin_daemon not in {"", daemon_id}:
        return None
    noted = Ended(known.agent_pid, known.agent_pid_start_time)
    return None if process.alive(*noted) else noted


def forget(transaction: Transaction, agent_id: str, gone: Ended) -> None:
    """Forgets a process that has ended, unless another one was noted meanwhile.

    Who goes on without a process, as a person at a shell does, would else be taken for gone with
    the one before.
    """
    known = queries.agent(transaction.db, agent_id)
    if known is not None and gone == (known.agent_pid, known.agent_pid_start_time):
        _set(transaction, agent_id, 0, "")


def _set(transaction: Transaction, agent_id: str, pid: int, started: str) -> None:
    done = transaction.db.execute(
        "UPDATE agents SET agent_pid = ?1, agent_pid_start_time = ?2 WHERE agent_id = ?3"
        " AND (agent_pid, agent_pid_start_time) IS NOT (?1, ?2)",
        (pid, started, agent_id),
    )
    if done.rowcount:
        transaction.notice(Moved(agent_id))
