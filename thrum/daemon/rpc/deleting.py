"""Deleting many messages at once, so that everybody else is served meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from thrum import events
from thrum.daemon.rpc.registry import Call
from thrum.daemon.store import Transaction

AT_ONCE: Final = 200
"""Deletions in one transaction: some ten milliseconds."""

Which = Callable[[sqlite3.Connection, int], list[str]]
"""The ids of so many of the messages that are still to be deleted."""


async def delete_all(call: Call, which: Which, reason: str) -> int:
    """Deletes messages everywhere, a portion at a time; returns how many there were.

    When it is cut short, the rest is still there and asking again goes on with it.
    """
    deleted = 0
    while True:
        portion = await call.services.store.transact(
            lambda transaction: delete_some(transaction, which(transaction.db, AT_ONCE), reason)
        )
        deleted += portion
        if portion < AT_ONCE:
            return deleted


def delete_some(transaction: Transaction, message_ids: list[str], reason: str) -> int:
    """Deletes these messages in this transaction."""
    for message_id in message_ids:
        transaction.emit(events.MessageDelete(message_id=message_id, reason=reason))
    return len(message_ids)
