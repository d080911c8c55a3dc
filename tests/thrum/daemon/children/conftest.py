"""Children of this very process, and ways to see what is left of them."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from tests.sleepers import fresh_mark
from thrum.daemon.children.children import Children, Finished

ENVIRONMENT = {"PATH": os.environ["PATH"]}
LONG_S = 120.0
"""Ends a test that would hang, and nothing else."""

Run = Callable[..., Awaitable[Finished]]


@pytest.fixture
def anyio_backend() -> str:
    """The daemon's."""
    return "asyncio"


@pytest.fixture
async def children() -> AsyncIterator[Children]:
    """The owner, with the bounds that the daemon has."""
    async with Children(time.time_ns) as made:
        yield made


@pytest.fixture
def run(children: Children, tmp_path: Path) -> Run:
    """Runs a program with little ado."""

    async def run(*argv: str, **how: Any) -> Finished:
        arguments: dict[str, Any] = {
            "owner": "test",
            "cwd": tmp_path,
            "environment": ENVIRONMENT,
            "limit_s": LONG_S,
            **how,
        }
        return await children.run(argv, **arguments)

    return run


@pytest.fixture
def start(children: Children, tmp_path: Path) -> Callable[..., Any]:
    """Starts a program that runs on."""

    def start(*argv: str, owner: str = "test", **how: Any) -> Any:
        arguments: dict[str, Any] = {"cwd": tmp_path, "environment": ENVIRONMENT, **how}
        return children.start(argv, owner=owner, **arguments)

    return start


@pytest.fixture
def mark() -> str:
    """A number of seconds that only processes of this test sleep."""
    return fresh_mark()


async def until(holds: Callable[[], Any]) -> None:
    """Waits until it holds; the limit only ends a test that would hang."""
    with anyio.fail_after(LONG_S):
        while not holds():
            await anyio.sleep(0.01)


def zombies() -> list[int]:
    """Children of this process that nobody reaped."""
    return [
        each.pid
        for each in psutil.Process().children()
        if each.is_running() and each.status() == psutil.STATUS_ZOMBIE
    ]


def descriptors() -> Mapping[str, str]:
    """What this process holds open, by number."""
    found = {}
    for name in os.listdir("/dev/fd"):  # noqa: PTH208
        try:
            found[name] = str(os.fstat(int(name)).st_ino)
        except OSError:
            continue  # the one of the listing
    return found
