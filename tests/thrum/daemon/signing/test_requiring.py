"""Since when signatures are required, as the next start finds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from thrum.daemon.signing import requiring
from thrum.daemon.signing.service import Signing
from thrum.daemon.state import State, Tables

SINCE = "2026-01-01T00:00:00Z"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """The daemon's own facts, with no others than these."""
    assert Signing.schema
    opened = State.open(tmp_path / "state.db", [Signing.schema], lambda: 0)
    yield opened
    opened.close()


@pytest.fixture
def tables(state: State) -> Tables:
    """What is noted of signatures."""
    return state.of(Signing.name)


def test_who_never_required_them_waits_for_no_disk(tables: Tables, tmp_path: Path) -> None:
    log = tmp_path / "state.db-wal"
    before = log.stat().st_mtime_ns if log.exists() else 0
    for _ in range(2):
        assert requiring.in_force(tables, lambda: None, is_required=False) is None
    assert (log.stat().st_mtime_ns if log.exists() else 0) == before


def test_who_does_so_no_more_begins_anew(tables: Tables) -> None:
    tables.write_now(lambda db: requiring.begin(db, SINCE, [b"old"]))
    assert requiring.in_force(tables, lambda: None, is_required=True) is not None
    assert requiring.in_force(tables, lambda: None, is_required=False) is None
    assert requiring.in_force(tables, lambda: None, is_required=True) is None
    assert not tables.ask_now(requiring.is_noted)
