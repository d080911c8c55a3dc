"""Looks at the panes of agents when they have gone quiet, and tells what they show.

Nothing is asked while nothing is written, and no process is started for a look: everything goes
through the one connection. Where that ends, it is tried again for a while, and then with the next
thing that somebody does.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import anyio

from thrum.daemon.notices import PaneQuiet
from thrum.daemon.tmux import panes, reaching, target
from thrum.daemon.tmux.watch import Watch
from thrum.errors import ThrumError
from thrum.runtimes.screens import table

if TYPE_CHECKING:
    from thrum.daemon.tmux.panes import Pane
    from thrum.daemon.tmux.service import Tmux
    from thrum.identity.files import Identity

PAUSES_S: Final = (0.5, 2.0, 10.0)
"""Seconds after which it is tried to connect again, one after the other."""

logger = logging.getLogger("thrum.tmux")


class Watcher:
    """Watches one server. On the event loop only.

    Args:
        tmux: whose server.
    """

    def __init__(self, tmux: Tmux) -> None:
        self._tmux = tmux
        self._watch = Watch()
        self._woken = anyio.Event()

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._attend)
            while True:
                now = self._now
                for pane_id in self._watch.due(now):
                    await self._visit(pane_id)
                self._woken = anyio.Event()
                await self._tmux.node.setting.clock.wait(self._woken, self._watch.next - self._now)

    async def look(self, pane: Pane, identity: Identity) -> PaneQuiet:
        """What an agent's pane shows now.

        Raises:
            ThrumError: as `Server.screen`.
        """
        from thrum.runtimes.screens import reading

        shown = await self._tmux.server.screen(pane)
        runtime = runtime_of(identity, pane)
        screen = reading.read(runtime, shown)
        return PaneQuiet(pane.session, pane.id, identity.name, runtime, screen, shown.rows)

    def sees(self, pane_id: str) -> bool:
        """Whether that pane is there."""
        return pane_id in self._watch

    def tell(self, quiet: PaneQuiet) -> None:
        """Tells whoever listens."""
        self._tmux.node.hub.tell([(quiet, True)])

    @property
    def _now(self) -> float:
        return self._tmux.node.setting.clock.monotonic()

    async def _attend(self) -> None:
        """Has the server tell, and comes back to it whenever there may be one again."""
        server, tries = self._tmux.server, 0
        while True:
            server.stirred = anyio.Event()
            if await self._once():
                tries = 0
            self._told({})
            pause = PAUSES_S[tries] if tries < len(PAUSES_S) else float("inf")
            tries += 1
            if await self._tmux.node.setting.clock.wait(server.stirred, pause):
                tries = 0

    async def _once(self) -> bool:
        if not self._tmux.server.socket.exists():
            return False
        try:
            return await self._tmux.server.attend(self._told)
        except ThrumError as error:
            logger.info("nothing is seen of tmux: %s", error)
            return False

    def _told(self, words: Mapping[str, str]) -> None:
        self._watch.told(words, self._now)
        self._woken.set()

    async def _visit(self, pane_id: str) -> None:
        """Looks at a pane that has gone quiet, if an agent lives there."""
        from thrum.runtimes.screens import reading

        began = self._now
        try:
            found = await self._tmux.server.panes()
            pane, identity = await self._living(pane_id, found)
            if pane is None or identity is None:
                self._watch.left(pane_id)
                return
            quiet = await self.look(pane, identity)
        except ThrumError as error:
            logger.info("a pane is not looked at: %s", error)
            self._watch.left(pane_id)
            return
        window = reading.window(quiet.runtime, quiet.rows)
        if self._watch.looked(pane_id, f"{quiet.screen.kind}\n{window}", began):
            self.tell(quiet)

    async def _living(
        self, pane_id: str, there: Sequence[Pane]
    ) -> tuple[Pane | None, Identity | None]:
        """A pane of ours with the agent who lives in it."""
        pane = panes.of_id(there, pane_id)
        if pane is None or pane.is_dead or not pane.is_of(self._tmux.server.thrum_dir):
            return None, None
        identity = await reaching.resident(self._tmux, pane.session)
        if identity is None or panes.meant(there, target.parse(identity.tmux_session)) != pane:
            return None, None
        return pane, identity


def runtime_of(identity: Identity, pane: Pane) -> str:
    """The runtime in a pane: the one that was launched, else the one that runs in front, else the
    one that its agent prefers; by its proper name."""
    launched = str(identity.raw.get("runtime") or "")
    front = pane.command if table.is_known(pane.command) else ""
    return table.of(launched or front or identity.preferred_runtime).runtime
