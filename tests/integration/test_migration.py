"""Coming over from an older program in place, and going back."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import older
from tests.integration.conftest import World
from tests.integration.transcript import ROOT, Typist
from tests.thrum.neighbours.test_agent_mail import head, put
from tests.thrum.neighbours.test_beads import issue
from thrum import paths
from thrum.daemon import control

AT = "2026-01-02T09:00:00Z"
MONITOR = {
    "id": "mon_01M7XCMGYPZW16RE9QVSH8JS36",
    "name": "tests",
    "argv": json.dumps(["make", "test"]),
    "match_pattern": "FAIL",
    "target": "@bob",
    "cwd": "/",
    "env": "{}",
    "debounce_seconds": 1,
    "created_at": AT,
    "updated_at": AT,
    "status": "stopped",
    "schedule": "",
}


@pytest.fixture
def desk(world: World) -> Path:
    """What an older program leaves that was stopped, or killed."""
    where = world.repository("desk")
    world.thrum(where, "init", "--non-interactive", "--no-daemon")
    file = where / ".thrum/config.json"
    tree = json.loads(file.read_text())
    file.write_text(json.dumps(tree | {"later": {"kept": 1}}))
    database = where / ".thrum/var/messages.db"
    database.unlink(missing_ok=True)
    db = older.made(
        database,
        agents=[older.agent("ann", "lead"), older.agent("bob", "tester")],
        messages=[older.message(n, "ann", f"number {n}") for n in range(5)],
        message_deliveries=[older.reached(n, "bob", AT if n < 3 else None) for n in range(5)],
        groups=[{"group_id": "grp_1", "name": "qa", "created_at": AT, "created_by": "ann"}],
        monitors=[MONITOR, {**MONITOR, "id": "mon_2", "name": "Bad Name"}],
        telegram_msg_map=[
            {"external_key": "7:21", "thrum_msg_id": f"msg_{1:026}", "created_at": 1_790_000_000}
        ],
    )
    aside = where / "copy"
    aside.mkdir()
    for path in database.parent.glob("messages.db*"):
        (aside / path.name).write_bytes(path.read_bytes())
    db.close()  # it takes its write-ahead log along, as no killed program does
    for path in database.parent.glob("messages.db*"):
        path.unlink()
    for path in aside.iterdir():
        path.rename(database.parent / path.name)
    aside.rmdir()
    return where


def files(where: Path) -> dict[str, bytes]:
    """Every file of the folder, but for what only says that somebody looked."""
    left = {"thrum.lock", "messages.db-shm", "halted"}
    found = (path for path in (where / ".thrum").rglob("*") if path.is_file())
    return {str(p.relative_to(where)): p.read_bytes() for p in found if p.name not in left}


def asked(where: Path, sql: str, file: str = "messages.db") -> list[tuple[object, ...]]:
    db = sqlite3.connect(f"file:{where / '.thrum/var' / file}?mode=ro", uri=True)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def test_everything_comes_over_once_and_goes_back(world: World, desk: Path) -> None:
    before = files(desk)
    plan = world.thrum(desk, "migrate", "--dry-run", "--json").json
    assert plan["events"] == {"agents": 2, "groups": 1, "messages": 5, "receipts": 3}
    assert (plan["monitors"], plan["telegram"], plan["left_behind"]) == (1, 1, 1)
    assert plan["schema"] == older.VERSION
    assert files(desk) == before

    done = world.thrum(desk, "migrate")
    assert "Brought over 11 events" in done.out
    assert "Bad Name" in done.err
    assert world.thrum(desk, "migrate").out.strip() == "No migration needed."
    world.thrum(desk, "daemon", "start")
    try:
        unread = "SELECT message_id FROM message_deliveries WHERE recipient_agent_id = 'bob'"
        assert len(asked(desk, unread)) == 5
        assert len(asked(desk, f"{unread} AND read_at IS NULL")) == 2
        assert asked(desk, "SELECT name FROM groups WHERE name = 'qa'")
        jobs = "SELECT name, status, debounce_seconds FROM monitors_jobs"
        assert asked(desk, jobs, "state.db") == [("tests", "stopped", 30)]
        assert asked(desk, "SELECT external_key FROM telegram_msg_map", "state.db") == [("7:21",)]
        world.thrum(desk, "quickstart", "cara", "--role", "tester", "--module", "x")
        world.thrum(desk, "send", "said since", "--to", "@cara")
        assert world.thrum(desk, "migrate", "--back", check=False).code == 2
        world.thrum(desk, "migrate", "--back", "--yes")
    finally:
        world.thrum(desk, "daemon", "stop", check=False)
    assert not control.is_up(paths.at(desk))
    after = files(desk)
    assert {name: after.get(name) for name in before} == before
    assert "said since" in world.git("show", "a-sync:messages/cara.jsonl", cwd=desk)
    assert world.thrum(desk, "migrate", "--back", "--yes", check=False).code == 1
    again = world.thrum(desk, "migrate", "--json").json
    assert (again["events"], again["needed"]) == ({}, True)


def test_a_database_that_ours_put_aside_comes_over_too(world: World, desk: Path) -> None:
    assert "thrum migrate" in world.thrum(desk, "daemon", "start").err
    try:
        done = world.thrum(desk, "migrate", "--json").json
        assert done["events"]["messages"] == 5
        assert control.is_up(paths.at(desk))
        assert "thrum migrate" not in world.thrum(desk, "daemon", "restart").err
        assert len(asked(desk, "SELECT 1 FROM messages")) == 5
    finally:
        world.thrum(desk, "daemon", "stop")
    assert not list((desk / ".thrum/var").glob("messages.db.foreign-*"))
    world.thrum(desk, "migrate", "--back", "--yes")
    assert asked(desk, "SELECT version FROM schema_version") == [(older.VERSION,)]


OTHER = """
import fcntl, json, os, signal, socket, sys
var = sys.argv[1]
lock = open(f"{var}/thrum.lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
os.chdir(var)
listening = socket.socket(socket.AF_UNIX)
listening.bind("thrum.sock")
listening.listen()
with open("thrum.pid", "w") as file:
    json.dump({"pid": os.getpid(), "repo_path": sys.argv[2]}, file)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("ready", flush=True)
while True:
    listening.accept()[0].close()
"""


@pytest.fixture
def other(desk: Path) -> Iterator[subprocess.Popen[str]]:
    """A daemon that is not ours: it holds the lock, listens and says who it is."""
    argv = [sys.executable, "-c", OTHER, str(desk / ".thrum/var"), str(desk)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stdout.readline() == "ready\n"
        yield running
        running.kill()


def test_a_daemon_at_work_is_named_and_ended_on_request(
    world: World, desk: Path, other: subprocess.Popen[str]
) -> None:
    assert world.thrum(desk, "migrate", "--dry-run", "--json").json["daemon_at_work"] == other.pid
    refused = world.thrum(desk, "migrate", check=False)
    assert (refused.code, f"PID {other.pid}" in refused.err) == (1, True)
    (desk / "issues.jsonl").write_text(json.dumps(issue(1)) + "\n")
    for line in (("migrate", "--back", "--yes"), ("import", "beads", ".")):
        assert world.thrum(desk, *line, check=False).code == 1
    assert other.poll() is None
    try:
        assert "Brought over" in world.thrum(desk, "migrate", "--stop").out
        assert other.wait(10) == 0
        assert len(asked(desk, "SELECT 1 FROM messages")) == 5
    finally:
        world.thrum(desk, "daemon", "stop", check=False)


def test_mail_in_the_main_branch_goes_to_its_own(world: World) -> None:
    world.git("init", "-q", "-b", "main", "old", cwd=world.root)
    where = world.root / "old"
    lines = [
        {"type": "message.create", "timestamp": AT, "message_id": "msg_1", "agent_id": "ann"}
        | {"session_id": "s", "body": {"format": "markdown", "content": "very old"}},
        {"type": "message.receipt", "timestamp": AT, "message_id": "msg_1", "agent_id": "bob"}
        | {"receipt_type": "read"},
    ]
    folder = where / ".thrum"
    (folder / "messages").mkdir(parents=True)
    (folder / "messages/ann.jsonl").write_text(json.dumps(lines[0]) + "\n\nbroken\n")
    (folder / "events.jsonl").write_text(json.dumps(lines[1]) + "\n")
    (where / ".gitignore").write_bytes(b"build/\r\n.thrum/var/\r\n")
    (where / ".gitattributes").write_text(".thrum/*.jsonl merge=union\n*.png binary\n")
    world.git("add", "-f", ".thrum", ".gitignore", ".gitattributes", cwd=where)
    world.git("commit", "-q", "-m", "first", cwd=where)
    world.thrum(where, "init", "--non-interactive", "--no-daemon")
    folder.joinpath("messages/later.jsonl").symlink_to("/etc/passwd")
    before = {name: (where / name).read_bytes() for name in (".gitignore", ".gitattributes")}

    done = world.thrum(where, "migrate", "--json").json
    assert done["untracked"] == [".thrum/events.jsonl", ".thrum/messages/ann.jsonl"]
    assert (done["events"], done["left_behind"]) == ({"messages": 1, "receipts": 1}, 1)
    assert world.git("log", "-1", "--format=%s", "a-sync", cwd=where) == (
        "migrate: import data from main branch\n"
    )
    assert "very old" in world.git("show", "a-sync:messages/ann.jsonl", cwd=where)
    assert world.git("ls-files", ".thrum", cwd=where) == ""
    assert ".thrum/var/" not in (where / ".gitignore").read_text()
    assert (where / ".gitattributes").read_text() == "*.png binary\n"
    assert world.thrum(where, "migrate").out.strip() == "No migration needed."

    world.thrum(where, "migrate", "--back", "--yes")
    assert {name: (where / name).read_bytes() for name in before} == before
    assert world.git("ls-files", ".thrum", cwd=where).split() == done["untracked"]
    assert world.git("status", "--porcelain", "--untracked-files=no", cwd=where) == ""


def test_killed_in_between_it_is_run_again(world: World, desk: Path) -> None:
    """Where it is cut off before its end is written, everything is looked at once more."""
    world.thrum(desk, "migrate")
    record = desk / ".thrum/var/before-migration/record.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"ended": False}))
    again = world.thrum(desk, "migrate", "--json").json
    assert (again["needed"], again["events"]) == (True, {})
    assert not world.thrum(desk, "migrate", "--json").json["needed"]
    moved = desk.rename(desk.with_name("renamed"))
    world.thrum(moved, "migrate", "--back", "--yes")
    assert not desk.exists()
    assert asked(moved, "SELECT version FROM schema_version") == [(older.VERSION,)]


@pytest.mark.soak
def test_killed_at_any_moment_nothing_is_lost_either_way(world: World, desk: Path) -> None:
    before = {name: data for name, data in files(desk).items() if "messages.db" in name}
    chance = random.Random(16)
    for turn in range(12):
        line = ["migrate", "--back", "--yes"] if turn % 3 == 2 else ["migrate"]
        argv = [sys.executable, "-m", "thrum", *line]
        with subprocess.Popen(
            argv, cwd=desk, env=world.environment, stderr=subprocess.DEVNULL
        ) as it:
            time.sleep(chance.uniform(0.2, 1.5))
            it.kill()
    world.thrum(desk, "migrate")
    world.thrum(desk, "daemon", "start")
    try:
        assert len(asked(desk, "SELECT 1 FROM messages")) == 5
        assert len(asked(desk, "SELECT 1 FROM events")) >= 11
    finally:
        world.thrum(desk, "daemon", "stop")
    world.thrum(desk, "migrate", "--back", "--yes")
    assert before.items() <= files(desk).items()


def test_an_old_worktree_of_the_branch_goes_with_what_nobody_committed(
    world: World, desk: Path
) -> None:
    (desk / ".thrum/var/messages.db").unlink()
    old = desk / ".thrum/sync"
    world.git("worktree", "add", "-q", str(old), "a-sync", cwd=desk)
    line: dict[str, object] = {"type": "message.create", "timestamp": AT, "agent_id": "ann"}
    line |= {
        "message_id": "msg_1",
        "event_id": "evt_1",
        "session_id": "",
        "body": {"format": "", "content": "late"},
    }
    (old / "messages").mkdir(exist_ok=True)
    (old / "messages/ann.jsonl").write_text(json.dumps(line) + "\n")
    assert world.thrum(desk, "migrate", "--json").json["events"] == {"messages": 1}
    assert not old.exists()
    assert str(old) not in world.git("worktree", "list", cwd=desk)
    assert not world.thrum(desk, "migrate", "--json").json["needed"]
    world.thrum(desk, "migrate", "--back", "--yes")
    assert "late" in (old / "messages/ann.jsonl").read_text()


def test_it_goes_as_the_page_says(world: World, desk: Path) -> None:
    (desk / ".beads").mkdir()
    (desk / ".beads/issues.jsonl").write_text(json.dumps(issue(1)) + "\n")
    put(Path(world.environment["HOME"], ".mcp_agent_mail_git_mailbox_repo"), "a.md", head(1))
    page = (ROOT / "docs" / "coming-over.md").read_text()
    assert Typist(world, {"": desk}).follow(page) == 7
