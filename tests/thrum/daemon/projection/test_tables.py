"""What is remembered of the tables, and what waits to be written into them."""

from __future__ import annotations

import copy
import random
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from gitstore import Line, canonical
from tests.thrum.daemon.projection.apply.mail import created
from tests.thrum.daemon.projection.apply.people import at, cleaned, grouped, joined, registered
from thrum import events
from thrum.daemon.projection.apply import apply
from thrum.daemon.projection.pending import MOST
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def remembered(tables: Tables) -> dict[str, object]:
    """The memory part, but for what is only a shortcut."""
    kept = {
        field.name: getattr(tables, field.name)
        for field in structs.fields(tables)
        if not field.name.startswith("_")
    }
    for name in ("connection", "pending", "earlier", "changed", "reached", "rows"):
        del kept[name]
    kept["register"] = tables.register.agents
    return copy.deepcopy(kept)


def test_what_is_remembered_is_what_the_tables_say(tables: Tables, put: Put) -> None:
    put(
        registered("ann", 1),
        registered("bob", 2),
        grouped("grp_1", "team", 3),
        joined("grp_1", "agent", "bob", 4),
        created(1),
        created(3, 0),
        created(4, 11, agent_id="bob"),
        created(2, refs=[events.Pair("reply_to", "msg_9")]),
        cleaned("bob", 20),
        events.PurgeExecuted(
            cutoff="2026-01-01T00:00:01Z", timestamp="2026-01-01T00:00:30Z", event_id="evt_p"
        ),
    )
    spoilt = b'{"event_id":"evt_bad","timestamp":"2026","type":"message.create"}'
    take(tables, [Line("events.jsonl", 0, spoilt)])
    assert tables.cleaned
    assert tables.purges.cutoff
    assert tables.spoiled
    assert "msg_9" in tables.awaited
    assert remembered(tables) == remembered(Tables.read(tables.db))


def test_a_rollback_forgets_what_waits_and_what_was_changed(tables: Tables, put: Put) -> None:
    put(registered("ann", 1))
    before = remembered(tables)
    tables.db.execute("BEGIN")
    assert tables.add_event("evt_x", ("message.create", "", "", None, None, "{}"))
    take(tables, [Line("events.jsonl", 0, canonical(registered("bob", 2)))])
    assert tables.add_event("evt_y", ("message.create", "", "", None, None, "{}"))
    assert tables.changed
    tables.undo()
    tables.reload()
    assert remembered(tables) == before
    assert not tables.changed
    assert tables.db.execute("SELECT count(*) FROM events").fetchone() == (1,)


def test_a_new_row_waits_until_somebody_looks(tables: Tables) -> None:
    assert tables.add_event("evt_2", ("message.create", "", "", None, None, "{}"))
    count = "SELECT count(*) FROM events"
    assert tables.connection.execute(count).fetchone() == (0,)
    assert tables.db.execute(count).fetchone() == (1,)


@pytest.mark.parametrize("expected", [False, True])
@pytest.mark.parametrize("second", ["evt_2", "evt_1", "evt_3"])
def test_an_event_that_is_there_is_new_only_once(
    tables: Tables, second: str, expected: bool
) -> None:
    values = ("message.create", "", "", None, None, "{}")
    assert tables.add_event("evt_2", values)
    if expected:
        tables.expect([second, "evt_9"], [])
    assert tables.add_event(second, values) is (second != "evt_2")
    assert not tables.add_event(second, values)
    assert not tables.add_event("evt_2", values)


def test_a_message_is_known_while_its_row_is_there(tables: Tables, put: Put) -> None:
    put(created(5))
    for expect in (False, True):
        if expect:
            tables.expect([], ["msg_1", "msg_5", "msg_9"])
        assert [tables.known(f"msg_{n}") for n in (1, 5, 9)] == [False, True, False]
    tables.came("msg_9")
    assert tables.known("msg_9")
    tables.went(["msg_9", "msg_5"])
    tables.expect_nothing()
    assert not tables.known("msg_9")


def test_whom_messages_reach_is_thought_of_anew_when_people_change(
    tables: Tables, put: Put
) -> None:
    put(registered("bob", 1), created(1))
    assert tables.reached
    put(registered("cy", 2))
    assert not tables.reached


