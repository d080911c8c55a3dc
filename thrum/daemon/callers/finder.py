"""What the kernel says of a calling process: whose it is, where it stands, who lives there.

A connection whose process has ended is nobody's: nobody vouches for the speaker. A result is kept
per process for as long as nothing that led to it has changed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from thrum import git_place
from thrum.daemon.callers import residents
from thrum.daemon.callers.identities import Identities, Stamp
from thrum.daemon.callers.looker import Looker
from thrum.daemon.callers.mounts import Mounts
from thrum.daemon.callers.residents import Residents
from thrum.daemon.eventloop import Glances
from thrum.daemon.store import Store
from thrum.identity import owner, process
from thrum.identity.files import Identity

MOST_KEPT: Final = 1024
"""Processes of which it is kept who they are; most of them call once and never again."""


class Found(Struct, frozen=True):
    """Who may be meant, and on what that rests.

    Attributes:
        by_pid: the agents of the nearest process above that has any, newest first.
        above: the processes above the calling one, up to that process.
        worktree: where the calling process stands.
        at_home: the agents of that worktree, newest first.
        files: the identity files that say so.
        departed: the agents that it was by its process, or else may have been by its worktree,
            until they moved to another clone.
    """

    by_pid: tuple[str, ...] = ()
    above: tuple[process.Process, ...] = ()
    worktree: str = ""
    at_home: tuple[str, ...] = ()
    files: tuple[Identity, ...] = ()
    departed: tuple[str, ...] = ()


NOBODY: Final = Found()


class _Kept(Struct, frozen=True):
    """A result, and the process, directory, generation and stamp that it rests on."""

    rests_on: tuple[process.Process, str, int, Stamp]
    found: Found


class Finder(Struct):
    """Finds out about the processes that call one repository's daemon.

    Args:
        identities: the identity files of the repository.
        store: asked for agents and sessions.
        look: one process of the system.
        cwd: a process's working directory.
        looker: asks where nothing may answer.
        mounts: says where that is.
    """

    identities: Identities
    store: Store
    look: Callable[[int], process.Process | None] = process.look
    cwd: Callable[[int], str | None] = process.stands
    generation: int = 0
    looker: Looker = field(default_factory=Looker)
    mounts: Mounts = field(default_factory=Mounts)
    _kept: dict[int, _Kept] = field(default_factory=dict)
    _glances: Glances = field(default_factory=Glances)

    def changed(self) -> None:
        """Tells that agents or sessions changed, so that nothing found before counts."""
        self.generation += 1

    async def found(self, pid: int, opener: process.Process | None = None) -> Found | None:
        """As `find`, once for all requests of one turn, and nothing that may not answer is asked on
        the event loop.

        Where the process stands, or where an identity file lies, may be a mount whose server is
        gone. On disks of this machine a thread would cost more than the question.

        Raises:
            ThrumError: ``timed_out``, the place where the process stands does not answer.
        """
        here, found = self._glances.at(
            (pid, opener, self.generation), partial(self._here, pid, opener)
        )
        return (
            found if here is None else await self.looker.ask(here, partial(self.find, pid, opener))
        )

    def _here(self, pid: int, opener: process.Process | None) -> tuple[str | None, Found | None]:
        """What is found where everything answers; else the place to be asked about apart."""
        where = self.cwd(pid) if pid > 0 else None
        places = self.identities.places()
        if places is not None and self.mounts.are_local([where or "/", *places]):
            return None, self.find(pid, opener, where, places)
        return where or str(pid), None

    def find(
        self,
        pid: int,
        opener: process.Process | None = None,
        where: str | None = None,
        local: Sequence[str] | None = None,
    ) -> Found | None:
        """Who a process may be; None when the system does not say enough of it.

        Asking again for the same process costs a look at it, at its directory and at each process
        between it and the one whose agent it is, and the times of the identity directories and of
        the files that count; nothing is read or searched unless one of them is new.

        Args:
            pid: the process, by the kernel; 0 if the kernel did not say.
            opener: the process as it was when it opened the connection.
            where: where the process stands, if that was looked up just now. Whoever has another
                one's number by now began after its opener, and is found out by that.
            local: see `Identities.stamp`.
        """
        if pid <= 0:
            # Who is known to have gone is not one of whom the system says nothing.
            return NOBODY if opener else None
        where = where or self.cwd(pid)
        calling = self.look(pid)
        if calling is None:
            # Gone, if the system tells of processes at all: a claim does not stand in for it.
            return NOBODY if self.look(os.getpid()) else None
        if opener and calling.started != opener.started:
            return NOBODY
        if where is None:
            # What cannot be checked again next time is not kept.
            found = self._search(calling, "", self.identities.stamp())
            return found if found.by_pid else None
        # Taken before looking: what changes meanwhile makes the result count for nothing.
        rests_on = (calling, where, self.generation, self.identities.stamp(local))
        kept = self._kept.get(pid)
        if kept and kept.rests_on == rests_on:
            if self._stands(kept.found, is_local=local is not None):
                return kept.found
            self.identities.forget()
        worktree = self.worktree(Path(where))
        stamp = self.identities.stamp()  # the worktree may have been moved to where it is
        found = self._search(calling, worktree, stamp)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        if self.identities.settled(stamp):
            self._kept[pid] = _Kept((*rests_on[:3], stamp), found)
        return found

    def _stands(self, found: Found, *, is_local: bool) -> bool:
        """Whether every process and file that it rests on is as it was.

        Of the processes above only those up to the agent's own matter: a process never gets a new
        ancestor but one that was above it before.
        """
        mark = self.identities.mark
        processes = all(self.look(each.pid) == each for each in found.above)
        return processes and all(
            mark(each.path, is_local=is_local) == each.mark for each in found.files
        )

    def _search(self, calling: process.Process, worktree: str, stamp: Stamp) -> Found:
        identities = self.identities.read(stamp)
        with self.store.lent() as db:
            return self._search_in(db, calling, worktree, identities)

    def _search_in(
        self,
        db: sqlite3.Connection,
        calling: process.Process,
        worktree: str,
        identities: Sequence[Identity],
    ) -> Found:
        ours = self.store.daemon_id
        here = residents.of_worktree(db, worktree, identities, ours) if worktree else Residents()
        owning, above = owner.nearest(
            process.chain(calling.pid, self.look),
            identities,
            lambda each: (
                residents.counts(db, each, identities, ours) or residents.has_left(db, each, ours)
            ),
        )
        left = [each for each in owning if residents.has_left(db, each, ours)]
        if left and len(left) == len(owning):
            # A program whose agent moved away does not become another agent by where it stands.
            names = tuple(dict.fromkeys(each.name for each in left))
            return Found((), tuple(above[1:]), worktree, (), tuple(left), names)
        owning = [each for each in owning if each not in left]
        # Those at home here first: sorting keeps the order otherwise.
        owning.sort(key=lambda each: each.name not in here.names)
        return Found(
            tuple(dict.fromkeys(each.name for each in owning)),
            tuple(above[1:]),
            worktree,
            here.names,
            tuple({each.path: each for each in (*owning, *here.filed)}.values()),
            here.departed,
        )

    def worktree(self, where: Path) -> str:
        """The worktree of this repository that holds the directory; empty outside of all."""
        place = git_place.find(where)
        ours = place is not None and self.identities.is_worktree(place.toplevel)
        return str(place.toplevel) if place and ours else ""
