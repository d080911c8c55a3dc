"""A claim where the system is silent: it tells neither the calling process nor where it stands.

The claimed agent must have a home in this repository, and where an ancestor's place is known it
must be there: a process can hide its own directory, and hiding must not make it somebody.
"""

from __future__ import annotations

import logging
from pathlib import Path

from thrum import git_place
from thrum.daemon.callers import residents
from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.callers.finder import Finder
from thrum.identity import process

logger = logging.getLogger("thrum.caller")


def judge(finder: Finder, pid: int, claim: str) -> Caller:
    """The caller by its claim, if nothing speaks against it.

    Args:
        finder: asked what can be known after all.
        pid: the process; 0 if the kernel did not say.
        claim: the agent that the request names, or nothing.
    """
    if not claim:
        return Caller("", State.UNKNOWN, "", pid)
    homes = _homes(finder, claim)
    if not homes or (pid > 0 and _place_above(finder, pid) not in homes):
        logger.warning("process %s claims to be %r, and nothing speaks for it", pid, claim)
        return Caller("", State.ANONYMOUS, "", pid)
    logger.warning("process %s is taken for %s, because it says so", pid, claim)
    return Caller(claim, State.UNKNOWN, "claim", pid)


def _place_above(finder: Finder, pid: int) -> str:
    """The worktree of the nearest ancestor whose directory the system tells."""
    for above in process.chain(pid, finder.look):
        where = finder.cwd(above.pid)
        if where is not None:
            return finder.worktree(Path(where))
    return ""


def _homes(finder: Finder, agent_id: str) -> set[str]:
    """The worktrees of this repository in which the agent is at home."""
    db, identities = finder.store.reader(), finder.identities.all()
    git = git_place.of(finder.identities.repository)
    roots = map(str, git_place.worktrees(git) if git else ())
    ours = finder.store.daemon_id
    return {
        root
        for root in roots
        if agent_id in residents.of_worktree(db, root, identities, ours).names
    }
