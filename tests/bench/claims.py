"""Claims: p50 of taking one, alone and where a thousand are held, and of asking who has a file.

Beside it stands an append of the same size to a file that is made durable, or a request that asks
nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from tests.bench.figure import Figure, median
from tests.bench.place import Place

ASKED: Final = 200
MANY: Final = 1000
AT_ONCE: Final = 100
BYTES: Final = 600
"""About as long as the line of a claim."""

Ask = tuple[str, dict[str, Any]]


async def latencies(path: str, ask: Callable[[int], Ask], count: int) -> list[float]:
    """Milliseconds of requests one after the other on one connection."""
    reader, writer = await asyncio.open_unix_connection(path, limit=2**24)
    samples = []
    for number in range(count):
        method, params = ask(number)
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        line = json.dumps(request).encode() + b"\n"
        start = time.perf_counter()
        writer.write(line)
        answer = await reader.readline()
        samples.append((time.perf_counter() - start) * 1000)
        if b'"error"' in answer[:200]:
            raise RuntimeError(answer.decode())
    writer.close()
    return samples


def durable(folder: Path) -> float:
    """Milliseconds that an append of the same size takes to be on the disk."""
    samples = []
    with (folder / "floor").open("ab") as file:
        for _ in range(ASKED):
            start = time.perf_counter()
            file.write(b"x" * BYTES)
            file.flush()
            os.fdatasync(file.fileno())
            samples.append((time.perf_counter() - start) * 1000)
    return median(samples)


def figures(place: Place, clone: Path) -> Iterator[Figure]:
    """The clone has a daemon, and the agent alice is at home in it."""
    os.chdir(clone)
    path = str(clone / ".thrum" / "var" / "thrum.sock")

    def p50(ask: Callable[[int], Ask], count: int = ASKED) -> float:
        return median(asyncio.run(latencies(path, ask, count)))

    def taken(number: int) -> Ask:
        return "claim.take", {"what": [f"src/few/{number}.py"]}

    def many(number: int) -> Ask:
        begin = number * AT_ONCE
        names = [f"src/m{n % 50}/{n}.py" for n in range(begin, begin + AT_ONCE)]
        return "claim.take", {"what": names}

    floor, idle = durable(clone / ".thrum" / "var"), p50(lambda number: ("health", {}))
    alone = p50(taken)
    yield Figure("claim.take p50", alone, "ms", floor, "append and fdatasync")
    asyncio.run(latencies(path, lambda number: ("claim.release", {"all": True}), 1))
    begun = time.perf_counter()
    asyncio.run(latencies(path, many, MANY // AT_ONCE))
    yield Figure(f"{MANY:,} claims taken", (time.perf_counter() - begun) * 1000, "ms")
    again = p50(lambda number: ("claim.take", {"what": [f"src/m{number % 50}/{number}.py"]}))
    yield Figure(f"claim.take p50, {MANY:,} held", again, "ms", alone, "few held")
    file = {"paths": ["src/m7/7.py"]}
    asked = p50(lambda number: ("claim.check", file))
    yield Figure(f"claim.check p50, {MANY:,} held", asked, "ms", idle, "health")
    listed = p50(lambda number: ("claim.list", {}), ASKED // 10)
    yield Figure(f"claim.list p50, {MANY:,} held", listed, "ms", idle, "health")
