"""A session of an agent, and what its queue is asked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.thrum.daemon.conftest import Node
from tests.thrum.daemon.tmux.conftest import tmux, village
from tests.tmux import Tmux

__all__ = ["tmux", "village"]
ERIN = {"agent_name": "erin", "role": "tester", "module": "api"}


class Session:
    """The session ``api`` of erin; Alice is in charge."""

    def __init__(self, village: Node, tmux: Tmux) -> None:
        self.village = village
        self.tmux = tmux
        self.home = village.worktree("w")
        village.call("alice", "tmux.create", name="api", cwd=str(self.home), **ERIN)
        village.homes["erin"] = self.home

    def queue(self, text: str, **params: Any) -> str:
        """Queues a command; its id."""
        asked = {"session": "api", "text": text, "requester": "alice", **params}
        queued = self.village.call("alice", "tmux.queue", **asked)
        return str(queued["command_id"])

    def wait(self, command_id: str, timeout_ms: int = 60_000) -> dict[str, Any]:
        """How a command ended; who asks has more patience than the daemon."""
        self.village.stand("alice").socket.settimeout(timeout_ms / 1000 + 20)
        asked = {"command_id": command_id, "timeout_ms": timeout_ms}
        found: dict[str, Any] = self.village.call("alice", "tmux.queue-wait", **asked)
        return found

    def status(self) -> dict[str, Any]:
        """What waits, and what runs."""
        found: dict[str, Any] = self.village.call("alice", "tmux.queue-status", session="api")
        return found

    def told(self, command_id: str) -> list[str]:
        """What was said to Alice of a command."""
        listed = self.village.call("alice", "message.list", page_size=100)
        bodies = [each["body"]["content"] for each in listed["messages"]]
        return [each for each in bodies if command_id in each]


@pytest.fixture
def session(village: Node, tmux: Tmux) -> Session:
    """One of an agent."""
    return Session(village, tmux)
