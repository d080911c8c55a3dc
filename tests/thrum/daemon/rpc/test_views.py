"""The views of the team: what they say, that they ask once however many there are, and no write."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from thrum import events
from thrum.daemon.projection import connection

VIEWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("team.list", {}),
    ("team.list", {"include_offline": True}),
    ("team.overview", {}),
    ("agent.listContext", {"file": "src/valve.py"}),
    ("agent.lookup", {"name": "max"}),
)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What readers that are opened from now on are asked."""
    asked: list[str] = []
    real = connection.reader

    def traced(path: Path) -> sqlite3.Connection:
        db = real(path)
        db.set_trace_callback(asked.append)
        return db

    monkeypatch.setattr(connection, "reader", traced)
    yield asked


def populate(node: Any, count: int) -> None:
    """So many more agents with sessions, contexts and mail."""

    def decide(transaction: Any) -> None:
        for number in range(count):
            name, session = f"agent{number}", f"ses_{number:026}"
            for event in (
                events.AgentRegister(agent_id=name, kind="agent", role="r", module="m"),
                events.SessionStart(session_id=session, agent_id=name),
                events.MessageCreate(
                    message_id=f"msg_{number:026}",
                    agent_id="max",
                    session_id="s",
                    body=events.Body(format="markdown", content="x"),
                    recipients=[name],
                    refs=[events.Pair("mention", name)],
                ),
            ):
                transaction.emit(event)
            transaction.db.execute(
                "INSERT INTO agent_work_contexts (session_id, agent_id, branch, intent,"
                " changed_files, git_updated_at) VALUES (?, ?, 'b', 'i', ?, ?)",
                (session, name, '["src/valve.py"]', transaction.now),
            )

    node.store.transact_blocking(decide)


@pytest.mark.parametrize("count", [3, 60])
def test_a_view_is_one_statement_and_no_write(node: Any, statements: list[str], count: int) -> None:
    node.agent("max")
    populate(node, count)
    before = written(node)
    for method, params in VIEWS:
        node.call("max", method, **params)  # the caller is found, and identities are read
        statements.clear()
        answer = node.call("max", method, **params)
        assert len(statements) == 1, (method, statements)
        assert statements[0].lstrip().startswith("SELECT")
        rows = answer.get("members") or answer.get("team") or answer.get("contexts")
        assert method == "agent.lookup" or len(rows) >= count
    assert written(node) == before


def written(node: Any) -> tuple[Any, ...]:
    """What any write of an event or a sign of life would change."""
    db = sqlite3.connect(node.parts.place.database)
    found = [
        db.execute(f"SELECT count(*), group_concat({column}) FROM {table}").fetchone()
        for table, column in (
            ("events", "event_id"),
            ("agents", "last_seen_at"),
            ("sessions", "last_seen_at"),
            ("message_deliveries", "read_at"),
        )
    ]
    db.close()
    return (*found, node.parts.place.journal.stat().st_size)


def test_all_counts_are_those_of_the_inboxes(node: Any) -> None:
    for name in ("max", "nux", "slit"):
        node.agent(name)
    sent = [node.send("max", f"{n}", to="nux")["message_id"] for n in range(3)]
    node.send("max", "to all")
    node.send("nux", "to myself", to="nux")
    node.call("nux", "message.markRead", message_ids=sent[:1])
    listed = {each["agent_id"]: each for each in node.call("max", "team.list")["members"]}
    for name in listed:
        role = {"for_agent": name, "for_agent_role": "tester"}
        inbox = node.call(name, "message.list", **role)
        assert listed[name]["inbox_total"] == inbox["total"]
        assert listed[name]["inbox_unread"] == inbox["unread"]
        others = node.call(name, "message.list", exclude_self=True, **role)
        shown = node.call(name, "team.overview")["inbox"]
        assert shown == {"total": others["total"], "unread": others["unread"]}
    assert listed["nux"]["inbox_unread"] == 3
    assert node.call("max", "team.list")["shared_messages"] == {"broadcast_total": 1}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        *VIEWS,
        ("agent.set-status", {"agent": "nux", "status": "blocked"}),
        (
            "agent.register",
            {"name": "nux", "role": "tester", "module": "auth", "re_register": True},
        ),
        ("tmux.status", {}),
        ("tmux.check-pane", {"session": "nux"}),
    ],
)
def test_a_disk_that_does_not_answer_holds_up_nobody_else(
    node: Any, monkeypatch: pytest.MonkeyPatch, method: str, params: dict[str, Any]
) -> None:
    """What lies in the worktrees is read where nothing else waits for it."""
    for name in ("max", "nux"):
        node.agent(name)
    identities = node.parts.callers.identities
    real, answers, asked = identities.all, threading.Event(), threading.Event()

    def hang() -> Any:
        if threading.current_thread() is not on_loop:
            asked.set()
            answers.wait(20)
        return real()

    on_loop = asyncio.run_coroutine_threadsafe(_thread(), node.loop).result(20)
    monkeypatch.setattr(identities, "all", hang)
    node.move(node.homes["nux"])
    first, other = node.connect(), node.connect()
    first.write(method, **params)
    if method != "agent.listContext":
        assert asked.wait(20), "it was read on the loop, or not at all"
    assert other.ask("health")["result"]["status"] == "ok"
    answers.set()
    assert first.read()["id"] == 1


async def _thread() -> threading.Thread:
    return threading.current_thread()
