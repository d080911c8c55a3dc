"""How sessions end: the events that say so, and with them what was worked on.

When a session ends its work context becomes an event, so that other clones learn what was left
where; what they hear of it before, `thrum.daemon.telling` decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from thrum import events
from thrum.clock import format_ns, parse
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.projection.queries.sessions import Context, Session
from thrum.daemon.transaction import Transaction

GIT_FRESH_NS: Final = 24 * 3600 * 1_000_000_000
"""What was seen of a worktree longer ago is not told, unless commits wait to be merged."""

LARGEST: Final = 48 * 1024
"""Bytes of a context in an event; a larger one says less of each commit and names fewer files."""

FEWER: Final = 100


def end(transaction: Transaction, sessions: Sequence[Session], reason: str, by: str = "") -> str:
    """Ends open sessions of one agent and tells what they worked on.

    Args:
        transaction: in which it happens.
        sessions: the sessions.
        reason: why.
        by: who ends them, if that is somebody; the log says so where it is not the agent.

    Returns:
        When the last of them ended; empty without any.
    """
    ended_at = ""
    for session in sessions:
        event = events.SessionEnd(session_id=session.session_id, reason=reason)
        event.ended_by = by if by != session.agent_id else ""
        ended_at = transaction.emit(event).timestamp
    if sessions:
        _publish(transaction, sessions)
    return ended_at


def _publish(transaction: Transaction, sessions: Sequence[Session]) -> None:
    """Only these sessions' contexts: what earlier ones left has been told when they ended."""
    agent_id = sessions[0].agent_id
    ids = {session.session_id for session in sessions}
    told = [
        context
        for each in session_queries.contexts(transaction.db, agent_id, open_only=False)
        if each.session_id in ids
        for context in [as_told(each, transaction.now)]
        if context is not None
    ]
    if told:
        transaction.emit(events.AgentUpdate(agent_id=agent_id, work_contexts=told))


def as_told(found: Context, now: str, largest: int = LARGEST) -> events.WorkContext | None:
    """A context as others get it; None if nothing of it is worth telling.

    Args:
        found: what is known.
        now: the time of the event.
        largest: bytes that it may take; of a larger one less is said.
    """
    context = msgspec.convert(msgspec.to_builtins(found), events.WorkContext)
    if not is_git_fresh(found, now):
        context = events.WorkContext(
            found.session_id,
            current_task=found.current_task,
            task_updated_at=found.task_updated_at,
            intent=found.intent,
            intent_updated_at=found.intent_updated_at,
            agent_status=found.agent_status,
            status_updated_at=found.status_updated_at,
        )
    said = (context.task_updated_at, context.intent_updated_at, context.status_updated_at)
    if not (context.git_updated_at or any(said)):
        return None
    return _fit(context, largest)


def is_git_fresh(context: Context, now: str) -> bool:
    """Whether what was seen of the worktree still counts."""
    if not context.git_updated_at:
        return False
    if context.unmerged_commits:
        return True
    return context.git_updated_at >= format_ns(parse(now) - GIT_FRESH_NS)


def _fit(context: events.WorkContext, largest: int) -> events.WorkContext:
    """The context within its bound: first commits without their files, then fewer of all."""
    if len(msgspec.json.encode(context)) <= largest:
        return context
    for commit in context.unmerged_commits or ():
        commit.files = None
    fewer = 2 * FEWER
    while fewer and len(msgspec.json.encode(context)) > largest:
        fewer //= 2
        for name in ("unmerged_commits", "uncommitted_files", "changed_files", "file_changes"):
            setattr(context, name, (getattr(context, name) or [])[:fewer])
    return context
