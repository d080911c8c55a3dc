"""What hooks cost: a whole process each, processes that it starts, and a day of a team."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.bench.figure import Figure, median
from tests.bench.place import THRUM, Line, Place, daemon_pid, process_s
from tests.bench.processes import once

ROUNDS: Final = 15
MOST_TIMES: Final = 4
"""Times an interpreter that does nothing: 60 ms where that takes 15."""

MOST_TIMES_OF_GUARD: Final = 6
"""The same, of the guard before a commit: 90 ms."""

STAGED: Final = 20
"""Files of such a commit."""

AGENTS: Final = 20
TURNS: Final = 200
"""Of each agent in a day."""

SAMPLE: Final = 5
"""Turns of each agent that are really taken."""

TURN: Final = ("UserPromptSubmit", *["PostToolBatch"] * 5, "Stop")
"""What the hooks of Claude Code are started for in a turn with five batches of tools; beside the
last of them somebody begins to wait."""

AT_TERMINAL: Final = {"CLAUDE_CODE_ENTRYPOINT": "cli", "THRUM_HOOK_MS": "30000"}
WATCH: Final = """
import os, sys
def heard(event, given):
    if event in ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec"):
        with open(os.environ["BEGUN"], "a") as file:
            file.write(f"{event}\\n")
