"""Applying events to the tables: one function per event type, any order, any number of times.

The result depends on the set of events alone. Where two events contradict each other, a rule that
every node can compute decides, by time and event id (see `agents`, `messages`, `groups`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gitstore import Format
from gitstore.line import Reader
from thrum import events
from thrum.daemon.projection.apply import agents, groups, messages, sessions, tombstones
from thrum.daemon.projection.apply.stored import subject
from thrum.daemon.projection.facts import Event, Row
from thrum.daemon.projection.tables import Tables

FUNCTIONS: Final[dict[type, Callable[[Tables, Any], None]]] = {
    events.MessageCreate: messages.create,
    events.MessageEdit: messages.edit,
    events.MessageDelete: messages.delete,
    events.MessageReceipt: messages.receipt,
    events.AgentRegister: agents.register,
    events.AgentUpdate: sessions.update,
    events.AgentCleanup: tombstones.cleanup,
    events.SessionStart: sessions.settle,
    events.SessionEnd: sessions.settle,
    events.GroupCreate: groups.settle,
    events.GroupMemberAdd: groups.settle,
    events.GroupMemberRemove: groups.settle,
    events.GroupUpdate: groups.settle,
    events.GroupDelete: groups.settle,
    events.PurgeExecuted: tombstones.purge,
}


def apply(tables: Tables, event: Event, text: str, *, groups_later: bool = False) -> bool:
    """Applies one event; False when it was known or a tombstone keeps it out.

    Args:
        text: its line.
        groups_later: only store a group event; the caller settles the groups once for many.
    """
    if tombstones.suppressed(tables, event):
        return False
    rest = (_type(event), event.timestamp, event.origin_daemon, subject(event), text)
    if not tables.add_event(event.event_id, rest):
        _again(tables, event, text)
        return False
    function = FUNCTIONS.get(type(event))
    if function is not None and not (groups_later and function is groups.settle):
        function(tables, event)
    return True


def apply_row(tables: Tables, row: Row, text: str) -> bool:
    """Applies one row of another Thrum's snapshots; False as above."""
    return not tombstones.row_suppressed(tables, row) and messages.row(tables, row, text)


_READER: Final = Reader(Format())
_TAGS: Final = {struct: tag for tag, struct in events.TYPES.items()}


def _type(event: Event) -> str:
    return event.type if isinstance(event, events.UnknownEvent) else _TAGS[type(event)]


def _again(tables: Tables, event: Event, text: str) -> None:
    """An event id that is known: of two different copies the same stands as in the log's files.

    A copy that lost is gone from the branch, and whoever builds the tables anew never sees it.
    """
    (standing,) = tables.db.execute(
        "SELECT event_json FROM events WHERE event_id = ?", (event.event_id,)
    ).fetchone()
    if _rank(standing) <= _rank(text):
        return
    tables.db.execute(
        "UPDATE events SET type = ?, timestamp = ?, origin_daemon = ?, subject = ?, event_json = ?"
        " WHERE event_id = ?",
        (_type(event), event.timestamp, event.origin_daemon, subject(event), text, event.event_id),
    )
    tables.db.execute("DELETE FROM parked_events WHERE event_id = ?", (event.event_id,))
    before = events.decode(standing.encode())
    for version in (before, event):
        _settle(tables, version, event.event_id)


def _rank(text: str) -> tuple[str, str]:
    """How a line ranks among those with its id: by its time as it is written, then by itself."""
    return _READER.keys(text.encode()).order, text


def _settle(tables: Tables, event: Event, event_id: str) -> None:
    """Works out anew what an event, old copy or new, is about."""
    match event:
        case events.MessageCreate():
            messages.rebuild(tables, event.message_id, event_id)
        case events.MessageEdit() | events.MessageDelete() | events.MessageReceipt():
            messages.rebuild(tables, event.message_id)
        case events.AgentRegister():
            agents.settle(tables, event.agent_id)
        case events.UnknownEvent():
            pass
        case _:
            FUNCTIONS[type(event)](tables, event)
