"""Noting that an agent went on with what the session before it left.

What an agent was shown counts as used only when it has acted, so that a session that ended before
takes nothing along. Whatever goes wrong here keeps no command or hook from its work: then the next
session is shown it once more.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from thrum.errors import ThrumError
from thrum.snapshots import shown

if TYPE_CHECKING:
    from thrum.cli.context import Context
    from thrum.runtimes.contract import Adapter, Event


def by_command(context: Context) -> None:
    """An agent has run a command; one that a person types says nothing of the agent."""
    with suppress(OSError, ThrumError):
        if shown.has_any(context.place.local) and context.program is not None:
            _settle(context)


def in_session(context: Context, session: str) -> None:
    """The model of a session has done something.

    Args:
        session: the runtime's id of it.
    """
    with suppress(OSError, ThrumError):
        if shown.has_any(context.place.local):
            _settle(context, session)


def begins(context: Context, agent: str, adapter: Adapter, event: Event) -> None:
    """A session has begun: this is the one whose conversation is the agent's."""
    from thrum.snapshots import shelf

    about = {
        "runtime": adapter.name,
        "session": event.session,
        "transcript": event.transcript,
        "cwd": event.cwd,
    }
    with suppress(OSError, ThrumError):
        shelf.of(context.place.local, agent).tell(
            {key: text for key, text in about.items() if text}
        )


def _settle(context: Context, session: str = "") -> None:
    from thrum.snapshots import shelf

    mine = shelf.of(context.place.local, context.speaker.agent_id)
    if not session or mine.told().get("session", session) == session:
        mine.settle()
