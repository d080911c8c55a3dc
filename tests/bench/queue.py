"""How soon a queued command is known to be over."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.bench.figure import Figure, median, quantile
from tests.bench.place import Line, temporary
from tests.bench.processes import once
from tests.tmux import Tmux

TIMES: Final = 40
MOST_P50_MS: Final = 150


def figures() -> Iterator[Figure]:
    """``true`` from the request until its end is told, beside tmux alone: keys typed and a sign."""
    with temporary() as place, tempfile.TemporaryDirectory(prefix="tmux") as sockets:
        place.environment |= {"TMUX_TMPDIR": sockets, "LANG": "C.UTF-8"}
        place.environment.pop("TMUX", None)
        tmux = Tmux(Path(sockets), place.root / "home")
        clone = place.clone(place.remote(), "one")
        place.thrum("init", "--non-interactive", cwd=clone)
        place.thrum("quickstart", "alice", "--role", "coordinator", "--module", "x", cwd=clone)
        home = place.worktree(clone, "w")
        who = ("--name", "bob", "--role", "tester", "--module", "x")
        place.thrum("tmux", "create", "bob", "--cwd", str(home), *who, cwd=clone)
        line = Line(place, clone)
        try:
            _queued(line)  # the shell is there, and its prompt is known
            samples = [_queued(line) for _ in range(TIMES)]
            floor = [_typed(tmux, clone) for _ in range(TIMES)]
        finally:
            line.close()
            tmux.end()
    p50, least = median(samples), median(floor)
    name, beside = "queue → done of `true`", "tmux send-keys, wait-for"
    aim, met = f"≤ {MOST_P50_MS} ms", p50 <= MOST_P50_MS
    yield Figure(f"{name}, p50", p50, "ms", least, beside, aim, met)
    yield Figure(f"{name}, p99", quantile(samples, 0.99), "ms")


def _queued(line: Line) -> float:
    """Milliseconds from the request to the end."""
    start = time.perf_counter()
    asked = {"session": "bob", "text": "true", "requester": "alice", "notify_on_complete": False}
    queued = line.call("tmux.queue", asked)
    found = line.call("tmux.queue-wait", {"command_id": queued["command_id"]})
    assert found["state"] == "completed", found
    return (time.perf_counter() - start) * 1000


def _typed(tmux: Tmux, folder: Path) -> float:
    """The same with nothing between tmux and whoever waits."""
    program = str(shutil.which("tmux"))
    keys = ["send-keys", "-t", "=bob:", "true; tmux wait-for -S over", "Enter"]
    argv = [program, *keys, ";", "wait-for", "over"]
    return once(argv, folder, tmux.environment)
