"""What agents changed and did not commit, as their work contexts say."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from operator import attrgetter

import msgspec

from thrum.claims.patterns import fold
from thrum.clock import format_ns, parse
from thrum.daemon.projection.queries.unfinished import LATELY_NS, unfinished
from thrum.daemon.work import matching


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
    others = [each for each in unfinished(db, since) if each.agent_id != me and not each.is_over]
    others.sort(key=attrgetter("agent_id"))
    for each in sorted(others, key=attrgetter("seen_at"), reverse=True):
        for file in matching.paths_of(each.names):
            for said in wanted.get(fold(file), ()):
                changed = ChangedPath(said, each.agent_id, each.seen_at)
                found.setdefault((said, each.agent_id), changed)
    return list(found.values())
