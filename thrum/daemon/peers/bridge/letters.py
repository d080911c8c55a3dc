"""What crosses a bridge: messages as they are by now, and who has read one.

A letter says how a message is, and not what happened to it. So it does no harm that one comes
twice, or that an older one comes after a newer one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from thrum import events
from thrum.clock import format_ns, parse
from thrum.daemon.peers.peer import Peer
from thrum.daemon.projection.facts import Event
from thrum.names import is_person, is_proxy

_MAIL: Final = frozenset(
    {*events.tokens(events.MessageCreate), *events.tokens(events.AboutMessage)}
)

MOST_TO: Final = 256
"""Recipients of one letter."""
USER: Final = "user_"
"""What stands before a person's name where an agent bears the same one."""


class Letter(msgspec.Struct, omit_defaults=True):
    """A message for agents of the peer, by the names that they bear there.

    `origin` is the daemon where it was written. It answers `answers`: a message of the peer's own
    where `answers_yours`, else one that was written at `answers_origin`. `edited_at` tells which of
    two letters of one message is the later one.
    """

    message_id: str
    origin: str
    author: str
    to: list[str]
    content: str = ""
    format: str = ""
    structured: str = ""
    display: str = ""
    edited_at: str = ""
    deleted: bool = False
    reason: str = ""
    answers: str = ""
    answers_origin: str = ""
    answers_yours: bool = False


class Reading(msgspec.Struct, omit_defaults=True):
    """An agent saw or read a message of the peer's; `type` and `way` as receipts have them."""

    message_id: str
    agent: str
    type: str
    way: str = ""


class Came(msgspec.Struct, omit_defaults=True):
    """What a message that came by a bridge says of itself, in its `structured`.

    `message_id`, `author_id` and `origin_daemon` are those at the other side, `edited_at` is the
    last edit's there, and `structured` what the author put there.
    """

    source: str = ""
    peer: str = ""
    peer_name: str = ""
    message_id: str = ""
    author_id: str = ""
    origin_daemon: str = ""
    edited_at: str = ""
    structured: str = ""


SOURCE: Final = "peer"
_came: Final = msgspec.json.Decoder(Came)


def came(structured: str | None) -> Came:
    """What a message says of where it came from; blank where it says nothing of it."""
    try:
        found = _came.decode(structured or "{}")
    except msgspec.DecodeError:
        return Came()
    return found if found.source == SOURCE else Came()


class Ours(NamedTuple):
    """By what it is known whether mail is for a peer: our daemon's ids, also those of before, and
    since when it is one."""

    daemon_ids: tuple[str, ...]
    since: str = ""


def ours(daemon_ids: tuple[str, ...], peer: Peer, now_ns: int) -> Ours:
    """The same for a peer. A clock that was ahead at the pairing, and was set right, says nothing.

    Args:
        daemon_ids: ours, also those of before.
        peer: whose mail it is.
        now_ns: what it is now.
    """
    try:
        began_ns = parse(peer.paired_at)
    except ValueError:
        return Ours(daemon_ids)
    return Ours(daemon_ids, format_ns(began_ns) if began_ns <= now_ns else "")


class Draft(msgspec.Struct):
    """What is told of an event, before it is known how the peer calls the message it is about.

    Attributes:
        letter, reading: what crosses; at most one of them.
        local_id: the message that came from the peer and is answered, or was read; may be empty.
    """

    letter: Letter | None = None
    reading: Reading | None = None
    local_id: str = ""


def draft(db: sqlite3.Connection, peer: Peer, event: Event, ours: Ours) -> Draft | None:
    """What is told a peer of an event; None where it is nothing for it."""
    match event:
        case events.MessageReceipt():
            return _reading(db, peer, event)
        case events.MessageCreate() | events.MessageEdit() | events.MessageDelete():
            return _letter(db, peer, event.message_id, ours)
        case _:
            return None


def drafted(db: sqlite3.Connection, peer: Peer, kind: str, line: bytes, ours: Ours) -> Draft | None:
    """The same of an event's line; its type tells mostly that it is nothing for anybody."""
    return draft(db, peer, events.decode(line), ours) if kind in _MAIL else None


