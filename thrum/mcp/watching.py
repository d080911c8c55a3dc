"""Telling a client that a resource it follows has changed.

The daemon pushes what reaches the agent. Nothing is pushed of who is here, so that is looked at now
and then, while somebody follows it. Both are looked after only as long as somebody does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio

from thrum.client import Client, HungUp
from thrum.errors import ThrumError
from thrum.mcp import resources
from thrum.mcp.asking import in_thread
from thrum.mcp.outside import Outside

LOOK_S: Final = 10.0
"""Seconds between two looks at the team, and before a daemon that is away is tried again."""

_LISTEN_S: Final = 20.0

Tell = Callable[[str], Awaitable[None]]


class Watcher:
    """Follows the resources that somebody follows.

    Args:
        outside: the world.
        tell: tells the clients that the resource of that address changed.
    """

    def __init__(self, outside: Outside, tell: Tell) -> None:
        self._outside = outside
        self._tell = tell
        self._followed: dict[str, int] = {}
        self._change = anyio.Event()
        self._client: Client | None = None
        self._team: Any = None

    def follow(self, uri: str) -> None:
        """Begins to follow a resource for one more."""
        self._count(uri, 1)

    def leave(self, uri: str) -> None:
        """Follows it for one less."""
        self._count(uri, -1)

    def _count(self, uri: str, more: int) -> None:
        self._followed[uri] = max(0, self._followed.get(uri, 0) + more)
        self._change.set()
        self._change = anyio.Event()

    def is_followed(self, uri: str) -> bool:
        """Whether anybody follows it."""
        return bool(self._followed.get(uri))

    async def run(self) -> None:
        """Follows both until it is cancelled."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._while_followed, resources.INBOX, self._listen)
            group.start_soon(self._while_followed, resources.TEAM, self._look)

    async def _while_followed(self, uri: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            while not self.is_followed(uri):
                await self._change.wait()
            try:
                await work()
            except ThrumError:
                pass  # Who asks for it is told why; here it is tried again.
            await anyio.sleep(LOOK_S)

    async def _listen(self) -> None:
        """Tells of each push, until nobody follows or the daemon hangs up."""
        try:
            await in_thread(self._subscribe)
            # What came before is nobody's news, but may have come while no daemon ran.
            await self._tell(resources.INBOX)
            while self.is_followed(resources.INBOX):
                if await in_thread(self._was_pushed):
                    await self._tell(resources.INBOX)
        finally:
            client, self._client = self._client, None
            if client is not None:
                client.abort()

    def _subscribe(self) -> None:
        client = self._outside.connect()
        self._client = client
        me = self._outside.me().agent_id
        client.call("subscribe", {"all": True, "caller_agent_id": me})

    def _was_pushed(self) -> bool:
        client = self._client
        if client is None:
            raise HungUp
        return next(client.notifications(_LISTEN_S), None) is not None

    async def _look(self) -> None:
        """Tells of each change of the team, until nobody follows it."""
        while self.is_followed(resources.TEAM):
            before, self._team = self._team, await in_thread(lambda: resources.team(self._outside))
            if before is not None and self._team != before:
                await self._tell(resources.TEAM)
            await anyio.sleep(LOOK_S)
        self._team = None
