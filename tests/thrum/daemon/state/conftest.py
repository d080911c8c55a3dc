"""A place for ``state.db``, two owners, and states that are closed at the end."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from thrum.daemon.state import Schema, State

QUEUE = Schema(
    "queue",
    (
        "CREATE TABLE queue_jobs (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL);"
        "CREATE TABLE queue_runs (job INTEGER NOT NULL REFERENCES queue_jobs (id), at TEXT);"
        "CREATE UNIQUE INDEX queue_text ON queue_jobs (text);",
    ),
)
PEERS = Schema(
    "peers",
    ("CREATE TABLE peers_seen (peer TEXT PRIMARY KEY, note TEXT NOT NULL) WITHOUT ROWID;",),
)
BOTH = (QUEUE, PEERS)

Opener = Callable[..., State]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "var" / "state.db"


@pytest.fixture
def open_state(path: Path) -> Iterator[Opener]:
    """Opens states of the file, by default with both owners; they are closed at the end."""
    opened: list[State] = []

    def opener(*schemas: Schema, now_ns: Callable[[], int] = time.time_ns) -> State:
        opened.append(State.open(path, schemas or BOTH, now_ns))
        return opened[-1]

    yield opener
    for state in opened:
        state.close()


def put(state: State, *texts: str) -> None:
    """Adds jobs and, of the same names, peers."""

    def jobs(db: sqlite3.Connection) -> None:
        db.executemany("INSERT INTO queue_jobs (text) VALUES (?)", [(text,) for text in texts])

    def peers(db: sqlite3.Connection) -> None:
        db.executemany("INSERT INTO peers_seen VALUES (?, 'x')", [(text,) for text in texts])

    state.of("queue").write_now(jobs)
    state.of("peers").write_now(peers)


def column(query: str) -> Callable[[sqlite3.Connection], list[object]]:
    """A question for the first column of the answer to a query."""
    return lambda db: [row[0] for row in db.execute(query)]


def jobs(state: State) -> list[object]:
    """The texts of all jobs, in their order."""
    return state.of("queue").ask_now(column("SELECT text FROM queue_jobs ORDER BY id"))


def peers(state: State) -> list[object]:
    """The names of all peers, in their order."""
    return state.of("peers").ask_now(column("SELECT peer FROM peers_seen ORDER BY peer"))
