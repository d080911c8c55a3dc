"""who-has, team and overview with 60 agents: p50 beside that of a request that asks nothing.

Statements are counted in this process, on the same database, by SQLite's own trace.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest import mock

import msgspec

from tests.bench.ages import boot, stop
from tests.bench.figure import Figure, median
from tests.bench.place import Place
from thrum import events, paths
from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.main import close, compose
from thrum.daemon.node import Node, Setting
from thrum.daemon.projection import connection
from thrum.daemon.rpc.registry import Call, Rights
from thrum.daemon.service.clock import SystemClock
from thrum.daemon.services import METHODS
from thrum.daemon.store import Transaction
from thrum.ids import Ids

AGENTS: Final = 60
MESSAGES: Final = 50
ASKED: Final = 300
VIEWS: Final = {
    "who-has": ("agent.listContext", {"file": "valve.py"}),
    "team": ("team.list", {}),
    "overview": ("team.overview", {}),
}


def populate(transaction: Transaction) -> None:
    """Agents with a session, a work context and mail each."""
    for number in range(AGENTS):
        name, session = f"agent{number}", f"ses_{number:026}"
        register = events.AgentRegister(agent_id=name, kind="agent", role="tester", module="bench")
        transaction.emit(register)
        transaction.emit(events.SessionStart(session_id=session, agent_id=name))
        for count in range(MESSAGES):
            transaction.emit(
                events.MessageCreate(
                    message_id=f"msg_{number * MESSAGES + count:026}",
                    agent_id="agent0",
                    session_id=session,
                    body=events.Body(format="markdown", content="The valve leaks."),
                    recipients=[name],
                    refs=[events.Pair("mention", name)],
                )
            )
        transaction.db.execute(
            "INSERT INTO agent_work_contexts"
            " (session_id, agent_id, branch, intent, changed_files, git_updated_at)"
            " VALUES (?, ?, 'main', 'Weld the valve', ?, ?)",
            (session, name, json.dumps([f"src/{name}.py", "src/valve.py"]), transaction.now),
        )


@contextmanager
def composed(clone: Path, environment: dict[str, str]) -> Iterator[Node]:
    """The parts of the clone's daemon in this process; the daemon itself must be stopped."""
    clock = SystemClock()
    node, _ = compose(Setting(paths.at(clone), environment, clock, Ids(clock.now_ns)))
    try:
        yield node
    finally:
        close(node)


def statements(node: Node, clone: Path) -> dict[str, int]:
    """How many statements each view asks, once everything is warm."""
    asked: list[str] = []
    real = connection.reader

    def traced(path: Path) -> sqlite3.Connection:
        db = real(path)
        db.set_trace_callback(asked.append)
        return db

    caller = Caller("agent0", State.IDENTIFIED, "worktree", os.getpid(), str(clone))
    call = Call(caller, node, connection=None, rights=Rights.READS)  # type: ignore[arg-type]

    async def count() -> dict[str, int]:
        counts = {}
        for view, (method, params) in VIEWS.items():
            found = METHODS[method]
            for _ in range(2):
                asked.clear()
                await found.handler(call, msgspec.convert(params, found.params))
            counts[view] = len(asked)
        return counts

    with mock.patch.object(connection, "reader", traced):
        return asyncio.run(count())


async def latencies(path: str, method: str, params: dict[str, Any]) -> list[float]:
    """Milliseconds of requests one after the other on one connection."""
    reader, writer = await asyncio.open_unix_connection(path, limit=2**24)
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    line = json.dumps(request).encode() + b"\n"
    samples = []
    for _ in range(ASKED):
        start = time.perf_counter()
        writer.write(line)
        answer = await reader.readline()
        samples.append((time.perf_counter() - start) * 1000)
        if b'"error"' in answer[:200]:
            raise RuntimeError(answer.decode())
    writer.close()
    return samples


def figures(place: Place, clone: Path) -> Iterator[Figure]:
    """The clone has a daemon, and the agent alice is at home in it."""
    stop(place, clone)
    with composed(clone, place.environment) as node:
        node.store.transact_blocking(populate)
        counts = statements(node, clone)
    boot(place, clone)
    os.chdir(clone)
    path = str(clone / ".thrum" / "var" / "thrum.sock")
    floor = median(asyncio.run(latencies(path, "health", {})))
    for view, (method, params) in VIEWS.items():
        p50 = median(asyncio.run(latencies(path, method, params)))
        yield Figure(f"{view}, {AGENTS} agents p50", p50, "ms", floor, "health")
        count = counts[view]
        yield Figure(f"{view}, statements", count, "", aim="1", met=count == 1)
