"""Threads at a glance."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import IDS, at, read, sent
from thrum import events
from thrum.daemon.projection.queries.conversations import Thread, threads
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
