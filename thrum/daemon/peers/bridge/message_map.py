"""Which message here is which one at the other side: a table, and what of it was used last.

Where it has forgotten, the message itself says in its `structured` which one it is there.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple, TypeVar

import msgspec

from thrum.daemon.state import Tables

MOST: Final = 10_000
"""Messages that are kept in mind."""

MESSAGES: Final = """
CREATE TABLE peers_messages (
  origin TEXT NOT NULL,
  remote_id TEXT NOT NULL,
  local_id TEXT NOT NULL,
  PRIMARY KEY (origin, remote_id)
) WITHOUT ROWID;
CREATE INDEX peers_messages_local ON peers_messages (local_id);
"""

K = TypeVar("K")
V = TypeVar("V")


class Remote(NamedTuple):
    """A message at the other side: the daemon where it was written, and its id."""

    origin: str
    message_id: str


class MessageMap:
    """Messages that crossed, by either of their ids. On the event loop only.

    Args:
        tables: where all of them stand.
        most: how many are kept in mind.
    """

    def __init__(self, tables: Tables, most: int = MOST) -> None:
        self._tables = tables
        self._most = most
        self._here: OrderedDict[Remote, str] = OrderedDict()
        self._there: OrderedDict[str, Remote] = OrderedDict()

    async def here(self, remotes: Collection[Remote]) -> dict[Remote, str]:
        """Those of the messages that came, by their ids there.

        Raises:
            ThrumError: as `Tables.ask`.
        """
        found = self._used(self._here, remotes)
        left = [each for each in remotes if each not in found]
        if left:
            asked = await self._tables.ask(lambda db: _here(db, left))
            self._remember(asked)
            found |= asked
        return found

    async def there(self, local_ids: Collection[str]) -> dict[str, Remote]:
        """The same by their ids here.

        Raises:
            ThrumError: as `Tables.ask`.
        """
        found = self._used(self._there, local_ids)
        left = [each for each in local_ids if each not in found]
        if left:
            asked = await self._tables.ask(lambda db: _there(db, left))
            self._remember({remote: local_id for local_id, remote in asked.items()})
            found |= asked
        return found

    async def put(self, made: Mapping[Remote, str]) -> None:
        """Notes messages that came; they are on disk then. Doing it again changes nothing.

        Raises:
            ThrumError: as `Tables.write`.
        """
        new = {remote: local for remote, local in made.items() if self._here.get(remote) != local}
        if new:
            await self._tables.write(lambda db: _put(db, new))
            self._remember(new)

    @staticmethod
    def _used(known: OrderedDict[K, V], wanted: Collection[K]) -> dict[K, V]:
        """What is in mind of that, which is from now on the last to be forgotten."""
        found = {each: known[each] for each in wanted if each in known}
        for each in found:
            known.move_to_end(each)
        return found

    def _remember(self, found: Mapping[Remote, str]) -> None:
        for remote, local_id in found.items():
            self._here[remote] = local_id
            self._there[local_id] = remote
        while len(self._here) > self._most:
            self._here.popitem(last=False)
        while len(self._there) > self._most:
            self._there.popitem(last=False)


def _here(db: sqlite3.Connection, remotes: Collection[Remote]) -> dict[Remote, str]:
    rows = db.execute(
        "SELECT m.origin, m.remote_id, m.local_id FROM json_each(?) w JOIN peers_messages m"
        " ON m.origin = json_extract(w.value, '$[0]')"
        " AND m.remote_id = json_extract(w.value, '$[1]')",
        (_json(remotes),),
    )
    return {Remote(origin, remote_id): local_id for origin, remote_id, local_id in rows}


def _there(db: sqlite3.Connection, local_ids: Collection[str]) -> dict[str, Remote]:
    rows = db.execute(
        "SELECT local_id, origin, remote_id FROM peers_messages"
        " WHERE local_id IN (SELECT value FROM json_each(?))",
        (_json(local_ids),),
    )
    return {local_id: Remote(origin, remote_id) for local_id, origin, remote_id in rows}


def _put(db: sqlite3.Connection, made: Mapping[Remote, str]) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO peers_messages (origin, remote_id, local_id) VALUES (?, ?, ?)",
        [(*remote, local_id) for remote, local_id in made.items()],
    )


def _json(values: Collection[object]) -> str:
    return msgspec.json.encode(list(values)).decode()
