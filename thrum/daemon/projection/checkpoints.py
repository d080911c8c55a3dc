"""Having the database file take over what its write-ahead log holds, while nobody waits for it.

SQLite does that at the end of whichever commit makes the log too long, and whoever waits for that
commit waits some 20 ms for two syncs of the disk. So another thread does it, long before, and
seldom, for whoever writes the journal meanwhile waits for the same disk. SQLite's own bound
(`connection.MOST_PAGES`) stays for when that cannot keep up.
https://www.sqlite.org/wal.html#ckpt
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

DUE: Final = 8000
"""Pages in the log from which on it is worth two syncs, some 32 MB: a disk that syncs them keeps
the journal waiting, too."""

PAGES_OF_COMMIT: Final = 28
CHANGES_OF_PAGE: Final = 4
"""By which is reckoned how many pages a commit added, since SQLite tells nobody."""

PATIENCE_S: Final = 5.0
PAUSE_S: Final = 0.02


class Checkpoints:
    """Owns the thread, which is begun when it is needed for the first time.

    Args:
        database: the file; whoever closes it for good calls `close` before.

    Attributes:
        taken: how often the thread did its work.
    """

    def __init__(self, database: Path) -> None:
        self.taken = 0
        self._database = database
        self._pages = 0
        self._changes = 0
        self._due: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def grows(self, changes: int) -> None:
        """Notes that a transaction is committed. On the thread that writes.

        Args:
            changes: rows that its connection has changed since it was opened.
        """
        self._pages += PAGES_OF_COMMIT + (changes - self._changes) // CHANGES_OF_PAGE
        self._changes = changes
        if self._pages < DUE:
            return
        self._pages = 0
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
            self._thread.start()
        self._due.put(True)

    def empty(self) -> bool:
        """Has the file take over the whole log now; whether it did. On the thread that writes.

        Who reads at that moment prevents it, or the thread of this; nobody is waited for.

        Raises:
            sqlite3.Error: the disk refuses.
        """
        with closing(sqlite3.connect(self._database, isolation_level=None, timeout=0)) as db:
            return settle(db, 0)

    def close(self) -> None:
        """Ends the thread, and what it is at."""
        if self._thread is not None:
            self._due.put(False)
            self._thread.join()

    def _run(self) -> None:
        with closing(sqlite3.connect(self._database, isolation_level=None)) as db:
            while self._due.get():
                try:
                    db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                    self.taken += 1
                except sqlite3.Error:
                    # Nothing is lost by it: what is committed stands in the log until it is done.
                    logger.exception("the database does not take over its log; it is tried again")


def settle(db: sqlite3.Connection, patience_s: float = PATIENCE_S) -> bool:
    """Has the file take over all of its log, and empties that.

    Where a thread of ours is at it already SQLite refuses instead of waiting.

    Returns:
        Whether it did; somebody who reads may prevent it.
    """
    until = time.monotonic() + patience_s
    while True:
        busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy or time.monotonic() > until:
            return not busy
        time.sleep(PAUSE_S)
