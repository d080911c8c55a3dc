"""Tombstones: what is to be forgotten, now and whenever it turns up again.

A clean-up forgets an agent: its registrations, sessions, memberships and inbox until then. What it
wrote belongs to those who received it, and stays. A purge forgets messages sent and sessions ended,
as far as it covers them (see `thrum.purges`). A clone that missed the tombstone brings the lines
back at its next sync: they are kept out here, by what the tombstones say and not by what was
deleted when.

What a purge covers leaves no trace, because its lines leave the branch's files, too: the tables are
those of the other lines alone.
"""

from __future__ import annotations

import sqlite3

import msgspec

from thrum import events
from thrum.daemon.projection.apply import agents, groups, messages, sessions
from thrum.daemon.projection.apply.stored import key, mail, stored
from thrum.daemon.projection.facts import Event, Key, MessageRow, Row, interpret
from thrum.daemon.projection.tables import NEVER, Tables
from thrum.purges import Purge, Purges, purge_in


def suppressed(tables: Tables, event: Event) -> bool:
    """Whether a tombstone keeps the event out."""
    if tables.purges.cover(event):
        return True
    match event:
        case events.AgentRegister() | events.AgentUpdate():
            return key(event) < tables.cleaned.get(event.agent_id, NEVER)
        case _:
            return False


def row_suppressed(tables: Tables, row: Row) -> bool:
    """The same for a row of another Thrum's snapshots."""
    return isinstance(row, MessageRow) and tables.purges.covers_row(row.message_id, row.created_at)


def cleanup(tables: Tables, event: events.AgentCleanup) -> None:
    """Applies ``agent.cleanup``."""
    agent_id = event.agent_id
    if key(event) <= tables.cleaned.get(agent_id, NEVER):
        return
    before = tables.register.entry(agent_id)
    _raise_tombstone(tables, agent_id, key(event))
    tables.db.execute(
        "DELETE FROM events WHERE subject = ? AND type IN ('agent.register', 'agent.update')"
        " AND (timestamp, event_id) < (?, ?)",
        (agent_id, *key(event)),
    )
    tables.events_went()
    settle_contexts(tables, agent_id)
    _drop_sessions(tables, agent_id, key(event))
    agents.settle(tables, agent_id, before)
    if any(agent_id in group.agents for group in tables.groups.values()):
        groups.settle(tables)


def _raise_tombstone(tables: Tables, agent_id: str, when: Key) -> None:
    tables.people_changed()
    tables.cleaned[agent_id] = when
    tables.register.cleaned[agent_id] = when[0]
    tables.db.execute("INSERT OR REPLACE INTO agent_tombstones VALUES (?, ?, ?)", (agent_id, *when))


def _forget_rows(tables: Tables) -> None:
    """Drops the rows of another Thrum's snapshots that a purge keeps out."""
    if not tables.snapshots:
        return
    for row_id, text, message_id in tables.db.execute(
        "SELECT row_id, row_json, message_id FROM snapshot_rows WHERE kind = 'message'"
    ).fetchall():
        row = interpret("messages-v2/", text.encode()).body
        if isinstance(row, MessageRow) and row_suppressed(tables, row):
            tables.db.execute("DELETE FROM snapshot_rows WHERE row_id = ?", (row_id,))
            messages.rebuild(tables, message_id)


def settle_contexts(tables: Tables, agent_id: str) -> None:
    """Works out on what the agent is at work, as far as events say it."""
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
    """Applies ``purge.executed``: no purge reaches past its own time, and none ever ends."""
    told = purge_in(event)
    if not tables.purges.add(told):
        return
    tables.changed = True
    _store(tables, told)
    messages.drop(tables, covered(tables.db, tables.purges))
    _forget_rows(tables)
    for (session_id,) in tables.db.execute(
        "SELECT session_id FROM sessions WHERE ended_at < ?", (told.cutoff,)
    ).fetchall():
        sessions.settle_session(tables, session_id)


def covered(db: sqlite3.Connection, purges: Purges) -> list[str]:
    """Ids of the events in the table that purges cover; first those that send messages."""
    may_be = mail(db, "(type != 'message.create' OR timestamp < ?)", purges.cutoff)
    found = [
        (isinstance(each, events.AboutMessage), each.event_id)
        for each in may_be
        if purges.cover(each)
    ]
    return [event_id for _, event_id in sorted(found)]


def _store(tables: Tables, told: Purge) -> None:
    marks = told.marks
    text = "" if marks is None else msgspec.json.encode(marks, order="sorted").decode()
    tables.db.execute("INSERT OR IGNORE INTO purges VALUES (?, ?)", (told.cutoff, text))
    tables.db.execute(
        "INSERT OR REPLACE INTO purge_metadata VALUES ('purge_cutoff', ?)", (tables.purges.cutoff,)
    )
