from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gitstore import Log, canonical
from thrum import events
from thrum.daemon.projection import predecessor
from thrum.daemon.projection.predecessor import Told
from thrum.daemon.store import Store
from thrum.errors import ThrumError

Opener = Callable[..., Store]
SEEN = "2026-03-01T00:00:00.000000000Z"


@pytest.fixture
def older(log: Log, open_store: Opener, database: Path) -> Path:
    """A database of an older schema, with what no event says."""
    told = [
        events.AgentRegister(agent_id="nux", kind="agent", role="tester", module="m"),
        events.SessionStart(session_id="ses_1", agent_id="nux"),
    ]
    for number, event in enumerate(told):
        event.timestamp, event.event_id = f"2026-01-01T00:00:00.{number:09d}Z", f"evt_{number}"
        log.append([[("events.jsonl", canonical(event))]])
    open_store().close()
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("UPDATE schema_version SET version = 7")
        db.execute("UPDATE agents SET agent_pid = 12, agent_pid_start_time = 'then'")
        db.execute("UPDATE agents SET last_seen_at = ?", (SEEN,))
        db.execute("UPDATE sessions SET last_seen_at = ?", (SEEN,))
        for session in ("ses_1", "ses_gone"):
            db.execute("INSERT INTO session_refs VALUES (?, 'worktree', '/w', '')", (session,))
            db.execute("INSERT INTO session_scopes VALUES (?, 'module', 'm', '')", (session,))
            db.execute(
                "INSERT INTO agent_work_contexts (session_id, agent_id, branch, git_updated_at,"
                " intent, intent_updated_at) VALUES (?, 'nux', 'topic', ?, 'to rest', ?)",
                (session, SEEN, SEEN),
            )
    return database


def test_what_no_event_says_is_carried_over(older: Path, open_store: Opener) -> None:
    store = open_store()
    db = store.reader()
    assert store.rebuilt == "old"
    query = "SELECT agent_pid, agent_pid_start_time, last_seen_at FROM agents"
    assert db.execute(query).fetchall() == [(12, "then", SEEN)]
    assert db.execute("SELECT last_seen_at FROM sessions").fetchall() == [(SEEN,)]
    assert db.execute("SELECT session_id, ref_value FROM session_refs").fetchall() == [
        ("ses_1", "/w")
    ]
    assert db.execute("SELECT session_id, scope_value FROM session_scopes").fetchall() == [
        ("ses_1", "m")
    ]
    query = "SELECT session_id, branch, intent, current_task FROM agent_work_contexts"
    assert db.execute(query).fetchall() == [("ses_1", "topic", "to rest", "")]


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE session_refs",
        "ALTER TABLE agent_work_contexts DROP COLUMN agent_status",
        "ALTER TABLE session_scopes ADD COLUMN more TEXT",
    ],
)
def test_of_tables_that_were_others_the_common_part_is(
    older: Path, open_store: Opener, sql: str
) -> None:
    with closing(sqlite3.connect(older, isolation_level=None)) as db:
        db.execute("DROP INDEX idx_session_refs_lookup")
        db.execute(sql)
    db = open_store().reader()
    query = "SELECT branch, intent FROM agent_work_contexts"
    assert db.execute(query).fetchall() == [("topic", "to rest")]
    assert db.execute("SELECT scope_value FROM session_scopes").fetchall() == [("m",)]


def test_what_cannot_be_read_stops_nothing(older: Path, open_store: Opener) -> None:
    with closing(sqlite3.connect(older, isolation_level=None)) as db:
        db.execute("DROP TABLE sessions")
    store = open_store()
    assert store.reader().execute("SELECT count(*) FROM sessions").fetchone() == (1,)
    assert store.reader().execute("SELECT count(*) FROM session_refs").fetchone() == (0,)


@pytest.mark.parametrize("error", ["disk I/O error", "database or disk is full"])
def test_where_the_disk_refuses_nothing_is_lost(
    older: Path, open_store: Opener, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    before = older.read_bytes()

    def refuse(*_: object) -> Iterator[Told]:
        found = sqlite3.OperationalError(error)
        found.sqlite_errorcode = sqlite3.SQLITE_FULL if "full" in error else sqlite3.SQLITE_IOERR
        raise found

    with monkeypatch.context() as patch:
        patch.setattr(predecessor, "_told", refuse)
        with pytest.raises(ThrumError, match=error) as caught:
            open_store()
    assert caught.value.kind == "storage"
    assert older.read_bytes() == before
    assert not list(older.parent.glob("*.building*"))
    assert open_store().reader().execute("SELECT count(*) FROM session_refs").fetchone() == (1,)
