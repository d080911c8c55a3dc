"""Damage costs what it hit, wherever it is."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.thrum.daemon.state.conftest import BOTH, PEERS, QUEUE, Opener, column, jobs, peers, put
from thrum.daemon.state import Schema, connection
from thrum.daemon.state.opening import damage_mark
from thrum.errors import ThrumError

ROWS = [f"{number:05}-{'x' * 90}" for number in range(300)]


@pytest.fixture
def filled(open_state: Opener, path: Path) -> Path:
    """A file of many pages; nobody has it open."""
    state = open_state()
    put(state, *ROWS)
    state.close()
    return path


def pages_of(path: Path, name: str) -> list[int]:
    """The pages of a table or an index, as the tree in the file says: its root first."""
    with closing(sqlite3.connect(path)) as db, db:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (root,) = db.execute(query, (name,)).fetchone()
    db.close()
    raw = path.read_bytes()
    found = [root]
    for page in found:
        at = (page - 1) * connection.PAGE
        if raw[at] not in (2, 5):
            continue
        count = int.from_bytes(raw[at + 3 : at + 5], "big")
        cells = [at + 12 + 2 * n for n in range(count)]
        offsets = [at + int.from_bytes(raw[cell : cell + 2], "big") for cell in cells]
        children = [int.from_bytes(raw[o : o + 4], "big") for o in offsets]
        found += [*children, int.from_bytes(raw[at + 8 : at + 12], "big")]
    return found


def spoil(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * connection.PAGE)
        file.write(b"\xff" * connection.PAGE)


def test_a_leaf_costs_its_rows_and_no_other_owner_anything(
    filled: Path, open_state: Opener
) -> None:
    leaves = pages_of(filled, "queue_jobs")[1:]
    assert len(leaves) > 4
    spoil(filled, leaves[len(leaves) // 2])
    state = open_state()
    found = jobs(state)
    assert set(found) < set(ROWS)
    assert {ROWS[0], ROWS[-1]} <= set(found)
    assert len(found) >= len(ROWS) * (len(leaves) - 2) // len(leaves)
    assert peers(state) == ROWS
    assert list(state.trouble()) == ["queue"]
    assert f"of queue_jobs only {len(found)} rows could be read" in state.trouble()["queue"]
    put(state, "new")
    assert state.of("queue").ask_now(
        lambda db: db.execute("SELECT max(id) FROM queue_jobs").fetchone()
    ) == (len(ROWS) + 1,)


def test_a_table_without_rowid_is_read_from_both_ends_too(filled: Path, open_state: Opener) -> None:
    leaves = pages_of(filled, "peers_seen")[1:]
    spoil(filled, leaves[len(leaves) // 2])
    state = open_state()
    found = peers(state)
    assert {ROWS[0], ROWS[-1]} <= set(found) < set(ROWS)
    assert jobs(state) == ROWS
    assert list(state.trouble()) == ["peers"]


def test_an_index_costs_nothing(filled: Path, open_state: Opener) -> None:
    spoil(filled, pages_of(filled, "queue_text")[0])
    state = open_state()
    assert (jobs(state), peers(state), state.trouble()) == (ROWS, ROWS, {})
    with pytest.raises(sqlite3.IntegrityError):
        put(state, ROWS[0])


def test_a_root_costs_the_table(filled: Path, open_state: Opener) -> None:
    spoil(filled, pages_of(filled, "queue_jobs")[0])
    state = open_state()
    assert (jobs(state), peers(state)) == ([], ROWS)
    assert state.trouble() == {"queue": "nothing of queue_jobs could be read"}
    put(state, "new")
    assert jobs(state) == ["new"]


@pytest.mark.parametrize("owned", ["owners", "sqlite_sequence"])
def test_the_lists_of_owners_and_numbers_cost_nobody_a_row(
    filled: Path, open_state: Opener, owned: str
) -> None:
    spoil(filled, pages_of(filled, owned)[0])
    state = open_state()
    assert (jobs(state), peers(state)) == (ROWS, ROWS)


def test_without_a_list_of_owners_the_older_version_is_recognised(
    open_state: Opener, path: Path
) -> None:
    first = open_state()
    put(first, "a")
    first.close()
    spoil(path, pages_of(path, "owners")[0])
    later = Schema("queue", (*QUEUE.migrations, "ALTER TABLE queue_jobs ADD COLUMN due TEXT"))
    state = open_state(later, PEERS)
    assert (jobs(state), state.trouble()) == (["a"], {})
    query = "SELECT due FROM queue_jobs"
    assert state.of("queue").ask_now(lambda db: db.execute(query).fetchall()) == [(None,)]


def test_without_the_first_page_everything_is_lost_and_said(
    filled: Path, open_state: Opener
) -> None:
    spoil(filled, 1)
    state = open_state()
    assert (jobs(state), peers(state)) == ([], [])
    assert set(state.trouble().values()) == {"nothing of it could be read"}
    assert [each.stat().st_size for each in state.prepared.aside] == [
        state.prepared.aside[0].stat().st_size
    ]


@pytest.mark.parametrize("at", [0, 5, 15, 16, 17, 18, 19, 20, 21, 22, 23])
def test_a_byte_of_the_header_costs_nothing(filled: Path, open_state: Opener, at: int) -> None:
    with filled.open("r+b") as file:
        file.seek(at)
        file.write(b"\xee")
    state = open_state()
    assert state.prepared.reason == "damaged"
    assert (jobs(state), peers(state), state.trouble()) == (ROWS, ROWS, {})


@pytest.mark.parametrize("at", [*range(24, 60, 4), *range(60, 100, 4), 100, 101, 105, 107, 108])
def test_any_other_byte_of_the_first_page_lets_the_state_open(
    filled: Path, open_state: Opener, at: int
) -> None:
    before = filled.read_bytes()
    with filled.open("r+b") as file:
        file.seek(at)
        file.write(b"\xee\xee")
    state = open_state()
    put(state, "new")
    assert "new" in jobs(state)
    everything = set(jobs(state)) >= set(ROWS) and set(peers(state)) >= set(ROWS)
    assert everything or state.trouble()
    if state.prepared.reason:
        assert len(state.prepared.aside[0].read_bytes()) == len(before)


@pytest.mark.parametrize("seed", range(25))
def test_any_damage_lets_the_state_open_and_what_is_missing_is_said(
    filled: Path, open_state: Opener, seed: int
) -> None:
    chance = random.Random(seed)
    size = filled.stat().st_size
    if seed % 5 == 0:
        with filled.open("r+b") as file:
            file.truncate(chance.randrange(size))
    for _ in range(chance.randrange(1, 4)):
        with filled.open("r+b") as file:
            file.seek(chance.randrange(connection.PAGE, size))
            file.write(chance.randbytes(chance.choice([1, 40, 5000])))
    state = open_state()
    for owner, found in (("queue", jobs), ("peers", peers)):
        try:
            # A letter that became another one is no damage that SQLite could see.
            assert len(found(state)) == len(ROWS) or owner in state.trouble()
        except ThrumError as error:
            assert error.message == "state.db is damaged: a text in it is no UTF-8"
    put(state, "new")
    marked = damage_mark(filled).exists()
    state.close()
    again = open_state()
    assert again.prepared.reason == ("damaged" if marked else "")
    assert {"new"} <= set(jobs(again)) & set(peers(again))


def test_owners_that_nobody_knows_and_newer_ones_are_carried_over_as_they_are(
    filled: Path, open_state: Opener
) -> None:
    gone = Schema(
        "gone",
        (
            """CREATE TABLE gone_log (id INTEGER PRIMARY KEY, text TEXT);
            CREATE TABLE gone_seen (at TEXT);
            CREATE TRIGGER gone_note AFTER INSERT ON gone_log
              BEGIN INSERT INTO gone_seen VALUES (new.text); END;
            CREATE VIEW gone_all AS SELECT text FROM gone_log;""",
        ),
    )
    later = Schema("peers", (*PEERS.migrations, "CREATE TABLE peers_more (x)"))
    state = open_state(QUEUE, later, gone)
    insert = "INSERT INTO gone_log (text) VALUES ('kept')"
    state.of("gone").write_now(lambda db: db.execute(insert))
    state.close()
    spoil(filled, pages_of(filled, "queue_jobs")[2])
    mended = open_state(*BOTH)
    assert mended.prepared.reason == "damaged"
    assert "version 2" in mended.trouble()["peers"]
    mended.close()
    again = open_state(QUEUE, later, gone)
    assert peers(again) == ROWS
    for query in ("SELECT text FROM gone_all", "SELECT at FROM gone_seen"):
        assert again.of("gone").ask_now(column(query)) == ["kept"]
    assert set(again.trouble()) == set()


def test_numbers_that_were_given_out_are_not_given_out_again(
    filled: Path, open_state: Opener
) -> None:
    state = open_state()
    state.of("queue").write_now(lambda db: db.execute("DELETE FROM queue_jobs"))
    state.close()
    spoil(filled, pages_of(filled, "peers_seen")[1])
    again = open_state()
    put(again, "next")
    assert again.of("queue").ask_now(
        lambda db: db.execute("SELECT id FROM queue_jobs").fetchall()
    ) == [(len(ROWS) + 1,)]
