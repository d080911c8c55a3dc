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
        departed: those who lived there by their files and moved to another clone.
    """

    names: tuple[str, ...] = ()
    filed: tuple[Identity, ...] = ()
    departed: tuple[str, ...] = ()


def of_worktree(
    db: sqlite3.Connection, worktree: str, identities: Sequence[Identity], daemon_id: str
) -> Residents:
    """The agents of a worktree.

    Args:
        db: the projection.
        worktree: its root.
        identities: every identity of the repository.
        daemon_id: the repository's daemon.
    """
    working = agents.agents_in_worktree(db, worktree)
    lying = [each for each in identities if str(each.home) == worktree]
    filed = files.newest_first(each for each in lying if counts(db, each, identities, daemon_id))
    names = [*(each.agent_id for each in working), *(each.name for each in filed)]
    departed = tuple(each.name for each in lying if has_left(db, each, daemon_id))
    return Residents(tuple(dict.fromkeys(names)), tuple(filed), departed)


def counts(
    db: sqlite3.Connection, identity: Identity, identities: Sequence[Identity], daemon_id: str
) -> bool:
    """Whether a file makes anybody an agent: one that is registered and at home where it is."""
    known = agents.agent(db, identity.name) is not None
    return known and belonging.is_believed(db, identity, identities, daemon_id)


def has_left(db: sqlite3.Connection, identity: Identity, daemon_id: str) -> bool:
    """Whether a file, written where it lies, is what an agent left that moved to another clone."""
    known = agents.agent(db, identity.name)
    return identity.is_native and known is not None and known.has_left(daemon_id)
