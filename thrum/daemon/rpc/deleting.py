"""Deleting many messages at once, so that everybody else is served meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from thrum import events
from thrum.daemon.projection.queries import messages as queries
from thrum.daemon.rpc.registry import Call
from thrum.daemon.store import Transaction

AT_ONCE: Final = 200
"""Deletions in one transaction: some ten milliseconds."""

Which = Callable[[sqlite3.Connection], list[str]]
"""The ids of the messages that are to be deleted; raises where the caller may not."""


async def delete_all(
    call: Call, which: Which, reason: str, called: events.Called | None = None
) -> int:
    """Deletes messages everywhere, a portion at a time; returns how many there were.

    What is sent after the start stays, however fast its sender is. When it is cut short, the rest
    is still there and asking again goes on with it.

    Args:
        call: who asks.
        which: the messages.
        reason: why, for those who see that they are gone.
        called: what the caller calls it.
    """
    deleted = 0
    for portion in portions(await call.node.store.ask(which)):
        deleted += await call.transact(_deleting(portion, reason, call.agent_id, called))
    return deleted


def _deleting(
    portion: Sequence[str], reason: str, by: str, called: events.Called | None
) -> Callable[[Transaction], int]:
    def decide(transaction: Transaction) -> int:
        transaction.called = called
        return delete_some(transaction, portion, reason, by)

    return decide


def portions(message_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids, so many at a time as one transaction deletes."""
    for start in range(0, len(message_ids), AT_ONCE):
        yield message_ids[start : start + AT_ONCE]


def delete_some(transaction: Transaction, message_ids: Sequence[str], reason: str, by: str) -> int:
    """Deletes those of the messages that nobody has deleted meanwhile; returns how many.

    Args:
        transaction: in which it happens.
        message_ids: the messages, of whatever authors.
        reason: why, for those who see that they are gone.
        by: who does it; the log says so where that is not the author.
    """
    left = queries.not_deleted(transaction.db, message_ids)
    for message_id, author in left.items():
        event = events.MessageDelete(message_id=message_id, reason=reason)
        event.deleted_by = by if by != author else ""
        transaction.emit(event)
    return len(left)
