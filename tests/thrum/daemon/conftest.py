"""A repository with an open log, and stores upon it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitstore import Log
from thrum.daemon.store import Store
from thrum.ids import Ids

Opener = Callable[..., Store]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository without commits."""
    path = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    return path


@pytest.fixture
def database(repository: Path) -> Path:
    """Where the database of the repository is."""
    return repository / ".thrum" / "var" / "messages.db"


@pytest.fixture
def log(repository: Path) -> Iterator[Log]:
    """The open log of the repository."""
    opened = Log.open(repository, journal=repository / ".thrum" / "var" / "journal.jsonl")
    yield opened
    opened.close()


@pytest.fixture
def open_store(log: Log, database: Path) -> Iterator[Opener]:
    """Opens stores upon the log; they are closed at the end."""
    stores = []

    def opener(**changes: object) -> Store:
        arguments = {
            "log": log,
            "database": database,
            "origin_daemon": "d_here",
            "now_ns": time.time_ns,
            "ids": Ids(time.time_ns),
            **changes,
        }
        stores.append(Store.open(**arguments))
        return stores[-1]

    yield opener
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store: Opener) -> Store:
    """A store upon an empty log."""
    return open_store()
