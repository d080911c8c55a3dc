"""A world whose daemon knows two agents."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import forge
from tests.thrum.cli.answers import HEALTH, ME, MEMBERS, PAGE
from thrum.setup import verifying


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


@pytest.fixture
def forged_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Setup tries a server of the forge: to load what it needs is most of what a try costs.

    Somebody has to try what setup wrote as well, and does: who leaves this out.
    """
    started = verifying._run

    def run(
        argv: Sequence[str], given: str, folder: Path, env: Mapping[str, str], seconds: float
    ) -> subprocess.CompletedProcess[str]:
        program, *line = argv
        if line[: len(forge.SERVER)] != [*forge.SERVER]:
            return started(argv, given, folder, env, seconds)
        assert os.access(program, os.X_OK)
        own = {**env, **forge.told(os.environ)}
        return forge.run(line, cwd=folder, env=own, text=given, limit=seconds)

    monkeypatch.setattr(verifying, "_run", run)
