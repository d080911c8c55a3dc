"""Mail that did not arrive, and why: a table, all of which is kept in mind.

Who refuses keeps it until somebody asks what mail waits for; whose mail it is keeps the answer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final, NamedTuple

from thrum.daemon.state import Tables

MOST: Final = 2_000
"""Refusals that are kept, the newest of them."""

REFUSED: Final = "peers_refused"
"""What we did not take of peers."""
RETURNED: Final = "peers_returned"
"""What peers did not take of ours."""

SCHEMA: Final = "".join(
    f"""
CREATE TABLE {name} (
  message_id TEXT NOT NULL,
  agent TEXT NOT NULL,
  held TEXT NOT NULL,
  since TEXT NOT NULL,
  PRIMARY KEY (message_id, agent)
);
"""
    for name in (REFUSED, RETURNED)
)


class Refusal(NamedTuple):
    """Why a message did not reach somebody, a token of `thrum.held`, and since when."""

    held: str
    since: str


class Refusals:
    """Refusals of one kind, by messages and agents. On the event loop only.

    Args:
        tables: where they stand.
        name: in which table: `REFUSED` or `RETURNED`.
    """

    def __init__(self, tables: Tables, name: str) -> None:
        self._tables = tables
        self._name = name
        self._known: dict[str, dict[str, Refusal]] | None = None

    def of(self, message_id: str) -> Mapping[str, Refusal]:
        """Those of one message, by agents; none before they were read."""
        return (self._known or {}).get(message_id, {})

    async def read(self) -> None:
        """Takes in what was kept, if that was not done before.

        Raises:
            ThrumError: as `Tables.ask`.
        """
        if self._known is None:
            self._known = await self._tables.ask(self._all)

    async def settle(self, now: Mapping[str, Mapping[str, str]], since: str) -> None:
        """Notes how it stands with some messages by now; it is on disk then.

        Args:
            now: by messages whom each did not reach, and why; nobody where it reached everybody.
            since: what time it is.

        Raises:
            ThrumError: as `Tables.ask` and `Tables.write`.
        """
        await self.read()
        changed = {
            message_id: {
                agent: Refusal(held, self.of(message_id).get(agent, Refusal(held, since)).since)
                for agent, held in agents.items()
            }
            for message_id, agents in now.items()
        }
        changed = {each: said for each, said in changed.items() if said != self.of(each)}
        if changed:
            self._known = await self._tables.write(lambda db: self._put(db, changed))

    def _put(
        self, db: sqlite3.Connection, changed: Mapping[str, Mapping[str, Refusal]]
    ) -> dict[str, dict[str, Refusal]]:
        db.executemany(
            f"DELETE FROM {self._name} WHERE message_id = ?", [(each,) for each in changed]
        )
        db.executemany(
            f"INSERT INTO {self._name} (message_id, agent, held, since) VALUES (?, ?, ?, ?)",
            [
                (message_id, agent, *refusal)
                for message_id, agents in changed.items()
                for agent, refusal in agents.items()
            ],
        )
        db.execute(
            f"DELETE FROM {self._name} WHERE rowid NOT IN"
            f" (SELECT rowid FROM {self._name} ORDER BY since DESC, rowid DESC LIMIT {MOST})"
        )
        return self._all(db)

    def _all(self, db: sqlite3.Connection) -> dict[str, dict[str, Refusal]]:
        found: dict[str, dict[str, Refusal]] = {}
        sql = f"SELECT message_id, agent, held, since FROM {self._name}"
        for message_id, agent, held, since in db.execute(sql):
            found.setdefault(message_id, {})[agent] = Refusal(held, since)
        return found
