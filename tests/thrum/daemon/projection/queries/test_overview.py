"""One page for one agent, of one moment."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import at, read, sent
from thrum import events
from thrum.daemon.projection.queries.overview import Work, overview
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def by_agent(found: list[Work]) -> dict[str, Work]:
    assert len({each.context.agent_id for each in found}) == len(found)
    return {each.context.agent_id: each for each in found}


def test_who_has_no_session_is_seen_by_itself_only(team: Tables) -> None:
    assert set(by_agent(overview(team.db, "ann"))) == {"ann", "bob", "cy"}
    assert set(by_agent(overview(team.db, "bob"))) == {"bob", "cy"}
    assert set(by_agent(overview(team.db, "nobody"))) == {"bob", "cy"}
    ann = by_agent(overview(team.db, "ann"))["ann"]
    assert (ann.context.session_id, ann.session_start, ann.role) == ("", "", "dev")
    assert ann.context.file_changes is None


def test_mail_to_oneself_is_not_counted(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "bob", "bob"), sent(2, "ann", "bob"), read(2, "bob"))
    bob = by_agent(overview(team.db, "bob"))["bob"]
    assert (bob.total, bob.unread) == (2, 1)


def test_the_newest_git_data_comes_first(team: Tables, put: Put) -> None:
    for number, (name, second) in enumerate((("bob", 60), ("cy", 50))):
        context = events.WorkContext(
            session_id=f"ses_{name}", branch=name, git_updated_at=at(second)
        )
        put(
            events.AgentUpdate(
                agent_id=name, work_contexts=[context], timestamp=at(70), event_id=f"evt_{number}u"
            )
        )
    found = overview(team.db, "ann")
    assert [each.context.agent_id for each in found] == ["bob", "cy", "ann"]
    assert [each.context.branch for each in found] == ["bob", "cy", ""]


def test_monitors_work_unseen(team: Tables, put: Put) -> None:
    put(
        events.AgentRegister(
            agent_id="mon", kind="monitor", role="m", timestamp=at(3), event_id="evt_mon"
        ),
        events.SessionStart(
            session_id="ses_mon", agent_id="mon", timestamp=at(20), event_id="evt_smon"
        ),
    )
    assert "mon" not in by_agent(overview(team.db, "ann"))
    assert "mon" in by_agent(overview(team.db, "mon"))


def test_it_is_one_statement(team: Tables) -> None:
    statements: list[str] = []
    team.db.set_trace_callback(statements.append)
    overview(team.db, "ann")
    team.db.set_trace_callback(None)
    assert len(statements) == 1
