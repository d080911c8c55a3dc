"""A connection that is told what a session's subscriptions match, and the words it is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from thrum.daemon.projection.queries import arrivals, messages
from thrum.daemon.projection.queries.rows import Row
from thrum.daemon.push.mail import Match, told
from thrum.daemon.push.wishes import Wish
from thrum.daemon.rpc import protocol
from thrum.daemon.rpc.registry import Connection
from thrum.events import Pair
from thrum.names import is_person


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a batch of messages: rows and origins by id, and whom they reached."""

    rows: dict[str, Row]
    origins: dict[str, str]
    reached: set[tuple[str, str]]


def look_up(db: sqlite3.Connection, message_ids: Sequence[str], agents: Iterable[str]) -> Known:
    """What pushes of the messages to the agents need. Its statements do not grow with either."""
    return Known(
        {row.message_id: row for row in messages.messages_by_id(db, message_ids, "")},
        messages.origins(db, message_ids),
        arrivals.reached(db, message_ids, agents),
    )


@dataclass(eq=False, slots=True)
class Pushing:
    """Pushes what a session's subscriptions match to one connection.

    Attributes:
        session_id: whose subscriptions.
        agent_id: whose session.
        connection: where to.
        since: how many messages had been heard of when it began; these are not for it.
    """

    session_id: str
    agent_id: str
    connection: Connection
    since: int = 0

    def push(self, message_id: str, wishes: Sequence[Wish], known: Known) -> None:
        """Pushes a message or its edit if a subscription matches."""
        found = known.rows.get(message_id)
        if found is None or found.deleted:
            return
        match = self.match(found, wishes, known.reached)
        if match:
            about = told(found, known.origins.get(message_id, ""))
            about.matched_subscription = match
            self.connection.push(protocol.push(about.name, about))

    def match(
        self, found: Row, wishes: Sequence[Wish], reached: Container[tuple[str, str]]
    ) -> Match | None:
        """The first subscription that matches the message.

        Args:
            reached: which messages lie in whose inbox.
        """
        for wish in wishes:
            by = self._match(wish, found, reached)
            if by:
                return Match(wish.id, by)
        return None

    def _match(self, wish: Wish, found: Row, reached: Container[tuple[str, str]]) -> str:
        if wish.scope and wish.scope in (found.scopes or ()):
            return "scope"
        if wish.mention and Pair("mention", wish.mention) in (found.refs or ()):
            return "mention"
        if wish.scope or wish.mention:
            return ""
        is_its = is_person(self.agent_id) or (found.message_id, self.agent_id) in reached
        return "all" if is_its else ""
