"""An owner reaches its own tables, whatever it says, and the file only through the door."""

from __future__ import annotations

import sqlite3

import pytest

from tests.thrum.daemon.state.conftest import Opener, jobs, peers, put
from thrum.daemon.state import State

READS = [
    "SELECT peer FROM peers_seen",
    "SELECT count(*) FROM peers_seen",
    "SELECT count(*) FROM PEERS_SEEN",
    "SELECT 1 FROM main.peers_seen",
    "SELECT (SELECT max(note) FROM peers_seen)",
    "SELECT text FROM queue_jobs WHERE text IN (SELECT peer FROM peers_seen)",
    "SELECT text FROM queue_jobs UNION SELECT note FROM peers_seen",
    "WITH w AS (SELECT * FROM peers_seen) SELECT count(*) FROM w",
    "SELECT * FROM owners",
    "SELECT sql FROM sqlite_master",
    "SELECT count(*) FROM sqlite_schema",
    "SELECT * FROM pragma_table_info('peers_seen')",
]
WRITES = [
    "INSERT INTO peers_seen VALUES ('a', 'b')",
    "UPDATE peers_seen SET note = 'mine'",
    "DELETE FROM peers_seen",
    "UPDATE owners SET version = 9",
    "UPDATE sqlite_sequence SET seq = 0",
    "CREATE TABLE queue_more (x)",
    "CREATE TEMP TABLE queue_more (x)",
    "CREATE VIEW queue_view AS SELECT * FROM peers_seen",
    "CREATE TRIGGER queue_t AFTER INSERT ON peers_seen BEGIN SELECT 1; END",
    "DROP TABLE peers_seen",
    "DROP TABLE queue_jobs",
    "DROP INDEX queue_text",
    "ALTER TABLE peers_seen RENAME TO queue_seen",
    "ALTER TABLE queue_jobs ADD COLUMN y",
]
DOORS = [
    "ATTACH ':memory:' AS other",
    "DETACH main",
    "ANALYZE",
    "REINDEX",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA writable_schema = ON",
    "PRAGMA user_version = 7",
    "PRAGMA query_only = OFF",
    "PRAGMA table_info(peers_seen)",
    "COMMIT",
    "ROLLBACK",
    "BEGIN",
    "CREATE VIRTUAL TABLE queue_v USING fts5(x)",
]


@pytest.fixture
def state(open_state: Opener) -> State:
    opened = open_state()
    put(opened, "a", "b")
    return opened


@pytest.mark.parametrize("statement", READS + WRITES + DOORS)
def test_what_is_not_the_owners_is_denied_and_nothing_is_written(
    state: State, statement: str
) -> None:
    def decide(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO queue_jobs (text) VALUES ('c')")
        db.execute(statement).fetchall()

    with pytest.raises(sqlite3.DatabaseError) as caught:
        state.of("queue").write_now(decide)
    assert "queue may not touch" in caught.value.__notes__[0]
    with pytest.raises(sqlite3.DatabaseError):
        state.of("queue").ask_now(lambda db: db.execute(statement).fetchall())
    assert (jobs(state), peers(state)) == (["a", "b"], ["a", "b"])
    assert state.trouble() == {}


@pytest.mark.parametrize("statement", ["VACUUM", "VACUUM INTO '/nowhere'"])
def test_the_file_is_not_rewritten_or_copied(state: State, statement: str) -> None:
    for call in (state.of("queue").write_now, state.of("queue").ask_now):
        with pytest.raises(sqlite3.DatabaseError, match="VACUUM"):
            call(lambda db: db.execute(statement))


@pytest.mark.parametrize("spoken", ["commit", "rollback"])
def test_the_module_commits_nothing_behind_our_back(state: State, spoken: str) -> None:
    def decide(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO queue_jobs (text) VALUES ('c')")
        getattr(db, spoken)()

    with pytest.raises(sqlite3.DatabaseError):
        state.of("queue").write_now(decide)
    assert jobs(state) == ["a", "b"]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("SELECT count(*) FROM queue_jobs", 2),
        ("WITH w AS (SELECT text FROM queue_jobs) SELECT count(*) FROM w", 2),
        ("WITH w AS MATERIALIZED (SELECT DISTINCT text FROM queue_jobs) SELECT count(*) FROM w", 2),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n LIMIT 9) SELECT max(i)"
         " FROM n", 9),
        ("SELECT value FROM json_each('[5]')", 5),
        ("SELECT (SELECT text FROM queue_jobs WHERE id = j.id) FROM queue_jobs j ORDER BY id", "a"),
    ],
)  # fmt: skip
def test_what_is_the_owners_is_open(state: State, query: str, answer: object) -> None:
    assert state.of("queue").ask_now(lambda db: db.execute(query).fetchone()) == (answer,)
    assert state.of("queue").write_now(lambda db: db.execute(query).fetchone()) == (answer,)


def test_a_question_cannot_write(state: State) -> None:
    with pytest.raises(sqlite3.DatabaseError):
        state.of("queue").ask_now(lambda db: db.execute("DELETE FROM queue_jobs"))
    with pytest.raises(sqlite3.DatabaseError):
        state.of("queue").ask_now(lambda db: db.execute("SAVEPOINT x"))
    assert jobs(state) == ["a", "b"]


def test_a_savepoint_undoes_a_part(state: State) -> None:
    def decide(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO queue_jobs (text) VALUES ('c')")
        db.execute("SAVEPOINT part")
        db.execute("INSERT INTO queue_jobs (text) VALUES ('d')")
        db.execute("ROLLBACK TO part")
        db.execute("RELEASE part")

    state.of("queue").write_now(decide)
    assert jobs(state) == ["a", "b", "c"]


def test_foreign_keys_hold(state: State) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        state.of("queue").write_now(lambda db: db.execute("INSERT INTO queue_runs VALUES (99, '')"))
