"""Messages as pages are told of them: sent, edited, taken back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final

import msgspec

from thrum import events
from thrum.daemon.projection.queries import messages, moves
from thrum.daemon.projection.queries.happenings import Happening
from thrum.daemon.projection.queries.rows import Row, add_audiences
from thrum.daemon.rpc.pushed import Pushed
from thrum.events import Pair

PREVIEW: Final = 100
"""Characters of a text that a preview shows."""

SPEAKS: Final = (events.MessageCreate, events.MessageEdit, events.MessageDelete)
"""Events after which a message is to be shown otherwise."""


class Name(msgspec.Struct):
    """Who wrote."""

    agent_id: str
    name: str


class Preview(msgspec.Struct):
    """The beginning of a text, cut at a character and never inside one."""

    content: str


class Brief(msgspec.Struct):
    """A message as older pages know it."""

    id: str
    thread_id: str
    agent_id: str
    session_id: str
    body: Preview
    scopes: list[Pair] | None
    timestamp: str


class Match(msgspec.Struct):
    """Which subscription of the connection matches, and by what: scope, mention or all."""

    subscription_id: int
    match_type: str


class MessageTold(Pushed):
    """A message came, from whatever clone, or its text changed.

    `preview` is the beginning of its text. `row` is the message as `message.list` shows it to the
    person; a Unix subscription does without. The message that it answers is of its thread, too. A
    page is told of an answer again if it is of another thread since what it answers came after it.
    """

    name: ClassVar = "notification.message"
    message_id: str
    thread_id: str
    author: Name
    preview: str
    scopes: list[Pair] | None
    timestamp: str
    origin_daemon: str
    message: Brief
    row: Row | None = None
    matched_subscription: Match | None = None


class MessageGone(Pushed):
    """A message was taken back; `row` is what is left of it."""

    name: ClassVar = "notification.message.deleted"
    message_id: str
    row: Row


def told(row: Row, origin: str) -> MessageTold:
    """What a push says of a message that is there."""
    preview = row.body.content[:PREVIEW]
    moment = row.updated_at or row.created_at
    brief = Brief(
        row.message_id,
        row.thread_id,
        row.agent_id,
        row.session_id,
        Preview(preview),
        row.scopes,
        moment,
    )
    return MessageTold(
        message_id=row.message_id,
        thread_id=row.thread_id,
        author=Name(row.agent_id, row.agent_id),
        preview=preview,
        scopes=row.scopes,
        timestamp=moment,
        origin_daemon=origin,
        message=brief,
    )


def rows(pushes: Iterable[Pushed]) -> list[Row]:
    """The messages that pushes show."""
    about = (each for each in pushes if isinstance(each, MessageTold | MessageGone))
    return [each.row for each in about if each.row is not None]


def moved(db: sqlite3.Connection, happened: Sequence[Happening]) -> list[tuple[int, str]]:
    """Answers that are of another thread since what they answer came, with the number of that."""
    came = arrived(happened)
    found = moves.moves(db, came)
    return [(came[each], answer) for each in found for answer in found[each].message_ids]


def arrived(happened: Sequence[Happening]) -> dict[str, int]:
    """The messages that came, with the number of that."""
    return {
        each.message_id: number
        for number, each in reversed(happened)
        if isinstance(each, events.MessageCreate)
    }


def pushes(
    db: sqlite3.Connection, happened: Sequence[Happening], person: str
) -> Iterator[tuple[int, Pushed]]:
    """What a person is told of messages, each with the number of what happened."""
    spoken = [(number, each) for number, each in happened if isinstance(each, SPEAKS)]
    if not spoken:
        return
    told_of = [(number, each.message_id) for number, each in spoken]
    told_of += moved(db, happened)
    ids = list(dict.fromkeys(message_id for _, message_id in told_of))
    found = {each.message_id: each for each in messages.messages_by_id(db, ids, person)}
    add_audiences(db, found.values())
    origins = messages.origins(db, ids)
    for number, message_id in told_of:
        row = found.get(message_id)
        if row is not None and row.deleted:
            yield number, MessageGone(message_id=row.message_id, row=row)
        elif row is not None:
            made = told(row, origins.get(row.message_id, ""))
            made.row = row
            yield number, made
