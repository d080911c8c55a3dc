"""Triggers keep what counting gives, in whatever order rows come, change and go."""

from __future__ import annotations

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.projection import counters, schema

MESSAGES = 3
AGENTS = ("ann", "bob", "user:cy", "user:di")
PAIRS = [("group", "crew"), ("mention", "ann"), ("reply_to", "0"), ("x", "y")]

numbers = st.integers(0, MESSAGES - 1)
agents = st.sampled_from(AGENTS)
kinds = st.sampled_from(["scope", "ref"])
moves = st.lists(
    st.one_of(
        st.tuples(st.just("put"), numbers, agents, st.sampled_from([0, 1, 2, 3]), st.booleans()),
        st.tuples(st.just("drop"), numbers, agents),
        st.tuples(st.just("read"), numbers, agents),
        st.tuples(st.just("bear"), numbers, kinds, st.sampled_from(PAIRS)),
        st.tuples(st.just("bare"), numbers, kinds),
        st.tuples(st.just("delete"), numbers),
        st.tuples(st.just("clear"), numbers),
    ),
    max_size=25,
)


def author(number: object) -> str:
    return AGENTS[int(str(number)) % len(AGENTS)]


def send(db: sqlite3.Connection, number: object) -> None:
    """The message's row, which is there before all others of it."""
    db.execute(
        "INSERT OR IGNORE INTO messages (message_id, agent_id, session_id, created_at,"
        " body_format, body_content, event_id) VALUES (?, ?, '', '', '', '', '')",
        (str(number), author(number)),
    )


def drop(db: sqlite3.Connection, number: object, agent: object) -> None:
    db.execute(
        "DELETE FROM message_deliveries WHERE message_id = ? AND recipient_agent_id = ?",
        (str(number), agent),
    )


def move(db: sqlite3.Connection, step: tuple[object, ...]) -> None:
    send(db, step[1])
    message_id = str(step[1])
    match step:
        case ("put", number, agent, place, read):
            drop(db, number, agent)
            at = "2026" if read else None
            db.execute(
                "INSERT INTO message_deliveries VALUES (?, ?, '', ?, ?, '', ?, ?)",
                (message_id, agent, at, at, place, author(number)),
            )
        case ("drop", number, agent):
            drop(db, number, agent)
        case ("read", _, agent):
            db.execute(
                "UPDATE message_deliveries SET read_at = '2026' WHERE message_id = ?"
                " AND recipient_agent_id = ?",
                (message_id, agent),
            )
        case ("bear", _, kind, (type_, value)):
            db.execute(
                f"INSERT OR IGNORE INTO message_{kind}s VALUES (?, ?, ?, '')",
                (message_id, type_, value),
            )
        case ("bare", _, kind):
            db.execute(f"DELETE FROM message_{kind}s WHERE message_id = ?", (message_id,))
        case ("delete", _):
            db.execute("UPDATE messages SET deleted = 1 WHERE message_id = ?", (message_id,))
            db.execute(
                "UPDATE message_deliveries SET inbox = 2 WHERE message_id = ? AND inbox IN (1, 3)",
                (message_id,),
            )
        case ("clear", _):
            for table in ("message_deliveries", "message_refs", "message_scopes", "messages"):
                db.execute(f"DELETE FROM {table} WHERE message_id = ?", (message_id,))


def kept(db: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {each: sorted(db.execute(f"SELECT * FROM {each}")) for each in counters.TABLES}


@given(moves)
def test_triggers_count_what_counting_gives(steps: list[tuple[object, ...]]) -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(db, "")
    for step in steps:
        move(db, step)
    before = kept(db)
    for each in counters.TABLES:
        db.execute(f"DELETE FROM {each}")
    db.executescript(counters.COUNT_AGAIN)
    assert kept(db) == before
    db.close()


def test_nothing_is_left_of_what_is_gone() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(db, "")
    for number in range(MESSAGES):
        for pair in PAIRS:
            move(db, ("bear", number, "scope", pair))
            move(db, ("bear", number, "ref", pair))
        for agent in AGENTS:
            move(db, ("put", number, agent, 1, agent.startswith("user:")))
    assert all(kept(db).values())
    for number in range(MESSAGES):
        move(db, ("clear", number))
    assert not any(kept(db).values())
    db.close()
