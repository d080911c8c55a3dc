"""Commands in ``state.db``, and what somebody has yet to be told of them.

Each change of a state names the states that it may come from, in one transaction with what is to be
said of it: of two who end a command at once one does, and what was not said before a crash is said
after it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from thrum.daemon.queue.command import ACTIVE, LIVE, MOST, Command, State
from thrum.daemon.state import Schema
from thrum.errors import ThrumError

SCHEMA: Final = Schema(
    "queue",
    (
        """
CREATE TABLE queue_commands (
  command_id TEXT PRIMARY KEY,
  session_name TEXT NOT NULL,
  requester_agent TEXT NOT NULL,
  command_text TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued',
  timeout_ms INTEGER NOT NULL DEFAULT 120000,
  silence_ms INTEGER NOT NULL DEFAULT 5000,
  notify_on_complete INTEGER NOT NULL DEFAULT 1,
  submitted_at TEXT NOT NULL,
  sent_at TEXT NOT NULL DEFAULT '',
  completed_at TEXT NOT NULL DEFAULT '',
  captured_output TEXT,
  position INTEGER NOT NULL DEFAULT 0,
  exit_status INTEGER
);
CREATE INDEX queue_by_session ON queue_commands (session_name, state);
CREATE TABLE queue_notices (
  key TEXT PRIMARY KEY,
  requester_agent TEXT NOT NULL,
  body TEXT NOT NULL
);
""",
    ),
)

_SELECT: Final = """
SELECT command_id, session_name, requester_agent, command_text, timeout_ms, silence_ms,
  notify_on_complete, submitted_at, state, sent_at, completed_at, captured_output, exit_status,
  position
