"""Who is registered, where they work, and what the team looks like."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from thrum.daemon.projection.queries.sessions import SINCE_MOVE, FileChange


class Agent(msgspec.Struct, omit_defaults=True):
    """A registered agent, user, proxy or pseudo agent."""

    agent_id: str
    kind: str
    role: str
    module: str
    display: str
    registered_at: str
    last_seen_at: str = ""
    agent_pid: int = 0


class Account(Agent):
    """What is decided by besides: where the agent is at home, since which move, and whose it is.

    `registration` is time and id of the latest registration that counts.
    """

    hostname: str = ""
    origin_daemon: str = ""
    registration: str = ""
    person: str = ""
    moves: int = 0
    moved_at: str = ""
    moved_from: str = ""
    moved_by: str = ""
    moved_why: str = ""
    agent_pid_start_time: str = ""

    def has_left(self, daemon_id: str) -> bool:
        """Whether it moved, and to another clone than that daemon's."""
        return self.moves > 0 and self.origin_daemon != daemon_id


def agent(db: sqlite3.Connection, agent_id: str) -> Account | None:
    """The agent of that id."""
    row = db.execute(
        f"SELECT {', '.join(Account.__struct_fields__)} FROM agents WHERE agent_id = ?",
        (agent_id,),
    ).fetchone()
    return Account(*row) if row else None


def seen_at(db: sqlite3.Connection, agent_ids: tuple[str, ...]) -> dict[str, str]:
    """When those of the agents that there are were last seen here, by id; empty for never."""
    marks = ", ".join("?" * len(agent_ids))
    sql = f"SELECT agent_id, last_seen_at FROM agents WHERE agent_id IN ({marks})"
    return dict(db.execute(sql, agent_ids).fetchall())


def deleted_at(db: sqlite3.Connection, agent_id: str) -> str:
    """When an agent of that name was deleted last; empty for never.

    What was written until then is another one's, whoever bears the name by now.
    """
    row = db.execute(
        "SELECT cleaned_at FROM agent_tombstones WHERE agent_id = ?", (agent_id,)
    ).fetchone()
    return str(row[0]) if row else ""


def in_charge(db: sqlite3.Connection, role: str) -> list[str]:
    """The ids of people, and of agents of that role."""
    rows = db.execute(
        "SELECT agent_id FROM agents WHERE role = ? OR substr(agent_id, 1, 5) = 'user:'", (role,)
    )
    return [agent_id for (agent_id,) in rows]


def agents(
    db: sqlite3.Connection, role: str | None = None, module: str | None = None, limit: int = 0
) -> list[Agent]:
    """Agents of that role and module, the newest registration first; at most `limit`, 0 for all."""
    rows = db.execute(
        f"SELECT {', '.join(Agent.__struct_fields__)} FROM agents"
        " WHERE (?1 IS NULL OR role = ?1) AND (?2 IS NULL OR module = ?2)"
        " ORDER BY registered_at DESC, agent_id LIMIT ?3",
        (role, module, limit or -1),
    )
    return [Agent(*row) for row in rows]


def people(db: sqlite3.Connection) -> list[Agent]:
    """Everybody who is a person, by id."""
    rows = db.execute(
        f"SELECT {', '.join(Agent.__struct_fields__)} FROM agents WHERE kind = 'user'"
        " ORDER BY agent_id"
    )
    return [Agent(*row) for row in rows]


def agents_by_id(db: sqlite3.Connection, agent_ids: Iterable[str]) -> dict[str, Agent]:
    """Those of the agents that are registered."""
    rows = db.execute(
        f"SELECT {', '.join(Agent.__struct_fields__)} FROM agents"
        " WHERE agent_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(agent_ids)),),
    )
    return {row[0]: Agent(*row) for row in rows}


class AtWork(msgspec.Struct):
    """An open session in a worktree."""

    agent_id: str
    session_id: str
    started_at: str


def agents_in_worktree(db: sqlite3.Connection, path: str) -> list[AtWork]:
    """Open sessions of registered agents with that worktree ref, the newest first.

    A session may outlive its agent: one clone deletes it while it begins to work in another.
    """
    rows = db.execute(
        "SELECT s.agent_id, s.session_id, s.started_at FROM session_refs r"
        " JOIN sessions s USING (session_id) JOIN agents a ON a.agent_id = s.agent_id"
        " WHERE r.ref_type = 'worktree' AND r.ref_value = ? AND s.ended_at IS NULL"
        f" AND {SINCE_MOVE} ORDER BY s.started_at DESC, s.session_id DESC",
        (path,),
    )
    return [AtWork(*row) for row in rows]


