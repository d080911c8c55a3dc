"""A node whose pages are served, and ways to come in."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.websocket import Socket, come_in
from thrum.daemon.web.service import Web
from thrum.identity import process


@dataclass
class Town:
    """A node with pages, and the person whom git knows there.

    Attributes:
        node: with its agents.
        web: the service.
        port: where it serves.
    """

    node: Any
    web: Web
    port: int
    sockets: list[Socket] = field(default_factory=list)

    def run(self, work: Any) -> Any:
        """Has the loop of the node do something, and waits for it."""
        return asyncio.run_coroutine_threadsafe(work, self.node.loop).result(20)

    def soon(self, function: Callable[[], Any]) -> None:
        """Has the loop of the node call a function, and waits for it."""

        async def called() -> None:
            function()

        self.run(called())

    def cookie(self, person: str = "user:dana") -> str:
        """What a browser shows that a person let in."""
        return come_in(self.port, f"/login?t={self.web.logins.link(person)}")

    def socket(self, cookie: str = "", **headers: str) -> Socket:
        """A new connection that speaks in frames."""
        self.sockets.append(Socket.open(self.port, cookie=cookie, **headers))
        return self.sockets[-1]

    def person(self) -> Socket:
        """A connection of the person, who is written down."""
        found = self.socket(self.cookie())
        found.call("user.register", username="dana", display="Dana")
        return found


@pytest.fixture
def town(node: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A node whose pages are served; whoever runs the tests is no agent's program."""
    monkeypatch.setattr(process, "runtime", lambda _pid: None)
    for key, value in (("user.name", "Dana"), ("user.email", "dana@example.org")):
        subprocess.run(["git", "-C", str(node.repository), "config", key, value], check=True)
    web = node.parts.service(Web)
    made = Town(node, web, 0)
    made.run(web.start())
    made.port = web.listening.port
    running = asyncio.run_coroutine_threadsafe(web.run(), node.loop)
    yield made
    for each in made.sockets:
        each.close()
    running.cancel()
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0.05), node.loop).result(20)
    made.run(web.stop())
