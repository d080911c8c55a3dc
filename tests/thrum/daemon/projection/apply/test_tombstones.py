"""What is forgotten stays forgotten."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.thrum.daemon.projection.apply.people import (
    at,
    cleaned,
    grouped,
    joined,
    purged,
    registered,
    sent,
    stamp,
)
from thrum import events
from thrum.daemon.projection.queries.agents import agent
from thrum.daemon.projection.queries.groups import group_members
from thrum.daemon.projection.queries.messages import message
from thrum.daemon.projection.queries.sessions import session
from thrum.daemon.projection.queries.tallies import inbox_counts
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


@pytest.fixture
def everything() -> list[events.Event]:
    """What an agent leaves behind."""
    return [
        registered("ann", 1),
        registered("bob", 1),
        grouped("grp_1", "team", 2),
        joined("grp_1", "agent", "ann", 3),
        stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 4),
        sent(1, 5, recipients=["bob"]),
        sent(2, 6, author="bob", recipients=["ann"]),
        stamp(
            events.MessageEdit(
                message_id="msg_1",
                body=events.Body("corrected"),
                of=events.Sent(at(5), "/ann", "evt_m1"),
            ),
            7,
        ),
    ]


@pytest.mark.parametrize("late", [False, True])
def test_a_clean_up_forgets_whenever_it_comes(
    tables: Tables, put: Put, everything: list[events.Event], late: bool
) -> None:
    order = [*everything, cleaned("ann", 20)]
    put(*(order if late else reversed(order)))
    assert agent(tables.db, "ann") is None
    assert session(tables.db, "ses_1") is None
    assert group_members(tables.db, "team") == []
    assert inbox_counts(tables.db, "ann").total == 0
    put(*everything)
    assert agent(tables.db, "ann") is None


@pytest.mark.parametrize("late", [False, True])
def test_a_clean_up_takes_nothing_from_those_who_received_it(
    tables: Tables, put: Put, everything: list[events.Event], late: bool
) -> None:
    order = [*everything, cleaned("ann", 20), registered("ann", 21)]
    put(*(order if late else reversed(order)))
    kept = message(tables.db, "msg_1")
    assert kept is not None
    assert (kept.author.agent_id, kept.body.content) == ("ann", "corrected")
    assert inbox_counts(tables.db, "bob").total == 1
    assert inbox_counts(tables.db, "ann").total == 0, "its own inbox went with it"


def test_who_registers_again_lives_with_what_is_newer(
    tables: Tables, put: Put, everything: list[events.Event]
) -> None:
    put(*everything, cleaned("ann", 20), registered("ann", 21))
    put(sent(3, 22, author="bob", recipients=["ann"]), sent(4, 23))
    found = agent(tables.db, "ann")
    assert found is not None
    assert found.registered_at == at(21)
    assert inbox_counts(tables.db, "ann").total == 1
    assert message(tables.db, "msg_4") is not None
    put(*everything)
    assert inbox_counts(tables.db, "ann").total == 1


def test_a_purge_forgets_what_is_older_for_good(
    tables: Tables, put: Put, everything: list[events.Event]
) -> None:
    put(*everything, purged(at(6), 30))
    assert message(tables.db, "msg_1") is None
    assert message(tables.db, "msg_2") is not None
    assert session(tables.db, "ses_1") is not None, "an open session stays"
    put(*everything)
    assert message(tables.db, "msg_1") is None
    put(purged(at(3), 31))
    put(sent(9, 4))
    assert message(tables.db, "msg_9") is None, "a cutoff never falls"


def test_a_purge_takes_sessions_that_ended_before(tables: Tables, put: Put) -> None:
    put(stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 1))
    put(stamp(events.SessionEnd(session_id="ses_1"), 2), purged(at(5), 30))
    assert session(tables.db, "ses_1") is None


def test_no_purge_reaches_past_its_own_time(tables: Tables, put: Put) -> None:
    put(purged("2999-01-01T00:00:00Z", 10), sent(1, 5), sent(2, 15))
    assert message(tables.db, "msg_1") is None
    assert message(tables.db, "msg_2") is not None


def test_a_thread_outlives_its_first_message(tables: Tables, put: Put) -> None:
    answer = sent(2, 15, refs=[events.Pair("reply_to", "msg_1")])
    put(sent(1, 5), answer, purged(at(10), 20))
    found = message(tables.db, "msg_2")
    assert found is not None
    assert found.thread_id == "thr_1"


def test_a_purge_of_many_takes_few_statements(tables: Tables, put: Put) -> None:
    """One for each message would take quadratic time within a savepoint."""
    put(*(sent(number, 1) for number in range(1, 200)))
    statements: list[str] = []
    tables.db.set_trace_callback(statements.append)
    put(purged(at(20), 30))
    tables.db.set_trace_callback(None)
    assert tables.db.execute("SELECT count(*) FROM messages").fetchone() == (0,)
    # A statement that fires triggers is reported again for each row; their texts hold the values.
    assert len(set(statements)) < 60
