"""A message that has not left is taken back with its bytes, whenever the process is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gitstore import Log
from thrum import events
from thrum.daemon import withdrawing
from thrum.daemon.projection import connection, rebuild
from thrum.daemon.store import Store, Transaction
from thrum.errors import ThrumError

Opener = Callable[..., Store]
SECRET = "the token is sek_0123456789"
TABLES = ("messages", "events", "message_deliveries", "message_edits", "parked_events")


class Killed(BaseException):
    """What ends a process in the middle."""


def talk(store: Store) -> None:
    """A secret message with all that may be about it, and others around it."""

    def decide(transaction: Transaction) -> None:
        for name in ("ann", "bob"):
            transaction.emit(events.AgentRegister(agent_id=name, role="dev", module="m"))
        for number, answers in ((1, 0), (2, 0), (3, 2)):
            refs = [events.Pair("mention", "bob")]
            refs += [events.Pair("reply_to", f"msg_{answers}")] if answers else []
            text = SECRET if number == 2 else f"harmless {number}"
            body = events.Body(format="plain", content=text)
            transaction.emit(
                events.MessageCreate(
                    message_id=f"msg_{number}",
                    agent_id="ann",
                    session_id="s",
                    body=body,
                    refs=refs,
                    recipients=["bob"],
                )
            )
        edited = events.Body(format="plain", content=f"{SECRET} again")
        transaction.emit(events.MessageEdit(message_id="msg_2", body=edited))
        transaction.emit(
            events.MessageReceipt(message_id="msg_2", agent_id="bob", receipt_type="read")
        )
        transaction.emit(events.MessageDelete(message_id="msg_2", reason="oops"))

    store.transact_blocking(decide)


def rows(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the tables say that must be the same after a rebuild."""
    with closing(connection.reader(database)) as db:
        columns = {
            "messages": "message_id, thread_id, reply_to, body_content",
            "events": "event_id, event_json",
            "message_deliveries": "message_id, recipient_agent_id, read_at, inbox",
            "message_edits": "event_id, new_content",
            "parked_events": "*",
        }
        found = {
            table: db.execute(f"SELECT {columns[table]} FROM {table} ORDER BY 1, 2").fetchall()
            for table in TABLES
        }
        found["counts"] = db.execute("SELECT * FROM inbox_counts").fetchall()
        return found


def rebuilt(log: Log, tmp_path: Path) -> dict[str, list[tuple[Any, ...]]]:
    second = tmp_path / "second.db"
    rebuild.build(second, log, time.time_ns())
    return rows(second)


def holding(repository: Path) -> list[str]:
    """Files and git's objects that hold the secret."""
    found = [
        path.name
        for path in repository.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
    git = ["git", "-C", str(repository)]
    listing = [*git, "cat-file", "--batch-all-objects", "--batch"]
    objects = subprocess.run(listing, check=True, capture_output=True).stdout
    return found + ["an object"] * (SECRET.encode() in objects)


@pytest.mark.parametrize("committed", [False, True], ids=["in the journal", "committed"])
def test_nothing_is_left_and_all_else_is(
    log: Log, store: Store, repository: Path, tmp_path: Path, committed: bool
) -> None:
    talk(store)
    if committed:
        log.commit()
        store.catch_up()
    assert holding(repository)
    done = withdrawing.withdraw(log, store, "msg_2", repository / ".thrum", "")
    assert (done.events, done.answers, done.left) == (4, 1, [])
    assert holding(repository) == []
    store.catch_up()
    log.commit()
    store.catch_up()
    now = rows(store.database)
    assert [row[0] for row in now["messages"]] == ["msg_1", "msg_3"]
    assert now == rebuilt(log, tmp_path)
    assert log.withdrawals == ()


STEPS = [(Log, "withdraw"), (Log, "remaining"), (Log, "end_withdrawal"), (withdrawing, "compacted")]


@pytest.mark.parametrize(("where", "name"), STEPS, ids=[name for _, name in STEPS])
def test_who_is_killed_goes_on_at_the_next_start(
    log: Log,
    open_store: Opener,
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    name: str,
) -> None:
    store = open_store()
    talk(store)
    log.commit()
    store.catch_up()

    def killed(*_given: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(where, name, killed)
        with pytest.raises(Killed):
            withdrawing.withdraw(log, store, "msg_2", repository / ".thrum", "")
    store.close()
    log.close()
    again = Log.open(repository, journal=log.journal.path)
    second = open_store(log=again)
    withdrawing.go_on(again, second)
    withdrawing.compacted(second.database)
    assert again.withdrawals == ()
    assert holding(repository) == []
    now = rows(second.database)
    assert [row[0] for row in now["messages"]] == ["msg_1", "msg_3"]
    assert now == rebuilt(again, tmp_path)
    again.close()


def test_an_answer_of_the_disk_that_is_no_is_told_and_the_next_start_goes_on(
    log: Log, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk(store)
    log.begin_withdrawal("msg_2", [])

    def full(_log: Log) -> list[str]:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Log, "withdraw", full)
        withdrawing.go_on(log, store)
    assert list(log.withdrawals) == ["msg_2"]
    withdrawing.go_on(log, store)
    assert list(log.withdrawals) == []


@pytest.fixture
def shared(log: Log, repository: Path, tmp_path: Path) -> Path:
    """A remote of the repository."""
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "r.git")], check=True)
    git = ["git", "-C", str(repository)]
    subprocess.run([*git, "remote", "add", "origin", str(tmp_path / "r.git")], check=True)
    return tmp_path / "r.git"


