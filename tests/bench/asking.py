"""What everyday requests take of a daemon: processor time, beside that of one that asks nothing."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.bench.figure import Figure
from tests.bench.place import Line, Place, daemon_pid
from tests.bench.sockets import cpu_s

ASKED: Final = 40
ROUNDS: Final = 5
FLOOR: Final = "health"


@dataclass
class Asker:
    """One connection to a daemon, by this process, which must stand in the clone."""

    path: Path
    pid: int
    _last: int = 0
    _raw: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._raw = socket.socket(socket.AF_UNIX)
        self._raw.connect(str(self.path))
        self._lines = self._raw.makefile("rb")

    @classmethod
    def of(cls, clone: Path) -> Asker:
        """To the daemon of a clone, into which this process goes."""
        os.chdir(clone)
        return cls(clone / ".thrum" / "var" / "thrum.sock", daemon_pid(clone))

    def begin(self, method: str, **params: object) -> None:
        """Asks."""
        self._last += 1
        request = {"jsonrpc": "2.0", "id": self._last, "method": method, "params": params}
        self._raw.sendall(json.dumps(request).encode() + b"\n")

    def finish(self) -> Any:
        """The result of what was asked."""
        answer = json.loads(self._lines.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def call(self, method: str, **params: object) -> Any:
        """Asks and waits for the answer."""
        self.begin(method, **params)
        return self.finish()

    def close(self) -> None:
        """Hangs up."""
        self._lines.close()
        self._raw.close()

    def spent(self, ask: Callable[[int], object]) -> tuple[float, float]:
        """Milliseconds of the daemon's processor for one such, and for one that asks nothing."""
        samples, floors = [], []
        self._block(ask, 0)
        for each in range(1, ROUNDS + 1):
            samples.append(self._block(ask, each * ASKED))
            floors.append(self._block(lambda _: self.call(FLOOR), 0))
        return min(samples), min(floors)

    def _block(self, ask: Callable[[int], object], first: int) -> float:
        begin = cpu_s(self.pid)
        for number in range(first, first + ASKED):
            ask(number)
        return (cpu_s(self.pid) - begin) / ASKED * 1000


def everyday(place: Place, clone: Path, beside: Path, words: list[str]) -> Iterator[Figure]:
    """Each request of an agent with a long history, who lives in the clone.

    Args:
        place, clone: where the daemon is.
        beside: where bob lives, who writes to the agent.
        words: what is searched for.
    """
    me = Asker.of(clone)
    name = me.call("agent.whoami")["agent_id"]
    bob = Line(place, clone, beside)

    def notice(number: int) -> None:
        mark = me.call("message.wait", timeout_ms=0)["cursor"]
        me.begin("message.wait", timeout_ms=60_000, after=mark)
        bob.call("message.send", {"content": f"notice {number}", "to": f"@{name}"})
        assert me.finish()["received"]

    requests: dict[str, Callable[[int], object]] = {
        "send": lambda n: me.call("message.send", content=f"letter {n}", to="@bob"),
        "inbox page": lambda n: me.call("message.list", for_agent=name, exclude_self=True),
        "wait, send and be woken": notice,
        "team": lambda n: me.call("team.list", include_offline=True),
        "who has a file": lambda n: me.call("agent.listContext", file="src/valve.py"),
        "search": lambda n: me.call("message.search", query=words[n % len(words)]),
    }
    for title, ask in requests.items():
        spent, floor = me.spent(ask)
        yield Figure(f"{title}: processor", spent, "ms", floor, FLOOR)
    me.close()
    bob.close()
