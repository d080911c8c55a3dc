"""From an older schema to the present one: all steps or none, and never without a copy."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from thrum.daemon.projection import migrations, schema
from thrum.daemon.projection.migrations import Step, migrate, path_from

NOW = 1_767_323_045 * 1_000_000_000


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "messages.db"
    db = sqlite3.connect(path)
    db.executescript(
        "CREATE TABLE schema_version (version INTEGER, applied_at TEXT);"
        "INSERT INTO schema_version VALUES (1, ''); CREATE TABLE t (x); INSERT INTO t VALUES (1);"
    )
    db.close()
    return path


def rows(database: Path, sql: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(database)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def adding(value: int) -> Step:
    def step(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO t VALUES (?)", (value,))

    return step


def failing(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM t")
    raise KeyError("half way")


@pytest.mark.parametrize(
    ("version", "known", "target", "expected"),
    [
        (1, [1, 2], 3, [1, 2]),
        (2, [1, 2], 3, [2]),
        (3, [1, 2], 3, []),
        (1, [2], 3, None),
        (1, [1], 3, None),
        (0, [1, 2], 3, None),
    ],
)
def test_every_step_of_the_way_is_needed(
    version: int, known: list[int], target: int, expected: list[int] | None
) -> None:
    steps = {each: adding(each) for each in known}
    wanted = None if expected is None else [steps[each] for each in expected]
    assert path_from(version, steps, target) == wanted


def test_steps_are_made_in_their_order_and_the_version_is_noted(database: Path) -> None:
    assert migrate(database, 1, NOW, {2: adding(20), 1: adding(10)}, 3)
    assert rows(database, "SELECT x FROM t") == [(1,), (10,), (20,)]
    assert rows(database, "SELECT * FROM schema_version") == [(3, "2026-01-02T03:04:05Z")]
    (copy,) = database.parent.glob("*.bak")
    assert rows(copy, "SELECT x FROM t") == [(1,)]


@pytest.mark.parametrize("steps", [{1: failing}, {1: adding(10), 2: failing}])
def test_a_step_that_fails_undoes_all_before_it(database: Path, steps: dict[int, Step]) -> None:
    before = rows(database, "SELECT * FROM schema_version")
    with pytest.raises(KeyError, match="half way"):
        migrate(database, 1, NOW, steps, max(steps) + 1)
    assert rows(database, "SELECT x FROM t") == [(1,)]
    assert rows(database, "SELECT * FROM schema_version") == before


def test_without_a_way_nothing_is_touched(database: Path) -> None:
    before = database.read_bytes()
    assert not migrate(database, 1, NOW, {2: adding(20)}, 3)
    assert database.read_bytes() == before
    assert {each.name for each in database.parent.iterdir()} == {"home-of-test", "messages.db"}


def test_our_own_steps_lead_to_the_present() -> None:
    for version in migrations.STEPS:
        assert path_from(version, migrations.STEPS, schema.VERSION) is not None