IN_USE = """
import fcntl, sys
with open(sys.argv[1], "r+b") as shared:
    try:
        fcntl.lockf(shared, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)
    except OSError:
        print("in use")
"""
"""Looks for SQLite's lock that says that somebody has a database open."""


def test_other_processes_go_on_to_see_that_the_database_is_in_use(
    log: Log, store: Store, repository: Path
) -> None:
    """Whoever closes a file that he has open twice gives up the locks that SQLite has on it."""
    talk(store)
    store.reader().execute("SELECT count(*) FROM messages").fetchone()
    shared = store.database.with_name(f"{store.database.name}-shm")

    def seen() -> str:
        argv = [sys.executable, "-c", IN_USE, str(shared)]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    assert seen() == "in use"
    withdrawing.withdraw(log, store, "msg_2", repository / ".thrum", "")
    assert seen() == "in use"


@pytest.mark.parametrize("known", [True, False], ids=["seen", "pushed by somebody else"])
def test_what_has_left_is_refused(
    log: Log, store: Store, repository: Path, shared: Path, known: bool
) -> None:
    talk(store)
    if known:
        assert log.exchange().ok
    else:
        log.commit()
        git = ["git", "-C", str(repository)]
        push = ["push", "-q", str(shared), "refs/heads/a-sync"]
        subprocess.run([*git, *push], check=True)
    before = rows(store.database)
    with pytest.raises(ThrumError, match="has left this clone"):
        withdrawing.withdraw(log, store, "msg_2", repository / ".thrum", "")
    assert rows(store.database) == before
    assert log.withdrawals == ()


def test_where_nobody_can_tell_nothing_is_taken_back(
    log: Log, store: Store, repository: Path, shared: Path
) -> None:
    talk(store)
    shared.rename(shared.with_name("away.git"))
    with pytest.raises(ThrumError, match="nobody can tell"):
        withdrawing.withdraw(log, store, "msg_2", repository / ".thrum", "")
    done = withdrawing.withdraw(log, store, "msg_2", repository / ".thrum", "it is off limits")
    assert done.events == 4


def test_a_receipt_that_has_left_stays_and_waits_as_everywhere_else(
    log: Log, store: Store, repository: Path, shared: Path, tmp_path: Path
) -> None:
    hook = shared / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nread o n ref\n! git log -p $n --not --all | grep -q 'sek_[0-9]*'\n")
    hook.chmod(0o755)
    talk(store)
    log.exchange()
    store.catch_up()
    assert len(log.held_back) == 2, "the message and its edit"
    done = withdrawing.withdraw(log, store, "msg_2", repository / ".thrum", "")
    assert done.events == 2
    store.catch_up()
    assert rows(store.database) == rebuilt(log, tmp_path)
    assert log.exchange().ok


def test_a_copy_elsewhere_is_named(log: Log, store: Store, repository: Path) -> None:
    talk(store)
    notes = repository / ".thrum" / "context"
    notes.mkdir()
    (notes / "ann.md").write_text(f"remember: {SECRET}")
    done = withdrawing.withdraw(log, store, "msg_2", repository / ".thrum", "")
    assert done.left == [str(notes / "ann.md")]