def mail(db: sqlite3.Connection, peer: Peer, after: int) -> sqlite3.Cursor:
    """The events after a number, as `serving` tells them; without a line what is nothing for the
    peer for sure, so that a long history is passed over soon.

    Whoever has to do with a message has a delivery of it, its author, too. Of those who are at home
    with the peer and known here by their own names, the event itself says more.
    """
    is_somebody = _any_at_home(db, peer)
    return db.execute(
        "SELECT event_id, sequence, type, timestamp, origin_daemon, CASE WHEN ?1 OR EXISTS ("
        "SELECT 1 FROM message_deliveries"
        " WHERE message_id = coalesce(subject, json_extract(event_json, '$.message_id'))"
        " AND recipient_agent_id > ?2 AND recipient_agent_id < ?3) THEN event_json END"
        " FROM events WHERE sequence > ?4 AND withheld IS NULL ORDER BY sequence",
        (is_somebody, *span(peer), after),
    )


def _letter(db: sqlite3.Connection, peer: Peer, message_id: str, ours: Ours) -> Draft | None:
    row = db.execute(
        "SELECT m.agent_id, m.origin_daemon, m.body_content, m.body_format, m.body_structured,"
        " m.updated_at, m.deleted, m.delete_reason, m.reply_to, a.display"
        " FROM messages m LEFT JOIN agents a USING (agent_id) WHERE m.message_id = ?",
        (message_id,),
    ).fetchone()
    # Who stands for somebody else is never told onwards, so nothing goes in a ring.
    if row is None or is_proxy(row[0]):
        return None
    names = _to(db, peer, message_id, ours)
    if not names:
        return None
    made = Letter(
        message_id,
        row[1],
        spoken(db, row[0]),
        names,
        "" if row[6] else row[2],
        row[3],
        "" if row[6] else row[4] or "",
        row[9] or "",
        row[5] or "",
        bool(row[6]),
        row[7] or "",
    )
    return Draft(made, None, _answers(db, peer, made, row[8] or "", ours))


def _to(db: sqlite3.Connection, peer: Peer, message_id: str, ours: Ours) -> list[str]:
    """The agents of a peer whom the message was sent to, by the names that they bear there.

    Another clone of our repository may call another peer so. Where both it was sent there, and who
    is meant is known from there, it is that one's, and nothing for ours. Nor is what was sent
    before the peer was one, for another one may have been called so.
    """
    first, beyond = span(peer)
    rows = db.execute(
        "SELECT d.recipient_agent_id FROM message_deliveries d JOIN messages m USING (message_id)"
        " LEFT JOIN agents a ON a.agent_id = d.recipient_agent_id WHERE d.message_id = ?1"
        " AND d.recipient_agent_id > ?2 AND d.recipient_agent_id < ?3"
        " AND d.addressed_via IN ('recipient', 'mention')"
        " AND (m.origin_daemon IN (SELECT value FROM json_each(?4))"
        "  OR a.origin_daemon IN (SELECT value FROM json_each(?4))) AND m.created_at >= ?5"
        " ORDER BY 1 LIMIT ?6",
        (message_id, first, beyond, _json(ours.daemon_ids), ours.since, MOST_TO),
    )
    return [agent_id[len(first) :] for (agent_id,) in rows]


def span(peer: Peer) -> tuple[str, str]:
    """Between which two texts the ids stand that begin with the peer's prefix."""
    return peer.proxy(""), f"{peer.proxy_prefix};"


def _answers(db: sqlite3.Connection, peer: Peer, made: Letter, reply_to: str, ours: Ours) -> str:
    """Says in the letter what it answers; the message's id here where it came from the peer."""
    row = db.execute(
        "SELECT agent_id, body_structured, origin_daemon FROM messages WHERE message_id = ?",
        (reply_to,),
    ).fetchone()
    if row is None:
        return ""
    if str(row[0]).startswith(peer.proxy("")):
        made.answers, made.answers_yours = came(row[1]).message_id, True
        return reply_to
    if not is_proxy(row[0]) and _to(db, peer, reply_to, ours):
        made.answers, made.answers_origin = reply_to, row[2]
    return ""