FROM queue_commands
"""


class Notice(NamedTuple):
    """What somebody is to be told, once.

    Attributes:
        key: what it is about.
        to: whom it is for.
        body: what is said.
    """

    key: str
    to: str
    body: str


def add(db: sqlite3.Connection, new: Command) -> int:
    """Keeps a new one at the end of its queue; its place there.

    Raises:
        ThrumError: ``busy``, too many wait.
    """
    place = len(live(db, new.session)) + 1
    if place > MOST:
        text = f"{MOST} commands wait for the session {new.session}"
        raise ThrumError("busy", text, f"`thrum tmux queue-status {new.session}` shows them")
    db.execute(
        "INSERT INTO queue_commands (command_id, session_name, requester_agent, command_text,"
        " timeout_ms, silence_ms, notify_on_complete, submitted_at, position)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(new.id, new.session, new.requester, new.text, new.timeout_ms, new.silence_ms),
            *(int(new.notifies), new.submitted_at, place),
        ),
    )
    return place


def command(db: sqlite3.Connection, command_id: str) -> Command:
    """The command of that id.

    Raises:
        ThrumError: ``not_found``.
    """
    row = db.execute(f"{_SELECT} WHERE command_id = ?", (command_id,)).fetchone()
    if row is None:
        text = f"command not found: {command_id[:80]}"
        raise ThrumError("not_found", text, "`thrum tmux queue-status SESSION` shows ids")
    return _command(row)


def live(db: sqlite3.Connection, session: str = "") -> list[Command]:
    """Those that have not ended, of a session or of all, in the order of their coming."""
    where = f"WHERE state IN ({_marks(LIVE)}) AND (session_name = ? OR ? = '')"
    values = (*_values(LIVE), session, session)
    # Not by their ids: those of a daemon whose clock was set back may be smaller than earlier ones.
    return [_command(row) for row in db.execute(f"{_SELECT} {where} ORDER BY rowid", values)]


def first(db: sqlite3.Connection, session: str) -> Command | None:
    """The one that is next in a session."""
    queued = (each for each in live(db, session) if each.state is State.QUEUED)
    return next(queued, None)


def latest(db: sqlite3.Connection, session: str) -> Command | None:
    """The one that runs in a session, else the one that was typed there last; None if none was."""
    where = "WHERE session_name = ? AND sent_at != ''"
    order = f"ORDER BY state IN ({_marks(ACTIVE)}) DESC, completed_at DESC LIMIT 1"
    row = db.execute(f"{_SELECT} {where} {order}", (session, *_values(ACTIVE))).fetchone()
    return _command(row) if row else None


def sent(db: sqlite3.Connection, command_id: str, at: str) -> bool:
    """Notes that it is about to be typed; whether it still may be."""
    return _moved(db, command_id, (State.QUEUED,), State.SENT, "sent_at = ?", (at,))


def unsent(db: sqlite3.Connection, command_id: str) -> bool:
    """Notes that nothing of it was typed after all; whether it still waits."""
    return _moved(db, command_id, (State.SENT,), State.QUEUED, "sent_at = ''", ())


def stands(db: sqlite3.Connection, command_id: str) -> bool:
    """Notes that it stands where it was typed, not ended, so that its turn comes again; whether it
    was under way. When it was sent says so."""
    return _moved(db, command_id, (State.SENT,), State.QUEUED, "sent_at = sent_at", ())


def late(db: sqlite3.Connection, command_id: str, notice: Notice | None) -> bool:
    """Notes that it takes longer than was said; whether it was under way."""
    found = _moved(db, command_id, (State.SENT,), State.LATE, "sent_at = sent_at", ())
    if found:
        _tell(db, notice)
    return found


def ended(
    db: sqlite3.Connection, after: Command, states: Sequence[State], notice: Notice | None
) -> bool:
    """Notes how one ended, and what is to be said of it; whether it did so now.

    Args:
        db: a connection.
        after: the command as it ended.
        states: the states that it may have been in; in another one nothing is noted.
        notice: what is to be said.
    """
    sets = "completed_at = ?, captured_output = ?, exit_status = ?"
    values = (after.completed_at, after.output, after.exit_status)
    found = _moved(db, after.id, states, after.state, sets, values)
    if found:
        _tell(db, notice)
    return found


def notices(db: sqlite3.Connection) -> list[Notice]:
    """What is yet to be said, in the order of its coming."""
    rows = db.execute("SELECT key, requester_agent, body FROM queue_notices ORDER BY rowid")
    return [Notice(*row) for row in rows]


def told(db: sqlite3.Connection, key: str) -> None:
    """Notes that it was said."""
    db.execute("DELETE FROM queue_notices WHERE key = ?", (key,))


def forget(db: sqlite3.Connection, before: str) -> None:
    """Forgets what ended before a time."""
    marks, values = _marks(LIVE), _values(LIVE)
    where = f"state NOT IN ({marks}) AND completed_at < ?"
    db.execute(f"DELETE FROM queue_commands WHERE {where}", (*values, before))


def _moved(
    db: sqlite3.Connection,
    command_id: str,
    before: Sequence[State],
    after: State,
    sets: str,
    values: Iterable[Any],
) -> bool:
    done = db.execute(
        f"UPDATE queue_commands SET state = ?, {sets}"
        f" WHERE command_id = ? AND state IN ({_marks(before)})",
        (after.value, *values, command_id, *_values(before)),
    )
    return done.rowcount == 1


def _tell(db: sqlite3.Connection, notice: Notice | None) -> None:
    if notice is not None:
        db.execute("INSERT OR IGNORE INTO queue_notices VALUES (?, ?, ?)", notice)


def _marks(states: Sequence[State]) -> str:
    return ", ".join("?" * len(states))


def _values(states: Sequence[State]) -> tuple[str, ...]:
    return tuple(each.value for each in states)


def _command(row: Sequence[Any]) -> Command:
    command_id, session, requester, text, timeout_ms, silence_ms, notifies, *rest = row
    submitted_at, state, sent_at, completed_at, output, exit_status, position = rest
    return Command(
        id=command_id,
        session=session,
        requester=requester,
        text=text,
        timeout_ms=timeout_ms,
        silence_ms=silence_ms,
        notifies=bool(notifies),
        submitted_at=submitted_at,
        state=State(state),
        sent_at=sent_at,
        completed_at=completed_at,
        output=output,
        exit_status=exit_status,
        position=position,
    )
