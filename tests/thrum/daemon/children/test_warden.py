"""A daemon that is killed leaves no child behind, whenever it is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from tests.sleepers import marked
from tests.thrum.daemon.children.conftest import Run, until
from thrum.daemon.children.children import Children
from thrum.daemon.children.warden_program import PROC
from thrum.identity import process

pytestmark = pytest.mark.anyio

HOST = """
import os, signal, sys, time
from pathlib import Path
import anyio
from thrum.daemon.children import birth
from thrum.daemon.children.children import Children

mark, way = sys.argv[1:]
polite = f"sleep {mark} & sleep {mark}"
deaf = f'trap "" TERM HUP; while :; do sleep {mark}; done'

def start(children, script):
    children.start(["sh", "-c", script], owner="host", cwd=Path("/"),
                   environment={"PATH": os.environ["PATH"]})

async def main():
    async with Children(time.time_ns) as children:
        if way == "unsaid":
            birth.process.look = lambda pid: os.kill(os.getpid(), signal.SIGKILL)
        for number in range(20):
            start(children, deaf if number % 5 == 0 else polite)
            print(children.warden_pid, flush=True)
            await anyio.sleep(0)
        if way == "bereft":
            first = children.warden_pid
            os.kill(first, signal.SIGKILL)
            while children.warden_pid in (None, first):
                await anyio.sleep(0.01)
        print(children.warden_pid, flush=True)
        await anyio.sleep(600)

anyio.run(main)
"""


def killed_host(mark: str, lines: int, pause_s: float = 0, way: str = "plain") -> int:
    """Kills a process with children a moment after it said so many lines; its warden, if any.

    It says one for each of 20 children, and one more when that is all.
    """
    host = subprocess.Popen([sys.executable, "-c", HOST, mark, way], stdout=subprocess.PIPE)
    assert host.stdout is not None
    said = [host.stdout.readline() for _ in range(lines)]
    time.sleep(pause_s)
    host.kill()
    said += host.stdout.readlines()
    host.stdout.close()
    host.wait()
    return max((int(line) for line in said if line), default=0)


async def nothing_is_left(mark: str, warden: int) -> None:
    """Waits for the end of the warden, and of all that has the mark."""
    await until(lambda: not warden or not process.alive(warden))
    await until(lambda: marked(mark) == [])


async def test_killed_at_any_moment_it_leaves_nothing(mark: str) -> None:
    async def one(seed: int) -> None:
        chance, own = random.Random(seed), f"{mark}{seed}"
        # Half of them while children are starting, half when all of them run.
        lines, pause_s = chance.randint(0, 20) if seed % 2 else 21, chance.random() * 0.01
        warden = await anyio.to_thread.run_sync(killed_host, own, lines, pause_s)
        await nothing_is_left(own, warden)

    async with anyio.create_task_group() as tasks:
        for seed in range(10):
            tasks.start_soon(one, seed)
    assert marked(mark) == []


@pytest.mark.skipif(not PROC, reason="the moment is covered where there is a /proc")
async def test_killed_before_it_could_say_that_a_child_runs(mark: str) -> None:
    assert killed_host(mark, 1, way="unsaid") == 0
    await nothing_is_left(mark, 0)


async def test_another_is_told_everything_when_it_dies(mark: str) -> None:
    await nothing_is_left(mark, killed_host(mark, 21, way="bereft"))


async def test_children_start_although_it_died_this_moment(
    children: Children, start: Any, run: Run
) -> None:
    start("sleep", "600")
    first = children.warden_pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    # Not one step of the event loop since: nobody has noticed.
    start("sleep", "600")
    assert (await run("echo", "on")).out == b"on\n"
    await until(lambda: children.warden_pid not in (None, first))
    assert len(children.running()) == 2


async def test_it_starts_with_the_first_child_and_stays(children: Children, run: Run) -> None:
    assert children.warden_pid is None
    await run("true")
    warden = children.warden_pid
    await run("true")
    assert warden is not None and children.warden_pid == warden


async def test_it_stands_apart(children: Children, run: Run) -> None:
    await run("true")
    assert children.warden_pid is not None
    warden = psutil.Process(children.warden_pid)
    await until(lambda: warden.cwd() == "/" and os.getsid(warden.pid) == warden.pid)
    if Path("/proc/self/fd").is_dir():
        # Python has files open while it starts.
        held = Path(f"/proc/{warden.pid}/fd")
        await until(lambda: sorted(each.name for each in held.iterdir()) == ["0", "1", "2"])
        assert str((held / "0").readlink()).startswith("socket:")
        assert {str((held / name).readlink()) for name in "12"} == {"/dev/null"}
