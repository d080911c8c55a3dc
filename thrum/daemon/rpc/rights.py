"""Who may act on what is another's: its owner, people, and agents whose role is coordinator."""

from __future__ import annotations

import sqlite3
from typing import Final

from thrum.daemon.projection.queries import agents as agent_queries
from thrum.errors import ThrumError
from thrum.names import is_person

COORDINATOR: Final = "coordinator"


def is_in_charge(db: sqlite3.Connection, agent_id: str) -> bool:
    """Whether the caller is a person or a coordinator."""
    if is_person(agent_id):
        return True
    known = agent_queries.agent(db, agent_id)
    return known is not None and known.role == COORDINATOR


def demand_charge(db: sqlite3.Connection, agent_id: str, what: str) -> None:
    """Refuses everybody but people and coordinators.

    Args:
        what: what was asked for, as the subject of the refusal.

    Raises:
        ThrumError: ``not_allowed``.
    """
    if not is_in_charge(db, agent_id):
        raise ThrumError(
            "not_allowed",
            f"{what} is for people and coordinators, and you are {agent_id}",
            "ask a coordinator; see `thrum team`",
        )


def demand_own(db: sqlite3.Connection, caller: str, owner: str, what: str) -> None:
    """Refuses everybody but the owner, people and coordinators.

    Raises:
        ThrumError: ``not_allowed``.
    """
    if caller != owner:
        demand_charge(db, caller, f"{what} of {owner}")
