"""What agents changed and did not commit, as their work contexts say."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

import msgspec

from thrum.claims.patterns import fold
from thrum.clock import format_ns, parse

LATELY_NS: Final = 4 * 3600 * 1_000_000_000
"""What was seen of a worktree longer ago says little of what goes on there."""

_UNCOMMITTED: Final = """
SELECT c.agent_id, c.git_updated_at, c.uncommitted_files
FROM agent_work_contexts c JOIN sessions s USING (session_id)
WHERE s.ended_at IS NULL AND c.uncommitted_files != '[]'
  AND c.git_updated_at > ? AND c.agent_id != ?
ORDER BY c.git_updated_at DESC, c.agent_id
"""
_files: Final = msgspec.json.Decoder(list[str])


class ChangedPath(msgspec.Struct):
    """A path that an agent changed and did not commit, as was seen then (`since`)."""

    path: str
    agent_id: str
    since: str


def changes(
    db: sqlite3.Connection, paths: Mapping[str, str], me: str, now: str
) -> list[ChangedPath]:
    """Who else changed the paths lately.

    Args:
        db: a connection.
        paths: from the repository's root, each by how it was said.
        me: whose changes do not count.
        now: the present.
    """
    wanted: dict[str, list[str]] = {}
    for said, path in paths.items():
        wanted.setdefault(fold(path), []).append(said)
    since = format_ns(max(parse(now) - LATELY_NS, 0))
    found: dict[tuple[str, str], ChangedPath] = {}
    for agent_id, seen_at, files in db.execute(_UNCOMMITTED, (since, me)):
        for file in _files.decode(files):
            for said in wanted.get(fold(file), ()):
                found.setdefault((said, agent_id), ChangedPath(said, agent_id, seen_at))
    return list(found.values())
