"""A team that questions are asked about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.thrum.daemon.projection.queries.asked import at
from thrum import events
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


@pytest.fixture
def team(tables: Tables, put: Put) -> Tables:
    """ann and bob are developers, cy is a reviewer; bob and cy have open sessions."""
    for number, (name, role) in enumerate([("ann", "dev"), ("bob", "dev"), ("cy", "reviewer")]):
        put(
            events.AgentRegister(
                agent_id=name,
                role=role,
                module="auth" if name != "cy" else "api",
                kind="agent",
                timestamp=at(number),
                event_id=f"evt_{name}",
                origin_daemon="d_1",
            )
        )
        if name != "ann":
            put(
                events.SessionStart(
                    session_id=f"ses_{name}",
                    agent_id=name,
                    timestamp=at(10 + number),
                    event_id=f"evt_s{name}",
                )
            )
    return tables
