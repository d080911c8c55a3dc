"""What applies an event: one function for each type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from thrum import events
from thrum.daemon.projection.apply import agents, claims, groups, messages, sessions, tombstones
from thrum.daemon.projection.tables import Tables


def _nothing(tables: Tables, event: events.AboutKey) -> None:
    """Which keys count is worked out from their events, for whoever asks."""


def _register(tables: Tables, event: events.AgentRegister) -> None:
    agents.register(tables, event)
    claims.settle_agent(tables, event.agent_id)


def _cleanup(tables: Tables, event: events.AgentCleanup) -> None:
    tombstones.cleanup(tables, event)
    claims.settle_agent(tables, event.agent_id)


def _session(tables: Tables, event: events.AboutSession) -> None:
    sessions.settle(tables, event)
    claims.settle_session(tables, event.session_id)


FUNCTIONS: Final[dict[type, Callable[[Tables, Any], None]]] = events.by_type(
    {
        events.MessageCreate: messages.create,
        events.MessageEdit: messages.edit,
        events.MessageDelete: messages.delete,
        events.MessageReceipt: messages.receipt,
        events.AgentRegister: _register,
        events.AgentUpdate: sessions.update,
        events.AgentCleanup: _cleanup,
        events.AboutSession: _session,
        events.AboutGroup: groups.settle,
        events.PurgeExecuted: tombstones.purge,
        events.AboutKey: _nothing,
        events.AboutClaim: claims.settle,
    }
)
