"""Whose a session is: who may act on it, and which of an agent's is meant."""

from __future__ import annotations

import sqlite3

from thrum.daemon.callers import home
from thrum.daemon.callers.caller import State
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.projection.queries.ids import one_id
from thrum.daemon.projection.queries.sessions import Session
from thrum.daemon.rpc import rights
from thrum.daemon.rpc.registry import Call
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError
from thrum.names import is_person, is_proxy


def check_own(call: Call, db: sqlite3.Connection, agent_id: str) -> None:
    """Refuses to act on another agent's session; people and coordinators may.

    Raises:
        ThrumError: ``not_allowed``; ``anonymous_caller`` where only a claim could tell who calls,
            and none does.
    """
    caller = call.caller
    if caller.state is State.ANONYMOUS:
        if caller.departure and caller.departure.agent_id == agent_id:
            raise caller.departure.refusal()
        _check_home(call, agent_id)
        call.grant()
        return
    rights.demand_own(call, db, agent_id, "the session")


def _check_home(call: Call, agent_id: str) -> None:
    """Somebody unknown may act for an agent only where it is at home, or has no home yet.

    A person has none, and is nobody whom a place makes known.

    Raises:
        ThrumError: ``not_allowed``.
    """
    if is_person(agent_id):
        raise ThrumError("not_allowed", f"the session belongs to {agent_id}, and you are nobody")
    where = "behind a bridge" if is_proxy(agent_id) else home.elsewhere(call, agent_id)
    if where:
        raise ThrumError(
            "not_allowed",
            f"{agent_id} is at home elsewhere: {where}",
            "change into it, or register under another name",
        )


def is_newcomer(call: Call, agent_id: str) -> bool:
    """Whether an agent without a home begins where the caller, another agent, lives.

    So a second agent comes into a worktree: whoever speaks there is taken for the first one, as
    long as the second has no session and no file.
    """
    caller = call.caller
    if caller.state is not State.IDENTIFIED or caller.agent_id in {"", agent_id}:
        return False
    if is_person(caller.agent_id) or is_person(agent_id) or is_proxy(agent_id):
        return False  # A place makes nobody a person, who may do more.
    if not caller.worktree:
        return False
    if home.lives_in(call, agent_id, caller.worktree):
        return False  # It has come already, and can be told apart.
    lives_here = home.lives_in(call, caller.agent_id, caller.worktree)
    return lives_here and not home.elsewhere(call, agent_id)


def own(call: Call, db: sqlite3.Connection, tail: str) -> Session:
    """The caller's session of that id, which may be shortened.

    Raises:
        ThrumError: ``invalid_params``, ``not_found``, ``ambiguous_id``, ``not_allowed``.
    """
    full = one_id(db, "ses", tail, "session")
    found = session_queries.session(db, full)
    assert found is not None
    if found.agent_id in call.caller.possible:
        # Older clients say no more than which session they mean: whoever may be its owner is.
        call.grant()
    else:
        check_own(call, db, found.agent_id)
    return found


def own_open(call: Call, transaction: Transaction, tail: str) -> Session:
    """The caller's open session of that id, which may be shortened.

    Raises:
        ThrumError: ``conflict``, it has ended; and as `own`.
    """
    found = own(call, transaction.db, tail)
    if found.ended_at:
        raise ThrumError(
            "conflict",
            f"session {found.session_id} has already ended",
            "begin a new one with `thrum session start`",
        )
    return found


def demand_session(db: sqlite3.Connection, agent_id: str) -> str:
    """The id of the agent's open session; who has none does nothing that others hear of.

    Raises:
        ThrumError: ``no_session``.
    """
    found = session_queries.open_session(db, agent_id)
    if found is None:
        raise ThrumError(
            "no_session",
            f"no active session found for agent {agent_id}",
            "begin one with `thrum session start`",
        )
    return found.session_id


def speaking_session(db: sqlite3.Connection, agent_id: str) -> str:
    """The id of the open session of whoever says something; empty for a person without one.

    A person is there without having begun anything.

    Raises:
        ThrumError: ``no_session``, an agent has none.
    """
    if not is_person(agent_id):
        return demand_session(db, agent_id)
    found = session_queries.open_session(db, agent_id)
    return found.session_id if found else ""
