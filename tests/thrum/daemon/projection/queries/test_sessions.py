"""Sessions as they are asked for."""

from __future__ import annotations

from thrum import events
from thrum.daemon.projection.queries import sessions
from thrum.daemon.projection.tables import Tables


def test_sessions_are_listed(team: Tables) -> None:
    assert [each.session_id for each in sessions.sessions(team.db)] == ["ses_cy", "ses_bob"]
    assert [each.session_id for each in sessions.sessions(team.db, "bob", True)] == ["ses_bob"]
    team.db.execute("INSERT INTO session_refs VALUES ('ses_bob', 'worktree', '/w', 'x')")
    team.db.execute("INSERT INTO session_refs VALUES ('ses_bob', 'pr', '4', 'w')")
    (found,) = sessions.sessions(team.db, "bob", True)
    assert found.refs == [events.Pair("pr", "4"), events.Pair("worktree", "/w")]
    assert found.scopes is None
    assert [each.session_id for each in sessions.sessions(team.db, limit=1)] == ["ses_cy"]
