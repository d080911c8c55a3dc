"""Who may act on what is another's: its owner, people, and agents whose role is coordinator.

Who was asked and let through is noted in the call, without which a method that declared to change
what is somebody's can write nothing.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

from thrum.daemon.projection.queries import agents as agent_queries
from thrum.errors import ThrumError
from thrum.names import is_person

if TYPE_CHECKING:
    from thrum.daemon.rpc.registry import Call

COORDINATOR: Final = "coordinator"
MOST_NAMED: Final = 3
"""Those in charge who are told by name."""


def is_in_charge(db: sqlite3.Connection, agent_id: str) -> bool:
    """Whether the caller is a person or a coordinator."""
    if is_person(agent_id):
        return True
    known = agent_queries.agent(db, agent_id)
    return known is not None and known.role == COORDINATOR


def demand_charge(call: Call, db: sqlite3.Connection, what: str) -> None:
    """Refuses everybody but people and coordinators.

    Args:
        call: by whom.
        db: where roles are looked up.
        what: what was asked for, as the subject of the refusal.

    Raises:
        ThrumError: ``not_allowed``.
    """
    agent_id = call.agent_id
    if not is_in_charge(db, agent_id):
        raise ThrumError(
            "not_allowed",
            f"{what} is for people and coordinators, and you are {agent_id}",
            _whom_to_ask(db, agent_id),
        )
    call.grant()


def _whom_to_ask(db: sqlite3.Connection, agent_id: str) -> str:
    """Who is in charge, or how somebody comes to be."""
    known = sorted(agent_queries.in_charge(db, COORDINATOR))
    if known:
        more = len(known) - MOST_NAMED
        names = ", ".join(f"@{name}" for name in known[:MOST_NAMED])
        return f"ask {names}{f' or {more} more' if more > 0 else ''}"
    return (
        "nobody is in charge here yet: in a worktree of your own, `thrum quickstart NAME --role"
        f" {COORDINATOR} --module MODULE` makes NAME a coordinator; in this one, `thrum quickstart"
        f" {agent_id} --role {COORDINATOR} --module MODULE --force`"
    )


def demand_own(call: Call, db: sqlite3.Connection, owner: str, what: str) -> None:
    """Refuses everybody but the owner, people and coordinators.

    Raises:
        ThrumError: ``not_allowed``.
    """
    if call.agent_id == owner:
        call.grant()
    else:
        demand_charge(call, db, f"{what} of {owner}")
