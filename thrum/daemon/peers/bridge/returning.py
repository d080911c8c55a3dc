"""Telling authors, once, that a peer did not take what they sent to somebody of it.

The reasons are tokens of ours: a peer says nothing in the supervisor's name.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import msgspec

from thrum import held
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.saying import send_once
from thrum.daemon.transaction import Transaction
from thrum.names import is_proxy
from thrum.plurals import counted

_MONTH_NS: Final = 30 * 24 * 3600 * 1_000_000_000
_LONGEST: Final = 60
"""Characters of a message by which its author knows it again."""


class Unseen(NamedTuple):
    """A message of somebody here that was sent to an agent of a peer and was not seen there."""

    message_id: str
    agent_id: str
    author: str
    text: str


def unseen(db: sqlite3.Connection, agent_ids: Sequence[str], ours: Collection[str]) -> list[Unseen]:
    """What was sent to them and was not seen, the oldest first.

    Args:
        db: the projection.
        agent_ids: who stand for agents of a peer.
        ours: this daemon's ids: authors of other clones hear of it there.
    """
    rows = db.execute(
        "SELECT m.message_id, d.recipient_agent_id, m.agent_id, m.body_content, m.origin_daemon"
        " FROM message_deliveries d JOIN messages m USING (message_id)"
        " WHERE d.recipient_agent_id IN (SELECT value FROM json_each(?))"
        " AND d.inbox = 1 AND d.read_at IS NULL AND d.seen_at IS NULL AND m.deleted = 0"
        " AND d.addressed_via IN ('recipient', 'mention')"
        " ORDER BY m.created_at, m.message_id",
        (msgspec.json.encode(list(agent_ids)).decode(),),
    )
    return [Unseen(*row[:4]) for row in rows if row[4] in ours and not is_proxy(row[2])]


def tell(transaction: Transaction, found: Sequence[Unseen], why: str, speaker: str) -> None:
    """Tells each author of its messages that did not arrive, in one notice for each agent.

    Args:
        transaction: in which it is told.
        found: the messages.
        why: a token of `thrum.held`.
        speaker: who tells it: the supervisor.
    """
    notices: defaultdict[tuple[str, str], list[Unseen]] = defaultdict(list)
    for each in found:
        notices[each.author, each.agent_id].append(each)
    for (author, agent_id), messages in notices.items():
        if agent_queries.agent(transaction.db, author) is None:
            continue
        ids = "\n".join(each.message_id for each in messages)
        which = hashlib.sha256(ids.encode()).hexdigest()[:16]
        send_once(
            transaction,
            transaction.origin.ids.make("msg"),
            author=speaker,
            key=f"peer returned {agent_id} {why} {which}",
            within_ns=_MONTH_NS,
            to=[author],
            text=text(agent_id, messages, why),
            reply_to=messages[-1].message_id,
        )


def text(agent_id: str, messages: Sequence[Unseen], why: str) -> str:
    """What is said of messages to one agent."""
    last = messages[-1]
    head = " ".join(last.text.split())
    begins = f" ({head[:_LONGEST]}{'…' if len(head) > _LONGEST else ''})" if head else ""
    if len(messages) == 1:
        return f"Your message {last.message_id}{begins} to @{agent_id} {held.words(why, '')}."
    many = f"{counted(len(messages), 'message')} of yours to @{agent_id}"
    return f"{many} {held.words(why, '')}; the last is {last.message_id}{begins}."
