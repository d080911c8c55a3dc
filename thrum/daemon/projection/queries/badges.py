"""Every number of unread messages that is shown to somebody, in one go, from what is kept.

Each is what a list says: its cost follows who writes to whom, not how much.
"""

from __future__ import annotations

import sqlite3
from typing import Final

import msgspec

from thrum.daemon.projection.queries import tallies
from thrum.daemon.projection.queries.filters import Sided
from thrum.events import Pair
from thrum.names import is_person


class Waiting(msgspec.Struct, omit_defaults=True):
    """An agent's inbox: what the agent has not read, and what who asks has not read of it."""

    unread: int = 0
    unseen: int = 0


class Badges(msgspec.Struct):
    """Unread messages: in one's inbox, that mention one, by group, by partner and by agent.

    See `thrum.daemon.rpc.inbox` for what each of them is the number of.
    """

    inbox: int
    mentions: int
    groups: dict[str, int]
    partners: dict[str, int]
    agents: dict[str, Waiting]


_GROUPS: Final = """
SELECT c.value, sum(c.total) - coalesce(r.total, 0) AS unread
FROM pair_counts c LEFT JOIN pair_reads r
  ON r.kind = c.kind AND r.type = c.type AND r.value = c.value AND r.agent_id = ?
WHERE c.kind = 'scope' AND c.type = 'group'
GROUP BY c.value HAVING unread > 0 ORDER BY c.value
"""
_PARTNERS: Final = """
SELECT author_id, unread FROM inbox_author_counts
WHERE agent_id = ? AND unread > 0 ORDER BY author_id
"""
_AGENTS: Final = """
SELECT n.agent_id, n.unread, CASE WHEN ?2 THEN n.total - coalesce(r.total, 0) ELSE 0 END AS unseen
FROM inbox_counts n JOIN agents a ON a.agent_id = n.agent_id AND a.kind != 'user'
LEFT JOIN inbox_reads r ON r.agent_id = n.agent_id AND r.person_id = ?1
WHERE n.agent_id != ?1 AND (n.unread > 0 OR unseen > 0) ORDER BY n.agent_id
"""


def badges(db: sqlite3.Connection, agent_id: str) -> Badges:
    """All of them for a person or an agent."""
    mention = Sided("ref", Pair("mention", agent_id))
    them = db.execute(_AGENTS, (agent_id, is_person(agent_id)))
    return Badges(
        inbox=tallies.inbox_counts(db, agent_id).unread,
        mentions=tallies.paired(db, mention).total - tallies.paired_read(db, mention, agent_id),
        groups=dict(db.execute(_GROUPS, (agent_id,))),
        partners=dict(db.execute(_PARTNERS, (agent_id,))),
        agents={each: Waiting(unread, unseen) for each, unread, unseen in them},
    )
