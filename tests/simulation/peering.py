"""Nodes that are peers: one pulls from another by the program's own loop; its line may break."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, Final, TypeVar, cast

import anyio
import msgspec

from tests.simulation.node import Node
from thrum.daemon.peers import checkpoints, serving
from thrum.daemon.peers.attending import Attendant
from thrum.daemon.peers.checkpoints import Checkpoint
from thrum.daemon.peers.dialing import PeerLine, Unreachable
from thrum.daemon.peers.peer import Peer
from thrum.daemon.peers.service import Peers
from thrum.daemon.state.schema import apply

T = TypeVar("T")

SMALLEST: Final = 3
"""Events of the smallest answer, so that a pull takes several."""


class LaterTables:
    """Where a node keeps how far it has read: on disk at once, whatever ends the node."""

    def __init__(self) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        for each in checkpoints.SCHEMA.migrations:
            apply(self.db, each)

    async def write(self, change: Callable[[sqlite3.Connection], None]) -> None:
        """See `Tables`."""
        change(self.db)


class ByNumber(Attendant):
    """An older program's: it believes numbers alone."""

    async def _holds(self, line: PeerLine, reached: Checkpoint, scope: str) -> bool:
        return True


@dataclass
class Link:
    """One direction between two nodes.

    Attributes:
        here: who pulls.
        there: from whom.
        is_old: whether `here` goes by numbers alone, as older programs do.
        tells_old: whether `there` does.
        tables: where `here` keeps how far it has read.
    """

    here: Node
    there: Node
    is_old: bool
    tells_old: bool
    tables: LaterTables

    def pull(self, breaks: Callable[[], bool], most: int) -> int:
        """Pulls until there is no more; how many events were new.

        Args:
            breaks: whether the line breaks at an answer.
            most: how many events are told at once.
        """
        self.here.store._limiter = None  # it belongs to the loop of the last time
        reached = checkpoints.read(self.tables.db).get(self.there.daemon_id, Checkpoint())
        kind = ByNumber if self.is_old else Attendant
        attendant = kind(cast("Peers", self._peers()), self.there.daemon_id, reached)
        line = _Line(self.there, self.tells_old, breaks, most)
        peer = Peer(self.there.name, "127.0.0.1:1", self.there.daemon_id)
        try:
            anyio.run(attendant._pull, cast("PeerLine", line), peer)
        except Unreachable:
            return attendant.tally.applied + 1
        return attendant.tally.applied

    def _peers(self) -> Any:
        clock = SimpleNamespace(monotonic=lambda: 0.0)
        node = SimpleNamespace(
            store=self.here.store,
            setting=SimpleNamespace(clock=clock),
            identity=SimpleNamespace(repo_name=self.here.name),
            now_ns=self.here.now_ns,
        )

        def nothing(*_about: object) -> None:
            """Nobody is told."""

        return SimpleNamespace(
            node=node,
            chance=lambda: 0.0,
            tables=self.tables,
            comes_from=nothing,
            is_settled=nothing,
            says_scope=nothing,
            note=nothing,
        )


class _Line:
    """What the other node answers, until the line breaks."""

    where = "the other node"

    def __init__(self, there: Node, is_old: bool, breaks: Callable[[], bool], most: int) -> None:
        self._there = there
        self._is_old = is_old
        self._breaks = breaks
        self._most = most

    async def call(self, method: str, params: dict[str, Any]) -> msgspec.Raw:
        """See `PeerLine`."""
        assert method == "sync.pull"
        known = "" if self._is_old else params["after_event"]
        most = min(self._most, params["max_batch"])
        found = serving.told(self._there.store.reader(), params["after_sequence"], most, known)
        if self._breaks():
            raise Unreachable("the line breaks")
        return msgspec.Raw(msgspec.json.encode(found))

    async def told(self, method: str, params: dict[str, Any], kind: type[T]) -> T:
        """See `PeerLine`."""
        return msgspec.json.decode(await self.call(method, params), type=kind)


def chain(nodes: Sequence[Node], is_old: Callable[[], bool]) -> list[Link]:
    """Both directions between each node and the next."""
    tables = {node.name: LaterTables() for node in nodes}
    return [
        Link(here, there, is_old(), is_old(), tables[here.name])
        for one, other in pairwise(nodes)
        for here, there in ((one, other), (other, one))
    ]
