"""Who is registered, and the team."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import at, read, sent
from thrum import events
from thrum.daemon.projection.queries import agents
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def test_agents_are_found_by_role_and_module(team: Tables) -> None:
    assert [each.agent_id for each in agents.agents(team.db)] == ["cy", "bob", "ann"]
    assert [each.agent_id for each in agents.agents(team.db, role="dev")] == ["bob", "ann"]
    assert [each.agent_id for each in agents.agents(team.db, module="api")] == ["cy"]
    assert agents.agents(team.db, role="dev", module="api") == []


def test_agents_in_a_worktree_have_open_sessions_there(team: Tables, put: Put) -> None:
    for name in ("bob", "cy"):
        team.db.execute(
            "INSERT INTO session_refs VALUES (?, 'worktree', '/w', ?)", (f"ses_{name}", at(1))
        )
    found = agents.agents_in_worktree(team.db, "/w")
    assert [each.agent_id for each in found] == ["cy", "bob"]
    put(events.SessionEnd(session_id="ses_cy", timestamp=at(50), event_id="evt_end"))
    assert [each.agent_id for each in agents.agents_in_worktree(team.db, "/w")] == ["bob"]
    assert agents.ever_in_worktree(team.db, "cy", "/w")
    assert not agents.ever_in_worktree(team.db, "ann", "/w")


def test_the_team_is_one_query(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "bob"), read(0, "bob"))
    context = events.WorkContext(
        session_id="ses_bob",
        branch="feature",
        intent="to win",
        unmerged_commits=[events.Commit(sha="1"), events.Commit(sha="2")],
        file_changes=[events.FileChange(path="a.py", additions=3, status="added")],
        git_updated_at=at(60),
        intent_updated_at=at(60),
    )
    put(
        events.AgentUpdate(
            agent_id="bob", work_contexts=[context], timestamp=at(61), event_id="evt_u"
        )
    )
    statements: list[str] = []
    team.db.set_trace_callback(statements.append)
    members = agents.team(team.db).members
    team.db.set_trace_callback(None)
    assert len(statements) == 1
    assert [each.agent_id for each in members] == ["cy", "bob"]
    bob = members[1]
    assert (bob.inbox_total, bob.inbox_unread, bob.unmerged_commits) == (2, 1, 2)
    assert (bob.branch, bob.intent, bob.status) == ("feature", "to win", "active")
    assert [change.path for change in bob.file_changes or ()] == ["a.py"]
    offline = agents.team(team.db, include_offline=True).members
    assert [(each.agent_id, each.status) for each in offline][-1] == ("ann", "offline")


def test_shared_messages_are_counted(team: Tables, put: Put) -> None:
    put(events.GroupCreate(group_id="g", name="crew", timestamp=at(5), event_id="evt_g"))
    put(
        sent(0, "ann"), sent(1, "ann", scopes=[events.Pair("group", "crew")]), sent(2, "ann", "bob")
    )
    found = agents.team(team.db)
    assert found.broadcast_total == 1
    assert [(each.name, each.total) for each in found.groups] == [("crew", 1)]


def test_where_an_agent_was_registered_is_known_and_goes_to_no_client(team: Tables) -> None:
    found = agents.agent(team.db, "ann")
    assert found is not None
    assert (found.agent_id, found.role, found.origin_daemon) == ("ann", "dev", "d_1")
    listed = next(each for each in agents.agents(team.db) if each.agent_id == "ann")
    assert type(listed) is agents.Agent
    assert not hasattr(listed, "origin_daemon")
    assert agents.agent(team.db, "nobody") is None


def test_one_agent_is_seen_as_the_team_sees_it(team: Tables) -> None:
    everybody = agents.team(team.db, include_offline=True).members
    assert [agents.member(team.db, each.agent_id) for each in everybody] == everybody
    assert agents.member(team.db, "nobody") is None


def test_monitors_are_shown_on_request_only(team: Tables, put: Put) -> None:
    put(
        events.AgentRegister(
            agent_id="mon", kind="monitor", role="m", timestamp=at(3), event_id="evt_mon"
        )
    )

    def shown(*wanted: bool) -> bool:
        return any(each.agent_id == "mon" for each in agents.team(team.db, *wanted).members)

    assert [shown(True), shown(True, True), shown(False, True)] == [False, True, False]
