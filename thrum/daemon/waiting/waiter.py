"""One call that waits: what it waits for, and what came. Pure, but for its questions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import anyio

from thrum import events
from thrum.daemon.projection.queries import answers, arrivals, listing, messages
from thrum.daemon.projection.queries.arrivals import Arrival
from thrum.daemon.projection.queries.filters import ListFilter
from thrum.daemon.projection.queries.listing import Listed
from thrum.daemon.projection.queries.rows import Row
from thrum.events import Pair

SHOWN: Final = 20
"""Messages that an answer shows."""

AT_ONCE: Final = 200
"""Arrivals since a cursor that are looked at by one question."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What counts, as `message.list` means it: never one's own, and hardly what one has read.

    Attributes:
        agent_id: whose inbox, without a scope.
        scope: only messages with it, in whose inbox ever.
        role: besides the inbox, messages that mention it; with a scope only these.
        created_after: only later ones, of what is here already.
        floor: only later ones, of what arrives.
        also_read: whether what arrives counts even if it was read before one was told.
        answers: a message; only what others answered to it counts then, whoever it is for.
    """

    agent_id: str
    scope: Pair | None = None
    role: str = ""
    created_after: str = ""
    floor: str = ""
    also_read: bool = False
    answers: str = ""

    def is_named_in(self, message: events.MessageCreate | Row) -> bool:
        """Whether the message counts by what it says of itself, in whose inbox ever it is."""
        if self.answers:
            return any(ref.type == "reply_to" for ref in message.refs or ())
        mention = bool(self.role) and Pair("mention", self.role) in (message.refs or ())
        if self.scope is None:
            return mention
        return self.scope in (message.scopes or ()) and (mention or not self.role)

    def needs_inbox(self) -> bool:
        """Whether what counts is also told by whose inbox a message is in."""
        return self.scope is None and not self.answers

    def is_in(self, row: Row) -> bool:
        """Whether the message still counts: it is another's, and neither read nor taken back."""
        is_mine = row.agent_id == self.agent_id
        is_read = row.is_read and not self.also_read
        return not (is_mine or row.deleted or is_read) and row.created_at > self.floor


@dataclass(eq=False)
class Waiter:
    """Somebody who waits.

    Attributes:
        wanted: what for.
        position: the number of the last arrival that was judged.
        came: arrivals since that may count.
        is_behind: whether it has to look for itself, because it was not told of everything.
    """

    wanted: Wanted
    position: int = 0
    came: list[Arrival] = field(default_factory=list)
    is_behind: bool = False
    wake: anyio.Event = field(default_factory=anyio.Event)

    def tell(self, came: Iterable[Arrival], position: int) -> None:
        """Takes what of a batch may count, and how far that batch goes."""
        self.came += came
        if not self.is_behind:
            self.position = max(self.position, position)
        if self.came:
            self.wake.set()

    def missed(self) -> None:
        """Has it look for itself from where it is."""
        self.is_behind = True
        self.wake.set()

    def take(self) -> list[Arrival]:
        """What came and was not taken yet."""
        came, self.came = self.came, []
        self.wake = anyio.Event()
        return came


def here(db: sqlite3.Connection, wanted: Wanted) -> tuple[Listed, int]:
    """What is unread and counts at once, the oldest first; and the number of the last arrival.

    Without a time only the inbox is looked at: of what is in nobody's inbox nobody can say that it
    was read, so it would count for ever.
    """
    number = arrivals.last(db)  # first: what comes in between is judged once more
    if wanted.answers:
        rows = answered(db, wanted)
        return Listed(rows, len(rows), 1, SHOWN, 1, unread=0), number
    me, role = wanted.agent_id, wanted.role
    of_inbox = wanted.scope is None or not wanted.created_after
    asked = ListFilter(
        for_agent=me if of_inbox else "",
        or_mention=role if wanted.scope is None and wanted.created_after else "",
        mentions=(role,) if wanted.scope is not None and role else (),
        scope=wanted.scope,
        unread_for=me,
        reader=me,
        exclude_author=me,
        created_after=wanted.created_after,
        ascending=True,
        page_size=SHOWN,
    )
    return listing.list_messages(db, asked), number


def since(db: sqlite3.Connection, wanted: Wanted, number: int) -> tuple[list[Row], int, bool]:
    """What counts of the arrivals after a number, up to which number, and whether there are more.

    One portion: others get their turn between two.
    """
    if wanted.answers:
        # Those that are here count whenever they came, so that nobody need remember how far he was.
        last = arrivals.last(db)
        return answered(db, wanted), last, False
    portion = arrivals.since(db, number, AT_ONCE)
    rows, reached = still(db, wanted, _counting(db, wanted, portion), number)
    if len(rows) < SHOWN and portion:
        reached = portion[-1].number
    return rows, reached, len(portion) == AT_ONCE


def _counting(db: sqlite3.Connection, wanted: Wanted, portion: list[Arrival]) -> list[Arrival]:
    """Those of the arrivals that may count."""
    ids, me = [each.message_id for each in portion], wanted.agent_id
    found: set[str] = set()
    if wanted.needs_inbox():
        found = {each for each, _ in arrivals.reached(db, ids, [me])}
    if wanted.scope or wanted.role:
        rows = messages.messages_by_id(db, ids, me)
        found |= {row.message_id for row in rows if wanted.is_named_in(row)}
    return [each for each in portion if each.message_id in found]


def still(
    db: sqlite3.Connection, wanted: Wanted, came: list[Arrival], number: int
) -> tuple[list[Row], int]:
    """Those of the arrivals that count, in their order and not more than are shown.

    Args:
        db: a connection.
        wanted: what counts.
        came: arrivals that may count.
        number: the number that is reached where all of them are shown.

    Returns:
        The rows, and the number of the last arrival that they cover.
    """
    if wanted.answers:
        return answered(db, wanted), number
    ids = [each.message_id for each in came]
    found = {row.message_id: row for row in messages.messages_by_id(db, ids, wanted.agent_id)}
    rows: list[Row] = []
    for each in came:
        row = found.get(each.message_id)
        if row is not None and wanted.is_in(row):
            rows.append(row)
        if len(rows) == SHOWN:
            return rows, each.number
    return rows, number


def answered(db: sqlite3.Connection, wanted: Wanted) -> list[Row]:
    """The first answers by others to the message that is waited upon, read or not."""
    ids = answers.answers(db, wanted.answers, SHOWN)
    return messages.messages_by_id(db, ids, wanted.agent_id)
