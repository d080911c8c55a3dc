"""message.send over the socket at 1, 8 and 64 callers, beside a bare append and fdatasync."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figure import Figure, median, quantile
from tests.bench.place import Place

SENDS = {1: 1000, 8: 4000, 64: 12000}

LEAST = {8: 3500, 64: 5000}
"""Sends per second that so many callers shall get."""


def bare_appends(directory: Path, count: int = 1000) -> list[float]:
    """Milliseconds of one write of 400 bytes and its fdatasync, each."""
    path = directory / "floor"
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    samples = []
    try:
        for _ in range(count):
            start = time.perf_counter()
            os.write(handle, b"x" * 399 + b"\n")
            os.fdatasync(handle)
            samples.append((time.perf_counter() - start) * 1000)
    finally:
        os.close(handle)
        path.unlink()
    return samples


async def caller(path: str, sends: int, samples: list[float]) -> None:
    """One connection that sends one message after the other."""
    reader, writer = await asyncio.open_unix_connection(path)
    for number in range(sends):
        request = {
            "jsonrpc": "2.0",
            "id": number,
            "method": "message.send",
            "params": {"content": f"message {number}", "to": "@bob", "caller_agent_id": "alice"},
        }
        start = time.perf_counter()
        writer.write(json.dumps(request).encode() + b"\n")
        answer = await reader.readline()
        samples.append((time.perf_counter() - start) * 1000)
        if b'"error"' in answer:
            raise RuntimeError(answer.decode())
    writer.close()


async def load(path: str, callers: int, sends: int) -> tuple[list[float], float]:
    """Latencies in milliseconds and sends per second."""
    samples: list[float] = []
    start = time.perf_counter()
    await asyncio.gather(*(caller(path, sends // callers, samples) for _ in range(callers)))
    return samples, len(samples) / (time.perf_counter() - start)


def figures(place: Place, clone: Path) -> Iterator[Figure]:
    """The clone has a daemon and the agents alice (in it) and bob."""
    os.chdir(clone)
    path = str(clone / ".thrum" / "var" / "thrum.sock")
    floor = bare_appends(clone / ".thrum" / "var")
    floor_p50 = median(floor)
    yield Figure("bare append+fdatasync p50", floor_p50, "ms")
    asyncio.run(load(path, 1, 100))
    for callers, sends in SENDS.items():
        samples, rate = asyncio.run(load(path, callers, sends))
        p50, p99 = median(samples), quantile(samples, 0.99)
        one = callers == 1
        name = f"send, {callers} caller{'s' if callers > 1 else ''}"
        yield Figure(
            f"{name} p50",
            p50,
            "ms",
            floor_p50,
            "append+fdatasync",
            "≤ 0.6 ms" if one else "",
            p50 <= 0.6 if one else None,
        )
        yield Figure(f"{name} p99", p99, "ms", p50, "p50", "≤ 5×", p99 <= 5 * p50)
        least = LEAST.get(callers)
        yield Figure(
            f"{name} rate",
            rate,
            "1/s",
            1000 / floor_p50,
            "append+fdatasync",
            f"≥ {least:,}/s" if least else "",
            rate >= least if least else None,
        )
