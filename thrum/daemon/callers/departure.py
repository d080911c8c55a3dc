"""Agents that lived here and live in another clone by now: nobody here is them any more.

Whoever took the name over said so in an event. The place that was left learns of it with the next
exchange; what lies there, identity file and open session, makes nobody the agent after that.
"""

from __future__ import annotations

import sqlite3

from msgspec import Struct

from thrum.daemon.projection.queries import agents
from thrum.errors import ThrumError

WHY: dict[str, str] = {
    "ended": "its session here had ended",
    "silent": "this clone had been silent for a month",
    "forced": "by --force",
    "gone": "its worktree here was gone",
}
"""Why agents move, by the token that stands in the event."""


class Departure(Struct, frozen=True):
    """That an agent moved to another clone.

    Attributes:
        agent_id: the agent.
        host: the machine where it lives; empty if that is not known.
        since: when it moved, RFC 3339.
        by: the person or agent that moved it; empty if the event does not say.
        why: a token of `WHY`.
    """

    agent_id: str
    host: str
    since: str
    by: str = ""
    why: str = ""

    @property
    def place(self) -> str:
        """Where it lives now, as part of a sentence."""
        return f"another clone, on {self.host}" if self.host else "another clone"

    def refusal(self) -> ThrumError:
        """What somebody is told who still stands where the agent lived."""
        whom = f" by {self.by}" if self.by else ""
        reason = f" ({WHY[self.why]})" if self.why in WHY else ""
        return ThrumError(
            "moved",
            f"@{self.agent_id} lives in {self.place}, since {self.since[:19]}Z{whom}{reason}",
            f"go on there; or take the name back with `thrum quickstart {self.agent_id} --force`,"
            " or choose another name here",
            {
                "agent": self.agent_id,
                "host": self.host,
                "since": self.since,
                "by": self.by,
                "why": self.why,
            },
        )


def of(db: sqlite3.Connection, agent_id: str, daemon_id: str) -> Departure | None:
    """How the agent left that daemon's clone; None if it did not."""
    known = agents.agent(db, agent_id)
    if known is None or not known.has_left(daemon_id):
        return None
    return Departure(agent_id, known.hostname, known.moved_at, known.moved_by, known.moved_why)
