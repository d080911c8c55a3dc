"""Refusals of names that nobody bears, with the nearest that somebody does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import groups as group_queries
from thrum.errors import ThrumError
from thrum.suggest import did_you_mean

WHO_IS_HERE: Final = "see `thrum team --all`"


def no_agent(db: sqlite3.Connection, name: str, text: str) -> ThrumError:
    """The refusal of an agent that is not registered.

    Args:
        db: where names are looked up.
        name: as it was written, without a sign.
        text: what is refused, as the whole sentence.
    """
    known = {each.agent_id for each in agent_queries.agents(db)}
    return _refusal(text, f"@{name}", (f"@{each}" for each in known), WHO_IS_HERE)


def no_role(db: sqlite3.Connection, role: str, text: str) -> ThrumError:
    """The refusal of a role that nobody has; what it is given is as for `no_agent`."""
    known = {each.role for each in agent_queries.agents(db)} - {""}
    return _refusal(text, role, known, WHO_IS_HERE)


def no_group(db: sqlite3.Connection, name: str, text: str) -> ThrumError:
    """The refusal of a group that nobody made; what it is given is as for `no_agent`."""
    known = {each.name for each in group_queries.groups(db)}
    return _refusal(text, name, known, "see `thrum group list`")


def _refusal(text: str, word: str, known: Iterable[str], otherwise: str) -> ThrumError:
    return ThrumError("not_found", text, did_you_mean(word, sorted(known)) or otherwise)
