"""What agents write and search for, and what must hold of the index."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Collection
from typing import Final

from tests.simulation.broken import Broken
from tests.simulation.node import Node
from thrum.clock import parse
from thrum.daemon.projection.search import about, find, index
from thrum.daemon.projection.search.query import parse_query
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
)

_TAIL: Final = 8
"""Characters at the end of a mark, which the index writes out also where two begin alike."""

_VISIBLE: Final = """
SELECT m.message_id, m.created_at, m.agent_id, m.body_content, m.visibility_class = 'broadcast',
  m.reply_to IS NOT NULL, m.body_structured IS NOT NULL
FROM messages m WHERE m.deleted = 0
"""


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
    return chance.choice([" ", " ", " OR "]).join(terms)


def search(node: Node, question: str, me: str) -> int:
    """Searches; how much was found, which is what a scan of all visible texts finds.

    Raises:
        Broken: with the node, the question and what differs.
    """
    db = node.store.reader()
    query = parse_query(question, node.now_ns())
    scan = Scan.of(db, query, me)
    wanted = {
        message_id
        for message_id, made, scanned in _visible(db)
        if query.is_within(parse(made)) and scan.fits(scanned)
    }
    names = dict(db.execute("SELECT row, message_id FROM messages"))
    for newest_first in (False, True):
        page = find.find(db, query, me, limit=find.RANKED, newest_first=newest_first)
        found = {names[hit.row] for hit in page.hits}
        if found != wanted or page.total != len(wanted):
            more, less = sorted(found - wanted), sorted(wanted - found)
            raise Broken(f"{node.name}: {question!r} finds {more} too much, and lacks {less}")
    return len(wanted)


def _visible(db: sqlite3.Connection) -> list[tuple[str, str, Scanned]]:
    """Every message that is not taken back: its id, when it was made, and what a scan reads."""
    return [
        (
            message_id,
            made,
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
        for message_id, made, author, text, broadcast, reply, structured in db.execute(
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
