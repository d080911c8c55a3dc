"""What pages are told of agents and sessions."""

from __future__ import annotations

from tests.thrum.daemon.push.retold import ADA, emit, registered, told
from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.projection.queries import agents, sessions
from thrum.daemon.push.people import AgentTold, SessionTold


def test_an_agent_is_shown_as_the_list_shows_it(parts: Node) -> None:
    emit(parts, *registered("nux", ADA))
    listed = {each.agent_id: each for each in agents.agents(parts.store.reader())}
    assert {each.agent_id: each.agent for each in told(parts, AgentTold)} == listed
    changed = events.AgentRegister(agent_id="nux", kind="agent", role="driver", module="war")
    (push,) = told(parts, AgentTold, emit(parts, changed))
    assert push.agent is not None and push.agent.role == "driver"


def test_one_that_was_deleted_is_named_and_nothing_else(parts: Node) -> None:
    emit(parts, *registered("nux"))
    (push,) = told(parts, AgentTold, emit(parts, events.AgentCleanup(agent_id="nux")))
    assert (push.agent_id, push.agent) == ("nux", None)


def test_what_an_agent_works_on_is_nothing_new_of_the_agent(parts: Node) -> None:
    emit(parts, *registered("nux"))
    assert told(parts, AgentTold, emit(parts, events.AgentUpdate(agent_id="nux"))) == []


def test_a_session_is_shown_as_the_list_shows_it(parts: Node) -> None:
    emit(parts, *registered("nux"))
    begin = events.SessionStart(session_id="ses_1", agent_id="nux")
    before = emit(parts, begin)
    (push,) = told(parts, SessionTold, before)
    assert [push.session] == sessions.sessions(parts.store.reader())
    assert push.session.status == "active"
    emit(parts, events.SessionEnd(session_id="ses_1", reason="normal"))
    after = told(parts, SessionTold, before)
    assert [each.session.status for each in after] == ["ended", "ended"]
    assert [after[0].session] == sessions.sessions(parts.store.reader())


def test_the_end_of_a_session_that_nobody_knows_tells_nothing(parts: Node) -> None:
    assert told(parts, SessionTold, emit(parts, events.SessionEnd(session_id="ses_x"))) == []
