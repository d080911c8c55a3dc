"""What it costs to sign what is written, and to look whether it is signed, beside bare loops."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figure import Figure, median
from tests.bench.place import Place, daemon_pid
from tests.bench.sends import load
from tests.bench.sockets import cpu_s
from thrum import keys
from thrum.daemon.signing.ed25519 import PrivateKey, is_by, new_private
from thrum.daemon.signing.statement import PREFIX, signed_bytes

ROUNDS = 6
SENDS = 400
LOOPS = 2000
SETTLES_S = 0.5


def figures(place: Place, clone: Path) -> Iterator[Figure]:
    """The clone has a daemon and the agents alice (in it) and bob."""
    os.chdir(clone)
    line = written(clone)
    key = PrivateKey(new_private())
    data = signed_bytes(line)
    value = key.sign(data)
    signs = each(lambda: key.sign(data))
    verifies = each(lambda: is_by(key.public, data, value))
    judged = each(lambda: is_by(key.public, signed_bytes(line), value))
    yield Figure("a signature", signs, "µs")
    yield Figure("verifying one", verifies, "µs")
    yield Figure("verifying a line", judged, "µs", verifies, "its signature alone")
    yield Figure("lines verified in a second", 1e6 / judged, "")
    for callers in (1, 64):
        without, with_them = interleaved(clone, callers)
        name, than = f"send, {callers} at once, signed", "the same unsigned"
        yield Figure(name, with_them.lasted_ms, "ms", without.lasted_ms, than)
        more = (with_them.busy_us / without.busy_us - 1) * 100
        yield Figure(
            f"{name}: the daemon's processor",
            with_them.busy_us,
            "µs",
            without.busy_us,
            than,
            "≤ 10 % more",
            more <= 10,
        )


def each(what: Callable[[], object]) -> float:
    """Microseconds of one, the best of five loops."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(LOOPS // 5):
            what()
        times.append((time.perf_counter() - start) / (LOOPS // 5) * 1e6)
    return min(times)


def written(clone: Path) -> bytes:
    """A line as it stands in the log, with a signature."""
    fields = {
        "agent_id": "alice",
        "body": {"content": "message 1", "format": "markdown"},
        "event_id": "evt_01KDVDNA00C9GKCRSGC5HP6D1G",
        "message_id": "msg_01KDVDNA00C9GKCRSGC5HP6D1G",
        "origin_daemon": "d_01KDVDNA00C9GKCRSGC5HP6D1G",
        "recipients": ["bob"],
        "refs": [{"type": "mention", "value": "bob"}],
        "session_id": "ses_01KDVDNA00C9GKCRSGC5HP6D1G",
        "sig": {"key": "0" * keys.ID_LENGTH, "value": "A" * 88},
        "timestamp": "2026-01-01T00:00:00.000000000Z",
        "type": "message.create",
        "v": 1,
    }
    assert signed_bytes(json.dumps(fields).encode()).startswith(PREFIX)
    return json.dumps(fields, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Cost:
    """What one send took: time, and how much of it some thread of the daemon was at work."""

    lasted_ms: float
    busy_us: float


def interleaved(clone: Path, callers: int) -> tuple[Cost, Cost]:
    """A send without signatures and with, by turns, so that both meet the same."""
    path = str(clone / ".thrum" / "var" / "thrum.sock")
    found: dict[str, list[Cost]] = {"off": [], "warn": []}
    asyncio.run(load(path, callers, SENDS))
    for number in range(ROUNDS):
        for word in ("off", "warn") if number % 2 else ("warn", "off"):
            turn(clone, word)
            found[word].append(cost(path, daemon_pid(clone), callers))
    return middle(found["off"]), middle(found["warn"])


def cost(path: str, pid: int, callers: int) -> Cost:
    """What one of many sends takes."""
    before = cpu_s(pid)
    samples, rate = asyncio.run(load(path, callers, SENDS))
    return Cost(1000 / rate, (cpu_s(pid) - before) / len(samples) * 1e6)


def middle(costs: Sequence[Cost]) -> Cost:
    """The middle of each."""
    lasted, busy = [each.lasted_ms for each in costs], [each.busy_us for each in costs]
    return Cost(median(lasted), median(busy))


def turn(clone: Path, word: str) -> None:
    """Has the daemon sign or not."""
    file = clone / ".thrum/config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "signatures": word}))
    os.kill(daemon_pid(clone), signal.SIGHUP)
    time.sleep(SETTLES_S)
