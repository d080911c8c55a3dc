"""What the MCP server of a session costs: words, first answer, memory, and a message's way."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.bench.ages import resident_mb
from tests.bench.figure import Figure, median
from tests.bench.place import THRUM, Place
from tests.bench.processes import once
from thrum.mcp import catalogue

STARTS = 7
MESSAGES = 20
FIRST_MS = 1_500
MOST = 1.1
"""Times what importing the whole package takes, which is the protocol of all revisions."""


class Session:
    """A server process, spoken to line by line."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.process = subprocess.Popen(
            [THRUM, "mcp", "serve"],
            cwd=folder,
            env=place.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._last = 0

    def __enter__(self) -> Session:
        about = {"name": "bench", "version": "1"}
        self.ask("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=about)
        self._write({"method": "notifications/initialized"})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.communicate()

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a request."""
        self._last += 1
        self._write({"id": self._last, "method": method, "params": params})
        assert self.process.stdout
        for line in self.process.stdout:
            answer = json.loads(line)
            if answer.get("id") == self._last:
                return answer["result"]
        raise RuntimeError("the server has ended")

    def _write(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()


def figures(place: Place, clone: Path, beside: Path) -> Iterator[Figure]:
    """The servers of alice, who lives in the clone, and of bob, who lives beside it."""
    yield from _words()
    floor, samples = [], []
    for _ in range(STARTS):
        floor.append(once([sys.executable, "-c", "import mcp.types"], clone, place.environment))
        begin = time.perf_counter()
        with Session(place, clone):
            samples.append((time.perf_counter() - begin) * 1000)
    first = median(samples)
    yield Figure(
        "MCP first answer",
        first,
        "ms",
        median(floor),
        "python -c 'import mcp.types'",
        f"≤ {MOST}×, ≤ {FIRST_MS:,} ms",
        first <= min(MOST * median(floor), FIRST_MS),
    )
    with Session(place, clone) as alice, Session(place, beside) as bob:
        yield from _mail(alice, bob)
        yield Figure("MCP server, resident", resident_mb(alice.process.pid), "MB")


def _words() -> Iterator[Figure]:
    """A model reads them in every session."""
    tools = [each.document() for each in catalogue.offered(is_compatible=False).values()]
    count = len(json.dumps(tools, separators=(",", ":")))
    aim = f"≤ {catalogue.MOST:,}"
    yield Figure("MCP tools, declared", count, "chars", aim=aim, met=count <= catalogue.MOST)


def _mail(alice: Session, bob: Session) -> Iterator[Figure]:
    """From the moment at which bob sends to the one at which alice's wait has it."""
    samples, floor = [], []
    alice.ask("tools/call", name="check_messages", arguments={"limit": 500})
    for _ in range(MESSAGES):
        arrived: list[float] = []
        waiting = threading.Thread(target=_wait, args=(alice, arrived))
        waiting.start()
        time.sleep(0.1)
        begin = time.perf_counter()
        bob.ask("tools/call", name="send_message", arguments={"to": "@alice", "content": "hello"})
        floor.append((time.perf_counter() - begin) * 1000)
        waiting.join()
        samples.append((arrived[0] - begin) * 1000)
    yield Figure(
        "MCP send → wait returned", median(samples), "ms", median(floor), "send → its own answer"
    )


def _wait(session: Session, arrived: list[float]) -> None:
    session.ask("tools/call", name="wait_for_message", arguments={"timeout": 60})
    arrived.append(time.perf_counter())