sys.addaudithook(heard)
"""


def words(event: str) -> list[str]:
    """The line by which the runtime starts a hook."""
    return [THRUM, "hook", event, "--runtime", "claude"]


def told(session: str) -> str:
    """What the runtime says of an event on stdin."""
    return json.dumps({"session_id": session})


def fire(
    place: Place, folder: Path, event: str, session: str = "s1", **more: str
) -> subprocess.CompletedProcess[str]:
    """Lets an event happen, and gives the hook all the time that it wants."""
    return subprocess.run(
        words(event),
        cwd=folder,
        env=place.environment | AT_TERMINAL | more,
        input=told(session),
        capture_output=True,
        text=True,
        check=True,
    )


def wait_to_wake(place: Place, folder: Path, session: str = "s1") -> subprocess.Popen[str]:
    """Starts what waits in the background from the end of a turn on."""
    waker = subprocess.Popen(
        [*words("Stop"), "--wake"],
        cwd=folder,
        env=place.environment | AT_TERMINAL,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert waker.stdin
    waker.stdin.write(told(session))
    waker.stdin.close()
    waker.stdin = None  # whoever reads what it says shall not write to it
    return waker


def figures(place: Place, clone: Path, beside: Path) -> Iterator[Figure]:
    """Hooks of alice, who lives in the clone, with mail by bob, who lives beside it."""
    yield from _processes(place, clone, beside)
    begun = place.root / "begun"
    (place.root / "sitecustomize.py").write_text(WATCH)
    watched = {"PYTHONPATH": str(place.root), "BEGUN": str(begun)}
    for event in ("SessionStart", *dict.fromkeys(TURN), "SessionEnd"):
        fire(place, clone, event, "watched", **watched)
    number = len(begun.read_text().splitlines()) if begun.exists() else 0
    yield Figure("processes started by hooks of each kind", number, "", aim="0", met=not number)
    begun.unlink(missing_ok=True)
    yield from _guard(place, clone, begun, watched)
    yield from _day(place, clone)


def _guard(place: Place, clone: Path, begun: Path, watched: Mapping[str, str]) -> Iterator[Figure]:
    """The guard before a commit of some files, all that git starts of it, beside its floor."""
    names = [f"guarded-{number}" for number in range(STAGED)]
    for name in names:
        (clone / name).touch()
    subprocess.run(["git", "add", *names], cwd=clone, env=place.environment, check=True)
    once([THRUM, "hook", "install", "pre-commit"], clone, place.environment)
    hook = str(clone / ".git" / "hooks" / "pre-commit")
    floor, samples = [], []
    for _ in range(ROUNDS):
        floor.append(once([sys.executable, "-c", "pass"], clone, place.environment))
        samples.append(once([hook], clone, place.environment))
    once([hook], clone, {**place.environment, **watched})
    once([THRUM, "hook", "install", "pre-commit", "--remove"], clone, place.environment)
    subprocess.run(["git", "rm", "-qf", *names], cwd=clone, env=place.environment, check=True)
    p50 = median(samples)
    yield Figure(
        f"guard before a commit of {STAGED} files, p50",
        p50,
        "ms",
        median(floor),
        "python -c pass",
        f"≤ {MOST_TIMES_OF_GUARD}×",
        p50 <= MOST_TIMES_OF_GUARD * median(floor),
    )
    number = len(begun.read_text().splitlines()) if begun.exists() else 0
    yield Figure("processes that it starts", number, "", aim="≤ 1", met=number <= 1)


def _processes(place: Place, clone: Path, beside: Path) -> Iterator[Figure]:
    """Whole processes, with nothing to say and with mail, in turn with their floor."""
    bob = Line(place, clone, beside)
    floor: list[float] = []
    samples: dict[str, list[float]] = {"nothing to say": [], "a message": []}
    fire(place, clone, "UserPromptSubmit")
    for _ in range(ROUNDS):
        floor.append(once([sys.executable, "-c", "pass"], clone, place.environment))
        samples["nothing to say"].append(_ms(place, clone, ""))
        bob.call("message.send", {"content": "the tank leaks", "to": "@alice"})
        samples["a message"].append(_ms(place, clone, "the tank leaks"))
    bob.close()
    for name, found in samples.items():
        p50 = median(found)
        yield Figure(
            f"hook as a whole process, {name}, p50",
            p50,
            "ms",
            median(floor),
            "python -c pass",
            f"≤ {MOST_TIMES}×",
            p50 <= MOST_TIMES * median(floor),
        )


def _ms(place: Place, clone: Path, text: str) -> float:
    """Milliseconds of a hook whose reply has that text, or is empty."""
    start = time.perf_counter()
    reply = fire(place, clone, "PostToolBatch").stdout
    spent = (time.perf_counter() - start) * 1000
    assert text in reply if text else not reply
    return spent


def _day(place: Place, clone: Path) -> Iterator[Figure]:
    """CPU of some turns of a team, times the turns of a day that they stand for."""
    homes = dict(_team(place, clone))
    daemon = daemon_pid(clone)
    before = _children_s(), process_s(daemon)
    _turns(place, clone, homes)
    spent, served = _children_s() - before[0], process_s(daemon) - before[1]
    count, times = AGENTS * SAMPLE * (len(TURN) + 1), TURNS // SAMPLE
    bare = _bare_s(place, clone, count // 10) * 10
    yield Figure(
        f"CPU of the hooks of {AGENTS} agents with {TURNS} turns each ({SAMPLE} taken, × {times})",
        spent * times,
        "s",
        bare * times,
        f"{count * times:,} python -c pass",
        f"≤ {MOST_TIMES}×",
        spent <= MOST_TIMES * bare,
    )
    yield Figure("CPU of the daemon for them", served * times, "s")


def _turns(place: Place, clone: Path, homes: Mapping[str, Path]) -> None:
    """Some turns of each, who has a message in each of them, and the ends of their sessions."""
    asks = Line(place, clone)
    wakers: dict[str, subprocess.Popen[str]] = {}
    for _ in range(SAMPLE):
        for name, home in homes.items():
            asks.call("message.send", {"content": "how far are you?", "to": f"@{name}"})
            for event in TURN:
                fire(place, home, event, name)
            before, wakers[name] = wakers.get(name), wait_to_wake(place, home, name)
            if before is not None:
                before.communicate()
    asks.close()
    for name, home in homes.items():
        fire(place, home, "SessionEnd", name)
        wakers[name].communicate()


def _bare_s(place: Place, clone: Path, count: int) -> float:
    """Seconds of CPU of so many interpreters that do nothing."""
    before = _children_s()
    for _ in range(count):
        once([sys.executable, "-c", "pass"], clone, place.environment)
    return _children_s() - before


def _team(place: Place, clone: Path) -> Iterator[tuple[str, Path]]:
    for number in range(AGENTS):
        name = f"crew{number}"
        home = place.worktree(clone, f"one-{name}")
        place.thrum("quickstart", name, "--role", "tester", "--module", name, cwd=home)
        fire(place, home, "SessionStart", name)
        yield name, home


def _children_s() -> float:
    """Seconds of CPU of the processes that this one started and that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