ROW = (
    "ann",
    "ses_1",
    at(1),
    "plain",
    "x",
    None,
    None,
    0,
    "targeted",
    None,
    None,
    "evt_1",
    "",
)


@pytest.mark.parametrize("expected", [False, True])
@pytest.mark.parametrize("second", ["msg_2", "msg_1", "msg_3"])
def test_a_message_that_is_there_is_new_only_once(
    tables: Tables, second: str, expected: bool
) -> None:
    assert tables.add_message(tables.free_row(at(1)), "msg_2", None, ROW)
    if expected:
        tables.expect([], [second, "msg_9"])
    for _ in range(2):
        is_there = tables.known(second)
        assert tables.add_message(tables.free_row(at(1)), second, "thr_1", ROW) is not is_there
    assert not tables.add_message(tables.free_row(at(1)), "msg_2", "thr_2", ROW)
    threads = dict(tables.db.execute("SELECT message_id, thread_id FROM messages"))
    assert threads == {"msg_2": None, second: None if second == "msg_2" else "thr_1"}


def test_much_that_waits_is_written_without_being_asked_for(tables: Tables) -> None:
    rows: list[tuple[object, ...]] = [(f"msg_{n}", "topic", "x", "") for n in range(MOST + 1)]
    statement = "INSERT OR IGNORE INTO message_scopes VALUES (?, ?, ?, ?)"
    tables.add(statement, rows[:-1])
    count = "SELECT count(*) FROM message_scopes"
    assert tables.connection.execute(count).fetchone() == (0,)
    tables.add(statement, rows[-1:])
    assert tables.connection.execute(count).fetchone() == (MOST + 1,)


def test_rows_are_changed_after_they_have_come(tables: Tables) -> None:
    tables.mark("UPDATE message_scopes SET scope_value = ? WHERE message_id = ?", ("new", "msg_1"))
    statement = "INSERT OR IGNORE INTO message_scopes VALUES (?, ?, ?, ?)"
    tables.add(statement, [("msg_1", "t", "old", "")])
    assert tables.db.execute("SELECT scope_value FROM message_scopes").fetchall() == [("new",)]


def test_what_was_expected_is_not_after_a_rollback(tables: Tables) -> None:
    values = ("message.create", "", "", None, None, "{}")
    assert tables.add_event("evt_5", values)
    tables.write()
    tables.db.execute("BEGIN")
    tables.expect(["evt_3"], ["msg_3"])
    tables.undo()
    tables.connection.execute(
        "INSERT INTO events (event_id, type, timestamp, origin_daemon,"
        " event_json) VALUES ('evt_3', '', '', '', '{}')"
    )
    assert not tables.add_event("evt_3", values)


def test_members_of_a_kind_that_nobody_knows_are_left_out(tables: Tables, put: Put) -> None:
    put(grouped("grp_1", "team", 3), joined("grp_1", "planet", "mars", 4))
    assert Tables.read(tables.db).groups == tables.groups
    assert not tables.groups["team"].agents
    assert not tables.groups["team"].roles


def counted(tables: Tables) -> tuple[int, int]:
    """Messages that stand in the table by now, and those that stand or wait."""
    count = "SELECT count(*) FROM messages"
    (before,) = tables.connection.execute(count).fetchone()
    (after,) = tables.db.execute(count).fetchone()
    return before, after


def sends(tables: Tables, number: int, **more: Any) -> None:
    """Applies a message that nothing is asked for."""
    event = created(number, **more)
    assert apply(tables, event, canonical(event).decode())


def test_decisions_that_do_not_look_wait_together(tables: Tables) -> None:
    tables.connection.execute("BEGIN")
    for number in (1, 2, 3):
        tables.begin()
        sends(tables, number)
        tables.keep()
    assert counted(tables) == (0, 3)


@pytest.mark.parametrize("looks", ["never", "first", "between", "last"])
@pytest.mark.parametrize("ends", ["keep", "take_back"])
def test_a_decision_is_taken_back_alone(tables: Tables, looks: str, ends: str) -> None:
    tables.connection.execute("BEGIN")
    tables.begin()
    sends(tables, 1)
    tables.keep()
    tables.begin()
    for step, number in (("first", 2), ("between", 3), ("last", 4)):
        if looks == step:
            tables.db.execute("SELECT 1")
        if number < 4:
            sends(tables, number)
    getattr(tables, ends)()
    tables.begin()
    sends(tables, 5)
    tables.keep()
    kept = {1, 5} | ({2, 3} if ends == "keep" else set())
    tables.write()
    tables.connection.execute("COMMIT")
    ids = tables.connection.execute("SELECT message_id FROM messages")
    assert {message_id for (message_id,) in ids} == {f"msg_{number}" for number in kept}


