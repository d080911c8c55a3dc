"""Twenty agents in tmux: what they cost while nothing happens, and how soon they hear of mail."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.figure import Figure, median, quantile
from tests.bench.place import Line, Place, daemon_pid, temporary
from tests.bench.processes import once
from tests.tmux import Tmux
from tests.tui import Tui

SESSIONS: Final = 20
ROUNDS: Final = 5
CAPTURES: Final = 200
IDLE_S: Final = 60.0
IDLE_PERCENT: Final = 0.5
AFTER_S: Final = 1
PATIENCE_S: Final = 60.0
TICK: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Room:
    """Where they live.

    Attributes:
        clone: the repository.
        tmux: their tmux.
        started: the file with a line for each program that the daemon began.
        programs: what runs in the sessions.
    """

    place: Place
    clone: Path
    tmux: Tmux
    started: Path
    programs: list[Tui]

    @property
    def begun(self) -> int:
        """How many programs the daemon began so far."""
        return len(self.started.read_text().splitlines()) if self.started.exists() else 0

    @property
    def cpu_s(self) -> float:
        """Seconds that the daemon has computed."""
        fields = Path(f"/proc/{daemon_pid(self.clone)}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK


@contextmanager
def room() -> Iterator[Room]:
    """Twenty sessions in which programs wait that look like runtimes."""
    with temporary() as place, tempfile.TemporaryDirectory(prefix="tmux") as sockets:
        tmux = Tmux(Path(sockets), place.root / "home")
        started = place.root / "started"
        _counted(place, started)
        place.environment |= {"TMUX_TMPDIR": sockets, "LANG": "C.UTF-8"}
        place.environment.pop("TMUX", None)
        clone = place.clone(place.remote(), "one")
        place.thrum("init", "--non-interactive", cwd=clone)
        config = clone / ".thrum" / "config.json"
        nudge = {"after_seconds": AFTER_S, "chrome_quiet_seconds": -1}
        config.write_text(json.dumps(json.loads(config.read_text()) | {"nudge": nudge}))
        place.thrum("quickstart", "alice", "--role", "coordinator", "--module", "x", cwd=clone)
        try:
            yield Room(
                place,
                clone,
                tmux,
                started,
                [_opened(place, clone, tmux, n) for n in range(SESSIONS)],
            )
        finally:
            tmux.end()


def _counted(place: Place, started: Path) -> None:
    """Has each start of these programs leave a line."""
    folder = place.root / "bin"
    folder.mkdir()
    for name in ("tmux", "git"):
        program = folder / name
        program.write_text(
            f'#!/bin/sh\necho {name} >>"{started}"\nexec {shutil.which(name)} "$@"\n'
        )
        program.chmod(0o755)
    place.environment["PATH"] = f"{folder}:{place.environment['PATH']}"


def _opened(place: Place, clone: Path, tmux: Tmux, number: int) -> Tui:
    home, name = place.worktree(clone, f"w{number}"), f"agent{number}"
    who = ("--name", name, "--role", "tester", "--module", "x", "--runtime", "claude")
    place.thrum("tmux", "create", name, "--cwd", str(home), *who, cwd=clone)
    program = Tui(tmux, f"={name}:", place.root / f"tui{number}")
    program.begin()
    return program


def figures() -> Iterator[Figure]:
    """Idle, told of mail, and captured."""
    with room() as here:
        time.sleep(5.0)  # the last of them has gone quiet, and was looked at
        yield from _idle(here)
        alice = Line(here.place, here.clone)
        late = [each for _ in range(ROUNDS) for each in _told(here, alice)]
        p50, p99 = median(late), quantile(late, 0.99)
        name = "mail that is due → told of in a pane"
        yield Figure(f"{name}, p50", p50, "ms", aim="≤ 2,000 ms", met=p50 <= 2_000)
        yield Figure(f"{name}, p99", p99, "ms", aim="≤ 5,000 ms", met=p99 <= 5_000)
        yield _captured(here, alice)
        alice.close()


def _idle(here: Room) -> Iterator[Figure]:
    begun, cpu = here.begun, here.cpu_s
    time.sleep(IDLE_S)
    begun, percent = here.begun - begun, (here.cpu_s - cpu) / IDLE_S * 100
    name = f"processes in an idle minute of {SESSIONS} sessions"
    yield Figure(name, begun, "", aim="0", met=begun == 0)
    name = f"CPU of the daemon, idle, {SESSIONS} sessions"
    yield Figure(name, percent, "%", aim=f"< {IDLE_PERCENT} %", met=percent < IDLE_PERCENT)


def _told(here: Room, alice: Line) -> Iterator[float]:
    """Milliseconds after mail was due until each was told, all at once."""
    said = [len(each.said) for each in here.programs]
    sent = []
    for number in range(SESSIONS):
        alice.call("message.send", {"content": "a letter", "to": f"@agent{number}"})
        sent.append(time.perf_counter())
    left, end = set(range(SESSIONS)), time.perf_counter() + PATIENCE_S
    while left:
        assert time.perf_counter() < end, f"never told: {left}"
        for number in sorted(left):
            if len(here.programs[number].said) > said[number]:
                left.discard(number)
                yield (time.perf_counter() - sent[number] - AFTER_S) * 1000
        time.sleep(0.01)


def _captured(here: Room, alice: Line) -> Figure:
    """One look at a pane, beside a process of tmux that does nothing else."""
    samples, floor = [], []
    argv = [str(shutil.which("tmux")), "-u", "capture-pane", "-p", "-t", "=agent0:"]
    for _ in range(CAPTURES):
        start = time.perf_counter()
        alice.call("tmux.check-pane", {"session": "agent0"})
        samples.append((time.perf_counter() - start) * 1000)
    for _ in range(CAPTURES // 10):
        floor.append(once(argv, here.clone, here.tmux.environment))
    met = median(samples) <= median(floor)
    name, aim = "a look at a pane, p50", "≤ 1×"
    return Figure(name, median(samples), "ms", median(floor), "tmux capture-pane", aim, met)
