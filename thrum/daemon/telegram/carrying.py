"""Which messages go to the phone, to which chat there, and in which pieces."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from thrum.daemon.projection.queries import messages as queries
from thrum.daemon.projection.queries.arrivals import reached
from thrum.daemon.projection.queries.messages import Message
from thrum.daemon.telegram import kept, splitting
from thrum.daemon.telegram.kept import Parcel
from thrum.daemon.telegram.posting import SOURCE
from thrum.daemon.telegram.stanza import Stanza

MARKDOWN: Final = "markdown"
PLAIN: Final = "plain"
TAKEN_BACK: Final = "(taken back)"

_NEW: Final = """
SELECT m.message_id FROM messages m WHERE m.created_at > ?1 AND m.message_id IN (
  SELECT message_id FROM message_deliveries
  WHERE recipient_agent_id IN (SELECT value FROM json_each(?2)) AND inbox > 0
    AND delivered_at > ?1
  UNION SELECT message_id FROM message_scopes
  WHERE scope_type = 'group' AND scope_value IN (SELECT value FROM json_each(?3))
    AND created_at > ?1
  UNION SELECT message_id FROM message_refs
  WHERE ref_type = 'reply_to' AND ref_value IN (SELECT value FROM json_each(?4))
    AND created_at > ?1
) ORDER BY m.created_at, m.message_id
"""


class _About(msgspec.Struct):
    source: str = ""
    topic: int = 0


class Where(NamedTuple):
    """A chat, a topic of it, and what stands before the text there."""

    chat_id: int
    topic: int = 0
    to: str = ""


@dataclass
class Load:
    """What is to be queued.

    Attributes:
        parcels: what goes out.
        seen: version and chat of each message that was looked at.
    """

    parcels: list[Parcel] = field(default_factory=list)
    seen: dict[str, tuple[str, int]] = field(default_factory=dict)


def new_since(
    db: sqlite3.Connection, stanza: Stanza, since: str, mapped: Iterable[str]
) -> list[str]:
    """Messages that may be for the phone, the oldest first.

    Args:
        db: the projection.
        stanza: what is wanted.
        since: older ones are not asked for.
        mapped: messages that are known there; a reply to one may belong there.
    """
    rows = db.execute(
        _NEW,
        (
            since,
            json.dumps([stanza.person, *stanza.proxies]),
            json.dumps([each.group for each in stanza.groups]),
            json.dumps(list(mapped)),
        ),
    )
    return [message_id for (message_id,) in rows]


def replied_to(db: sqlite3.Connection, message_ids: Sequence[str]) -> dict[str, str]:
    """The message that each of these answers."""
    rows = db.execute(
        "SELECT message_id, reply_to FROM messages WHERE reply_to IS NOT NULL"
        " AND message_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(message_ids)),),
    )
    return dict(rows.fetchall())


def load(
    db: sqlite3.Connection,
    stanza: Stanza,
    message_ids: Sequence[str],
    *,
    since: str,
    chats: Mapping[str, int],
    known: Mapping[str, tuple[str, int]],
    asking: Collection[str],
) -> Load:
    """What follows from messages that are new, or have changed.

    Args:
        db: the projection.
        stanza: what is wanted.
        message_ids: which messages.
        since: older ones are not carried.
        chats: in which chat a message is that is known there.
        known: version and chat of those that were looked at before.
        asking: questions that are answered by buttons.
    """
    found = Load()
    inboxes = reached(db, message_ids, [stanza.person, *stanza.proxies])
    for message_id in message_ids:
        message = queries.message(db, message_id)
        if message is None:
            continue
        version, before = f"{message.updated_at} {message.deleted:d}", known.get(message_id)
        if before is not None and before[0] == version:
            continue
        if before is not None:
            found.seen[message_id] = (version, before[1])
            if before[1]:
                found.parcels += _changed(message, before[1])
            continue
        owners = {agent for each, agent in inboxes if each == message_id}
        where = None if message.created_at <= since else _where(db, message, stanza, owners, chats)
        found.seen[message_id] = (version, where.chat_id if where else 0)
        if where is not None and not message.deleted:
            found.parcels += _sent(message, where, stanza, asking)
    return found


def _where(
    db: sqlite3.Connection,
    message: Message,
    stanza: Stanza,
    owners: Collection[str],
    chats: Mapping[str, int],
) -> Where | None:
    """Where a message goes; never to a chat that nothing of it names."""
    if stanza.person in {message.author.agent_id, message.authored_by}:
        return None
    topic = _topic(db, message.reply_to)
    for scope in message.scopes:
        group = next((each for each in stanza.groups if each.group == scope.value), None)
        if scope.type == "group" and group is not None:
            return Where(group.chat_id, topic)
    replies_in = chats.get(message.reply_to, 0)
    if replies_in < 0 and stanza.of_chat(replies_in) is not None:
        return Where(replies_in, topic)
    for owner in sorted(owners):
        proxy = stanza.proxy(owner)
        if proxy is not None:
            return Where(proxy[0].chat_id, 0, f"@{proxy[1].bot.removeprefix('@')} ")
    if stanza.person in owners and stanza.chat_id:
        return Where(stanza.chat_id)
    return None


def _topic(db: sqlite3.Connection, reply_to: str) -> int:
    """The topic of a forum in which the message stands that is answered."""
    parent = queries.message(db, reply_to) if reply_to else None
    if parent is None or not parent.body.structured:
        return 0
    try:
        about = msgspec.json.decode(parent.body.structured, type=_About)
    except (msgspec.DecodeError, RecursionError):
        return 0
    return about.topic if about.source == SOURCE else 0


def _sent(message: Message, where: Where, stanza: Stanza, asking: Collection[str]) -> list[Parcel]:
    texts = _pieces(message, where.to)
    prompt_id = ""
    if where.chat_id == stanza.chat_id and where.chat_id > 0:
        prompt_id = next((e for e in (message.message_id, message.reply_to) if e in asking), "")
    return [
        Parcel(
            kept.SEND,
            where.chat_id,
            where.topic,
            message.message_id,
            part,
            text,
            _format(message),
            message.reply_to if part == 0 else "",
            prompt_id if part == len(texts) - 1 else "",
        )
        for part, text in enumerate(texts)
    ]


def _changed(message: Message, chat_id: int) -> list[Parcel]:
    """Every piece anew; those that there are too many of are taken away."""
    texts = [TAKEN_BACK] if message.deleted else _pieces(message, "")
    return [
        Parcel(kept.EDIT, chat_id, 0, message.message_id, part, texts[part], _format(message))
        if part < len(texts)
        else Parcel(kept.DELETE, chat_id, 0, message.message_id, part)
        for part in range(splitting.MOST)
    ]


def _pieces(message: Message, to: str) -> list[str]:
    content = message.body.content
    gap = "\n" if "\n" in content.strip() or content.lstrip()[:1] in {"#", "`", "~"} else " "
    text = f"{to}@{message.author.agent_id}:{gap}{content}"
    rest = f"(more: thrum message get {message.message_id})"
    return splitting.pieces(text, rest=rest)


def _format(message: Message) -> str:
    return MARKDOWN if message.body.format in {"", MARKDOWN} else PLAIN
