"""A daemon in this process, and connections of every transport to its one door, without bytes.

It is composed as `thrum.daemon.main` composes it, with all of its services. Only the socket is
missing: requests come in from connections that are objects. Those of the Unix socket belong to real
processes, which do nothing but stand somewhere.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal

from tests.integration.town import Asked
from thrum import paths
from thrum.daemon.callers.authenticators import Authenticator, KernelCredentials
from thrum.daemon.main import close, compose, supervise
from thrum.daemon.node import Node, Setting
from thrum.daemon.rpc.dispatch import Dispatch
from thrum.daemon.rpc.registry import Table, Transport
from thrum.daemon.service.clock import SystemClock
from thrum.daemon.service.contract import Service
from thrum.identity import process
from thrum.ids import Ids


@dataclass(eq=False)
class Line:
    """A connection that keeps what is pushed to it."""

    transport: Transport
    authenticator: Authenticator
    on_close: list[Callable[[], None]] = field(default_factory=list)
    pushed: list[bytes] = field(default_factory=list)
    is_aborted: bool = False

    def push(self, line: bytes) -> None:
        self.pushed.append(line)

    def abort(self) -> None:
        self.is_aborted = True

    def is_gone(self) -> bool:
        return self.is_aborted


@dataclass
class Doorway:
    """A daemon whose door can be spoken at from a test.

    Attributes:
        methods: what is behind the door.
    """

    node: Node
    portal: BlockingPortal
    methods: Table

    def ask(self, line: Line, requests: Iterable[Asked]) -> list[Any]:
        """The answers to requests that come in by the line, one after the other."""
        door = Dispatch(self.node, self.methods)
        return [json.loads(self.portal.call(door.answer, _text(*each), line)) for each in requests]

    def silent(self) -> Line:
        """A connection of the Unix socket of which the kernel says nothing."""
        return Line(Transport.UNIX, KernelCredentials(self.node.resolver, 0, None))

    @contextmanager
    def standing(self, where: Path) -> Iterator[tuple[Line, process.Process]]:
        """A connection of a process that stands somewhere, and that process."""
        with subprocess.Popen(["sleep", "600"], cwd=where) as stands:
            found = process.look(stands.pid)
            assert found is not None
            yield (
                Line(Transport.UNIX, KernelCredentials(self.node.resolver, stands.pid, found)),
                found,
            )
            stands.terminate()


def _text(method: str, params: Any) -> bytes:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return json.dumps(request).encode()


@contextmanager
def doorway(root: Path, environment: dict[str, str]) -> Iterator[Doorway]:
    """The daemon of a repository for the length of the context."""
    setting = Setting(paths.at(root), environment, SystemClock(), Ids(time.time_ns))
    node, made = compose(setting)
    try:
        with (
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(_running(node, made)),
        ):
            yield Doorway(node, portal, node.methods)
    finally:
        close(node)


@asynccontextmanager
async def _running(node: Node, made: Sequence[Service]) -> AsyncIterator[None]:
    node.callers.listen(node.hub)
    async with node.children, anyio.create_task_group() as tasks:
        tasks.start_soon(node.scheduler.run)
        supervisor = supervise(node, made)
        await supervisor.start(tasks)
        yield
        assert await supervisor.stop(20) == []
        tasks.cancel_scope.cancel()
