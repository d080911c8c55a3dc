"""The exchange with the remote, as a service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio
from anyio import to_thread

from gitstore.child import Owner
from thrum import events
from thrum.config import Config, Key, load
from thrum.daemon.eventloop import EventLoop
from thrum.daemon.hub import News
from thrum.daemon.notices import Exchanged
from thrum.daemon.push.service import Push
from thrum.daemon.service.contract import Service
from thrum.daemon.settings import Settings
from thrum.daemon.sync import exposure
from thrum.daemon.sync.loop import Sync
from thrum.daemon.sync.told import SyncTold
from thrum.errors import ThrumError
from thrum.identity import process

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.service.contract import Check

LEAST_INTERVAL_S: Final = 1


class SyncService(Service):
    """Owns the thread that owns the branch.

    Attributes:
        loop: that thread's work, which methods ask for.
    """

    name: ClassVar = "sync"
    keys: ClassVar[Mapping[str, Key]] = {
        "daemon.sync_interval": Key(int, 60, "Seconds between two looks at the remote.", least=1),
        "daemon.sync_quick_interval": Key(
            int,
            3,
            "The same while somebody waits or mail has lately crossed; 0 or less: not sooner.",
        ),
        "daemon.sync.public_exposure_override": Key(
            str, "", "The public remote (host/path) that messages may go to all the same."
        ),
        "daemon.sync.detected_visibility": Key(
            str, "", "What the last look at the remote found: public, private or undetectable."
        ),
        "daemon.sync.detected_remote": Key(str, "", "The remote that was looked at."),
    }
    follows: ClassVar[frozenset[str]] = frozenset({"daemon.local_only", "daemon.sync.remote"})
    hears: ClassVar = (*(each for each in events.TYPES.values() if each.structural), Exchanged)
    pushes: ClassVar = (SyncTold,)
    stop_s: ClassVar = 3.0

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._probing = Owner()
        self._over: anyio.Event | None = None
        clock, log = node.setting.clock, node.store.log
        self._gate = exposure.Gate(
            node.config,
            lambda: log.addresses,
            exposure.ask_as_stranger(node.setting.environment, self._probing),
            clock.monotonic,
        )
        slow, quick = intervals(node.config)
        self.loop = Sync(
            log=log,
            catch_up=node.store.catch_up,
            lock=node.place.var / "sync.lock",
            now_ns=node.now_ns,
            monotonic=clock.monotonic,
            interval_s=slow,
            quick_s=quick,
            refused=self._refused,
            inherited=node.inherited,
            alarm=lambda moment: None,
            cycled=lambda: node.hub.tell([(Exchanged(), True)]),
            tell=self._tell,
            footing=node.footing,
        )

    def _tell(self) -> None:
        """Has others hear of the work that goes on here. On the loop's thread."""
        from thrum.daemon import telling

        filed = self.node.callers.identities.by_name()
        telling.tell(self.node.store, filed, self.node.now_ns())

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.rpc.registry import declared_in
        from thrum.daemon.sync import methods, worktree

        return declared_in(methods, worktree)

    @classmethod
    def checks(cls) -> Mapping[str, Check]:
        """See `Service`."""
        from thrum.doctor import branch, sharing

        return {"sharing": sharing.check, "worktree": branch.worktree}

    async def start(self) -> None:
        """Begins the thread; its first cycle runs at once."""
        self.node.service(Push).feeds.state(self.name, lambda: SyncTold.of(self.loop.status()))
        over = self._over = anyio.Event()
        here = EventLoop.here()
        alarm = self.node.scheduler.alarm(self._ring, owner=self.name, name="exchange by the clock")
        self.loop.alarm = alarm.at
        self.loop.ended = lambda: here.soon(over.set)
        self.loop.start()

    async def _ring(self) -> None:
        self.loop.ring()

    async def run(self) -> None:
        """Watches over the thread, which only ends when it is told to.

        Raises:
            RuntimeError: it has ended all the same.
        """
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._listen)
            assert self._over is not None
            await self._over.wait()
            tasks.cancel_scope.cancel()
        raise RuntimeError("the thread that owns the branch has ended")

    async def _listen(self) -> None:
        """Notes the environments of those who connect, apart from the event loop."""
        inherited = self.node.inherited
        while True:
            called = anyio.Event()
            inherited.on_call = called.set
            pid = inherited.take_caller()
            if not pid:
                await called.wait()
                continue
            inherited.heard(await to_thread.run_sync(process.environment, pid))
            if self.loop.is_refused and inherited.has_newer:
                self.loop.soon()

    def heard(self, news: Sequence[News]) -> None:
        """A cycle follows soon upon what was made here and others should see."""
        if any(is_local and not isinstance(each, Exchanged) for each, is_local in news):
            self.loop.trigger()
        self.node.service(Push).feeds.look(self.name)

    def missed(self) -> None:
        """What was left out may have been made here, or be the end of a cycle."""
        self.loop.trigger()
        self.node.service(Push).feeds.look(self.name)

    def changed(self, config: Config) -> None:
        """Goes on by the new settings."""
        self.node.store.log.use_remote(str(config.get("daemon.sync.remote")))
        self.loop.every(*intervals(config))

    def share(self, is_on: bool) -> None:
        """Writes into the configuration whether messages are shared; it counts at once. Any thread.

        Raises:
            ThrumError: ``conflict``, something else that counts for more says otherwise;
                ``config``, the file cannot be read; ``busy``.
            OSError: the disk refuses.
        """
        known = self.node.config
        fresh = load(known.path, known.environment, known.keys)
        fresh.set("daemon.local_only", not is_on)
        fresh.save()
        self.node.service(Settings).read()
        if bool(known.local_only) is is_on:
            raise ThrumError(
                "conflict",
                f"written into {known.path}, and something else says otherwise",
                "THRUM_LOCAL_ONLY and THRUM_LOCAL in the daemon's environment count for more, and "
                f"so does {known.path.with_suffix('.yaml')}",
            )

    def health(self) -> str:
        """See `Service`."""
        return self.loop.trouble

    async def stop(self) -> None:
        """Ends the thread with a last commit; if that lasts, the next start does it."""
        self._probing.abort()
        await to_thread.run_sync(self.loop.stop, self.stop_s, abandon_on_cancel=True)

    @property
    def has_ended(self) -> bool:
        """Whether the thread works with the log no more."""
        return not self.loop.status().running

    def off_limits(self) -> str:
        """Why the remote is off limits; empty if it is not. The loop's thread."""
        refused, reason = self._refused()
        return reason if refused else ""

    def _refused(self) -> tuple[bool, str]:
        """Whether the remote is off limits, and why, by the settings as they stand this moment."""
        self.node.service(Settings).look()
        return self._gate.refused()


def intervals(config: Config) -> tuple[float, float]:
    """Seconds between two sync cycles, at most and while mail is expected (0: no sooner).

    A loop without a pause would only start processes.
    """
    slow = max(LEAST_INTERVAL_S, config.get("daemon.sync_interval"))
    quick = config.get("daemon.sync_quick_interval")
    return float(slow), float(max(LEAST_INTERVAL_S, quick) if quick > 0 else 0)
