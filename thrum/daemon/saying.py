"""What the daemon itself says: messages, each once in a while."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from anyio import to_thread

from thrum import events
from thrum.clock import format_ns, parse
from thrum.daemon.callers import pseudo_agent
from thrum.daemon.callers.person import git_user
from thrum.daemon.projection.queries.messages import by_idempotency_key
from thrum.daemon.transaction import Transaction
from thrum.events import Body, Pair

if TYPE_CHECKING:
    from thrum.daemon.node import Node


async def supervisor(node: Node) -> str:
    """The id under which the daemon speaks to agents and people."""
    person, _ = await to_thread.run_sync(git_user, str(node.place.repository))
    return pseudo_agent.supervisor_id(node.config, node.identity, person)


def send_once(
    transaction: Transaction,
    message_id: str,
    *,
    author: str,
    key: str,
    within_ns: int,
    to: Sequence[str],
    text: str,
    reply_to: str = "",
    session_id: str = "",
) -> str:
    """Sends a notice unless it was sent a while ago; its id.

    Args:
        transaction: where it is sent.
        message_id: for the notice.
        author: who says it.
        key: what it is about; a notice with the same one is the same.
        within_ns: for how long one that was sent counts, in nanoseconds.
        to: whom it is for.
        text: what is said.
        reply_to: the message that it answers, if any.
        session_id: in which session it is said, if in any.
    """
    since = format_ns(parse(transaction.now) - within_ns)
    before = by_idempotency_key(transaction.db, author, key, since)
    if before:
        return before
    refs = [Pair("mention", each) for each in to]
    if reply_to:
        refs.append(Pair("reply_to", reply_to))
    transaction.emit(
        events.MessageCreate(
            message_id=message_id,
            agent_id=author,
            session_id=session_id,
            body=Body(format="markdown", content=text),
            refs=refs,
            recipients=list(to),
            idempotency_key=key,
        )
    )
    return message_id
