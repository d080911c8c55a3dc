"""Threads at a glance."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import IDS, at, read, sent
from thrum import events
from thrum.daemon.projection.queries.conversations import _NEWEST, Summary, Thread, newest, threads
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def test_a_thread_is_counted_without_what_was_taken_back(team: Tables, put: Put) -> None:
    put(
        sent(1, "ann", "bob", thread_id="thr_1"),
        sent(2, "cy", "bob", thread_id="thr_1"),
        sent(3, "bob", "ann", thread_id="thr_1"),
        sent(4, "ann", "bob", thread_id="thr_2", body=events.Body("x" * 101)),
        read(1, "bob"),
        events.MessageDelete(message_id=IDS[3], timestamp=at(300), event_id="evt_d"),
    )
    found = threads(team.db, ["thr_2", "thr_1", "thr_none"], "bob")
    assert found == [
        Thread("thr_2", 1, 1, at(104), "ann", "x" * 100),
        Thread("thr_1", 2, 1, at(102), "cy", "text 2"),
        Thread("thr_none", 0, 0, "", "", None),
    ]
    assert [each.unread_count for each in threads(team.db, ["thr_1"], "ann")] == [0]
    assert threads(team.db, [], "bob") == []


def test_the_newest_come_first_and_the_rest_follows(team: Tables, put: Put) -> None:
    put(
        *(sent(n, "ann", "bob", thread_id=f"thr_{n % 4}") for n in range(16)),
        *(sent(n, "cy", "bob") for n in range(16, 20)),
        sent(20, "cy", "ann", thread_id="thr_1"),
        events.MessageDelete(message_id=IDS[15], timestamp=at(300), event_id="evt_d"),
        events.MessageDelete(message_id=IDS[1], timestamp=at(301), event_id="evt_e"),
    )
    whole, older = newest(team.db, 10, "bob")
    order = [(each.thread_id, each.last_message_id) for each in whole]
    assert order == [("thr_1", IDS[20]), ("thr_2", IDS[14]), ("thr_0", IDS[12]), ("thr_3", IDS[11])]
    assert not older
    assert whole[0] == Summary(
        "thr_1", 4, 3, at(120), "cy", "text 20", "text 5", ["ann", "cy"], IDS[20]
    )
    first, more = newest(team.db, 3, "bob")
    assert (first, more) == (whole[:3], True)
    last = first[-1]
    assert newest(team.db, 3, "bob", (last.last_activity, last.last_message_id)) == (
        whole[3:],
        False,
    )


def test_a_list_of_threads_is_read_from_the_index_of_times(team: Tables) -> None:
    plan = [row[3] for row in team.db.execute(f"EXPLAIN QUERY PLAN {_NEWEST}", ("~", "~", 3))]
    assert "idx_messages_time_id" in plan[0] and "idx_messages_thread" in plan[-1]
