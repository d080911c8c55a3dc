"""Who starts the process that stands ready, as a service: the first caller has it begin."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import ClassVar, Final

import anyio

from thrum import front, platform
from thrum.daemon.service.contract import Service
from thrum.errors import ThrumError

STOP_S: Final = 0.5

logger = logging.getLogger("thrum.ready")


class Ready(Service):
    """Listens until somebody calls; that one is turned away, and the next is served."""

    name: ClassVar = "ready"

    async def run(self) -> None:
        """Goes on until it is cancelled.

        Raises:
            ThrumError: the process cannot be started.
            OSError: nobody can listen there.
        """
        if not platform.LINUX:
            return  # elsewhere nobody can tell whether a caller may do what we may
        while True:
            await self._called()
            await self._stands()

    @property
    def _socket(self) -> Path:
        return self.node.place.var / front.SOCKET

    async def _called(self) -> None:
        self._socket.unlink(missing_ok=True)
        with platform.bind_unix(self._socket) as listener:
            listener.listen(1)
            listener.setblocking(False)
            await anyio.wait_readable(listener)
        self._socket.unlink(missing_ok=True)

    async def _stands(self) -> None:
        child = self.node.children.start(
            [sys.executable, "-P", "-m", "thrum.ready.program", str(self.node.place.var)],
            owner=self.name,
            cwd=self.node.place.repository,
            environment=self.node.setting.environment,
        )
        assert child.lines is not None, "it is started for that"
        async for line in child.lines:
            logger.warning("%s", line.said.decode(errors="replace"))
        status = await child.wait()
        if status:
            raise ThrumError("program", f"the process that stands ready ended with {status}")

    async def stop(self) -> None:
        """Ends the process; commands that it became go on."""
        await self.node.children.end(self.name, STOP_S)
        self._socket.unlink(missing_ok=True)
