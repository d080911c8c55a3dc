"""WebSocket beside the Unix socket, and what sockets that say nothing cost."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.bench.ages import resident_mb
from tests.bench.figure import Figure, median
from tests.bench.place import Place, daemon_pid
from tests.websocket import Socket, come_in, link

ASKED: Final = 1000
IDLE: Final = 1000
CPU_S: Final = 3.0
METHOD: Final = "message.list"

_ALL_THREADS: Final = 2
"""Of a clock: it counts what the threads of a process had, also of those that ended."""


def asked(ask: Callable[[], object]) -> float:
    """Milliseconds of the middle one of many requests."""
    for _ in range(50):
        ask()
    samples = []
    for _ in range(ASKED):
        start = time.perf_counter()
        ask()
        samples.append((time.perf_counter() - start) * 1000)
    return median(samples)


def by_unix(path: Path) -> float:
    """What a question costs on the Unix socket."""
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        lines = raw.makefile("rb")
        request = {"jsonrpc": "2.0", "id": 1, "method": METHOD, "params": {"page_size": 1}}
        line = json.dumps(request).encode() + b"\n"

        def ask() -> bytes:
            raw.sendall(line)
            return lines.readline()

        return asked(ask)


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has had, by its own clock.

    Linux counts to the nanosecond there, and in ticks of 10 ms in ``/proc``.
    """
    return time.clock_gettime(~pid << 3 | _ALL_THREADS)


def figures(place: Place, clone: Path) -> Iterator[Figure]:
    """The clone has a daemon; nobody has opened its page before."""
    os.chdir(clone)
    place.run("git", "config", "user.name", "Ada", cwd=clone)
    files, pid = clone / ".thrum" / "var", daemon_pid(clone)
    before = resident_mb(pid)
    port = int((files / "ws.port").read_text())
    cookie = come_in(port, link(files / "thrum.sock"))
    page = Socket.open(port, cookie=cookie)
    page.call("user.register")
    loaded = resident_mb(pid)
    yield Figure(
        "memory, first page", loaded - before, "MB", aim="≤ 4 MB", met=loaded - before <= 4
    )
    floor = by_unix(files / "thrum.sock")
    p50 = asked(lambda: page.call(METHOD, page_size=1))
    yield Figure(
        "request by WebSocket p50", p50, "ms", floor, "Unix socket", "≤ 2×", p50 <= 2 * floor
    )
    with ExitStack() as stack:
        for _ in range(IDLE):
            stack.callback(Socket.open(port, cookie=cookie).close)
        page.call("health")
        rss, cpu = resident_mb(pid) - loaded, cpu_s(pid)
        yield Figure(f"memory, {IDLE:,} idle sockets", rss, "MB", aim="≤ 32 MB", met=rss <= 32)
        time.sleep(CPU_S)
        busy = (cpu_s(pid) - cpu) / CPU_S * 100
        yield Figure(f"processor, {IDLE:,} idle sockets", busy, "%", aim="≤ 1 %", met=busy <= 1)
    page.close()
