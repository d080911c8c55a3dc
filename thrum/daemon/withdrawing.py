"""Taking a message back that has not left this clone, with its bytes.

Unlike a deletion, which is an event that everybody gets, nothing is left of it: neither in the
branch and the journal (`gitstore.unsent`) nor in the database. The order makes it safe to be killed
anywhere: that the message goes is durable first, and the next start goes on from there.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import pygit2
from msgspec import Struct, field

from gitstore import Log, LogError, Outcome
from thrum import events
from thrum.daemon.notices import Forgotten
from thrum.daemon.projection import checkpoints, rebuild
from thrum.daemon.projection.apply import messages, threads
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables
from thrum.daemon.store import Store
from thrum.daemon.transaction import Transaction
from thrum.errors import ThrumError

LARGEST_COMPACTED: Final = 256_000_000
"""Bytes of the largest database that is written anew, which keeps all that write waiting."""
LARGEST_SEARCHED: Final = 64_000_000
SHORTEST_SEARCHED: Final = 12
"""Bytes of a body from which on finding them elsewhere says something."""
_KNOWN: Final = frozenset({Outcome.OK, Outcome.NO_SUCH_BRANCH, Outcome.NO_REMOTE})

logger = logging.getLogger("thrum.daemon")


class Withdrawn(Struct):
    """What came of taking a message back.

    Attributes:
        events: how many events about it are gone, the message's own included.
        answers: how many messages answer it and stay.
        left: where its text may still be, a sentence each.
    """

    events: int
    answers: int
    left: list[str] = field(default_factory=list)


def withdraw(log: Log, store: Store, message_id: str, folder: Path, unasked: str) -> Withdrawn:
    """Takes a message back, on the thread that owns the branch.

    Args:
        log: the open log.
        store: the store upon it.
        message_id: whose rights to it were looked at.
        folder: where our files are, which are searched for its text.
        unasked: why the remote is not to be asked; empty if it is.

    Raises:
        ThrumError: ``conflict``, it has left, or nobody can tell; ``storage``.
        LogError, OSError, pygit2.GitError: the disk refuses; the next start goes on.
    """
    _demand_unsent(log, store.reader(), message_id, unasked)

    def decide(transaction: Transaction) -> tuple[list[bytes], int]:
        raws = list(_about(transaction.db, message_id).values())
        answers = len(threads.answers(transaction.tables, message_id))
        log.begin_withdrawal(message_id, raws)
        _forget(transaction.tables, message_id)
        return raws, answers

    raws, answers = store.transact_blocking(decide)
    left = log.withdraw()
    stayed = _end(log, store, message_id)
    left += compacted(store.database)
    left += [f"{path}" for path in _holding(folder, raws, _held_open(store.database))]
    return Withdrawn(len(raws) - stayed, answers, left)


def go_on(log: Log, store: Store) -> None:
    """Ends what was begun before the daemon was killed; where the disk refuses, the next start."""
    for message_id in log.withdrawals:
        try:
            for words in log.withdraw():
                logger.warning("a withdrawn message may still be in %s", words)
            _end(log, store, message_id)
            compacted(store.database)
        except (LogError, ThrumError, OSError, KeyError, pygit2.GitError) as error:
            logger.warning("a message is not withdrawn yet: %s", error)


def _demand_unsent(log: Log, db: sqlite3.Connection, message_id: str, unasked: str) -> None:
    if not unasked:
        answer = log.look()
        if answer.outcome not in _KNOWN:
            raise ThrumError(
                "conflict",
                f"nobody can tell whether the remote has it: {answer.words}",
                "try again when the remote can be read",
            )
    if log.has_left(_creates(db, message_id).values()):
        raise ThrumError(
            "conflict",
            "the message has left this clone, and others may have it",
            "`thrum message delete` takes it back for everybody; its text stays in the history",
        )


_SENDS: Final = (
    "SELECT event_id, event_json FROM events WHERE event_id IN"
    " (SELECT event_id FROM messages WHERE message_id = ?1"
    "  UNION SELECT event_id FROM rival_creates WHERE message_id = ?1)"
)


def _creates(db: sqlite3.Connection, message_id: str) -> dict[str, bytes]:
    """The events that send the message, by their ids, as they stand in the log."""
    return {event_id: text.encode() for event_id, text in db.execute(_SENDS, (message_id,))}


def _about(db: sqlite3.Connection, message_id: str) -> dict[str, bytes]:
    """The same, and behind them all that is about the message."""
    types = events.tokens(events.AboutMessage)
    marks = ", ".join("?" * len(types))
    rows = db.execute(
        f"SELECT event_id, event_json FROM events WHERE subject = ? AND type IN ({marks})",
        (message_id, *types),
    )
    return _creates(db, message_id) | {event_id: text.encode() for event_id, text in rows}


def _forget(tables: Tables, message_id: str) -> None:
    """Removes the message and all that is about it from the tables, bytes included."""
    tables.db.execute("PRAGMA secure_delete = ON")
    messages.drop(tables, list(_about(tables.db, message_id)))


def _end(log: Log, store: Store, message_id: str) -> int:
    """Brings the tables to what the log says now; how many events about it have left and stay."""
    remaining = log.remaining(message_id)

    def decide(transaction: Transaction) -> None:
        _forget(transaction.tables, message_id)
        take(transaction.tables, remaining)
        transaction.notice(Forgotten())

    store.transact_blocking(decide)
    log.end_withdrawal(message_id)
    return len(remaining)


def compacted(database: Path) -> list[str]:
    """Writes the database anew, so that no page keeps what was deleted; where it may still be."""
    words = [f"{database}, until it is rebuilt"]
    if database.stat().st_size > LARGEST_COMPACTED:
        return words
    try:
        with closing(sqlite3.connect(database, isolation_level=None, timeout=5)) as db:
            db.execute("VACUUM")
            is_settled = checkpoints.settle(db)
    except sqlite3.Error as error:
        logger.warning("the database is not compacted: %s", error)
        return words
    return [] if is_settled else words


def _held_open(database: Path) -> frozenset[Path]:
    """The files of the databases that this process has open, which nobody here may open besides.

    Whoever closes a file gives up all locks that his process has on it. SQLite's would be gone, and
    another process would take the database for one that nobody uses.
    """
    return frozenset((*rebuild.parts(database), *rebuild.parts(database.with_name("state.db"))))


def _holding(folder: Path, raws: Sequence[bytes], but: frozenset[Path]) -> Iterator[Path]:
    """The files below a folder that hold one of the events, or the body of one, but for some."""
    wanted = [*raws, *_bodies(raws)]
    for path in sorted(folder.rglob("*")):
        if path in but or path.is_symlink() or not path.is_file():
            continue
        if _has_any(path, wanted):
            yield path


def _has_any(path: Path, wanted: Sequence[bytes]) -> bool:
    try:
        if path.stat().st_size > LARGEST_SEARCHED:
            return False
        data = path.read_bytes()
    except OSError:
        return False  # it has gone, or it is nobody's to read
    return any(each in data for each in wanted)


def _bodies(raws: Sequence[bytes]) -> Iterator[bytes]:
    for raw in raws:
        event = events.decode(raw)
        body = getattr(event, "body", None)
        content = body.content.encode() if isinstance(body, events.Body) else b""
        if len(content) >= SHORTEST_SEARCHED:
            yield content
