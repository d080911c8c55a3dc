"""What the database knows of agents that may be gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.thrum.daemon.projection.apply.people import at, registered, sent, stamp
from thrum import events
from thrum.daemon.projection.queries.orphans import Resident, residents
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def one(tables: Tables, agent_id: str = "ann") -> Resident:
    (found,) = residents(tables.db, "d_1", agent_id)
    return found


@pytest.mark.parametrize(
    ("agent_id", "fields", "lives_here"),
    [
        ("ann", {"kind": "agent", "origin_daemon": "d_1"}, True),
        ("ann", {"kind": "agent"}, True),
        ("ann", {"kind": "agent", "origin_daemon": "d_2"}, False),
        ("ann", {"kind": "monitor", "origin_daemon": "d_1"}, False),
        ("user:ann", {"kind": "user", "origin_daemon": "d_1"}, False),
        ("px:ann", {"kind": "agent", "origin_daemon": "d_1"}, False),
    ],
)
def test_only_agents_of_this_clone_live_here(
    tables: Tables, put: Put, agent_id: str, fields: dict[str, object], lives_here: bool
) -> None:
    put(registered(agent_id, 1, **fields))
    assert bool(residents(tables.db, "d_1")) is lives_here
    assert bool(residents(tables.db, "d_1", agent_id)) is lives_here


def test_the_newest_sign_of_an_agent_counts_whatever_it_is(tables: Tables, put: Put) -> None:
    put(registered("ann", 1))
    tables.db.execute("UPDATE agents SET last_seen_at = ''")
    assert one(tables).last_seen_at == ""
    put(stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 3))
    assert one(tables).last_seen_at == at(3)
    put(sent(1, 5))
    assert one(tables).last_seen_at == at(5)
    tables.db.execute("UPDATE sessions SET last_seen_at = ?", (at(7),))
    assert one(tables).last_seen_at == at(7)
    tables.db.execute("UPDATE agents SET last_seen_at = ?", (at(9),))
    assert one(tables).last_seen_at == at(9)


def test_the_open_session_the_last_worktree_and_what_it_wrote(tables: Tables, put: Put) -> None:
    put(registered("ann", 1))
    assert (one(tables).session_id, one(tables).worktree, one(tables).branch) == ("", "", "")
    put(stamp(events.SessionStart(session_id="ses_1", agent_id="ann"), 2))
    put(stamp(events.SessionEnd(session_id="ses_1"), 3))
    put(stamp(events.SessionStart(session_id="ses_2", agent_id="ann"), 4))
    for session, place in (("ses_1", "/old"), ("ses_2", "/new")):
        row = (session, place, at(5))
        tables.db.execute("INSERT INTO session_refs VALUES (?, 'worktree', ?, ?)", row)
        tables.db.execute(
            "INSERT INTO agent_work_contexts (session_id, agent_id, branch, git_updated_at)"
            " VALUES (?, 'ann', ?, ?)",
            (session, place[1:], at(8 if session == "ses_2" else 6)),
        )
    put(sent(1, 5), sent(2, 6), sent(3, 6, author="bob"))
    put(stamp(events.MessageDelete(message_id="msg_1"), 7))
    found = one(tables)
    assert (found.session_id, found.worktree, found.branch) == ("ses_2", "/new", "new")
    assert found.messages == 1
    assert found.registration == f"{at(1)} evt_ann_1"


def test_they_come_by_their_ids_and_nobody_is_asked_for_who_is_not_there(
    tables: Tables, put: Put
) -> None:
    put(registered("cy", 1), registered("ann", 2), registered("bob", 3))
    assert [each.agent_id for each in residents(tables.db, "d_1")] == ["ann", "bob", "cy"]
    assert residents(tables.db, "d_1", "nobody") == []
