"""Agents and sessions as pages are told of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import ClassVar

from thrum import events
from thrum.daemon.projection.queries import agents, sessions
from thrum.daemon.projection.queries.agents import Agent
from thrum.daemon.projection.queries.happenings import Happening
from thrum.daemon.projection.queries.sessions import Session
from thrum.daemon.rpc.pushed import Pushed


class AgentTold(Pushed):
    """An agent or a person registered; `agent` is as `agent.list` shows it, absent once deleted."""

    name: ClassVar = "notification.agent"
    agent_id: str
    agent: Agent | None = None


class SessionTold(Pushed):
    """A session began or ended; `session` is as `session.list` shows it."""

    name: ClassVar = "notification.session"
    session_id: str
    session: Session


def pushes(
    db: sqlite3.Connection, happened: Sequence[Happening], person: str
) -> Iterator[tuple[int, Pushed]]:
    """What is told of who exists and of sessions; the same to everybody."""
    about = [(number, each) for number, each in happened if isinstance(each, events.AboutAgent)]
    about = [each for each in about if not isinstance(each[1], events.AgentUpdate)]
    known = agents.agents_by_id(db, {each.agent_id for _, each in about}) if about else {}
    for number, event in about:
        yield number, AgentTold(agent_id=event.agent_id, agent=known.get(event.agent_id))
    lived = [(number, each) for number, each in happened if isinstance(each, events.AboutSession)]
    found = sessions.sessions_by_id(db, {each.session_id for _, each in lived}) if lived else {}
    for number, each in lived:
        if each.session_id in found:
            yield number, SessionTold(session_id=each.session_id, session=found[each.session_id])
