"""Who is calling: what the kernel says of the process at the other end of the socket.

The rules in order, for every request:

1. *pid*: an ancestor of the calling process (or itself) is the process of an identity file.
2. *worktree*: the process stands in a worktree in which agents are at home. With several of them
   a claim (``caller_agent_id``) that names one is accepted; without a claim it is the one whose
   session began last.
3. *claim*: only where the system does not tell the process or where it stands. The claimed agent
   must have a home in this repository, and where an ancestor's place is known it must be there: a
   process can hide its own directory, and hiding must not make it somebody.

A claim that contradicts what the kernel says is refused. Whoever is found by no rule is anonymous,
and so is whoever speaks on a connection whose process has ended: nobody vouches for the speaker.
A result is kept per connection for as long as nothing that led to it has changed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final

from thrum import events, git_place
from thrum.daemon.callers import belonging, sentry
from thrum.daemon.callers.identities import Identities, Stamp
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.store import Applied, Store
from thrum.identity import files, guards, owner, process, select
from thrum.identity.files import Identity

logger = logging.getLogger("thrum.caller")


class State(Enum):
    """How much is known of a caller."""

    IDENTIFIED = "identified"
    ANONYMOUS = "anonymous"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request.

    Attributes:
        agent_id: the agent; empty unless identified.
        state: how much is known.
        rule: pid, worktree or claim; empty if none found the caller.
        pid: the calling process; 0 if the kernel did not say.
        worktree: the root of the worktree in which the process stands; empty if none.
        others: who else it could be by the same rule, if it claimed to.
    """

    agent_id: str
    state: State
    rule: str = ""
    pid: int = 0
    worktree: str = ""
    others: tuple[str, ...] = ()

    @property
    def possible(self) -> tuple[str, ...]:
        """Every agent that a claim by this caller could name."""
        return (self.agent_id, *self.others)


_CHANGES: Final = (events.AgentRegister, events.AgentCleanup, events.AboutSession)


@dataclass(frozen=True, slots=True)
class Found:
    """Who may be meant, and on what that rests.

    Attributes:
        by_pid: the agents of the nearest process above that has any, newest first.
        above: the processes above the calling one, up to that process.
        worktree: where the calling process stands.
        at_home: the agents of that worktree, newest first.
        files: the identity files that say so.
    """

    by_pid: tuple[str, ...] = ()
    above: tuple[process.Process, ...] = ()
    worktree: str = ""
    at_home: tuple[str, ...] = ()
    files: tuple[Identity, ...] = ()


LONGEST_CLAIM: Final = 1024
"""Characters of a claim that are looked at and told; no agent's name is nearly as long."""

MOST_KEPT: Final = 1024
"""Processes of which it is kept who they are; most of them call once and never again."""

_NOBODY: Final = Found()


@dataclass(frozen=True, slots=True)
class _Kept:
    """A result, and the process, directory, generation and stamp that it rests on."""

    rests_on: tuple[process.Process, Path, int, Stamp]
    found: Found


