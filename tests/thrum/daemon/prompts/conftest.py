"""Agents who ask for leave, and who answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from tests.thrum.daemon.conftest import eventually
from tests.thrum.daemon.tmux.conftest import tmux, village
from thrum.daemon.prompts.service import HOLD_KEY, Prompts

__all__ = ["desk", "tmux", "village"]

T = TypeVar("T")

TOUCH = {"tool": "Bash", "details": '{"command": "touch made"}'}


@dataclass
class Desk:
    """A node with furiosa, who asks, nux, who does not matter, and boss, a coordinator."""

    node: Any

    @property
    def service(self) -> Prompts:
        found: Prompts = self.node.parts.service(Prompts)
        return found

    def on_loop(self, work: Coroutine[Any, Any, T]) -> T:
        """What something gives that runs on the daemon's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.node.loop).result(20)

    def act(self) -> None:
        """Has the service do what it does by itself."""
        self.on_loop(self.service.act())

    def asks(
        self, agent: str = "furiosa", session: str = "s1", *, waits: bool = True, **more: Any
    ) -> tuple[Any, str]:
        """A connection of a hook that waits for an answer, and the id of its question."""
        self.node.stand(agent)
        seat = {"runtime": "claude", "session": session}
        hook = self.node.connect()
        hook.call("delivery.ask", **seat, boundary="permission")
        asked = hook.call("prompt.ask", **{**seat, **TOUCH, "asks_meanwhile": True} | more)
        if asked["id"] and waits:
            assert 0 < asked["seconds"] <= 300
            hook.write("prompt.wait", **seat, id=asked["id"])
            held = self.service.held(asked["id"])
            assert held is not None
            # This process stands somewhere else by the next request.
            eventually(lambda: held.done.statistics().tasks_waiting)
        return hook, asked["id"]

    def listed(self, agent: str = "nux") -> list[dict[str, Any]]:
        """What waits, as anybody sees it."""
        return list(self.node.call(agent, "prompt.list")["prompts"])

    def notices(self, agent: str) -> list[str]:
        """What an agent was told of questions."""
        return [each for each in self.node.inbox(agent) if "asks for leave" in each]


@pytest.fixture
def desk(node: Any) -> Desk:
    for name in ("furiosa", "nux"):
        node.agent(name)
    node.agent("boss", role="coordinator")
    node.parts.config.set(HOLD_KEY, 60)
    return Desk(node)