def ever_in_worktree(db: sqlite3.Connection, agent_id: str, path: str) -> bool:
    """Whether any session of the agent, open or not, was in that worktree since it moved."""
    return (
        db.execute(
            "SELECT 1 FROM session_refs r JOIN sessions s USING (session_id)"
            " JOIN agents a ON a.agent_id = s.agent_id WHERE r.ref_type = 'worktree'"
            f" AND r.ref_value = ? AND s.agent_id = ? AND {SINCE_MOVE} LIMIT 1",
            (path, agent_id),
        ).fetchone()
        is not None
    )


class Member(msgspec.Struct, omit_defaults=True):
    """One of the team. Everything but what files and processes tell."""

    agent_id: str
    role: str
    module: str
    unmerged_commits: int
    inbox_total: int
    inbox_unread: int
    status: str
    display: str = ""
    hostname: str = ""
    origin_daemon: str = ""
    agent_pid: int = 0
    agent_pid_started: str = ""
    worktree: str = ""
    session_id: str = ""
    session_start: str = ""
    last_seen: str = ""
    intent: str = ""
    current_task: str = ""
    branch: str = ""
    git_updated_at: str = ""
    agent_status: str = ""
    file_changes: list[FileChange] | None = None


_MEMBERS = """
SELECT a.agent_id, a.role, a.module, coalesce(json_array_length(c.unmerged_commits), 0),
  coalesce(n.total, 0), coalesce(n.unread, 0),
  CASE WHEN s.session_id IS NULL THEN 'offline' ELSE 'active' END,
  a.display, a.hostname, a.origin_daemon, a.agent_pid, a.agent_pid_start_time,
  coalesce(nullif(c.worktree_path, ''),
    (SELECT ref_value FROM session_refs r
     WHERE r.session_id = s.session_id AND r.ref_type = 'worktree'
     ORDER BY added_at DESC LIMIT 1), ''),
  coalesce(s.session_id, ''), coalesce(s.started_at, '') AS started,
  coalesce(s.last_seen_at, a.last_seen_at), coalesce(c.intent, ''), coalesce(c.current_task, ''),
  coalesce(c.branch, ''), coalesce(c.git_updated_at, ''), coalesce(c.agent_status, ''),
  c.file_changes
FROM agents a
LEFT JOIN sessions s ON s.session_id =
  (SELECT session_id FROM sessions o WHERE o.agent_id = a.agent_id AND o.ended_at IS NULL
   ORDER BY started_at DESC, session_id DESC LIMIT 1)
LEFT JOIN agent_work_contexts c ON c.session_id = s.session_id AND c.agent_id = a.agent_id
LEFT JOIN inbox_counts n ON n.agent_id = a.agent_id
"""
_SHARED = """
SELECT (SELECT count(*) FROM messages WHERE visibility_class = 'broadcast') AS broadcasts,
  (SELECT json_group_array(json_object('name', name, 'total', total)) FROM
    (SELECT g.name, count(*) AS total FROM groups g JOIN message_scopes s
     ON s.scope_type = 'group' AND s.scope_value = g.name GROUP BY g.name ORDER BY g.name)) AS them
"""
# All in one statement, so that every number is of the same moment.
_TEAM = f"""
SELECT shared.broadcasts, shared.them, members.* FROM ({_SHARED}) shared
LEFT JOIN ({_MEMBERS}
  WHERE (s.session_id IS NOT NULL OR ?1) AND (a.kind != 'monitor' OR ?2)) members ON TRUE
ORDER BY started = '', started DESC, agent_id
"""


class GroupTotal(msgspec.Struct):
    """How many messages a group got."""

    name: str
    total: int


class Team(msgspec.Struct):
    """The members, and how many messages went to everybody and to each group ever.

    Deleted messages count as well.
    """

    members: list[Member]
    broadcast_total: int
    groups: list[GroupTotal]


_changes = msgspec.json.Decoder(list[FileChange])
_totals = msgspec.json.Decoder(list[GroupTotal])


def team(
    db: sqlite3.Connection, include_offline: bool = False, include_monitors: bool = False
) -> Team:
    """Agents with their newest open session, work context and inbox counts; one query."""
    rows = db.execute(_TEAM, (include_offline, include_monitors)).fetchall()
    broadcasts, groups = rows[0][:2]
    members = [_member(row[2:]) for row in rows if row[2] is not None]
    return Team(members, broadcasts, _totals.decode(groups))


def member(db: sqlite3.Connection, agent_id: str) -> Member | None:
    """One agent as the team sees it."""
    row = db.execute(f"{_MEMBERS} WHERE a.agent_id = ?", (agent_id,)).fetchone()
    return _member(row) if row else None


def members(db: sqlite3.Connection) -> list[Member]:
    """Every agent, but no people or what stands for others, by id."""
    rows = db.execute(f"{_MEMBERS} WHERE a.kind = 'agent' ORDER BY a.agent_id")
    return [_member(row) for row in rows]


def _member(row: Sequence[Any]) -> Member:
    changes = _changes.decode(row[-1]) if row[-1] and row[-1] != "[]" else None
    return Member(*(*row[:-1], changes))
