"""What is known when a session begins; every part may be missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Self(NamedTuple):
    """The agent that is told.

    Attributes:
        since: when its session began, as a time; empty where it has none.
    """

    name: str
    role: str
    module: str
    session: str = ""
    since: str = ""
    intent: str = ""


class Colleague(NamedTuple):
    """Another agent.

    Attributes:
        doing: what it said it does, or why it is blocked.
        state: ``working``, ``idle``, ``blocked``, ``stuck``, ``offline``; empty if it said nothing.
    """

    name: str
    role: str
    module: str
    doing: str = ""
    state: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it has a session somewhere."""
        return self.state != "offline"


class Claim(NamedTuple):
    """What an agent has for itself for a while."""

    what: str
    whose: str
    note: str = ""


class Mail(NamedTuple):
    """A message that was not read."""

    id: str
    sender: str
    at: str
    text: str


class Work(NamedTuple):
    """The work tree: its branch, commits that are merged nowhere, files that are not committed."""

    branch: str
    unmerged: int = 0
    uncommitted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it.

    Attributes:
        me: the agent; None where this shell is nobody.
        why_nobody: why it is nobody, and what to do, where that is more than that nobody was
            registered here.
        team: the others; None where nobody could be asked.
        claims: what is whose, the agent's own as well.
        unread, total: messages in the inbox.
        mail: the oldest of those that were not read.
        work: the work tree.
        daemon: how the daemon and the exchange are, in a line; empty where it does not run.
        remedy: the command that has to be typed before anything else works.
        duties: what the agent's role does, and what it must not.
        instructions: how to work with the others.
        project: the state of the project, as far as it concerns the agent's role.
        notes: what the agent kept for its next session.
        snapshot: what a session before this one said, when it was ended to begin anew.
        reminders: lines about things that somebody should set right.
    """

    me: Self | None = None
    why_nobody: str = ""
    team: tuple[Colleague, ...] | None = None
    claims: tuple[Claim, ...] = ()
    unread: int = 0
    total: int | None = None
    mail: tuple[Mail, ...] = ()
    work: Work | None = None
    daemon: str = ""
    remedy: str = ""
    duties: str = ""
    instructions: str = ""
    project: str = ""
    notes: str = ""
    snapshot: str = ""
    reminders: tuple[str, ...] = ()
