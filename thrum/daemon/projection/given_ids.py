"""Up to which id events of ours were made, where no table tells of it any more.

A purge takes what is about a message along with it, and a clean-up what is about an agent: also
events of ours with an id above every mark. Ids of a daemon increase for good, see `thrum.purges`; a
restart goes on after those that are here, and after the present, which is no help where the clock
was ahead. So a file beside the database says which was the last one before events went; it is on
disk before they go.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from thrum import atomic, small_file
from thrum.daemon.projection import numbering
from thrum.errors import ThrumError
from thrum.ids import Ids, is_ulid_id

FILE: Final = "ids"
PREFIX: Final = "evt"


class GivenIds:
    """The last id before events went. The writer's, but for opening.

    Args:
        path: the file; it need not exist.
        ids: what gives them.
        db: the database; what went from it before this is told by the file.
    """

    def __init__(self, path: Path, ids: Ids, db: sqlite3.Connection) -> None:
        self._path = path
        self._ids = ids
        self._epoch = numbering.epoch(db)
        self.last = _read(path)

    def cover(self, db: sqlite3.Connection) -> None:
        """Sees to it that the last id outlasts the events that go in this transaction.

        Raises:
            ThrumError: ``storage``, the disk refuses; nothing may be committed then.
        """
        epoch = numbering.epoch(db)
        if epoch == self._epoch:
            return
        last = self._ids.last(PREFIX)
        if last > self.last:
            self._keep(last)
        self._epoch = epoch

    def _keep(self, last: str) -> None:
        try:
            atomic.replace(self._path, f"{last}\n")
        except OSError as error:
            text = f"{self._path.name} cannot be written: {error}"
            hint = "make room or mend the disk, then try again"
            raise ThrumError("storage", text, hint) from None
        self.last = last


def _read(path: Path) -> str:
    """What the file says; empty where it says nothing, as where nothing ever went."""
    try:
        text = small_file.text(path).strip()
    except (OSError, ValueError):
        return ""
    return text if is_ulid_id(text) else ""
