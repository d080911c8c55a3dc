"""Who is calling: the decision for one request, by what the kernel says of its process.

What is known comes from `finder`; who is meant of those, `thrum.identity.choice` decides by the
rules *pid* and *worktree*; where the system is silent, `hearsay` judges the claim. Who calls from a
terminal, and neither is an agent's process nor runs below an agent's program, is the person whose
account it is, if one registered: where no agent lives, or by a claim. A claim that contradicts
what the kernel says is refused. Whoever is found by no rule is anonymous.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from thrum import paths
from thrum.daemon.callers import departure, hearsay, sentry
from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.callers.finder import Finder, Found
from thrum.identity import guards, process
from thrum.identity.choice import choose
from thrum.identity.process import Process
from thrum.names import bare

LONGEST_CLAIM: Final = 1024
"""Characters of a claim that are looked at and told; no agent's name is nearly as long."""


class Resolver(Finder):
    """Says who the callers of one repository's daemon are.

    Args:
        person: the person whose account this is, as in ``user:ada``; empty if none registered.
        is_attended: whether a process is a person's, at a terminal.
    """

    person: str = ""
    is_attended: Callable[[int], bool] = process.is_attended

    def resolve(
        self,
        pid: int,
        claim: str,
        opener: Process | None = None,
        implied: Sequence[str] = (),
    ) -> Caller:
        """Who calls.

        Args:
            pid: the process, by the kernel; 0 if the kernel did not say.
            claim: the agent that the request says its caller is, or nothing.
            opener: the process as it was when it opened the connection.
            implied: as for `judge`.

        Raises:
            GuardError: ``identity_mismatch``, the claim contradicts the kernel.
        """
        return self.judge(pid, self.find(pid, opener), claim, implied)

    def judge(
        self, pid: int, found: Found | None, claim: str, implied: Sequence[str] = ()
    ) -> Caller:
        """Who calls, by what `find` said of the process at this moment.

        Args:
            pid: the process, by the kernel; 0 if the kernel did not say.
            found: what is known of it; None where the system is silent.
            claim: the agent that the request says its caller is, or nothing.
            implied: agents that the request names as those it is made for. One that the kernel
                allows (`Caller.possible`) counts as a choice; any other is no claim at all.

        Raises:
            GuardError: ``identity_mismatch``, the claim contradicts the kernel.
        """
        claim = claim[:LONGEST_CLAIM]
        if found is None:
            return hearsay.judge(self, pid, claim)
        if self._is_person(pid, found, claim):
            return Caller(self.person, State.IDENTIFIED, "user", pid, found.worktree)
        made = choose(claim, found.by_pid, found.at_home, [bare(each) for each in implied])
        departed = found.departed
        if departed and (not made.agent_id or (made.contradicted and claim in departed)):
            left = claim if claim in departed else departed[0]
            gone = departure.of(self.store.reader(), left, self.store.daemon_id)
            return Caller("", State.ANONYMOUS, "", pid, found.worktree, departure=gone)
        if made.contradicted:
            self._refuse(pid, claim, made.agent_id)
        if not made.agent_id:
            return Caller("", State.ANONYMOUS, "", pid, found.worktree)
        return Caller(made.agent_id, State.IDENTIFIED, made.rule, pid, found.worktree, made.others)

    def _is_person(self, pid: int, found: Found, claim: str) -> bool:
        """Whether it is the person at this machine who calls, and not an agent of theirs."""
        if not self.person or found.by_pid or found.departed:
            return False
        is_meant = claim == self.person or not (claim or found.at_home)
        return is_meant and self.is_attended(pid)

    def _refuse(self, pid: int, claim: str, meant: str) -> None:
        where = self.cwd(pid) or ""
        fire = guards.unauthenticated(claim, meant, anonymous=False, pid=pid, cwd=where)
        sentry.ask(paths.folder(self.identities.repository), fire)
