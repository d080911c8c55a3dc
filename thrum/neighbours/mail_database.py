"""The database of mcp-agent-mail: the same messages as in its archive, with the same ids."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from thrum.errors import ThrumError
from thrum.migration import older

_TABLES: Final = {"messages", "agents", "projects", "message_recipients"}

_MESSAGES: Final = """
SELECT m.id, p.slug, m.thread_id, m.subject, m.body_md, m.importance, m.created_ts, a.name
FROM messages m JOIN projects p ON p.id = m.project_id JOIN agents a ON a.id = m.sender_id
ORDER BY m.id
"""

_RECIPIENTS: Final = """
SELECT r.message_id, r.kind, a.name
FROM message_recipients r JOIN agents a ON a.id = r.agent_id
WHERE r.kind IN ('to', 'cc') ORDER BY r.message_id, a.name
"""


def messages(path: Path) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Each message: what it is called, its project, and what a head of the archive says of it.

    Raises:
        ThrumError: ``not_found``, it is no such database; ``database``, it cannot be read.
    """
    with older.connected(path) as db:
        try:
            found = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not {name for (name,) in found} >= _TABLES:
                todo = "name storage.sqlite3 of mcp-agent-mail, or its archive"
                raise ThrumError("not_found", f"{path} has no mail of mcp-agent-mail", todo)
            people: dict[tuple[object, object], list[object]] = {}
            for message, kind, name in db.execute(_RECIPIENTS):
                people.setdefault((message, kind), []).append(name)
            for key, slug, thread, subject, text, importance, at, author in db.execute(_MESSAGES):
                fields = {"id": key, "from": author, "subject": subject, "body_md": text}
                fields |= {"thread_id": thread, "importance": importance, "created": _moment(at)}
                fields |= {kind: people.get((key, kind), []) for kind in ("to", "cc")}
                yield f"message {key}", str(slug), fields
        except sqlite3.Error as error:
            raise older.unreadable(error) from None


def _moment(said: object) -> object:
    """Its times are UTC, without saying so."""
    if not isinstance(said, str):
        return said
    text = said.replace(" ", "T", 1)
    return text if text.endswith("Z") or "+" in text else f"{text}Z"