@pytest.mark.parametrize("ends", ["keep", "take_back"])
def test_an_answer_that_is_taken_back_leaves_what_it_answers_as_it_was(
    tables: Tables, ends: str
) -> None:
    """Though that still waits, and was decided upon before."""
    tables.connection.execute("BEGIN")
    tables.begin()
    sends(tables, 1)
    tables.keep()
    tables.begin()
    sends(tables, 2, refs=[events.Pair("reply_to", "msg_1")])
    getattr(tables, ends)()
    threads = tables.db.execute("SELECT message_id, thread_id FROM messages ORDER BY 1").fetchall()
    expected = [("msg_1", "thr_1"), ("msg_2", "thr_1")]
    assert threads == (expected if ends == "keep" else [("msg_1", None)])


def test_so_many_do_not_wait_for_ever(tables: Tables) -> None:
    tables.connection.execute("BEGIN")
    tables.begin()
    tables.keep()
    tables.add("INSERT OR IGNORE INTO message_refs VALUES (?, ?, ?, ?)", [])
    for number in range(MOST // 100 + 2):
        tables.begin()
        rows: list[tuple[object, ...]] = [("msg_1", "x", f"{number} {n}", "") for n in range(100)]
        tables.add("INSERT OR IGNORE INTO message_refs VALUES (?, ?, ?, ?)", rows)
        tables.keep()
    written = tables.connection.execute("SELECT count(*) FROM message_refs").fetchone()[0]
    assert written > MOST


def test_the_latest_time_is_what_the_table_says(tables: Tables) -> None:
    """Whatever is added, asked and deleted in whatever order."""
    rng = random.Random(7)
    for number in range(300):
        time = at(rng.randrange(100))
        tables.add_event(f"evt_{number:04}", ("message.edit", time, "", None, None, "{}"))
        if number % 3 == 0:
            continue
        if number % 41 == 0:
            tables.db.execute("DELETE FROM events WHERE timestamp > ?", (at(50),))
            tables.events_went()
        bound = at(rng.randrange(100))
        known = "SELECT coalesce(max(timestamp), '') FROM events WHERE timestamp <= ?"
        found = tables.latest(bound)
        assert (found,) == tables.db.execute(known, (bound,)).fetchone()


def agents(db: sqlite3.Connection, role: str) -> list[str]:
    """A question about people."""
    rows = db.execute("SELECT agent_id FROM agents WHERE role = ? ORDER BY 1", (role,))
    return [agent_id for (agent_id,) in rows]


def test_what_was_said_of_people_counts_until_they_change(tables: Tables, put: Put) -> None:
    put(registered("ann", 1, role="dev"))
    asked: list[str] = []
    tables.connection.set_trace_callback(asked.append)
    assert tables.people(agents, "dev") == tables.people(agents, "dev") == ["ann"]
    assert len(asked) == 1
    put(created(1))
    assert len(tables.people(agents, "dev")) == 1
    assert sum("FROM agents" in sql for sql in asked) == 1, "mail changes nothing of people"
    put(registered("bob", 2, role="dev"))
    assert tables.people(agents, "dev") == ["ann", "bob"]
    tables.db.execute("UPDATE agents SET role = 'ops' WHERE agent_id = 'ann'")
    assert tables.people(agents, "dev") == ["bob"]


@pytest.mark.parametrize("undo", ["take_back", "undo"])
def test_what_was_said_of_people_is_forgotten_with_what_they_were(
    tables: Tables, put: Put, undo: str
) -> None:
    put(registered("ann", 1, role="dev"))
    tables.connection.execute("BEGIN")
    tables.begin()
    tables.db.execute("UPDATE agents SET role = 'ops'")
    assert tables.people(agents, "dev") == []
    getattr(tables, undo)()
    assert tables.people(agents, "dev") == ["ann"]
