"""From the send to where it is wanted: in a session that works, in an idle one, with who waits."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.bench.figure import Figure, median, quantile
from tests.bench.hooks import fire, wait_to_wake
from tests.bench.place import Line, Place
from tests.bench.processes import once

LETTERS: Final = 40
BUSY_TIMES: Final = 5
"""Times an interpreter that does nothing, within which a session that works has it: a hook, and the
send before it."""

IDLE_MS: Final = 2_000
"""Milliseconds within which an idle session begins a turn."""

WAITED_TIMES: Final = 10
"""Times a send, within which who waits has it: pushed, and looked up for who asked."""

ANSWERED: Final = "send → its own answer"


def figures(place: Place, clone: Path, beside: Path) -> Iterator[Figure]:
    """Mail for alice, who lives in the clone, by bob, who lives beside it."""
    bob, alice = Line(place, clone, beside), Line(place, clone)
    answered = [_sent(bob, f"letter {number}") for number in range(LETTERS)]
    place.thrum("message", "read", "--all", cwd=clone)
    bare = [_bare(place, clone) for _ in range(LETTERS)]
    busy = list(_busy(place, clone, bob))
    p50, p95 = median(busy), quantile(busy, 0.95)
    name, aim = "send → said by the next hook of a busy session", f"≤ {BUSY_TIMES}×"
    met, floor = p50 <= BUSY_TIMES * median(bare), "python -c pass"
    yield Figure(f"{name}, p50", p50, "ms", median(bare), floor, aim, met)
    yield Figure(f"{name}, p95", p95, "ms", quantile(bare, 0.95), f"{floor} p95")
    idle = list(_idle(place, clone, bob))
    p50, p95 = median(idle), quantile(idle, 0.95)
    name, aim = "send → an idle session is woken with it", f"≤ {IDLE_MS:,} ms"
    yield Figure(f"{name}, p50", p50, "ms", median(answered), ANSWERED)
    late = quantile(answered, 0.95)
    yield Figure(f"{name}, p95", p95, "ms", late, f"{ANSWERED} p95", aim, p95 <= IDLE_MS)
    waited, floor_ms = median(list(_waited(alice, bob))), median(answered)
    name, aim = "send → message.wait returned, p50", f"≤ {WAITED_TIMES}×"
    met = waited <= WAITED_TIMES * floor_ms
    yield Figure(name, waited, "ms", floor_ms, ANSWERED, aim, met)
    alice.close()
    bob.close()


def _bare(place: Place, clone: Path) -> float:
    return once([sys.executable, "-c", "pass"], clone, place.environment)


def _sent(bob: Line, text: str) -> float:
    start = time.perf_counter()
    bob.call("message.send", {"content": text, "to": "@alice"})
    return (time.perf_counter() - start) * 1000


def _busy(place: Place, clone: Path, bob: Line) -> Iterator[float]:
    """Until the hook after the tools that end just then has said it."""
    for number in range(LETTERS):
        fire(place, clone, "UserPromptSubmit")
        start = time.perf_counter()
        _sent(bob, f"letter {number} to a busy one")
        reply = fire(place, clone, "PostToolBatch").stdout
        yield (time.perf_counter() - start) * 1000
        assert f"letter {number} to a busy one" in reply


def _idle(place: Place, clone: Path, bob: Line) -> Iterator[float]:
    """Until what waits in the background has ended with it, which begins a turn."""
    for number in range(LETTERS):
        fire(place, clone, "UserPromptSubmit")
        fire(place, clone, "Stop")
        waker = wait_to_wake(place, clone)
        _settled(waker)
        start = time.perf_counter()
        _sent(bob, f"letter {number} to an idle one")
        _, said = waker.communicate()
        yield (time.perf_counter() - start) * 1000
        assert waker.returncode == 2
        assert f"letter {number} to an idle one" in said


def _settled(waker: subprocess.Popen[str]) -> None:
    """Waits until somebody waits for the daemon."""
    while waker.poll() is None:
        links = []
        for each in Path(f"/proc/{waker.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                links.append(os.readlink(each))  # noqa: PTH115
        is_connected = any(link.startswith("socket:") for link in links)
        if is_connected and "poll" in Path(f"/proc/{waker.pid}/wchan").read_text():
            return
        time.sleep(0.01)
    raise RuntimeError(f"it does not wait: {waker.communicate()}")


def _waited(alice: Line, bob: Line) -> Iterator[float]:
    """Until the answer to alice, who waits on a connection, is there."""
    cursor = alice.call("message.wait", {"timeout_ms": 0})["cursor"]
    for _ in range(LETTERS):
        ends: list[tuple[float, str]] = []
        alice.begin("message.wait", {"timeout_ms": 60_000, "after": cursor})
        waiting = threading.Thread(target=_finish, args=(alice, ends))
        waiting.start()
        time.sleep(0.02)  # by then the daemon knows that she waits
        start = time.perf_counter()
        _sent(bob, "a letter to one who waits")
        waiting.join()
        ((end, cursor),) = ends
        yield (end - start) * 1000


def _finish(alice: Line, ends: list[tuple[float, str]]) -> None:
    waited = alice.finish()
    ends.append((time.perf_counter(), waited["cursor"]))
    assert waited["received"], waited
