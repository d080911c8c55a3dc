"""A service hears what it asked for, and of what it missed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

import anyio
import pytest

from thrum.daemon.hub import Hub, News
from thrum.daemon.service import Scheduler, Service, Supervisor
from thrum.daemon.service.clock import SystemClock


class Wind:
    """Something that may be heard of."""


class Vane(Service):
    """Notes what it is told."""

    name: ClassVar = "vane"
    hears: ClassVar = (Wind,)

    def __init__(self) -> None:
        super().__init__(cast("Any", None))
        self.told: list[str] = []

    def heard(self, news: Sequence[News]) -> None:
        self.told += ["heard"] * len(news)

    def missed(self) -> None:
        self.told.append("missed")


async def no_children(owner: str) -> None:
    pass


@pytest.mark.parametrize(
    ("batches", "told"), [(2, ["heard", "heard"]), (3, ["heard", "heard", "missed"])]
)
def test_a_service_is_told_that_something_was_left_out(batches: int, told: list[str]) -> None:
    vane, clock, hub = Vane(), SystemClock(), Hub(most=2)

    async def run() -> None:
        supervisor = Supervisor([vane], hub, Scheduler(clock), no_children, clock)
        async with anyio.create_task_group() as tasks:
            await supervisor.start(tasks)
            for _ in range(batches):
                hub.tell([(Wind(), True)])
            await anyio.wait_all_tasks_blocked()
            assert await supervisor.stop(20) == []

    anyio.run(run)
    assert vane.told == told
