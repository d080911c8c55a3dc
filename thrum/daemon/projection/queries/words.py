"""What agents wrote last."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

PREVIEW: Final = 200
"""Characters of a text that are shown."""

_LAST: Final = """
SELECT m.agent_id, m.message_id, m.created_at, substr(m.body_content, 1, ?2)
FROM json_each(?1) w JOIN messages m ON m.message_id =
  (SELECT x.message_id FROM messages x WHERE x.agent_id = w.value AND x.deleted = 0
   ORDER BY x.created_at DESC, x.message_id DESC LIMIT 1)
"""


class Word(NamedTuple):
    """The last message of somebody that was not taken back, and its beginning."""

    message_id: str
    created_at: str
    preview: str


def last_words(db: sqlite3.Connection, agent_ids: Iterable[str]) -> dict[str, Word]:
    """What each of the agents wrote last, if anything. One statement."""
    rows = db.execute(_LAST, (json.dumps(list(agent_ids)), PREVIEW))
    return {row[0]: Word(*row[1:]) for row in rows}
