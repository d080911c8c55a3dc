"""Sessions of tmux in which agents live, as a service.

It has one tmux server: the user's, or the one that the configuration names. Nothing is begun before
somebody needs it, and nothing is asked while nobody does.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio

from thrum.clock import format_seconds
from thrum.config import Key
from thrum.daemon.service.contract import Service
from thrum.daemon.tmux.ages import Ages
from thrum.daemon.tmux.known import KnownPrompts
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.service.contract import Check
    from thrum.daemon.tmux.following import Following
    from thrum.daemon.tmux.launch import Launch
    from thrum.daemon.tmux.panes import Pane
    from thrum.daemon.tmux.server import Server
    from thrum.daemon.tmux.typist import Typist
    from thrum.daemon.tmux.watcher import Watcher

logger = logging.getLogger("thrum.tmux")

SOCKET_KEY: Final = "tmux.socket"
ENVIRONMENT_KEY: Final = "tmux.environment"


class Tmux(Service):
    """Has the server, and who types into its panes.

    Attributes:
        turn: held by whoever makes or ends sessions, so that two never take each other's place.
        prompts: those of shells that are known to have been empty.
        when_ended: called with the name of each session that was ended by command, or has ended
            when another one takes its name.
        inherited: what of the daemon's environment sessions get.
    """

    name: ClassVar = "tmux"
    keys: ClassVar[Mapping[str, Key]] = {
        SOCKET_KEY: Key(
            str,
            "",
            "The tmux server that agents live in, by the name of its socket (`tmux -L`). Empty for"
            " the usual one. Counts from the daemon's next start.",
        ),
        ENVIRONMENT_KEY: Key(
            str,
            "",
            "Variables that a new tmux server inherits from the daemon besides the usual ones, as"
            " names or patterns between blanks: `MY_KEY AWS_*`. Counts from the next start.",
        ),
    }

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.turn = anyio.Lock()
        self.prompts = KnownPrompts()
        self.when_ended: list[Callable[[str], Awaitable[None]]] = []
        self.when_launched: list[Callable[[Launch], Awaitable[None]]] = []
        self.ages = Ages(node.now_ns, node.setting.clock.monotonic)
        self._seen: list[Pane] = []
        self._server: Server | None = None
        self._typist: Typist | None = None
        self._following: Following | None = None
        self._watcher: Watcher | None = None

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.rpc.registry import declared_in
        from thrum.daemon.tmux import methods

        return declared_in(methods)

    @classmethod
    def checks(cls) -> Mapping[str, Check]:
        """See `Service`."""
        from thrum.daemon.tmux import check

        return {"tmux": check.sessions}

    @property
    def inherited(self) -> dict[str, str]:
        """What of the daemon's environment programs are given."""
        from thrum.daemon.tmux import environment

        also = str(self.node.config.get(ENVIRONMENT_KEY)).split()
        return environment.handed_on(self.node.setting.environment, also)

    @property
    def server(self) -> Server:
        """The server that agents live in."""
        if self._server is None:
            from thrum.daemon.tmux.server import Server

            place = self.node.place
            self._server = Server(
                self.node.children,
                self.inherited,
                place.repository,
                place.shared,
                str(self.node.config.get(SOCKET_KEY)),
            )
        return self._server

    @property
    def following(self) -> Following:
        """Who looks how launches go."""
        if self._following is None:
            from thrum.daemon.tmux.following import Following

            self._following = Following(self)
        return self._following

    @property
    def typist(self) -> Typist:
        """Who types into its panes."""
        if self._typist is None:
            from thrum.daemon.tmux.typist import Typist

            self._typist = Typist(self.server, self.ages)
        return self._typist

    @property
    def watcher(self) -> Watcher:
        """Who looks at its panes."""
        if self._watcher is None:
            from thrum.daemon.tmux.watcher import Watcher

            self._watcher = Watcher(self)
        return self._watcher

    @property
    def now(self) -> str:
        """The moment, as identity files write it."""
        return format_seconds(self.node.now_ns())

    async def seen(self, *, fresh: bool = False) -> list[Pane]:
        """Every pane; none where there is no tmux, or none that will do: nobody lives there.

        Of one that does not answer just now it is what was seen last, since no session has ended by
        that.

        Args:
            fresh: as for `Server.panes`.
        """
        found, why = await self.asked(fresh=fresh)
        if why:
            logger.info("nothing new is seen of tmux: %s", why)
        return found

    async def asked(self, *, fresh: bool = False) -> tuple[list[Pane], str]:
        """Every pane, as `seen`; and why nobody knows whether they are so, empty if one does."""
        from thrum.daemon.tmux.server import Unanswered

        try:
            self._seen = await self.server.panes(fresh=fresh)
        except Unanswered as error:
            return self._seen, str(error)
        except ThrumError as error:
            if error.kind != "program":
                raise
            return [], str(error)
        return self._seen, ""

    async def ended(self, session: str) -> None:
        """Says that a session was ended by command, or has ended before another one took its name.

        Raises:
            ThrumError: whatever one who was told of it raises.
        """
        for call in self.when_ended:
            await call(session)

    async def run(self) -> None:
        """See `Service`."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.following.run)
            tasks.start_soon(self.watcher.run)

    async def stop(self) -> None:
        """See `Service`."""
        if self._server is not None:
            await self._server.close()
