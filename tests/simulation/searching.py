"""What agents write and search for, and what must hold of the index."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from tests.simulation.broken import Broken
from tests.simulation.node import Node
from thrum import events
from thrum.clock import parse
from thrum.daemon.projection.search import about, find, index
from thrum.daemon.projection.search.find import Hit
from thrum.daemon.projection.search.query import Query, parse_query
from thrum.daemon.projection.search.scan import Scan, Scanned

WORDS: Final = (
    "alpha",
    "Beta",
    "getUserName",
    "src/auth/jwt.py",
    "snake_case",
    "caf\u00e9",
    "CAFE\u0301",
    "\u65e5\u672c\u8a9e",
    "token expired",
)
ASKED: Final = (
    *WORDS,
    "user",
    '"token expired"',
    "alp*",
    "get*",
    "-beta",
    "-alpha",
    "\u672c",
    "has:reply",
    "-has:reply",
    "role:tester",
    "from:me",
    "to:me",
    "has:unread",
    "-has:unread",
)

_TAIL: Final = 8
"""Characters at the end of a mark, which the index writes out also where two begin alike."""

_VISIBLE: Final = """
SELECT m.message_id, m.created_at, m.agent_id, m.body_content, m.visibility_class = 'broadcast',
  m.reply_to IS NOT NULL, m.body_structured IS NOT NULL, coalesce(m.thread_id, '')
FROM messages m WHERE m.deleted = 0
"""
_THREADS: Final = "SELECT DISTINCT thread_id FROM messages WHERE thread_id > '' ORDER BY 1"
_UNREAD: Final = """
SELECT message_id FROM message_deliveries
WHERE recipient_agent_id = ? AND inbox = 1 AND read_at IS NULL
"""


class Seen(NamedTuple):
    """A message that is not taken back: when it was made, in which thread, what a scan reads."""

    message_id: str
    made: str
    thread: str
    scanned: Scanned


def mark(chance: random.Random) -> str:
    """A word that no other text has."""
    return f"{chance.getrandbits(64):016x}"


def text(chance: random.Random, mark: str) -> str:
    """A text with words that others have, too, and one that none has."""
    return " ".join((*chance.choices(WORDS, k=chance.randint(0, 5)), mark))


def asked(chance: random.Random, db: sqlite3.Connection, marks: Collection[str]) -> str:
    """A question."""
    terms = chance.choices(ASKED, k=chance.randint(1, 3))
    if marks and chance.random() < 0.3:
        terms = [chance.choice(sorted(marks))]
    moments = [row[0] for row in db.execute("SELECT created_at FROM messages ORDER BY 1")]
    if moments and chance.random() < 0.3:
        terms.append(f"{chance.choice(['before', 'after'])}:{chance.choice(moments)}")
    threads = [row[0] for row in db.execute(_THREADS)]
    if threads and chance.random() < 0.2:
        terms.append(f"{chance.choice(['', '-'])}thread:{chance.choice(threads)}")
    return chance.choice([" ", " ", " OR "]).join(terms)


def read(node: Node, chance: random.Random) -> str:
    """One of the node's agents reads what it has not read."""
    who = chance.choice(node.agents)
    unread = sorted(row[0] for row in node.store.reader().execute(_UNREAD, (who,)))
    if not unread:
        return f"{who}: nothing"
    message_id = chance.choice(unread)
    receipt = events.MessageReceipt(message_id=message_id, agent_id=who, receipt_type="read")
    node.emit(receipt)
    return f"{who} {message_id}"


def search(node: Node, question: str, me: str, chance: random.Random) -> int:
    """Searches; how many messages were found, which are those that a scan of all finds.

    Contexts and snapshots come between them, each once, on pages of whatever length.

    Raises:
        Broken: with the node, the question and what differs.
    """
    db = node.store.reader()
    query = parse_query(question, node.now_ns())
    seen = _visible(db)
    wanted = _wanted(db, query, me, seen)
    kept = _kept(Scan.of(db, query, me), query, [parse(each.made) for each in seen], chance)
    names = dict(db.execute("SELECT row, message_id FROM messages"))
    for newest_first in (False, True):
        hits = _pages(db, query, me, chance.randint(1, 9), kept, newest_first=newest_first)
        found = {names.get(hit.row, str(hit.row)) for hit in hits if hit.text < 0}
        texts = sorted(hit.text for hit in hits if hit.text >= 0)
        if found != wanted:
            more, less = sorted(found - wanted), sorted(wanted - found)
            raise Broken(f"{node.name}: {question!r} finds {more} too much, and lacks {less}")
        if len(hits) != len(wanted) + len(kept) or texts != list(range(len(kept))):
            raise Broken(f"{node.name}: {question!r} finds {hits}, with {len(kept)} other texts")
    return len(wanted)


