"""A process group: the child that leads it and whatever it started.

A child's number is its own until it is reaped, dead or alive. So everything that is said to a
group is said while its leader is not reaped yet, and reaches nobody else.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import Final

import anyio

from thrum.identity import process
from thrum.platform import LINUX

SHORTEST_PAUSE_S: Final = 0.005
LONGEST_PAUSE_S: Final = 0.25


def tell(group: int, number: signal.Signals) -> None:
    """Sends a signal to everybody in the group."""
    # Of a group that only has a zombie macOS says that it may not be signalled.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def has_others(group: int) -> bool:
    """Whether anybody but the leader lives in the group."""
    for pid in _pids():
        with suppress(ProcessLookupError, PermissionError):
            if pid != group and os.getpgid(pid) == group and process.look(pid) is not None:
                return True
    return False


def _pids() -> list[int]:
    if LINUX:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    import psutil

    return psutil.pids()


async def ended(pid: int, started: str = "") -> None:
    """Returns when a process has ended. A child is not reaped by that.

    Args:
        pid: which; a child of ours, unless it is told by its start.
        started: when it began, so that another one of that number is not taken for it.
    """
    try:
        handle = _open(pid)
    except OSError:
        await ended_by_looking(pid, started)
        return
    try:
        if not started or process.alive(pid, started):
            await anyio.wait_readable(handle)
    finally:
        os.close(handle)


def _open(pid: int) -> int:
    """A descriptor that can be read from when the process has ended.

    Raises:
        OSError: the system has none (before Linux 5.3, and macOS), or none left.
    """
    opened = getattr(os, "pidfd_open", None)
    if opened is None:
        raise OSError("pidfd_open")
    handle: int = opened(pid)
    return handle


async def ended_by_looking(pid: int, started: str = "") -> None:
    """As `ended`, by a look now and then."""
    pause_s = SHORTEST_PAUSE_S
    while process.alive(pid, started):
        await anyio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
