"""Tombstones: what is to be forgotten, now and whenever it turns up again.

A clean-up forgets an agent and what it wrote until then; a purge forgets messages made and
sessions ended before its cutoff. The log keeps its lines, so a clone that missed the tombstone
brings them back at its next sync: they are kept out here, by what the tombstones say and not by
what was deleted when.
"""

from __future__ import annotations

from thrum import events
from thrum.daemon.projection.apply import agents, groups, messages, sessions
from thrum.daemon.projection.apply.stored import key, stored
from thrum.daemon.projection.facts import Event, Key, MessageRow, Row, interpret
from thrum.daemon.projection.tables import NEVER, Tables


def suppressed(tables: Tables, event: Event) -> bool:
    """Whether a tombstone keeps the event out; a suppressed message is forgotten as a whole."""
    match event:
        case events.MessageCreate():
            if tables.forgotten(event.message_id):
                return True
            if _is_dead(tables, event.agent_id, key(event)):
                messages.forget(tables, [event.message_id])
                return True
            return False
        case events.AboutMessage():
            return tables.forgotten(event.message_id)
        case events.AgentRegister() | events.AgentUpdate():
            return key(event) < tables.cleaned.get(event.agent_id, NEVER)
        case _:
            return False


def row_suppressed(tables: Tables, row: Row) -> bool:
    """The same for a row of another Thrum's snapshots."""
    if tables.forgotten(row.message_id):
        return True
    if isinstance(row, MessageRow) and _is_dead(tables, row.author_id, (row.created_at, "")):
        messages.forget(tables, [row.message_id])
        return True
    return False


def _is_dead(tables: Tables, author: str, made: Key) -> bool:
    return made[0] < tables.cutoff or made < tables.cleaned.get(author, NEVER)


def cleanup(tables: Tables, event: events.AgentCleanup) -> None:
    """Applies ``agent.cleanup``."""
    agent_id = event.agent_id
    if key(event) <= tables.cleaned.get(agent_id, NEVER):
        return
    before = tables.register.entry(agent_id)
    _raise_tombstone(tables, agent_id, key(event))
    _forget_messages(tables, "agent_id = ?1 AND (created_at, event_id) < (?2, ?3)", agent_id, event)
    _forget_rows(tables)
    tables.db.execute(
        "DELETE FROM events WHERE subject = ? AND type IN ('agent.register', 'agent.update')"
        " AND (timestamp, event_id) < (?, ?)",
        (agent_id, *key(event)),
    )
    _settle_contexts(tables, agent_id)
    _drop_sessions(tables, agent_id, key(event))
    agents.settle(tables, agent_id, before)
    if any(agent_id in group.agents for group in tables.groups.values()):
        groups.settle(tables)


def _raise_tombstone(tables: Tables, agent_id: str, when: Key) -> None:
    tables.people_changed()
    tables.cleaned[agent_id] = when
    tables.register.cleaned[agent_id] = when[0]
    tables.db.execute("INSERT OR REPLACE INTO agent_tombstones VALUES (?, ?, ?)", (agent_id, *when))


def _forget_messages(
    tables: Tables, condition: str, value: str, event: events.AgentCleanup | None = None
) -> None:
    values = (value, *key(event)) if event else (value,)
    found = tables.db.execute(
        f"SELECT message_id FROM messages WHERE {condition}"
        f" UNION SELECT message_id FROM rival_creates WHERE {condition}",
        values,
    ).fetchall()
    messages.forget(tables, [message_id for (message_id,) in found])


def _forget_rows(tables: Tables) -> None:
    if not tables.snapshots:
        return
    for text, message_id in tables.db.execute(
        "SELECT row_json, message_id FROM snapshot_rows WHERE kind = 'message'"
    ).fetchall():
        row = interpret("messages-v2/", text.encode()).body
        if isinstance(row, MessageRow) and not tables.forgotten(message_id):
            row_suppressed(tables, row)


def _settle_contexts(tables: Tables, agent_id: str) -> None:
    tables.db.execute("DELETE FROM agent_work_contexts WHERE agent_id = ?", (agent_id,))
    for event in stored(tables.db, agent_id, events.AgentUpdate):
        sessions.update(tables, event)


def _drop_sessions(tables: Tables, agent_id: str, since: Key) -> None:
    """Works out what the clean-up leaves of the agent's sessions."""
    starts = tables.db.execute(
        "SELECT session_id FROM sessions WHERE agent_id = ? AND started_at <= ?",
        (agent_id, since[0]),
    ).fetchall()
    for (session_id,) in starts:
        sessions.settle_session(tables, session_id)


def purge(tables: Tables, event: events.PurgeExecuted) -> None:
    """Applies ``purge.executed``: a cutoff never falls, and no purge reaches past its own time."""
    cutoff = min(event.cutoff, event.timestamp)
    if cutoff <= tables.cutoff:
        return
    tables.changed = True
    tables.cutoff = cutoff
    tables.db.execute("INSERT OR REPLACE INTO purge_metadata VALUES ('purge_cutoff', ?)", (cutoff,))
    _forget_messages(tables, "created_at < ?1", cutoff)
    _forget_rows(tables)
    for (session_id,) in tables.db.execute(
        "SELECT session_id FROM sessions WHERE ended_at < ?", (cutoff,)
    ).fetchall():
        sessions.settle_session(tables, session_id)
