"""Applying events to the tables: one function per event type, any order, any number of times.

The result depends on the set of events alone. Where two events contradict each other, a rule that
every node can compute decides, by time and event id (see `agents`, `messages`, `groups`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from thrum import events
from thrum.daemon.projection.apply import agents, copies, groups, messages, sessions, tombstones
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
    """Applies one event; False when it was known or something keeps it out.

    Args:
        text: its line.
        groups_later: only store a group event; the caller settles the groups once for many.
    """
    if copies.is_spoiled(tables, event.event_id, text) or tombstones.suppressed(tables, event):
        return False
    rest = (copies.type_of(event), event.timestamp, event.origin_daemon, subject(event), text)
    if not tables.add_event(event.event_id, rest):
        copies.again(tables, event, text)
        return False
    function = FUNCTIONS.get(type(event))
    if function is not None and not (groups_later and function is groups.settle):
        function(tables, event)
    return True


def apply_row(tables: Tables, row: Row, text: str) -> bool:
    """Applies one row of another Thrum's snapshots; False as above."""
    return not tombstones.row_suppressed(tables, row) and messages.row(tables, row, text)
