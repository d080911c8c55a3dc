"""What it costs to know who works on what: looks at worktrees, and at processes."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from gitstore import Log
from tests.bench.figure import Figure, median
from tests.bench.place import Line, Place, daemon_pid
from tests.bench.processes import once
from thrum import events
from thrum.daemon.callers.identities import Identities
from thrum.daemon.store import Store, Transaction
from thrum.daemon.upkeep.sweeper import Sweeper
from thrum.identity import process
from thrum.ids import Ids

FILES = 6_000
AGENTS = 60
ROUNDS = 25
PASSES = 50


def fill(clone: Path, place: Place) -> None:
    """A tree of some thousand files of some kilobytes, a branch with commits, and some edits."""
    for number in range(FILES):
        folder = clone / f"src/part{number % 60}/module{number % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(f"line {n} of file {number}\n" for n in range(60))
        (folder / f"file{number}.py").write_text(text)
    place.run("git", "add", ".", cwd=clone)
    place.run("git", "commit", "-qm", "A tree", cwd=clone)
    place.run("git", "push", "-q", "origin", "HEAD:main", cwd=clone)
    place.run("git", "fetch", "-q", cwd=clone)
    place.run("git", "checkout", "-qb", "work", cwd=clone)
    paths = sorted(clone.glob("src/*/*/*.py"))
    for number, path in enumerate(paths[:10]):
        path.write_text(path.read_text() + "more\n")
        place.run("git", "commit", "-qam", f"Change {number}", cwd=clone)
    for path in paths[20:25]:
        path.write_text(path.read_text() + "unfinished\n")
    (clone / "src/new.py").write_text("new\n")


def figures(place: Place) -> Iterator[Figure]:
    """Heartbeats beside git status, and a pass over the processes of many agents."""
    clone = place.clone(place.remote(), "work")
    place.thrum("init", "--non-interactive", cwd=clone)
    place.thrum("quickstart", "alice", "--role", "tester", "--module", "bench", cwd=clone)
    fill(clone, place)
    yield from heartbeats(place, clone)
    yield from passes(place)


def heartbeats(place: Place, clone: Path) -> Iterator[Figure]:
    """One at a time, in turn with git."""
    line = Line(place, clone)
    params = {"session_id": line.call("agent.whoami")["session_id"]}
    beaten = line.call("session.heartbeat", params)
    assert beaten["unmerged_commits"] == 10, beaten
    (seen,) = line.call("agent.listContext", {"agent_id": "alice"})["contexts"]
    assert len(seen["uncommitted_files"]) == 6, seen["uncommitted_files"]
    status = ["git", "status", "--porcelain"]
    floor, samples, forks = [], [], 0
    for _ in range(ROUNDS):
        floor.append(once(status, clone, place.environment))
        before = forked(clone)
        start = time.perf_counter()
        line.call("session.heartbeat", params)
        samples.append((time.perf_counter() - start) * 1000)
        forks += forked(clone) - before
    line.close()
    p50, git = median(samples), median(floor)
    name = f"heartbeat, {FILES:,} files p50"
    yield Figure(name, p50, "ms", git, "git status --porcelain", "≤ 3×", p50 <= 3 * git)
    what = f"page faults of processes started for {ROUNDS} heartbeats"
    yield Figure(what, forks, "", aim="0: none was started", met=forks == 0)


def forked(clone: Path) -> int:
    """Page faults of the daemon's children that have ended: every process has some."""
    fields = Path(f"/proc/{daemon_pid(clone)}/stat").read_text().rpartition(")")[2].split()
    return int(fields[8]) + int(fields[10])


def passes(place: Place) -> Iterator[Figure]:
    """CPU of one pass over agents that all live."""
    repository = place.root / "sweep"
    place.run("git", "init", "-q", str(repository))
    log = Log.open(repository, journal=repository / ".thrum/var/journal.jsonl")
    ids = Ids(time.time_ns)
    database = repository / ".thrum/var/messages.db"
    store = Store.open(
        log=log, database=database, origin_daemon="d_1", now_ns=time.time_ns, ids=ids
    )
    children = [subprocess.Popen(["sleep", "600"]) for _ in range(AGENTS)]
    pids = [child.pid for child in children]
    try:
        store.transact_blocking(lambda t: _register(t, pids, ids))
        sweeper = Sweeper(store, Identities(repository), "d_1")
        spent = asyncio.run(_spend(sweeper))
    finally:
        for child in children:
            child.kill()
            child.wait()
        store.close()
        log.close()
    ms = spent / PASSES * 1000
    yield Figure(f"CPU of a pass over {AGENTS} agents", ms, "ms", aim="≤ 10 ms", met=ms <= 10)


def _register(transaction: Transaction, pids: list[int], ids: Ids) -> None:
    for number, pid in enumerate(pids):
        name = f"agent{number}"
        transaction.emit(
            events.AgentRegister(agent_id=name, name=name, kind="agent", role="worker", module="x")
        )
        transaction.emit(events.SessionStart(session_id=ids.make("ses"), agent_id=name))
        found = process.look(pid)
        assert found
        transaction.db.execute(
            "UPDATE agents SET agent_pid = ?, agent_pid_start_time = ? WHERE agent_id = ?",
            (pid, found.started, name),
        )


async def _spend(sweeper: Sweeper) -> float:
    start = time.process_time()
    for _ in range(PASSES):
        assert await sweeper.sweep() == 0
    return time.process_time() - start
