"""Who lives in a worktree: by the sessions open there, then by the files that lie there."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from thrum.daemon.callers import belonging
from thrum.daemon.projection.queries import agents
from thrum.identity import files
from thrum.identity.files import Identity


class Residents(NamedTuple):
    """The agents of a worktree.

    Attributes:
        names: those at work, the newest session first, then those by their files, newest first.
        filed: the files that say so.
    """

    names: tuple[str, ...] = ()
    filed: tuple[Identity, ...] = ()


def of_worktree(db: sqlite3.Connection, worktree: str, identities: Sequence[Identity]) -> Residents:
    """The agents of a worktree.

    Args:
        db: the projection.
        worktree: its root.
        identities: every identity of the repository.
    """
    working = agents.agents_in_worktree(db, worktree)
    lying = [each for each in identities if str(each.home) == worktree]
    filed = files.newest_first(each for each in lying if counts(db, each, identities))
    names = [*(each.agent_id for each in working), *(each.name for each in filed)]
    return Residents(tuple(dict.fromkeys(names)), tuple(filed))


def counts(db: sqlite3.Connection, identity: Identity, identities: Sequence[Identity]) -> bool:
    """Whether a file makes anybody an agent: one that is registered and at home where it is."""
    known = agents.agent(db, identity.name) is not None
    return known and belonging.is_believed(db, identity, identities)
