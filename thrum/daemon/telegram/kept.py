"""What the bridge keeps in ``state.db``: how far the bot was read, what is still to go out, and
which message there is which one here."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from thrum.daemon.state import Schema

SCHEMA: Final = Schema(
    "telegram",
    (
        """
CREATE TABLE telegram_bots (
  bot_id INTEGER PRIMARY KEY,
  next_update INTEGER NOT NULL,
  moved_at INTEGER NOT NULL, -- unix; when an update last came
  since TEXT NOT NULL -- RFC 3339; what is older is not carried to the phone
);
CREATE TABLE telegram_msg_map (
  external_key TEXT PRIMARY KEY, -- <chat>:<message>
  thrum_msg_id TEXT NOT NULL,
  part INTEGER NOT NULL, -- of a text that became several messages there
  created_at INTEGER NOT NULL
);
CREATE INDEX telegram_msg_map_thrum ON telegram_msg_map (thrum_msg_id, part);
CREATE TABLE telegram_carried (
  message_id TEXT PRIMARY KEY,
  version TEXT NOT NULL, -- when it was changed last, as of what was carried
  chat_id INTEGER NOT NULL, -- 0: it is nobody's there
  created_at INTEGER NOT NULL
);
CREATE TABLE telegram_outbound_queue (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL, -- send, edit, delete, note, unbutton
  chat_id INTEGER NOT NULL,
  topic INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  part INTEGER NOT NULL,
  content TEXT NOT NULL,
  format TEXT NOT NULL,
  reply_to TEXT NOT NULL,
  prompt_id TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE telegram_buttons (
  prompt_id TEXT NOT NULL,
  chat_id INTEGER NOT NULL,
  tele_id INTEGER NOT NULL,
  PRIMARY KEY (chat_id, tele_id)
);
""",
    ),
)

SEND: Final = "send"
EDIT: Final = "edit"
DELETE: Final = "delete"
NOTE: Final = "note"
UNBUTTON: Final = "unbutton"

KEPT_S: Final = 30 * 24 * 3600
"""For so long it is known which message there is which one here."""

MOST_WAITING: Final = 10_000
"""Messages that wait to go out; above that, new ones do not."""


class Bot(NamedTuple):
    """How far a bot was read."""

    next_update: int
    moved_at: int
    since: str


class Parcel(NamedTuple):
    """One call that is still to be made.

    Attributes:
        kind: what is to be done with a message there.
        chat_id: where.
        topic: in which topic of a forum; 0 for none.
        message_id: the message here; empty for a note of the bridge's own.
        part: which piece of it.
        content: what is said.
        format: markdown, or plain.
        reply_to: the message here to which it is a reply; empty for none.
        prompt_id: the question that is answered by its buttons; empty for none.
        id: its place in the queue.
        attempts: how often it was tried.
    """

    kind: str
    chat_id: int
    topic: int = 0
    message_id: str = ""
    part: int = 0
    content: str = ""
    format: str = ""
    reply_to: str = ""
    prompt_id: str = ""
    id: int = 0
    attempts: int = 0


def begin(db: sqlite3.Connection, bot_id: int, now: str, unix: int) -> Bot:
    """How far a bot was read; one that is new is noted with the present."""
    db.execute("INSERT OR IGNORE INTO telegram_bots VALUES (?, 0, ?, ?)", (bot_id, unix, now))
    row = db.execute(
        "SELECT next_update, moved_at, since FROM telegram_bots WHERE bot_id = ?", (bot_id,)
    ).fetchone()
    return Bot(*row)


def move(db: sqlite3.Connection, bot_id: int, next_update: int, unix: int) -> None:
    """Notes that a bot was read up to an update."""
    db.execute(
        "UPDATE telegram_bots SET next_update = ?, moved_at = ? WHERE bot_id = ?",
        (next_update, unix, bot_id),
    )


# -- which message there is which one here --


def key(chat_id: int, tele_id: int) -> str:
    """How a message there is called."""
    return f"{chat_id}:{tele_id}"


def pair(
    db: sqlite3.Connection, chat_id: int, tele_id: int, message_id: str, part: int, unix: int
) -> None:
    """Notes which message here one there is."""
    db.execute(
        "INSERT OR REPLACE INTO telegram_msg_map VALUES (?, ?, ?, ?)",
        (key(chat_id, tele_id), message_id, part, unix),
    )


def take_over(db: sqlite3.Connection, pairs: Iterable[tuple[str, str, int]]) -> None:
    """Notes what another program knew, where nothing is known: keys, messages here, and when."""
    db.executemany("INSERT OR IGNORE INTO telegram_msg_map VALUES (?, ?, 0, ?)", pairs)


def here(db: sqlite3.Connection, chat_id: int, tele_id: int) -> str:
    """The message here that one there is; empty if that is not known."""
    row = db.execute(
        "SELECT thrum_msg_id FROM telegram_msg_map WHERE external_key = ?",
        (key(chat_id, tele_id),),
    ).fetchone()
    return str(row[0]) if row else ""


def there(db: sqlite3.Connection, message_id: str) -> dict[int, tuple[int, int]]:
    """Chat and message there of each part of one here."""
    rows = db.execute(
        "SELECT part, external_key FROM telegram_msg_map WHERE thrum_msg_id = ? ORDER BY part",
        (message_id,),
    )
    return {part: _parted(external) for part, external in rows}


def chats(db: sqlite3.Connection, message_ids: Iterable[str]) -> dict[str, int]:
    """In which chat each of these messages is."""
    rows = db.execute(
        "SELECT thrum_msg_id, external_key FROM telegram_msg_map"
        " WHERE thrum_msg_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(message_ids)),),
    )
    return {message_id: _parted(external)[0] for message_id, external in rows}


def _parted(external: str) -> tuple[int, int]:
    chat, _, tele = external.partition(":")
    return int(chat), int(tele)


# -- what goes out --


def carried(db: sqlite3.Connection, message_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Version and chat of those messages that were looked at already."""
    rows = db.execute(
        "SELECT message_id, version, chat_id FROM telegram_carried"
        " WHERE message_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(message_ids)),),
    )
    return {message_id: (version, chat) for message_id, version, chat in rows}


def lately_carried(db: sqlite3.Connection, unix: int) -> list[str]:
    """Messages that went to some chat since a moment."""
    rows = db.execute(
        "SELECT message_id FROM telegram_carried WHERE chat_id != 0 AND created_at >= ?", (unix,)
    )
    return [message_id for (message_id,) in rows]


def put(
    db: sqlite3.Connection,
    parcels: Iterable[Parcel],
    seen: Mapping[str, tuple[str, int]],
    unix: int,
) -> int:
    """Queues what is to go out, and notes of which messages; whatever does not fit is counted.

    Args:
        db: the tables.
        parcels: what is to go out.
        seen: version and chat of every message that was looked at.
        unix: now.
    """
    (waiting,) = db.execute("SELECT count(*) FROM telegram_outbound_queue").fetchone()
    left_out = 0
    for each in parcels:
        if waiting >= MOST_WAITING:
            left_out += 1
            continue
        waiting += 1
        db.execute(
            "INSERT INTO telegram_outbound_queue (kind, chat_id, topic, message_id, part, content,"
            " format, reply_to, prompt_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            each[:9],
        )
    db.executemany(
        "INSERT INTO telegram_carried VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET version = excluded.version, chat_id = excluded.chat_id",
        [(message_id, version, chat, unix) for message_id, (version, chat) in seen.items()],
    )
    return left_out


def first(db: sqlite3.Connection) -> Parcel | None:
    """What goes out next."""
    row = db.execute(
        "SELECT kind, chat_id, topic, message_id, part, content, format, reply_to, prompt_id, id,"
        " attempts FROM telegram_outbound_queue ORDER BY id LIMIT 1"
    ).fetchone()
    return Parcel(*row) if row else None


def waiting(db: sqlite3.Connection) -> int:
    """How much still waits to go out."""
    (count,) = db.execute("SELECT count(*) FROM telegram_outbound_queue").fetchone()
    return int(count)


def tried(db: sqlite3.Connection, parcel_id: int) -> None:
    """Notes that one was tried in vain."""
    db.execute(
        "UPDATE telegram_outbound_queue SET attempts = attempts + 1 WHERE id = ?", (parcel_id,)
    )


def done(db: sqlite3.Connection, parcel: Parcel, tele_id: int, unix: int) -> None:
    """Takes away what went out; with which message it became there, if it became one."""
    db.execute("DELETE FROM telegram_outbound_queue WHERE id = ?", (parcel.id,))
    if not tele_id:
        return
    if parcel.message_id:
        pair(db, parcel.chat_id, tele_id, parcel.message_id, parcel.part, unix)
    if parcel.prompt_id:
        db.execute(
            "INSERT OR REPLACE INTO telegram_buttons VALUES (?, ?, ?)",
            (parcel.prompt_id, parcel.chat_id, tele_id),
        )


# -- buttons --


def unbutton(db: sqlite3.Connection, waiting: Iterable[str]) -> int:
    """Queues that buttons are taken away of whatever does not wait for an answer any more.

    Args:
        db: the tables.
        waiting: the questions that do.
    """
    rows = db.execute(
        "DELETE FROM telegram_buttons WHERE prompt_id NOT IN (SELECT value FROM json_each(?))"
        " RETURNING prompt_id, chat_id, tele_id",
        (json.dumps(list(waiting)),),
    ).fetchall()
    for prompt_id, chat_id, tele_id in rows:
        db.execute(
            "INSERT INTO telegram_outbound_queue (kind, chat_id, topic, message_id, part, content,"
            " format, reply_to, prompt_id) VALUES (?, ?, 0, '', ?, '', '', '', ?)",
            (UNBUTTON, chat_id, tele_id, prompt_id),
        )
    return len(rows)


def buttons(db: sqlite3.Connection) -> int:
    """How many messages there have buttons."""
    (count,) = db.execute("SELECT count(*) FROM telegram_buttons").fetchone()
    return int(count)


def sweep(db: sqlite3.Connection, unix: int) -> None:
    """Forgets what is too old to be replied to, unless a question is answered by it."""
    before = unix - KEPT_S
    db.execute(
        "DELETE FROM telegram_msg_map WHERE created_at < ?"
        " AND thrum_msg_id NOT IN (SELECT prompt_id FROM telegram_buttons)",
        (before,),
    )
    db.execute("DELETE FROM telegram_carried WHERE created_at < ?", (before,))
