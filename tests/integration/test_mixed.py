"""Many agents at once, two of them in one worktree: nobody is taken for anybody else."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from tests.integration import worker
from tests.integration.conftest import World

HOMES: Final = {"furiosa": "one", "nux": "two", "max": "three", "slit": "both", "toast": "both"}
CALLS: Final = 200


def settle(world: World) -> Path:
    """A daemon and five agents in four worktrees; where the daemon is."""
    main = world.root / "main"
    world.git("init", "-q", str(main), cwd=world.root)
    world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=main)
    world.thrum(main, "init", "--non-interactive")
    for name, home in HOMES.items():
        if not (world.root / home).exists():
            world.git("worktree", "add", "-q", "--detach", str(world.root / home), cwd=main)
        flags = ("--role", "tester", "--module", "x", "--no-agent-pid")
        world.thrum(world.root / home, "quickstart", name, *flags)
    return main


def work(world: World, main: Path) -> dict[str, Any]:
    """What every agent's process says that it did, all of them at once."""
    shared = Counter(HOMES.values())
    program = [sys.executable, worker.__file__]
    socket = str(main / ".thrum/var/thrum.sock")
    claim = {home: "claim" if count > 1 else "silent" for home, count in shared.items()}
    running = {
        name: subprocess.Popen(
            [*program, name, str(CALLS), "1", claim[home], socket],
            cwd=world.root / home,
            env=world.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, home in HOMES.items()
    }
    said = {name: process.communicate(timeout=120)[0] for name, process in running.items()}
    assert all(process.returncode == 0 for process in running.values())
    return {name: json.loads(text) for name, text in said.items()}


def events(main: Path) -> list[dict[str, Any]]:
    """Every event that the daemon made, in its order."""
    database = f"file:{main / '.thrum/var/messages.db'}?mode=ro"
    with closing(sqlite3.connect(database, uri=True)) as db, db:
        rows = db.execute("SELECT event_json FROM events ORDER BY sequence").fetchall()
    return [json.loads(row) for (row,) in rows]


def test_a_thousand_calls_of_five_agents(world: World) -> None:
    main = settle(world)
    before = len(events(main))
    said = work(world, main)
    assert sum(Counter(each["done"]).total() for each in said.values()) >= CALLS * len(HOMES)
    made = events(main)[before:]
    authors: dict[str, str] = {}
    sent: Counter[str] = Counter()
    sessions: dict[str, str] = {}
    for event in made:
        kind = event["type"]
        if kind == "message.create":
            author = event["body"]["content"].partition(" ")[0]
            assert event["agent_id"] == author
            assert sessions.setdefault(author, event["session_id"]) == event["session_id"]
            authors[event["message_id"]] = author
            sent[author] += 1
        elif kind == "message.edit":
            assert event["body"]["content"] == f"{authors[event['message_id']]} again"
        elif kind == "message.receipt":
            assert (
                sessions.setdefault(event["agent_id"], event["session_id"]) == event["session_id"]
            )
            assert authors.get(event["message_id"]) != event["agent_id"]
        elif kind == "group.create":
            assert event["name"] == f"of-{event['created_by']}"
        elif kind in {"group.member.add", "group.member.remove"}:
            by = event.get("added_by") or event.get("removed_by")
            assert event["member_value"] == by
    assert {name: each["seen"] for name, each in said.items()} == {n: [n] for n in HOMES}
    assert sent == {name: each["done"]["message.send"] for name, each in said.items()}
    assert len(set(sessions.values())) == len(HOMES)
    assert_notes(main, sessions)


def assert_notes(main: Path, sessions: dict[str, str]) -> None:
    """Tasks and scopes stand at the session of who wrote them."""
    with (
        closing(sqlite3.connect(f"file:{main / '.thrum/var/messages.db'}?mode=ro", uri=True)) as db,
        db,
    ):
        tasks = dict(db.execute("SELECT session_id, current_task FROM agent_work_contexts"))
        scopes = db.execute(
            "SELECT session_id, scope_value FROM session_scopes WHERE scope_type = 'of'"
        ).fetchall()
    for name, session in sessions.items():
        assert tasks[session] == f"{name} works"
    assert sorted(scopes) == sorted((session, name) for name, session in sessions.items())