def _wanted(db: sqlite3.Connection, query: Query, me: str, seen: Iterable[Seen]) -> set[str]:
    """The messages that are meant, by reading all of them."""
    scan = Scan.of(db, query, me)
    unread = {row[0] for row in db.execute(_UNREAD, (me,))}
    return {
        each.message_id
        for each in seen
        if query.is_within(parse(each.made)) and scan.fits(each.scanned)
        if all((each.thread == thread) is not out for thread, out in query.threads)
        if query.unread is None or (each.message_id in unread) is query.unread
    }


def _kept(scan: Scan, query: Query, moments: Sequence[int], chance: random.Random) -> list[int]:
    """When contexts and snapshots that fit were written, some as somebody wrote a message."""
    if query.threads or query.unread is not None or not moments:
        return []  # they are in no thread, and nobody's to read
    written = [chance.choice(moments) + chance.choice([0, 0, 10**6]) for _ in range(4)]
    return [
        when
        for when in written
        if query.is_within(when)
        and scan.fits(Scanned(" ".join(chance.choices(WORDS, k=4)), {about.ANY, about.by("nux")}))
    ]


def _pages(
    db: sqlite3.Connection,
    query: Query,
    me: str,
    limit: int,
    kept: Sequence[int],
    *,
    newest_first: bool,
) -> list[Hit]:
    """All pages, one behind the other."""
    hits: list[Hit] = []
    cursor = None
    while True:
        page = find.find(
            db, query, me, limit=limit, cursor=cursor, newest_first=newest_first, others=kept
        )
        hits += page.hits
        cursor = page.next
        if cursor is None:
            return hits


def _visible(db: sqlite3.Connection) -> list[Seen]:
    """Every message that is not taken back."""
    return [
        Seen(
            message_id,
            made,
            thread,
            Scanned(
                text,
                about.about(
                    author,
                    _values(db, "ref", "mention", message_id),
                    _values(db, "scope", "group", message_id),
                    broadcast=bool(broadcast),
                    reply=bool(reply),
                    structured=bool(structured),
                ).split(),
            ),
        )
        for message_id, made, author, text, broadcast, reply, structured, thread in db.execute(
            _VISIBLE
        ).fetchall()
    ]


def _values(db: sqlite3.Connection, what: str, kind: str, message_id: str) -> list[str]:
    rows = db.execute(
        f"SELECT {what}_value FROM message_{what}s WHERE message_id = ? AND {what}_type = ?",
        (message_id, kind),
    )
    return [value for (value,) in rows]


def compare(node: Node) -> None:
    """Holds the index against the tables.

    Raises:
        Broken: they differ.
    """
    try:
        index.check(node.store._db)
    except sqlite3.DatabaseError as error:
        raise Broken(f"{node.name}: the index is not what the tables have: {error}") from error


def check_gone(node: Node, marks: Collection[str]) -> None:
    """What was taken back, changed or purged is in no page of the index, once that is tidied.

    Raises:
        Broken: with the node and the words.
    """
    while node.store._writer.tables.forget_some():
        pass
    db = node.store.reader()
    shown = " ".join(
        row[0] for row in db.execute("SELECT body_content FROM messages WHERE deleted = 0")
    )
    pages = b"".join(row[0] for row in db.execute(f"SELECT block FROM {index.NAME}_data"))
    there = {each for each in marks if each in shown}
    kept = {each for each in marks if each[-_TAIL:].encode() in pages}
    if kept != there:
        more, less = sorted(kept - there), sorted(there - kept)
        raise Broken(
            f"{node.name}: the index has words of texts that are gone: {more}; lacks {less}"
        )
