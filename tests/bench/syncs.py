"""Two clones and a bare remote: forced syncs, letters without any force, and waiting; forks."""

from __future__ import annotations

import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.figure import Figure, median, quantile
from tests.bench.place import Line, Place

ROUNDS = 10
LETTERS = 24
QUIET_S = 15


def count_git(place: Place) -> Path:
    """Puts a `git` before the real one that notes every start; returns the file of notes."""
    notes = place.root / "git-starts"
    notes.touch()
    shim = place.root / "shim" / "git"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\necho "$*" >> {notes}\nexec {shutil.which("git")} "$@"\n')
    shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    place.environment["PATH"] = f"{shim.parent}:{place.environment['PATH']}"
    return notes


def all_forks() -> int:
    """Processes and threads that the machine has started since it booted."""
    text = Path("/proc/stat").read_text()
    return int(text.partition("\nprocesses ")[2].split()[0])


def figures(place: Place) -> Iterator[Figure]:
    """A sends, both sides force a sync, B has the message."""
    bare = place.remote()
    notes = count_git(place)
    lines = []
    for name, agent in (("one", "alice"), ("two", "bob")):
        clone = place.clone(bare, name)
        place.thrum("init", "--non-interactive", "--no-daemon", cwd=clone)
        place.share(clone)
        place.thrum("daemon", "start", cwd=clone)
        place.thrum("quickstart", agent, "--role", "tester", "--module", "bench", cwd=clone)
        lines.append(Line(place, clone))
    a, b = lines
    for _ in range(2):
        a.call("sync.force")
        b.call("sync.force")
    times, starts, forks = [], [], []
    for number in range(ROUNDS):
        # Far from the loop's own debounce: force comes in the same breath as the send.
        sent = a.call("message.send", {"content": f"round {number}", "caller_agent_id": "alice"})
        before = len(notes.read_text().splitlines())
        ever = all_forks()
        start = time.perf_counter()
        a.call("sync.force")
        b.call("sync.force")
        times.append((time.perf_counter() - start) * 1000)
        forks.append(all_forks() - ever)
        starts.append(len(notes.read_text().splitlines()) - before)
        b.call("message.get", {"message_id": sent["message_id"]})
        time.sleep(0.5)
    p50 = median(times)
    yield Figure("sync A → B, forced on both", p50, "ms", aim="≤ 300 ms", met=p50 <= 300)
    started = median(starts)
    yield Figure("processes that Thrum starts for it", started, "", aim="≤ 6", met=started <= 6)
    yield Figure("processes of the machine meanwhile, git's own included", median(forks), "")
    yield from unforced(a, b)
    yield from waiting(b, notes)
    for line in lines:
        line.close()


def unforced(a: Line, b: Line) -> Iterator[Figure]:
    """Both clones are active, mail crosses, and nobody forces a sync."""
    samples = []
    for number in range(LETTERS):
        sender, receiver, name = (a, b, "alice") if number % 2 else (b, a, "bob")
        time.sleep(0.37 * (number % 7))
        sent = sender.call("message.send", {"content": f"letter {number}", "caller_agent_id": name})
        start = time.perf_counter()
        while not has(receiver, sent["message_id"]):
            time.sleep(0.05)
        samples.append(time.perf_counter() - start)
    p95 = quantile(samples, 0.95)
    yield Figure("send → visible in the other clone, p50", median(samples), "s")
    yield Figure("send → visible in the other clone, p95", p95, "s", aim="< 5 s", met=p95 < 5)


def has(line: Line, message_id: str) -> bool:
    """Whether the clone has the message; asking so does not count as looking for mail."""
    try:
        line.call("message.get", {"message_id": message_id})
    except RuntimeError:
        return False
    return True


def waiting(line: Line, notes: Path) -> Iterator[Figure]:
    """Somebody waits while nothing comes, and every program that both clones start is counted."""
    time.sleep(QUIET_S / 2)
    before = len(notes.read_text().splitlines())
    bob: dict[str, Any] = {"caller_agent_id": "bob"}
    now = line.call("message.wait", {"timeout_ms": 0, **bob})["cursor"]
    waited = line.call("message.wait", {"timeout_ms": QUIET_S * 1000, "after": now, **bob})
    assert not waited["received"], waited
    started = notes.read_text().splitlines()[before:]
    asked = [each for each in started if "ls-remote" in each]
    yield Figure(f"questions of two clones in {QUIET_S} s of waiting", len(asked), "")
    others = len(started) - len(asked)
    yield Figure("other git programs meanwhile", others, "", aim="0", met=others == 0)
