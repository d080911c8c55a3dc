"""Telling an agent, once in an hour, that the context of its session is nearly full."""

from __future__ import annotations

from typing import Final

from thrum import events
from thrum.clock import format_ns, parse
from thrum.daemon.delivery.given import Seat
from thrum.daemon.projection.queries.messages import by_idempotency_key
from thrum.daemon.transaction import Transaction
from thrum.events import Body, Pair

_HOUR_NS: Final = 3600 * 1_000_000_000


def send(transaction: Transaction, seat: Seat, text: str, author: str, message_id: str) -> str:
    """Sends the notice unless it was sent a while ago; its id.

    Args:
        transaction: where it is sent.
        seat: which session is full.
        text: what is said.
        author: who says it: the supervisor.
        message_id: for the notice.
    """
    key = f"context {seat.agent_id} {seat.runtime} {seat.session}"
    since = format_ns(parse(transaction.now) - _HOUR_NS)
    before = by_idempotency_key(transaction.db, author, key, since)
    if before:
        return before
    transaction.emit(
        events.MessageCreate(
            message_id=message_id,
            agent_id=author,
            body=Body(format="markdown", content=text),
            refs=[Pair("mention", seat.agent_id)],
            recipients=[seat.agent_id],
            idempotency_key=key,
        )
    )
    return message_id


def text(used: float, path: str, lines: int) -> str:
    """What is said.

    Args:
        used: percent of the context.
        path: where the snapshot is, or was to be put.
        lines: how many it has; 0 if none could be saved.
    """
    saved = (
        f"What was said last is saved in {path}, which the next session is shown."
        if lines
        else f"What was said could not be saved; {path} is where the next session looks for it."
    )
    return (
        f"The context of this session is {used:.0f} percent full. {saved} What is left to do"
        " belongs there under a line `## Resume Plan`, in your own words: nothing else outlasts a"
        " restart or a compaction whole."
    )
