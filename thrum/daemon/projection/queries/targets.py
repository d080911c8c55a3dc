"""What a name means as a recipient: a group, an agent, a role."""

from __future__ import annotations

import sqlite3

import msgspec

from thrum.daemon.projection.queries.groups import expanded, group


class Target(msgspec.Struct):
    """A resolved name.

    Attributes:
        kind: ``group``, ``agent`` or ``role``.
        agent_ids: who is meant now, without duplicates.
    """

    kind: str
    name: str
    agent_ids: list[str]


def target(db: sqlite3.Connection, name: str) -> Target | None:
    """What the name means; ``None``: neither group nor agent nor role.

    Groups come before agents and roles. An agent's id and others' role of the same name mean all
    of them.
    """
    if group(db, name) is not None:
        return Target("group", name, expanded(db, name))
    found = known_as(db, name)
    if not found:
        return None
    return Target("agent" if found == [name] else "role", name, found)


def meant_by(db: sqlite3.Connection, name: str) -> Target | None:
    """What the name means; ``role:`` or ``group:`` before it says which, where nobody bears that.

    Whoever bears a role's name as theirs is meant with it: a mention reaches both.
    """
    found = target(db, name)
    kind, colon, rest = name.partition(":")
    if found is not None or not colon or not rest:
        return found
    if kind == "group" and group(db, rest) is not None:
        return Target(kind, rest, expanded(db, rest))
    if kind == "role" and _has_role(db, rest):
        return Target(kind, rest, known_as(db, rest))
    return None


def _has_role(db: sqlite3.Connection, role: str) -> bool:
    return db.execute("SELECT 1 FROM agents WHERE role = ?", (role,)).fetchone() is not None


def known_as(db: sqlite3.Connection, name: str) -> list[str]:
    """The ids of the agents that bear the name or have it as their role."""
    rows = db.execute(
        "SELECT agent_id FROM agents WHERE agent_id = ?1 OR role = ?1 ORDER BY agent_id", (name,)
    )
    return [agent_id for (agent_id,) in rows]


def everyone_but(db: sqlite3.Connection, agent_id: str) -> list[str]:
    """The ids of all other agents, whatever they are."""
    rows = db.execute("SELECT agent_id FROM agents WHERE agent_id != ? ORDER BY 1", (agent_id,))
    return [other for (other,) in rows]


def target_names(db: sqlite3.Connection) -> list[str]:
    """Every name that a message can be sent to: of agents, roles and groups."""
    rows = db.execute(
        "SELECT agent_id FROM agents UNION SELECT role FROM agents WHERE role != ''"
        " UNION SELECT name FROM groups ORDER BY 1"
    )
    return [name for (name,) in rows]
