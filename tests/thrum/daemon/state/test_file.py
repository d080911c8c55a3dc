"""The open file: whole decisions, one at a time, each within its owner's tables."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from thrum.daemon.state import connection
from thrum.daemon.state.file import File
from thrum.daemon.state.opening import damage_mark
from thrum.errors import ThrumError

TABLES = """
CREATE TABLE queue_jobs (id INTEGER PRIMARY KEY, text TEXT UNIQUE);
CREATE TABLE queue_runs (job INTEGER REFERENCES queue_jobs (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE peers_seen (peer TEXT);
"""


@pytest.fixture
def file(path: Path) -> Iterator[File]:
    """An open file with tables of queue and peers."""
    path.parent.mkdir()
    made = connection.empty(path)
    made.executescript(TABLES)
    made.close()
    opened = File(path, connection.writer(path))
    for owner in ("queue", "peers"):
        opened.admit(owner)
    yield opened
    opened.close()


def put(text: str) -> object | None:
    """A decision to add a job."""
    return lambda db: db.execute("INSERT INTO queue_jobs (text) VALUES (?)", (text,)).rowcount


def jobs(file: File) -> list[str]:
    query = "SELECT text FROM queue_jobs ORDER BY id"
    return file.ask("queue", lambda db: [text for (text,) in db.execute(query)])


def test_a_decision_answers_and_stays(file: File, path: Path) -> None:
    assert file.write("queue", put("a")) == 1  # type: ignore[arg-type]
    assert jobs(file) == ["a"]
    other = sqlite3.connect(path)
    assert other.execute("SELECT text FROM queue_jobs").fetchall() == [("a",)]
    other.close()


@pytest.mark.parametrize("statement", ["COMMIT", "ROLLBACK", "BEGIN", "END"])
def test_a_decision_neither_commits_nor_rolls_back(file: File, statement: str) -> None:
    def decide(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO queue_jobs (text) VALUES ('a')")
        db.execute(statement)

    with pytest.raises(sqlite3.DatabaseError):
        file.write("queue", decide)
    assert jobs(file) == []
    assert not file.db.in_transaction
    assert file.write("queue", put("b")) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [ZeroDivisionError("mine"), KeyboardInterrupt()])
def test_whatever_is_raised_comes_out_and_nothing_is_written(
    file: File, error: BaseException
) -> None:
    def decide(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO queue_jobs (text) VALUES ('a')")
        raise error

    with pytest.raises(type(error)) as caught:
        file.write("queue", decide)
    assert caught.value is error
    assert jobs(file) == []
    assert (file.turn.holder, file.db.in_transaction) == ("", False)


def test_what_only_the_end_finds_wrong_undoes_the_whole(file: File) -> None:
    def decide(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO queue_jobs (text) VALUES ('a')")
        db.execute("INSERT INTO queue_runs VALUES (77)")

    with pytest.raises(sqlite3.IntegrityError):
        file.write("queue", decide)
    assert jobs(file) == []
    assert file.write("queue", put("b")) == 1  # type: ignore[arg-type]


def test_a_mistake_of_ones_own_is_told_in_sqlites_words(file: File) -> None:
    file.write("queue", put("a"))  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        file.write("queue", put("a"))  # type: ignore[arg-type]
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        file.ask("queue", lambda db: db.execute("SELECT * FROM queue_none"))
    assert file.trouble == {}


@pytest.mark.parametrize(
    "statement", ["SELECT * FROM peers_seen", "SELECT count(*) FROM peers_seen"]
)
def test_anothers_tables_are_closed_for_both(file: File, statement: str) -> None:
    for call in (file.write, file.ask):
        with pytest.raises(sqlite3.DatabaseError) as caught:
            call("queue", lambda db: db.execute(statement).fetchall())
        assert any("queue may not touch" in note for note in caught.value.__notes__)
    assert file.ask("peers", lambda db: db.execute(statement).fetchone()) in {None, (0,)}


def test_a_question_cannot_write(file: File) -> None:
    with pytest.raises(sqlite3.DatabaseError):
        file.ask("queue", put("a"))  # type: ignore[arg-type]
    assert jobs(file) == []


def test_a_question_is_answered_while_a_decision_runs(file: File) -> None:
    begun, let = threading.Event(), threading.Event()

    def decide(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO queue_jobs (text) VALUES ('a')")
        begun.set()
        assert let.wait(60)

    writing = threading.Thread(target=file.write, args=("queue", decide))
    writing.start()
    try:
        assert begun.wait(60)
        assert jobs(file) == []
    finally:
        let.set()
        writing.join(60)
    assert jobs(file) == ["a"]


def test_who_was_never_admitted_gets_nothing(file: File) -> None:
    ran: list[sqlite3.Connection] = []
    for call in (file.write, file.ask):
        with pytest.raises(KeyError):
            call("stranger", ran.append)
    assert ran == []
    assert (file.turn.holder, file.db.in_transaction) == ("", False)


@pytest.mark.parametrize("way", ["write", "ask"])
def test_damage_is_noted_for_the_next_start(file: File, way: str) -> None:
    with pytest.raises(ThrumError) as caught:
        getattr(file, way)("queue", lambda db: db.execute("SELECT CAST(x'ff' AS TEXT)").fetchall())
    assert caught.value.kind == "state"
    assert list(file.trouble) == ["queue"]
    assert damage_mark(file.path).exists()


def test_damage_that_cannot_be_noted_is_told_all_the_same(
    file: File, caplog: pytest.LogCaptureFixture
) -> None:
    damage_mark(file.path).symlink_to(file.path.parent / "gone" / "away")
    with pytest.raises(ThrumError, match="damaged"):
        file.ask("queue", lambda db: db.execute("SELECT CAST(x'ff' AS TEXT)").fetchall())
    assert "the next start is not told" in caplog.text


def test_another_programs_lock_is_busy(file: File, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    file.db.execute("PRAGMA busy_timeout = 1")
    with pytest.raises(ThrumError) as caught:
        file.write("queue", put("a"))  # type: ignore[arg-type]
    assert caught.value.kind == "busy"
    other.execute("ROLLBACK")
    other.close()
    assert file.write("queue", put("a")) == 1  # type: ignore[arg-type]
    assert file.trouble == {}


def test_a_closed_file_refuses_and_leaves_one_file(file: File, path: Path) -> None:
    file.write("queue", put("a"))  # type: ignore[arg-type]
    file.close()
    file.close()
    ran: list[sqlite3.Connection] = []
    for call in (file.write, file.ask):
        with pytest.raises(ThrumError) as caught:
            call("queue", ran.append)
        assert caught.value.kind == "shutting_down"
    assert ran == []
    assert [each.name for each in path.parent.iterdir()] == [path.name]
