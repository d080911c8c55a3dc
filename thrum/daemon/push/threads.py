"""Threads as pages are told of them, after what was said or read in them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import ClassVar, TypeGuard

from thrum import events
from thrum.daemon.projection.facts import Event
from thrum.daemon.projection.queries import conversations, moves
from thrum.daemon.projection.queries.happenings import Happening
from thrum.daemon.push.mail import arrived
from thrum.daemon.rpc.pushed import Pushed


class ThreadTold(Pushed):
    """Something was said in a thread, changed or taken back, or the person read of it.

    Or messages of it are of another one, since what they answer came after them; if they were all,
    nothing is left.

    `unread_count` is the person's. `preview` is the beginning of the last message, null where none
    is left; `timestamp` is that of `last_activity`.
    """

    name: ClassVar = "notification.thread.updated"
    thread_id: str
    message_count: int
    unread_count: int
    last_activity: str
    last_sender: str
    preview: str | None
    timestamp: str


def pushes(
    db: sqlite3.Connection, happened: Sequence[Happening], person: str
) -> Iterator[tuple[int, Pushed]]:
    """One push for each thread that was touched, after everything else of it."""
    touched = _touched(db, happened, person)
    for each in conversations.threads(db, touched, person):
        yield (
            touched[each.thread_id],
            ThreadTold(
                thread_id=each.thread_id,
                message_count=each.message_count,
                unread_count=each.unread_count,
                last_activity=each.last_activity,
                last_sender=each.last_sender,
                preview=each.preview,
                timestamp=each.last_activity,
            ),
        )


def _touched(db: sqlite3.Connection, happened: Sequence[Happening], person: str) -> dict[str, int]:
    """The threads that show otherwise, each with the number of what touched it last."""
    last = {each.message_id: number for number, each in happened if _touches(each, person)}
    touched: dict[str, int] = {}
    for message_id, thread_id in db.execute(
        "SELECT message_id, thread_id FROM messages"
        " WHERE message_id IN (SELECT value FROM json_each(?)) AND thread_id IS NOT NULL",
        (json.dumps(list(last)),),
    ):
        touched[thread_id] = max(touched.get(thread_id, 0), last[message_id])
    came = arrived(happened)
    for message_id, move in moves.moves(db, came).items():
        for thread_id in move.left:
            touched[thread_id] = max(touched.get(thread_id, 0), came[message_id])
    return touched


def _touches(event: Event, person: str) -> TypeGuard[events.MessageCreate | events.AboutMessage]:
    """Whether a thread shows otherwise after an event of a message."""
    if isinstance(event, events.MessageReceipt):
        return event.agent_id == person and event.receipt_type == "read"
    return isinstance(event, events.MessageCreate | events.AboutMessage)