@dataclass
class Resolver:
    """Finds callers of one repository's daemon.

    Args:
        identities: the identity files of the repository.
        store: asked for sessions.
        look: one process of the system.
        cwd: a process's working directory.
    """

    identities: Identities
    store: Store
    look: Callable[[int], process.Process | None] = process.look
    cwd: Callable[[int], Path | None] = process.cwd
    generation: int = 0
    _kept: dict[int, _Kept] = field(default_factory=dict)

    def changed(self) -> None:
        """Tells that agents or sessions changed, so that nothing found before counts."""
        self.generation += 1

    def heard(self, applied: Applied) -> None:
        """Listens to what is applied; any thread."""
        if any(isinstance(event, _CHANGES) for event, _ in applied.events):
            self.changed()

    def resolve(self, pid: int, claim: str, opener: process.Process | None = None) -> Caller:
        """Who calls.

        Args:
            pid: the process, by the kernel; 0 if the kernel did not say.
            claim: the agent that the request names, or nothing.
            opener: the process as it was when it opened the connection.

        Raises:
            GuardError: ``identity_mismatch``, the claim contradicts the kernel.
        """
        return self.judge(pid, claim, self.find(pid, opener))

    def judge(self, pid: int, claim: str, found: Found | None) -> Caller:
        """Who calls, by what `find` said of the process at this moment.

        Raises:
            GuardError: ``identity_mismatch``, the claim contradicts the kernel.
        """
        claim = claim[:LONGEST_CLAIM]
        if found is None:
            return self._claimed(pid, claim)
        if found.by_pid:
            return self._agree(found.by_pid, "pid", claim, pid, found)
        if not found.at_home:
            return Caller("", State.ANONYMOUS, "", pid, found.worktree)
        return self._agree(found.at_home, "worktree", claim, pid, found)

    def _agree(
        self, meant: tuple[str, ...], rule: str, claim: str, pid: int, found: Found
    ) -> Caller:
        """The caller among those who are meant: the claimed one, else the first."""
        # Agents of one worktree trust each other: the same person put them there. An agent that
        # lives elsewhere does not become one of them by changing into it.
        trusted = {*meant, *found.at_home} if set(meant) & set(found.at_home) else set(meant)
        if claim and claim not in trusted:
            where = self.cwd(pid)
            fire = guards.unauthenticated(
                claim, meant[0], anonymous=False, pid=pid, cwd=str(where or "")
            )
            sentry.ask(self.identities.repository / ".thrum", fire)
        chosen = claim or meant[0]
        others = tuple(sorted(trusted - {chosen}))
        return Caller(chosen, State.IDENTIFIED, rule, pid, found.worktree, others)

    def _claimed(self, pid: int, claim: str) -> Caller:
        """The caller where the system is silent: the claim, if nothing speaks against it."""
        if not claim:
            return Caller("", State.UNKNOWN, "", pid)
        homes = self._homes(claim)
        place = self._place_above(pid) if pid > 0 else None
        if not homes or (pid > 0 and place not in homes):
            logger.warning("process %s claims to be %r, and nothing speaks for it", pid, claim)
            return Caller("", State.ANONYMOUS, "", pid)
        logger.warning("process %s is taken for %s, because it says so", pid, claim)
        return Caller(claim, State.UNKNOWN, "claim", pid)

    def _place_above(self, pid: int) -> str:
        """The worktree of the nearest ancestor whose directory the system tells."""
        for above in process.chain(pid, self.look):
            where = self.cwd(above.pid)
            if where is not None:
                return self._worktree(where)
        return ""

    def _homes(self, agent_id: str) -> set[str]:
        """The worktrees of this repository in which the agent is at home."""
        identities = self.identities.all()
        git = git_place.find(self.identities.repository)
        roots = map(str, git_place.worktrees(git) if git else ())
        return {root for root in roots if agent_id in self._at_home(root, identities)[0]}

    def find(self, pid: int, opener: process.Process | None = None) -> Found | None:
        """Who a process may be; None when the system does not say enough of it.

        Asking again for the same process costs a look at it, at its directory and at each process
        between it and the one whose agent it is, and the times of the identity directories and of
        the files that count; nothing is read or searched unless one of them is new.

        Args:
            pid: the process, by the kernel; 0 if the kernel did not say.
            opener: the process as it was when it opened the connection.
        """
        if pid <= 0:
            # Who is known to have gone is not one of whom the system says nothing.
            return _NOBODY if opener else None
        calling, where = self.look(pid), self.cwd(pid)
        if calling is None:
            # Gone, if the system tells of processes at all: a claim does not stand in for it.
            return _NOBODY if self.look(os.getpid()) else None
        if opener and calling.started != opener.started:
            return _NOBODY
        if where is None:
            # What cannot be checked again next time is not kept.
            found = self._search(calling, "", self.identities.stamp())
            return found if found.by_pid else None
        # Taken before looking: what changes meanwhile makes the result count for nothing.
        rests_on = (calling, where, self.generation, self.identities.stamp())
        kept = self._kept.get(pid)
        if kept and kept.rests_on == rests_on:
            if self._stands(kept.found):
                return kept.found
            self.identities.forget()
        worktree = self._worktree(where)
        stamp = self.identities.stamp()  # the worktree may have been moved to where it is
        found = self._search(calling, worktree, stamp)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        if self.identities.settled(stamp):
            self._kept[pid] = _Kept((*rests_on[:3], stamp), found)
        return found

    def _stands(self, found: Found) -> bool:
        """Whether every process and file that it rests on is as it was.

        Of the processes above only those up to the agent's own matter: a process never gets a new
        ancestor but one that was above it before.
        """
        processes = all(self.look(each.pid) == each for each in found.above)
        return processes and all(files.mark(each.path) == each.mark for each in found.files)

    def _search(self, calling: process.Process, worktree: str, stamp: Stamp) -> Found:
        identities = self.identities.read(stamp)
        at_home, filed = self._at_home(worktree, identities) if worktree else ((), [])
        chain = process.chain(calling.pid, self.look)
        owning, above = self._by_pid(chain, identities, at_home)
        return Found(
            tuple(dict.fromkeys(each.name for each in owning)),
            tuple(above[1:]),
            worktree,
            at_home,
            tuple({each.path: each for each in (*owning, *filed)}.values()),
        )

    def _worktree(self, where: Path) -> str:
        """The worktree of this repository that holds the directory; empty outside of all."""
        place = git_place.find(where)
        ours = place is not None and self.identities.is_worktree(place.toplevel)
        return str(place.toplevel) if place and ours else ""

    def _by_pid(
        self, chain: Iterable[process.Process], identities: list[Identity], at_home: tuple[str, ...]
    ) -> tuple[list[Identity], list[process.Process]]:
        """The identities of the nearest process that has any, those at home here first.

        With them the processes up to that one; nothing at all if none has any.
        """
        owned = [each for each in identities if each.agent_pid]
        passed = []
        for above in chain:
            passed.append(above)
            mine = [each for each in owned if owner.owns(above, each)]
            mine = [each for each in mine if self._counts(each, identities)]
            if mine:
                mine.sort(key=select.written_at, reverse=True)
                mine.sort(key=lambda each: each.name not in at_home)
                return mine, passed
        return [], []

    def _at_home(
        self, worktree: str, identities: list[Identity]
    ) -> tuple[tuple[str, ...], list[Identity]]:
        """The agents of a worktree: those at work, then those by their files, newest first."""
        working = agent_queries.agents_in_worktree(self.store.reader(), worktree)
        filed = [
            each
            for each in identities
            if str(each.home) == worktree and self._counts(each, identities)
        ]
        filed.sort(key=select.written_at, reverse=True)
        names = [*(each.agent_id for each in working), *(each.name for each in filed)]
        return tuple(dict.fromkeys(names)), filed

    def _counts(self, identity: Identity, identities: list[Identity]) -> bool:
        """Whether a file makes anybody an agent: one that is registered and at home where it is."""
        db = self.store.reader()
        known = agent_queries.agent(db, identity.name) is not None
        return known and belonging.is_believed(db, identity, identities)
