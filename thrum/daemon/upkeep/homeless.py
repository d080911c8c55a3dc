"""Ends the sessions that worked in a worktree that is gone: a home that is gone is none.

Only sessions that this daemon began are looked at. An agent whose process runs is for the sweeper
to judge, and one whose identity file lies in another worktree by now has moved there. What cannot
be looked at (a mount that does not answer, a folder that is closed) is not gone, nor is a worktree
that git keeps because its disk may be away (``git worktree lock``).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Sequence
from pathlib import Path

from msgspec import Struct, field

from thrum import git_place
from thrum.daemon import ending
from thrum.daemon.callers.identities import Identities
from thrum.daemon.callers.looker import Looker
from thrum.daemon.projection.queries import sessions as queries
from thrum.daemon.store import Store
from thrum.daemon.transaction import Transaction
from thrum.daemon.upkeep import reconcile
from thrum.daemon.upkeep.recovery import CRASHED, Left, left_open
from thrum.errors import ThrumError
from thrum.git_place import GitPlace

logger = logging.getLogger("thrum.upkeep")


class Homeless(Struct):
    """Ends the sessions whose worktrees are gone.

    Args:
        store: where sessions are.
        identities: the files that say where an agent has moved.
        looker: asks the file system, off the event loop.
        daemon_id: ours; sessions that others began are theirs.
    """

    store: Store
    identities: Identities
    looker: Looker
    daemon_id: str
    _missed: set[str] = field(default_factory=set)

    async def sweep(self) -> int:
        """One pass; how many sessions it ended.

        What was gone at two passes is gone: one that is just being moved is elsewhere by then.
        """
        gone = await self.gone()
        due, self._missed = gone & self._missed, gone
        if not due:
            return 0
        claims = await self.store.ask(
            lambda db: reconcile.claims(db, self.identities.all(), self.daemon_id)
        )
        return await self.store.transact(lambda t: end_homeless(t, due, claims))

    async def gone(self) -> set[str]:
        """The sessions whose worktrees are gone, of those whose agents have no process."""
        open_here = await self.store.ask(lambda db: left_open(db, self.daemon_id))
        return {
            each.session_id
            for each in open_here
            if not each.pid and await self._has_lost_home(each)
        }

    async def _has_lost_home(self, left: Left) -> bool:
        homes: list[str] = json.loads(left.worktrees)
        for home in homes:
            if not await self._is_gone(Path(home)):
                return False
        return bool(homes)

    async def _is_gone(self, home: Path) -> bool:
        try:
            repository = self.identities.repository
            return await self.looker.ask(str(home), lambda: is_gone(home, repository))
        except ThrumError as error:
            if error.kind != "timed_out":
                raise
            return False


def is_gone(home: Path, repository: Path) -> bool:
    """Whether the folder is surely no worktree any more; may not answer.

    Args:
        home: the folder.
        repository: the checkout that the daemon serves.
    """
    git = git_place.of(repository)
    if git is None or not home.is_absolute():
        return False
    try:
        if _is_missing(home):
            return not _is_locked(home, git)
        # One that git knows by its settings alone has nothing of git in it.
        kept = {repository, git.toplevel, *git_place.seats(git.common_dir)}
        return _is_missing(home / ".git") and home not in kept
    except OSError:
        return False


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    return False


def _is_locked(home: Path, git: GitPlace) -> bool:
    known = git.common_dir.glob("worktrees/*/gitdir")
    named = (each for each in known if Path(each.read_text().strip()) == home / ".git")
    return any((each.parent / "locked").exists() for each in named)


def end_homeless(
    transaction: Transaction, gone: Collection[str], claims: Sequence[reconcile.Claim]
) -> int:
    """Ends the sessions that are still open, but for those of agents that moved; how many.

    Args:
        transaction: where to.
        gone: ids of sessions whose worktrees are gone.
        claims: what identity files say now; such a file lies in a worktree that is there.
    """
    moved = {claim.agent_id: claim for claim in claims}
    ended = 0
    for session_id in sorted(gone):
        session = queries.session(transaction.db, session_id)
        if session is None or session.ended_at:
            continue
        if session.agent_id in moved:
            reconcile.restore(transaction, [moved[session.agent_id]])
            continue
        ending.end(transaction, [session], CRASHED)
        logger.info("the worktree of %s is gone", session.agent_id)
        ended += 1
    return ended