def _reading(db: sqlite3.Connection, peer: Peer, event: events.MessageReceipt) -> Draft | None:
    row = db.execute(
        "SELECT m.agent_id, m.body_structured, d.addressed_via FROM messages m"
        " JOIN message_deliveries d USING (message_id)"
        " WHERE m.message_id = ? AND d.recipient_agent_id = ?",
        (event.message_id, event.agent_id),
    ).fetchone()
    if row is None or not str(row[0]).startswith(peer.proxy("")) or is_proxy(event.agent_id):
        return None
    said = came(row[1])
    reader = spoken(db, event.agent_id)
    told = Reading(said.message_id, reader, event.receipt_type, event.way)
    return Draft(None, told, event.message_id)


def spoken(db: sqlite3.Connection, agent_id: str) -> str:
    """What an agent or a person is called at the other side, behind the prefix."""
    if not is_person(agent_id):
        return agent_id
    name = agent_id.removeprefix("user:").lower()
    return f"{USER}{name}" if is_known(db, name) else name


def is_known(db: sqlite3.Connection, agent_id: str) -> bool:
    """Whether somebody of that id is registered."""
    row = db.execute("SELECT 1 FROM agents WHERE agent_id = ?", (agent_id,)).fetchone()
    return row is not None


def authors(db: sqlite3.Connection, message_ids: Sequence[str]) -> dict[str, str]:
    """Who wrote those of the messages that are here."""
    rows = db.execute(
        "SELECT message_id, agent_id FROM messages"
        " WHERE message_id IN (SELECT value FROM json_each(?))",
        (_json(message_ids),),
    )
    return dict(rows.fetchall())


def meant(db: sqlite3.Connection, peer: Peer, name: str) -> str:
    """Who is called so by a peer, the other way round; empty if nobody is."""
    if is_proxy(name) or is_person(name):
        return ""
    row = db.execute("SELECT origin_daemon FROM agents WHERE agent_id = ?", (name,)).fetchone()
    if row is not None:
        return name if row[0] not in peer.ids else ""
    bare = name.removeprefix(USER) if is_known(db, name.removeprefix(USER)) else name
    found = db.execute(
        "SELECT agent_id FROM agents WHERE kind = 'user' AND lower(agent_id) = ?",
        (f"user:{bare}",),
    ).fetchone()
    return str(found[0]) if found else ""


def is_direct(db: sqlite3.Connection, peer: Peer, kind: str, line: bytes) -> bool:
    """Whether an event of mail concerns an agent that is at home with the peer and known here by
    its own name: from a time when everything crossed, or by a remote of both."""
    if kind not in _MAIL:
        return False
    event = events.decode(line)
    if event.origin_daemon in peer.ids:
        return False
    match event:
        case events.MessageCreate():
            return _any_at_home(db, peer, event.recipients or ())
        case events.MessageReceipt():
            return _any_at_home(db, peer, _author(db, event.message_id))
        case events.MessageEdit() | events.MessageDelete():
            rows = db.execute(
                "SELECT recipient_agent_id FROM message_deliveries WHERE message_id = ?",
                (event.message_id,),
            )
            return _any_at_home(db, peer, [agent_id for (agent_id,) in rows])
        case _:
            return False


def may_take(db: sqlite3.Connection, peer: Peer, event: Event) -> bool:
    """Whether such an event is the peer's to make: an agent of its own did it."""
    if event.origin_daemon not in peer.ids:
        return False
    match event:
        case events.MessageCreate() | events.MessageReceipt():
            return _any_at_home(db, peer, [event.agent_id])
        case events.MessageEdit() | events.MessageDelete():
            return _any_at_home(db, peer, _author(db, event.message_id))
        case _:
            return False


def _author(db: sqlite3.Connection, message_id: str) -> list[str]:
    rows = db.execute("SELECT agent_id FROM messages WHERE message_id = ?", (message_id,))
    return [agent_id for (agent_id,) in rows]


def _any_at_home(db: sqlite3.Connection, peer: Peer, among: Sequence[str] | None = None) -> bool:
    """Whether one of them is at home with the peer; of nobody named: whether anybody is."""
    row = db.execute(
        "SELECT 1 FROM agents WHERE origin_daemon IN (SELECT value FROM json_each(?1))"
        " AND (?2 IS NULL OR agent_id IN (SELECT value FROM json_each(?2))) LIMIT 1",
        (_json(peer.ids), None if among is None else _json(among)),
    ).fetchone()
    return row is not None


def _json(texts: Sequence[str]) -> str:
    return msgspec.json.encode(list(texts)).decode()
