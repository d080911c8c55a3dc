"""What other clones are told of work that goes on: as an event, when it has changed.

It is written when a cycle of the exchange begins, so it is at most one event for each agent and
cycle, and none while nothing changes. Lists of files change with every save; of them alone it is
told every few minutes. The first file is told at once, and one that somebody elsewhere is at, too:
only by this event does that one hear of it in time. When a session ends, `thrum.daemon.ending`
tells the rest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

import msgspec

from thrum import events
from thrum.claims import patterns
from thrum.claims.patterns import fold
from thrum.clock import format_ns, normalize, parse
from thrum.daemon.ending import as_told
from thrum.daemon.projection.queries import claims
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.projection.queries.sessions import Context
from thrum.daemon.projection.queries.unfinished import LATELY_NS, unfinished
from thrum.daemon.store import Store
from thrum.daemon.transaction import Transaction
from thrum.daemon.work import matching
from thrum.errors import ThrumError
from thrum.identity.files import Identity

FILES_EVERY_NS: Final = 300 * 1_000_000_000
"""So long after it told of an agent's work, it is told again that only files changed."""

AGAIN_NS: Final = 12 * 3600 * 1_000_000_000
"""What has not changed for so long is told again: after a day others would take it for over."""

LOOKED_NS: Final = 2 * 3600 * 1_000_000_000
"""What was seen so lately is looked at still, and kept anew when it changes or after an hour."""

LARGEST: Final = 8 * 1024
"""Bytes of a context in such an event; a larger one names fewer commits and files."""

_LAST: Final = (
    "SELECT event_json FROM events WHERE subject = ? AND type = 'agent.update'"
    " AND withheld IS NULL ORDER BY sequence DESC LIMIT 1"
)
_decode: Final = msgspec.json.Decoder(events.AgentUpdate)


def tell(store: Store, filed: Mapping[str, Identity], now_ns: int) -> int:
    """Writes what has changed since it was told last, of each agent of this clone at work.

    Nobody who writes is held up while nothing changed: then it is only read. Not on the event loop.

    Args:
        store: where it is written.
        filed: the identity files, which say how it goes.
        now_ns: the time of the look, in nanoseconds since 1970.

    Returns:
        How many events that were.

    Raises:
        ThrumError: ``storage``, the disk refuses; ``busy``; ``shutting_down``.
    """
    try:
        found = news(store.reader(), filed, store.daemon_id, format_ns(now_ns))
    except sqlite3.Error as error:
        raise ThrumError("storage", f"the database cannot be read: {error}") from error
    return store.transact_blocking(lambda transaction: _emit(transaction, filed)) if found else 0


def _emit(transaction: Transaction, filed: Mapping[str, Identity]) -> int:
    """The look again, for others may have written since."""
    found = news(transaction.db, filed, transaction.origin.daemon, transaction.now)
    for update in found:
        transaction.emit(update)
    return len(found)


def news(
    db: sqlite3.Connection, filed: Mapping[str, Identity], daemon_id: str, now: str
) -> list[events.AgentUpdate]:
    """What others are to hear, an event for each agent.

    Args:
        db: a connection; it is only read.
        filed: the identity files.
        daemon_id: whose agents are told of.
        now: the time, as fixed-width text.
    """
    ours = {"", daemon_id}
    found = []
    for working in session_queries.working(db):
        context = working.context
        if working.origin_daemon not in ours:
            continue
        told = as_told(_with_status(context, filed.get(context.agent_id)), now, LARGEST)
        if told and _is_news(db, context.agent_id, told, daemon_id, now):
            _date(told, now)
            found.append(events.AgentUpdate(agent_id=context.agent_id, work_contexts=[told]))
    return found


def _with_status(context: Context, identity: Identity | None) -> Context:
    """The context with what the agent says of itself in its file."""
    if identity is None or not identity.agent_status:
        return context
    try:
        moment = normalize(identity.agent_status_updated_at)
    except ValueError:
        return context
    return msgspec.structs.replace(
        context, agent_status=identity.agent_status, status_updated_at=moment
    )


def _date(told: events.WorkContext, now: str) -> None:
    """Dates what was seen of the worktree to the present, where somebody looks all the time.

    Other programs take nothing of a context whose worktree was seen no later than they know.
    """
    if told.git_updated_at > format_ns(parse(now) - LOOKED_NS):
        told.git_updated_at = now


def _is_news(
    db: sqlite3.Connection, agent_id: str, told: events.WorkContext, ours: str, now: str
) -> bool:
    """Whether others know anything else of the session."""
    row = db.execute(_LAST, (agent_id,)).fetchone()
    last = _decode.decode(row[0]) if row else None
    known = next(
        (
            each
            for each in (last and last.work_contexts) or ()
            if each.session_id == told.session_id
        ),
        None,
    )
    if last is None or known is None or said(known) != said(told):
        return True
    if last.timestamp < format_ns(parse(now) - AGAIN_NS):
        return True
    if files(known) == files(told):
        return False
    if last.timestamp < format_ns(parse(now) - FILES_EVERY_NS):
        return True
    begins = bool(told.uncommitted_files) and not known.uncommitted_files
    return begins or _meets(db, agent_id, _begun(known, told), ours, now)


def _begun(known: events.WorkContext, told: events.WorkContext) -> set[str]:
    """Files, as paths are compared, that the session has begun to change since it was told."""
    names = {*(told.uncommitted_files or ())} - {*(known.uncommitted_files or ())}
    return {fold(path.rstrip("/")) for path in matching.paths_of(names)}


def _meets(db: sqlite3.Connection, agent_id: str, begun: set[str], ours: str, now: str) -> bool:
    """Whether an agent of another clone has changed one of these files, or holds it alone."""
    since = format_ns(parse(now) - LATELY_NS)
    for each in unfinished(db, since) if begun else ():
        if each.origin_daemon in ("", ours) or each.agent_id == agent_id:
            continue
        if any(fold(path.rstrip("/")) in begun for path in matching.paths_of(each.names)):
            return True
    return any(
        known.origin_daemon != ours and not known.claim.shared and patterns.covers(known.what, path)
        for known in (claims.held(db, now) if begun else ())
        for path in begun
        if known.claim.agent_id != agent_id
    )


def said(context: events.WorkContext) -> tuple[object, ...]:
    """What is worth an event by itself: what somebody said, and where the branch stands."""
    return (
        context.branch,
        context.worktree_path,
        [each.sha for each in context.unmerged_commits or ()],
        context.current_task,
        context.intent,
        context.agent_status,
    )


def files(context: events.WorkContext) -> tuple[object, ...]:
    """The rest of it, which changes with every save."""
    return (context.uncommitted_files or [], context.changed_files or [])
