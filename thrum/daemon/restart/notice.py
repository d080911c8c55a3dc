"""Telling an agent, once in an hour, that the context of its session is nearly full."""

from __future__ import annotations

from typing import Final

from thrum.daemon.delivery.given import Seat
from thrum.daemon.saying import send_once
from thrum.daemon.transaction import Transaction

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
    return send_once(
        transaction,
        message_id,
        author=author,
        key=key,
        within_ns=_HOUR_NS,
        to=[seat.agent_id],
        text=text,
    )


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
