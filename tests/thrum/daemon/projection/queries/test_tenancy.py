"""What tells whether somebody lives under a name."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.apply.people import at, registered, sent, stamp
from thrum import events
from thrum.daemon.projection.queries.agents import agent
from thrum.daemon.projection.queries.tenancy import Tenancy, tenancy
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def of(tables: Tables, agent_id: str, *, is_abroad: bool = True) -> Tenancy:
    known = agent(tables.db, agent_id)
    assert known is not None
    return tenancy(tables.db, known, is_abroad=is_abroad)


def began(session_id: str, second: int, origin: str = "d_1") -> events.SessionStart:
    event = events.SessionStart(session_id=session_id, agent_id="ann")
    event.origin_daemon = origin
    return stamp(event, second, f"evt_{session_id}_begins")


def ended(session_id: str, second: int) -> events.SessionEnd:
    return stamp(events.SessionEnd(session_id=session_id), second, f"evt_{session_id}_ends")


def test_open_and_ended_sessions_are_told(tables: Tables, put: Put) -> None:
    put(registered("ann", 1, origin_daemon="d_1"))
    assert of(tables, "ann")[1:] == ((), "", at(1))
    put(began("ses_1", 2), ended("ses_1", 4), began("ses_2", 3), ended("ses_2", 9))
    put(began("ses_3", 5))
    found = of(tables, "ann")
    assert [each.session_id for each in found.open] == ["ses_3"]
    assert found.ended_at == at(9)


def test_whatever_a_clone_wrote_is_a_sign_of_it(tables: Tables, put: Put) -> None:
    put(registered("ann", 1, origin_daemon="d_1"), registered("bob", 2, origin_daemon="d_2"))
    put(sent(1, 7, "bob", origin_daemon="d_1"), sent(2, 8, "bob", origin_daemon="d_2"))
    assert of(tables, "ann").heard_at == at(7)
    put(began("ses_1", 3, "d_2"))
    assert of(tables, "ann").heard_at == at(8), "where its session is, it may live as well"
    assert of(tables, "ann", is_abroad=False).heard_at == ""
