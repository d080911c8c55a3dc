"""What the methods work with: the parts of a running daemon."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar

from gitstore import Log
from thrum.clock import NowNs
from thrum.config import Config
from thrum.daemon.callers.arrivals import Arrivals
from thrum.daemon.callers.identities import Identities
from thrum.daemon.store import Store
from thrum.daemon.work.observer import Observer
from thrum.daemon_identity import DaemonIdentity
from thrum.ids import Ids
from thrum.paths import Place

if TYPE_CHECKING:
    from thrum.daemon.hub import Hub
    from thrum.daemon.sync.loop import SyncStatus

T = TypeVar("T")


class SyncLoop(Protocol):
    """What methods ask of the sync loop."""

    def status(self) -> SyncStatus:
        """How things stand."""
        ...

    def awaited(self) -> AbstractContextManager[None]:
        """While it is open somebody waits for mail."""
        ...

    def looked(self) -> None:
        """Tells that somebody looked for mail."""
        ...

    def force(self) -> Awaitable[SyncStatus]:
        """Runs a cycle and tells how it ended."""
        ...

    def carry_out(self, job: Callable[[Log], T]) -> Awaitable[T]:
        """Has the thread that owns the log do something with it."""
        ...


@dataclass
class Services:
    """The parts, composed by `thrum.daemon.main`.

    Attributes:
        on_moved: called by `moved`.
    """

    store: Store
    hub: Hub
    sync: SyncLoop
    observer: Observer
    config: Config
    identity: DaemonIdentity
    now_ns: NowNs
    ids: Ids
    place: Place
    started_ns: int
    version: str
    on_moved: list[Callable[[], None]] = field(default_factory=list)
    arrivals: Arrivals = field(default_factory=Arrivals)

    @cached_property
    def identities(self) -> Identities:
        """The identity files of all worktrees; for the event loop."""
        return Identities(self.place.repository)

    def moved(self) -> None:
        """Tells that an agent may be at home elsewhere now.

        Methods tell it before they answer: the hooks of the store come after the answer, too late
        for a client whose next request counts on the change.
        """
        for heard in self.on_moved:
            heard()
