"""A purge takes what was counted before it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.thrum.daemon.projection.apply.mail import edited, read
from tests.thrum.daemon.projection.apply.people import at, purged, registered, sent, stamp
from thrum import events
from thrum.daemon.projection.queries.purges import Purge, preview, purged_until
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def counted(tables: Tables) -> tuple[int, ...]:
    return tuple(
        tables.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("messages", "sessions", "events")
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
        # Two creations of one message: what lost goes, too, with the message.
        stamp(events.MessageCreate(message_id="msg_2", agent_id="eve", body=events.Body("")), 16),
        stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 2, "evt_s1"),
        stamp(events.SessionEnd(session_id="ses_1"), 3, "evt_s2"),
        stamp(events.SessionStart(session_id="ses_2", agent_id="ann"), 2, "evt_s3"),
        stamp(events.MessageDelete(message_id="msg_99"), 2, "evt_waits"),
    )
    return tables


@pytest.mark.parametrize("second", [0, 3, 4, 5, 6, 15, 16, 17, 59])
def test_what_is_counted_is_what_goes(filled: Tables, put: Put, second: int) -> None:
    told = preview(filled.db, at(second))
    before = counted(filled)
    assert counted(filled) == before, "counting changes nothing"
    put(purged(at(second), 59))
    after = counted(filled)
    # Events of sessions stay, and the purge is one more itself.
    assert before[0] - after[0] == told.messages_deleted
    assert before[1] - after[1] == told.sessions_deleted
    assert before[2] - after[2] + 1 == told.events_deleted
    assert preview(filled.db, at(second)) == Purge(0, 0, 0)


def test_up_to_when_everything_is_purged(tables: Tables, put: Put) -> None:
    assert purged_until(tables.db) == ""
    put(purged(at(5), 30), purged(at(3), 31))
    assert purged_until(tables.db) == at(5)
