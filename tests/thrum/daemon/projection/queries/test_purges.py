"""A purge takes what was counted before it, and nothing that was not seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.thrum.daemon.projection.apply.mail import edited, read
from tests.thrum.daemon.projection.apply.people import at, cleaned, registered, sent, stamp
from thrum import events
from thrum.daemon.projection.queries.purges import Going, preview, purge_of
from thrum.daemon.projection.tables import Tables
from thrum.purges import BEYOND, Purge

Put = Callable[..., None]

DAEMON = f"d_{'A' * 26}"


def counted(tables: Tables) -> tuple[int, ...]:
    return tuple(
        tables.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("messages", "sessions", "events")
    )


def executed(purge: Purge) -> events.PurgeExecuted:
    return stamp(
        events.PurgeExecuted(cutoff=purge.cutoff, marks=dict(purge.marks or {})), 59, "evt_purge"
    )


@pytest.fixture
def filled(tables: Tables, put: Put) -> Tables:
    put(
        registered("bob", 1),
        sent(1, 5, recipients=["bob"]),
        edited("evt_e", 12, "new"),
        read("bob", 13),
        sent(2, 15),
        sent(3, 4),
        # Two creations of one message: each is judged by its own time.
        stamp(events.MessageCreate(message_id="msg_2", agent_id="eve", body=events.Body("")), 16),
        stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 2, "evt_s1"),
        stamp(events.SessionEnd(session_id="ses_1"), 3, "evt_s2"),
        stamp(events.SessionStart(session_id="ses_2", agent_id="ann"), 2, "evt_s3"),
        stamp(events.MessageDelete(message_id="msg_99"), 2, "evt_waits"),
    )
    return tables


@pytest.mark.parametrize("second", [0, 3, 4, 5, 6, 15, 16, 17, 58])
def test_what_is_counted_is_what_goes(filled: Tables, put: Put, second: int) -> None:
    purge = purge_of(filled.db, at(second))
    told = preview(filled.db, purge)
    before = counted(filled)
    assert counted(filled) == before, "counting changes nothing"
    put(executed(purge))
    after = counted(filled)
    # Events of sessions stay, and the purge is one more itself.
    assert before[0] - after[0] == told.messages_deleted
    assert before[1] - after[1] == told.sessions_deleted
    assert before[2] - after[2] + 1 == told.events_deleted
    again = preview(filled.db, purge_of(filled.db, at(second)))
    assert again == Going(0, 0, 0)
    assert not again
    assert bool(told) == (second > 2)


def test_only_what_is_to_go_is_marked(tables: Tables, put: Put) -> None:
    mine = {"origin_daemon": DAEMON}
    put(
        sent(1, 5, **mine),
        sent(2, 7, **mine),
        sent(3, 20, **mine),
        sent(4, 6, author="old", origin_daemon="d_host"),
        sent(5, 30, origin_daemon=f"d_{'B' * 26}"),
        registered("bob", 1),
    )
    assert purge_of(tables.db, at(10)) == Purge(at(10), {DAEMON: "evt_m2", "d_host/old": "evt_m4"})
    assert purge_of(tables.db, at(5)) == Purge(at(5), {})
    put(executed(purge_of(tables.db, at(10))), sent(6, 8))
    assert purge_of(tables.db, at(10)) == Purge(at(10), {"/ann": "evt_m6"})


def test_what_a_clean_up_forgot_is_marked_too(tables: Tables, put: Put) -> None:
    put(registered("ann", 1), sent(1, 5, origin_daemon=DAEMON), cleaned("ann", 9))
    purge = purge_of(tables.db, at(10))
    assert purge.marks == {DAEMON: "evt_m1"}
    assert preview(tables.db, purge).events_deleted == 1
    put(executed(purge))
    assert not preview(tables.db, purge_of(tables.db, at(10)))


def test_an_id_that_was_made_up_raises_no_mark(tables: Tables, put: Put) -> None:
    forged = sent(1, 5, origin_daemon=DAEMON)
    forged.event_id = BEYOND[:-1] + "Z"
    put(forged, sent(2, 6, origin_daemon=DAEMON))
    purge = purge_of(tables.db, at(10))
    assert purge.marks == {DAEMON: "evt_m2"}
    put(executed(purge))
    assert counted(tables)[0] == 0, "but it goes itself"
