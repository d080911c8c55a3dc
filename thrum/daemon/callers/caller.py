"""The caller of a request: which agent, by which rule, and who else it could have said it is."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from thrum.daemon.callers.departure import Departure


class State(Enum):
    """How much is known of a caller.

    Of somebody anonymous it is known that they may read our files; a stranger may be anybody.
    """

    IDENTIFIED = "identified"
    ANONYMOUS = "anonymous"
    STRANGER = "stranger"
    UNKNOWN = "unknown"


class Caller(Struct, frozen=True):
    """The caller of a request.

    Attributes:
        agent_id: the agent; empty unless identified.
        state: how much is known.
        rule: pid, worktree or claim, user or peer; empty if none found the caller.
        pid: the calling process; 0 if the kernel did not say.
        worktree: the root of the worktree in which the process stands; empty if none.
        others: who else it could be by the same rule, if it claimed to.
        peer: the daemon id of another repository's daemon, which is no agent; else empty.
        departure: of the agent that the caller was, or claims to be, until it moved to another
            clone; only of callers that are nobody.
    """

    agent_id: str
    state: State
    rule: str = ""
    pid: int = 0
    worktree: str = ""
    others: tuple[str, ...] = ()
    peer: str = ""
    departure: Departure | None = None

    @property
    def is_page(self) -> bool:
        """Whether it is a person at a page, and no process of this machine."""
        return self.rule == "user"

    @property
    def possible(self) -> tuple[str, ...]:
        """Every agent that a claim by this caller could name."""
        return (self.agent_id, *self.others)
