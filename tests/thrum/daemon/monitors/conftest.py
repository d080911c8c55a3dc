"""Monitors for tests: one as it is kept, one at work, and a daemon that has them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from tests.thrum.daemon.service.clock import FakeClock
from thrum.daemon.children.children import Children
from thrum.daemon.monitors.job import Job
from thrum.daemon.monitors.output_log import OutputLog
from thrum.daemon.monitors.pace import Pace
from thrum.daemon.monitors.runner import Runner
from thrum.daemon.monitors.service import Monitors
from thrum.errors import ThrumError

AT = "2026-01-01T00:00:00Z"
LONG_S = 60.0
"""Ends a test that would hang, and nothing else."""


def job(name: str = "errs", **changes: Any) -> Job:
    """A monitor that lead started."""
    facts: dict[str, Any] = {
        "id": f"mon_{name}",
        "name": name,
        "argv": ("cat",),
        "match": "",
        "target": "@lead",
        "cwd": "/",
        "env": {},
        "debounce_s": 60,
        "schedule": "",
        "started_by": "lead",
        "created_at": AT,
        "updated_at": AT,
        **changes,
    }
    return Job(**facts)


@pytest.fixture
def anyio_backend() -> str:
    """The daemon's."""
    return "asyncio"


@dataclass
class Mouth:
    """Where a sender would speak.

    Attributes:
        said: what was reported.
        refusal: why nothing can be.
    """

    said: list[str] = field(default_factory=list)
    refusal: ThrumError | None = None

    async def say(self, text: str) -> str:
        if self.refusal is not None:
            raise self.refusal
        self.said.append(text)
        return ""


@dataclass
class Bench:
    """Monitors at work by a clock that stands still; what they run is real.

    Attributes:
        codes: how runs ended.
    """

    root: Path
    children: Children
    clock: FakeClock = field(default_factory=FakeClock)
    mouth: Mouth = field(default_factory=Mouth)
    codes: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def runner(self, script: str = "", **changes: Any) -> Runner:
        """What runs a shell's script, or what is named."""
        setting = SimpleNamespace(clock=self.clock, environment={"TZ": "UTC"})
        node: Any = SimpleNamespace(
            setting=setting, now_ns=self.clock.now_ns, children=self.children
        )
        made = job(**{"argv": ("sh", "-c", script), "cwd": str(self.root), **changes})
        log = OutputLog(self.root / "o.log")
        runner = Runner(node, made, log, Pace(), self._exited)
        runner.sender = self.mouth  # type: ignore[assignment]
        return runner

    async def _exited(self, job: Job, code: int) -> None:
        self.codes.append(code)

    async def run(self, runner: Runner) -> None:
        """Has it run to its end."""
        self.words.append(await runner.run())

    async def until(self, holds: Callable[[], Any]) -> None:
        """Waits until it holds, while the clock stands still."""
        with anyio.fail_after(LONG_S):
            while not holds():
                await anyio.sleep(0.005)

    def output(self) -> list[str]:
        """What was kept of what programs said, without the moments."""
        return [line.partition(" ")[2] for line in OutputLog(self.root / "o.log").tail(0)]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench on which nothing runs yet."""
    async with Children(time.time_ns) as children:
        yield Bench(tmp_path, children)


@pytest.fixture
def office(node: Any) -> Iterator[Any]:
    """A node with lead, who is in charge, and nux and max, who are not; monitors run in it."""
    ready, stop = asyncio.Event(), asyncio.Event()
    service = node.parts.service(Monitors)

    async def serve() -> None:
        task = asyncio.create_task(service.run())
        ready.set()
        await stop.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await service.stop()

    async def settle() -> None:
        await ready.wait()

    serving = asyncio.run_coroutine_threadsafe(serve(), node.loop)
    asyncio.run_coroutine_threadsafe(settle(), node.loop).result(LONG_S)
    for name, role in (("lead", "coordinator"), ("nux", "tester"), ("max", "tester")):
        node.agent(name, role)
    yield node
    node.loop.call_soon_threadsafe(stop.set)
    serving.result(LONG_S)
