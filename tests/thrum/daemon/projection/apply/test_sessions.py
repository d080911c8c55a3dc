"""Sessions and work contexts, from their events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.thrum.daemon.projection.apply.people import at, stamp
from thrum import events
from thrum.daemon.projection.queries.sessions import contexts, open_session, session
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def test_a_session_is_open_until_it_ends(tables: Tables, put: Put) -> None:
    end = stamp(events.SessionEnd(session_id="ses_1", reason="normal"), 9)
    put(stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 5))
    found = open_session(tables.db, "ann")
    assert found is not None
    assert (found.session_id, found.status) == ("ses_1", "active")
    put(end, stamp(events.SessionEnd(session_id="ses_1", reason="crash"), 20))
    assert open_session(tables.db, "ann") is None
    found = session(tables.db, "ses_1")
    assert found is not None
    assert (found.ended_at, found.end_reason, found.status) == (at(9), "normal", "ended")


def test_an_end_before_its_start_counts(tables: Tables, put: Put) -> None:
    put(stamp(events.SessionEnd(session_id="ses_1"), 9))
    put(stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 5))
    found = session(tables.db, "ses_1")
    assert found is not None
    assert found.status == "ended"


def test_the_newest_part_of_a_context_stands(tables: Tables, put: Put) -> None:
    def update(second: int, **fields: Any) -> events.AgentUpdate:
        context = events.WorkContext(session_id="ses_1", **fields)
        return stamp(events.AgentUpdate(agent_id="ann", work_contexts=[context]), second)

    put(stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 5))
    put(update(6, branch="new", git_updated_at=at(6), intent="old", intent_updated_at=at(1)))
    put(update(7, branch="old", git_updated_at=at(5), intent="new", intent_updated_at=at(2)))
    (found,) = contexts(tables.db)
    assert (found.branch, found.intent) == ("new", "new")
