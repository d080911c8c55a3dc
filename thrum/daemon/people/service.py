"""Knows which person the account is that the daemon runs by, as a service.

Nobody else reaches the Unix socket. Whoever calls from a terminal there and is no agent, nor below
an agent's program, is that person: see `thrum.daemon.callers.resolver`.
"""

from __future__ import annotations

import os
from typing import ClassVar

from thrum.daemon.people import bound
from thrum.daemon.service.contract import Service


class People(Service):
    """Tells who calls which person that is."""

    name: ClassVar = "people"
    schema: ClassVar = bound.SCHEMA

    async def start(self) -> None:
        """See `Service`."""
        if self.tables.refusal is None:
            self.node.resolver.person = await self.tables.ask(
                lambda db: bound.read(db, os.getuid())
            )

    async def bind(self, user_id: str) -> None:
        """From now on the account is that person, over restarts too.

        Raises:
            ThrumError: as `Tables.write`.
        """
        await self.tables.write(lambda db: bound.bind(db, os.getuid(), user_id))
        self.node.resolver.person = user_id
