"""Who calls and where agents live, as one part of the daemon: files, arrivals and the resolver."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from anyio import to_thread
from msgspec import Struct, field

from thrum import events
from thrum.daemon.callers.arrivals import Arrivals
from thrum.daemon.callers.identities import Identities
from thrum.daemon.callers.resolver import Resolver
from thrum.daemon.hub import Hub, News
from thrum.daemon.notices import Moved
from thrum.daemon.store import Store
from thrum.identity.files import Identity

CHANGES: Final = (
    events.AgentRegister,
    events.AgentCleanup,
    events.SessionStart,
    events.SessionEnd,
    Moved,
)
"""After these somebody may be known by another name, or no more."""


class Callers(Struct):
    """What is known of callers.

    Attributes:
        identities: the identity files of all worktrees.
        resolver: finds the agent of a process.
        arrivals: who was registered a moment ago.
    """

    identities: Identities
    resolver: Resolver
    arrivals: Arrivals = field(default_factory=Arrivals)

    @classmethod
    def of(cls, repository: Path, store: Store) -> Callers:
        """Those of a repository's daemon."""
        identities = Identities(repository)
        return cls(identities, Resolver(identities, store))

    async def filed(self) -> list[Identity]:
        """The identity files of all worktrees, read off the event loop: a disk may not answer."""
        return await to_thread.run_sync(self.identities.all, abandon_on_cancel=True)

    async def named(self, name: str) -> Identity | None:
        """The newest identity of that name, as `Identities.by_name`, read off the event loop."""
        found = await to_thread.run_sync(self.identities.by_name, abandon_on_cancel=True)
        return found.get(name)

    def close(self) -> None:
        """Ends the threads that ask about callers, and gives back what is held open."""
        self.resolver.looker.close()
        self.resolver.mounts.close()

    def listen(self, hub: Hub) -> None:
        """Has what was found of processes count for nothing once it may have changed.

        The hub speaks before answers leave, so a client's next request finds the change.
        """
        hub.on(CHANGES, self._heard, missed=self.resolver.changed, owner="callers")

    def _heard(self, news: Sequence[News]) -> None:
        self.resolver.changed()
