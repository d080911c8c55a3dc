"""The tables that events are applied to, with the part of them that is kept in memory.

The writer thread owns both. The memory part (who exists, in which groups, what is awaited) is
read from the tables at open, follows every change, and is read again after a rollback.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from thrum.audience import AgentEntry, Group, Register
from thrum.daemon.projection.facts import Key

NEVER: Key = ("", "")
"""Before every event."""


@dataclass(slots=True)
class Tables:
    """A writable database and what is remembered of it.

    Attributes:
        register: every registered agent.
        cleaned: the latest clean-up of each agent that had one.
        groups: groups by name.
        cutoff: what was made before it is purged; empty without a purge.
        awaited: ids of messages that something here refers to and that are not here; a superset.
        forgets: whether any message is forgotten.
        snapshots: whether there are rows of another Thrum's snapshots.
        changed: whether the memory part changed since `changed` was last cleared.
    """

    db: sqlite3.Connection
    register: Register = field(default_factory=Register)
    cleaned: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    cutoff: str = ""
    awaited: set[str] = field(default_factory=set)
    forgets: bool = False
    snapshots: bool = False
    changed: bool = False

    @classmethod
    def read(cls, db: sqlite3.Connection) -> Tables:
        """The tables of that database, with the memory part loaded."""
        tables = cls(db)
        tables.reload()
        return tables

    def reload(self) -> None:
        """Reads the memory part anew."""
        self.changed = False
        self._load_people()
        self._load_groups()
        self._load_absent()

    def _load_people(self) -> None:
        self.cleaned = {
            agent_id: (cleaned_at, event_id)
            for agent_id, cleaned_at, event_id in self.db.execute(
                "SELECT agent_id, cleaned_at, event_id FROM agent_tombstones"
            )
        }
        self.register = Register(cleaned={name: key[0] for name, key in self.cleaned.items()})
        for agent_id, kind, role, registered_at in self.db.execute(
            "SELECT agent_id, kind, role, registered_at FROM agents"
        ):
            cleaned_at = self.register.cleaned.get(agent_id, "")
            self.register.put(AgentEntry(agent_id, kind, role, registered_at, cleaned_at))

    def _load_groups(self) -> None:
        members: dict[str, tuple[set[str], set[str]]] = {
            name: (set(), set()) for (name,) in self.db.execute("SELECT name FROM groups")
        }
        for name, kind, value in self.db.execute(
            "SELECT g.name, m.member_type, m.member_value"
            " FROM group_members m JOIN groups g USING (group_id)"
        ):
            if kind in ("agent", "role"):
                members[name][kind == "role"].add(value)
        self.groups = {
            name: Group(frozenset(agents), frozenset(roles))
            for name, (agents, roles) in members.items()
        }

    def _load_absent(self) -> None:
        row = self.db.execute(
            "SELECT value FROM purge_metadata WHERE key = 'purge_cutoff'"
        ).fetchone()
        self.cutoff = row[0] if row else ""
        self.awaited = {
            message_id
            for (message_id,) in self.db.execute(
                "SELECT waits_for FROM parked_events UNION"
                " SELECT message_id FROM snapshot_rows UNION"
                " SELECT c.reply_to FROM messages c LEFT JOIN messages p"
                " ON p.message_id = c.reply_to"
                " WHERE c.reply_to IS NOT NULL AND p.message_id IS NULL"
            )
        }
        self.forgets = _any(self.db, "forgotten_messages")
        self.snapshots = _any(self.db, "snapshot_rows")

    def known(self, message_id: str) -> bool:
        """Whether the message is in the tables."""
        return (
            self.db.execute("SELECT 1 FROM messages WHERE message_id = ?", (message_id,)).fetchone()
            is not None
        )

    def forgotten(self, message_id: str) -> bool:
        """Whether the message was purged or went with its author."""
        return (
            self.forgets
            and self.db.execute(
                "SELECT 1 FROM forgotten_messages WHERE message_id = ?", (message_id,)
            ).fetchone()
            is not None
        )


def _any(db: sqlite3.Connection, table: str) -> bool:
    return db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None
