from __future__ import annotations

import sqlite3

import pytest

from thrum.daemon.state.schema import Schema, as_of, owner_of, statements


@pytest.mark.parametrize("name", ["", "Queue", "queue_x", "1queue", "sqlite", "que ue", "queue\n"])
def test_an_owners_name_is_a_lower_case_word(name: str) -> None:
    with pytest.raises(ValueError, match="no name of an owner"):
        Schema(name, ())


@pytest.mark.parametrize(
    ("name", "owner"),
    [("queue_jobs", "queue"), ("QUEUE_a_b", "queue"), ("owners", ""), ("sqlite_master", "")],
)
def test_a_name_says_whose_it_is(name: str, owner: str) -> None:
    assert owner_of(name) == owner


def test_a_script_is_cut_into_statements_and_triggers_stay_whole() -> None:
    script = """
    CREATE TABLE a_t (x TEXT DEFAULT ';'); -- a comment; with a semicolon
    CREATE TRIGGER a_g AFTER INSERT ON a_t BEGIN DELETE FROM a_t; SELECT 1; END;
    DROP TABLE a_t"""
    found = list(statements(script))
    assert len(found) == 3
    assert "SELECT 1; END;" in found[1]
    db = sqlite3.connect(":memory:")
    for statement in found:
        db.execute(statement)
    db.close()


def test_what_the_steps_make_is_known_for_each_version() -> None:
    def fill(db: sqlite3.Connection) -> None:
        if db.execute("SELECT x FROM a_t").fetchone() is None:
            raise ValueError("it needs a row")

    schema = Schema("a", ("CREATE TABLE a_t (x)", "CREATE INDEX a_i ON a_t (x)", fill))
    assert as_of(schema, 0) == {}
    assert [thing.kind for thing in (as_of(schema, 2) or {}).values()] == ["table", "index"]
    assert as_of(schema, 3) is None
