"""The end of a child is seen without reaping it, and who else is in its group."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import anyio
import pytest

from tests.thrum.daemon.children.conftest import until, zombies
from thrum.daemon.children import group

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("ended", [group.ended, group.ended_by_looking])
async def test_the_end_is_seen_and_the_number_kept(ended) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert child.stdin
    seen = anyio.Event()

    async def look() -> None:
        await ended(child.pid)
        seen.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(look)
        await anyio.sleep(0.05)
        assert not seen.is_set()
        child.stdin.close()
        await seen.wait()
    assert zombies() == [child.pid]
    await ended(child.pid)
    assert child.wait() != 0


@pytest.mark.parametrize("ended", [group.ended, group.ended_by_looking])
async def test_another_process_of_that_number_is_not_waited_for(ended) -> None:
    with anyio.fail_after(20):
        await ended(os.getpid(), "another")


async def test_others_of_a_group(mark: str) -> None:
    leader = subprocess.Popen(["sh", "-c", f"sleep {mark} & wait"], start_new_session=True)
    await until(lambda: group.has_others(leader.pid))
    assert not group.has_others(os.getpid() + 10_000_000)
    os.kill(leader.pid, signal.SIGKILL)
    await group.ended(leader.pid)
    assert group.has_others(leader.pid)
    group.tell(leader.pid, signal.SIGKILL)
    await until(lambda: not group.has_others(leader.pid))
    leader.wait()
    group.tell(leader.pid, signal.SIGKILL)
