"""What applies an event: one function for each type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from thrum import events
from thrum.daemon.projection.apply import agents, groups, messages, sessions, tombstones
from thrum.daemon.projection.tables import Tables


def _nothing(tables: Tables, event: events.AboutKey) -> None:
    """Which keys count is worked out from their events, for whoever asks."""


FUNCTIONS: Final[dict[type, Callable[[Tables, Any], None]]] = events.by_type(
    {
        events.MessageCreate: messages.create,
        events.MessageEdit: messages.edit,
        events.MessageDelete: messages.delete,
        events.MessageReceipt: messages.receipt,
        events.AgentRegister: agents.register,
        events.AgentUpdate: sessions.update,
        events.AgentCleanup: tombstones.cleanup,
        events.AboutSession: sessions.settle,
        events.AboutGroup: groups.settle,
        events.PurgeExecuted: tombstones.purge,
        events.AboutKey: _nothing,
    }
)
