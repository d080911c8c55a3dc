"""Begins services in their order, begins them again when they crash, and stops them in time.

Whatever a service does, the daemon serves on: a crash is written down, shown by `health`, and the
service begun again after a pause that doubles up to a minute. What it left behind (jobs,
listeners, child processes) is taken away first. The end goes in the opposite order, each service
within its own time and all within that of the daemon.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from functools import partial
from typing import Final

import anyio
from anyio.abc import TaskGroup
from msgspec import Struct, field

from thrum.clock import format_seconds
from thrum.config import Config
from thrum.daemon.hub import Hub
from thrum.daemon.service.clock import Clock
from thrum.daemon.service.contract import Service
from thrum.daemon.service.scheduler import Scheduler
from thrum.daemon.service.stray import told_apart
from thrum.daemon.service.wording import in_words

logger = logging.getLogger("thrum.service")

START_LIMIT_S: Final = 10.0
PATIENCE_S: Final = 3.0
"""Seconds that the start of one service may hold up the others and the socket."""
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
STEADY_S: Final = 60.0
"""A service that ran so long begins with the first pause again."""
REST_S: Final = 0.5
"""Seconds that a task has to end once it is cancelled."""

EndChildren = Callable[[str], Awaitable[object]]
"""Ends all child processes of an owner."""


class Standing(Enum):
    """How it stands with a service; the value is the word that people read."""

    WAITING = "not begun"
    STARTING = "starting"
    RUNNING = "running"
    DONE = "done"
    BROKEN = "broken"
    STOPPING = "stopping"
    STOPPED = "stopped"


WELL: Final = frozenset({Standing.RUNNING, Standing.DONE})
"""How it stands with a service that works; its jobs go on when its run is done."""


class Report(Struct, frozen=True):
    """A service at this moment.

    Attributes:
        why: what is wrong with it; empty when it is well.
        crashes: how often it crashed or could not start.
        since: when it got to stand like this.
    """

    name: str
    standing: Standing
    why: str
    crashes: int
    since: str

    @property
    def is_well(self) -> bool:
        """Whether it works, or has nothing left to do."""
        return not self.why and self.standing in WELL


class _Charge(Struct, eq=False):
    """A service, and what is known of it."""

    service: Service
    standing: Standing = Standing.WAITING
    why: str = ""
    crashes: int = 0
    pause_s: float = FIRST_PAUSE_S
    since: str = ""
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    ended: anyio.Event | None = None


class Supervisor(Struct, dict=True):
    """Keeps the services of one daemon.

    Args:
        services: in the order in which they begin; they stop in the opposite one.
        hub: where they listen.
        scheduler: where their jobs are.
        end_children: ends the child processes of one.
        clock: counts the pauses.
    """

    services: Sequence[Service]
    hub: Hub
    scheduler: Scheduler
    end_children: EndChildren
    clock: Clock
    _never: anyio.Event | None = None

    def __post_init__(self) -> None:
        self._charges = [_Charge(service) for service in self.services]

    async def start(self, tasks: TaskGroup) -> None:
        """Makes every service ready, one after the other, and has them run in the task group.

        One whose start lasts is not waited for; it goes on beside the others.
        """
        self._never = anyio.Event()
        for charge in self._charges:
            begun, charge.ended = anyio.Event(), anyio.Event()
            tasks.start_soon(self._keep, charge, begun)
            if not await self.clock.wait(begun, PATIENCE_S):
                logger.warning("service %s is not waited for any longer", charge.service.name)

    async def stop(self, limit_s: float) -> list[str]:
        """Stops them, the last first; who did not stop in time.

        Args:
            limit_s: seconds for all of them together.
        """
        end = self.clock.monotonic() + limit_s
        late = []
        for charge in reversed(self._charges):
            left = end - self.clock.monotonic()
            if not await self._stop(charge, min(charge.service.stop_s, max(left, 0.0))):
                late.append(charge.service.name)
        return late

    def report(self) -> list[Report]:
        """How it stands with each service."""
        return [self._report(charge) for charge in self._charges]

    def changed(self, config: Config, names: frozenset[str]) -> None:
        """Tells the services that have or follow one of these keys that it has another value."""
        for charge in self._charges:
            service = charge.service
            if names & (service.keys.keys() | service.follows):
                try:
                    service.changed(config)
                except Exception:
                    logger.exception("%s does not take the new settings", service.name)

    # -- one service --

    def _stands(self, charge: _Charge, standing: Standing, why: str = "") -> None:
        charge.standing, charge.why = standing, why
        charge.since = format_seconds(self.clock.now_ns())

    async def _begin(self, charge: _Charge) -> bool:
        """Makes a service ready; whether that went well."""
        service = charge.service
        self._stands(charge, Standing.STARTING)
        if service.hears:
            self.hub.on(service.hears, service.heard, missed=service.missed, owner=service.name)
        try:
            with anyio.fail_after(START_LIMIT_S) as scope:
                with told_apart():
                    await service.start()
        except Exception as error:  # noqa: BLE001 -- whatever it is, the others begin
            why = f"within {START_LIMIT_S:g} s" if scope.cancelled_caught else in_words(error)
            await self._broke(charge, f"it did not start: {why}", error)
            return False
        self._stands(charge, Standing.RUNNING)
        return True

    async def _keep(self, charge: _Charge, begun: anyio.Event) -> None:
        assert charge.ended is not None
        try:
            with charge.scope:
                while True:
                    well = await self._begin(charge)
                    begun.set()
                    if well and await self._run(charge):
                        return
                    await self._pause(charge)
        finally:
            charge.ended.set()

    async def _run(self, charge: _Charge) -> bool:
        """Lets a service run; True when it has nothing left to do, False after a crash."""
        began = self.clock.monotonic()
        try:
            with told_apart():
                await charge.service.run()
        except Exception as error:  # noqa: BLE001 -- written down, and the others go on
            if self.clock.monotonic() - began >= STEADY_S:
                charge.pause_s = FIRST_PAUSE_S
            await self._broke(charge, f"it crashed: {in_words(error)}", error)
            return False
        self._stands(charge, Standing.DONE)
        return True

    async def _broke(self, charge: _Charge, why: str, error: Exception) -> None:
        charge.crashes += 1
        self._stands(charge, Standing.BROKEN, why)
        logger.error("service %s: %s", charge.service.name, why, exc_info=error)
        await self._clear(charge)

    async def _pause(self, charge: _Charge) -> None:
        assert self._never is not None
        seconds, charge.pause_s = charge.pause_s, min(charge.pause_s * 2, LONGEST_PAUSE_S)
        logger.info("service %s is begun again in %g s", charge.service.name, seconds)
        await self.clock.wait(self._never, seconds)

    async def _clear(self, charge: _Charge) -> None:
        """Takes away what a service left."""
        name = charge.service.name
        self.scheduler.drop(name)
        self.hub.drop(name)
        try:
            with told_apart():
                await self.end_children(name)
        except Exception:
            logger.exception("child processes of %s could not be ended", name)

    async def _stop(self, charge: _Charge, limit_s: float) -> bool:
        """Stops a service; whether it ended within the limit."""
        service, began = charge.service, charge.standing is not Standing.WAITING
        self._stands(charge, Standing.STOPPING)
        charge.scope.cancel()
        in_time = True
        with anyio.CancelScope(shield=True):
            if charge.ended is not None:
                in_time = await self._within(charge, REST_S, charge.ended.wait)
            if began:
                in_time &= await self._within(charge, limit_s, service.stop)
            in_time &= await self._within(charge, REST_S, partial(self._clear, charge))
        if in_time:
            self._stands(charge, Standing.STOPPED)
        return in_time

    async def _within(
        self, charge: _Charge, limit_s: float, work: Callable[[], Awaitable[object]]
    ) -> bool:
        name = charge.service.name
        try:
            with anyio.move_on_after(limit_s) as scope:
                with told_apart():
                    await work()
        except Exception:
            logger.exception("service %s failed while it stopped", name)
            return True
        if scope.cancelled_caught:
            logger.warning("service %s does not stop within %g s", name, limit_s)
        return not scope.cancelled_caught

    def _report(self, charge: _Charge) -> Report:
        name, why = charge.service.name, charge.why
        if not why and charge.standing in WELL:
            why = self._says(charge.service) or self.scheduler.trouble(name)
            why = why or self.hub.trouble(name)
        return Report(name, charge.standing, why, charge.crashes, charge.since)

    def _says(self, service: Service) -> str:
        try:
            return service.health()
        except Exception as error:
            logger.exception("%s does not say how it is", service.name)
            return f"it cannot say how it is: {in_words(error)}"
