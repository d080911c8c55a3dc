"""Agents that stand here for those of a peer: ``prefix:name``, with the role ``remote``.

A peer says who its agents are. Each becomes somebody here whom messages can be sent to, and is
forgotten once it is none of the peer's any more. Those who stand for others are not told onwards.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from thrum import events
from thrum.daemon.peers.bridge.letters import USER, is_known, span
from thrum.daemon.peers.peer import Peer
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.transaction import Transaction
from thrum.errors import LATER, ThrumError
from thrum.names import check_agent_name, is_person, is_proxy

ROLE: Final = "remote"
OTHER_ROLE: Final = "remote_agent"
"""The role where an agent here bears the other one's name."""
MOST: Final = 1_000
"""Agents of one peer that are known here."""
GONE: Final = "no agent of the peer any more"


class Offered(msgspec.Struct, omit_defaults=True):
    """An agent, or a person, that a peer may write to; `home` is the daemon where it lives."""

    name: str
    display: str = ""
    home: str = ""


def offered(db: sqlite3.Connection, peer: Peer) -> list[Offered]:
    """Whom a peer may write to here, by their names."""
    rows = db.execute(
        "SELECT agent_id, display, origin_daemon FROM agents"
        " WHERE kind IN ('agent', 'user')"
        " AND origin_daemon NOT IN (SELECT value FROM json_each(?)) ORDER BY agent_id",
        (msgspec.json.encode(peer.ids).decode(),),
    ).fetchall()
    agents = [row for row in rows if not (is_proxy(row[0]) or is_person(row[0]))]
    taken = {row[0] for row in agents}
    found = [Offered(*row) for row in agents]
    for agent_id, display, home in rows:
        if is_person(agent_id):
            name = agent_id.removeprefix("user:").lower()
            found.append(Offered(f"{USER}{name}" if name in taken else name, display, home))
    return found[:MOST]


def digest(found: Sequence[Offered]) -> str:
    """By what a peer sees that there are others now."""
    return hashlib.sha256(msgspec.json.encode(list(found))).hexdigest()[:16]


def name_of(peer: Peer, name: str) -> str:
    """The id that somebody of a peer has here.

    Raises:
        ThrumError: ``invalid_params``, nobody can be called so.
    """
    if not name or ":" in name:
        # Whoever could choose what stands before the colon would speak for another peer's agents.
        raise ThrumError("invalid_params", f"no name of an agent: {name[:80]!r}")
    return check_agent_name(peer.proxy(name))


def ensure(transaction: Transaction, peer: Peer, name: str, display: str) -> str:
    """Registers who stands for an agent of a peer, if nobody does; the id.

    Raises:
        ThrumError: as `name_of`; ``conflict``, the peer has too many.
    """
    agent_id = name_of(peer, name)
    if is_known(transaction.db, agent_id):
        return agent_id
    if len(known(transaction.db, peer)) >= MOST:
        raise ThrumError("conflict", f"{peer.name} has more than {MOST:,} agents")
    role = OTHER_ROLE if is_known(transaction.db, ROLE) else ROLE
    shown = "".join(each for each in display if each.isprintable())[:100]
    transaction.emit(
        events.AgentRegister(
            agent_id=agent_id,
            kind="agent",
            name=agent_id,
            role=role,
            module=peer.proxy_prefix,
            display=shown or f"{peer.proxy_prefix} {name} (via peer)",
            hostname=peer.remote_hostname,
        )
    )
    return agent_id


def known(db: sqlite3.Connection, peer: Peer) -> list[str]:
    """The ids of those who stand here for agents of a peer."""
    rows = db.execute(
        "SELECT agent_id FROM agents WHERE agent_id > ? AND agent_id < ? ORDER BY 1", span(peer)
    )
    return [agent_id for (agent_id,) in rows]


def keep(
    transaction: Transaction, peer: Peer, found: Sequence[Offered], ours: Collection[str]
) -> list[str]:
    """Has exactly those stand here whom a peer offers; why some do not, a sentence each.

    Where the peer's `remote_agents` name some, only those, and who has written to us. `ours` are
    this daemon's ids, also those of before.

    Raises:
        ThrumError: nothing can be written here now: of a kind of `LATER`.
    """
    db, refused = transaction.db, []
    wanted: set[str] = set()
    for each in found[:MOST]:
        account = agent_queries.agent(db, each.name)
        if account is not None and each.home and account.origin_daemon == each.home:
            # It is known by its own name, and reached by it; who stood for it may have mail yet.
            wanted.add(peer.proxy(each.name))
            continue
        try:
            agent_id = name_of(peer, each.name)
            is_named = not peer.remote_agents or each.name in peer.remote_agents
            if is_named:
                ensure(transaction, peer, each.name, each.display)
            if is_named or _has_written(db, agent_id):
                wanted.add(agent_id)
        except ThrumError as error:
            if error.kind in LATER:
                raise
            refused.append(error.message)
    gone = [each for each in known(transaction.db, peer) if each not in wanted]
    drop(transaction, gone, GONE, ours)
    return refused


def drop(
    transaction: Transaction, agent_ids: Sequence[str], reason: str, ours: Collection[str]
) -> None:
    """Forgets those of them whom this daemon registered, by one of its ids; what they wrote
    stays."""
    for agent_id in agent_ids:
        account = agent_queries.agent(transaction.db, agent_id)
        if account is not None and account.origin_daemon in ours:
            transaction.emit(events.AgentCleanup(agent_id=agent_id, reason=reason, method="peer"))


def _has_written(db: sqlite3.Connection, agent_id: str) -> bool:
    row = db.execute("SELECT 1 FROM messages WHERE agent_id = ? LIMIT 1", (agent_id,)).fetchone()
    return row is not None
