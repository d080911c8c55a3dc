"""Groups and their members."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

import msgspec

from thrum.audience import EVERY_ROLE


class Group(msgspec.Struct, omit_defaults=True):
    """A group of agents and roles."""

    group_id: str
    name: str
    created_at: str
    created_by: str
    description: str = ""


class Counted(Group, kw_only=True, omit_defaults=True):
    """A group, and how many members it has."""

    member_count: int


class GroupMember(msgspec.Struct, omit_defaults=True):
    """A member: ``agent`` or ``role``, and which."""

    member_type: str
    member_value: str
    added_at: str
    added_by: str = ""


_COLUMNS = "group_id, name, created_at, created_by, description"


_COUNTED = (
    "SELECT (SELECT count(*) FROM group_members m WHERE m.group_id = g.group_id),"
    f" {_COLUMNS} FROM groups g"
)


def groups(db: sqlite3.Connection) -> list[Counted]:
    """All groups by name."""
    rows = db.execute(f"{_COUNTED} ORDER BY name")
    return [Counted(*row, member_count=count) for count, *row in rows]


def groups_by_id(db: sqlite3.Connection, group_ids: Iterable[str]) -> dict[str, Counted]:
    """Those of the groups that there are."""
    rows = db.execute(
        f"{_COUNTED} WHERE group_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(group_ids)),),
    )
    return {row[0]: Counted(*row, member_count=count) for count, *row in rows}


def group(db: sqlite3.Connection, name: str) -> Group | None:
    """The group of that name."""
    row = db.execute(f"SELECT {_COLUMNS} FROM groups WHERE name = ?", (name,)).fetchone()
    return Group(*row) if row else None


def group_members(db: sqlite3.Connection, name: str) -> list[GroupMember]:
    """The members of the group by type and value."""
    rows = db.execute(
        "SELECT member_type, member_value, added_at, added_by"
        " FROM group_members JOIN groups USING (group_id) WHERE name = ? ORDER BY 1, 2",
        (name,),
    )
    return [GroupMember(*row) for row in rows]


def makers(db: sqlite3.Connection, group_id: str) -> set[str]:
    """Who made the group: several, if clones made one of its name without knowing of each other."""
    rows = db.execute("SELECT agent_id FROM group_makers WHERE group_id = ?", (group_id,))
    return {agent_id for (agent_id,) in rows}


def expanded(db: sqlite3.Connection, name: str) -> list[str]:
    """The ids of the agents that the group holds now, each once, in the order of its members."""
    found: dict[str, None] = {}
    for member in group_members(db, name):
        if member.member_type == "agent":
            found[member.member_value] = None
        elif member.member_type == "role":
            rows = db.execute(
                "SELECT agent_id FROM agents WHERE role = ?1 OR ?1 = ?2 ORDER BY agent_id",
                (member.member_value, EVERY_ROLE),
            )
            found.update((agent_id, None) for (agent_id,) in rows)
    return list(found)
