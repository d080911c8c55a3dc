"""A world whose daemon knows two agents."""

from __future__ import annotations

from typing import Any

import pytest

from tests.thrum.cli.answers import HEALTH, ME, MEMBERS, PAGE


@pytest.fixture
def office(world: Any) -> Any:
    world.daemon.answers |= {
        "team.list": {"members": MEMBERS},
        "health": HEALTH,
        "agent.whoami": ME,
        "team.overview": PAGE,
        "message.list": {"messages": [], "total": 4, "unread": 1},
        "context.show": {"agent_name": "furiosa", "has_context": True, "size": 1200},
        "sync.status": {"sync_state": "synced", "local_only": False, "running": True},
        "delivery.ask": {"agent_id": "furiosa", "count": 0},
        "delivery.given": {"seen": 0},
    }
    return world
