"""Whether the numbers of events still mean what they meant.

They do over a restart of the daemon. SQLite may lose its last commits where the power goes, and
what is then read from the log again is numbered otherwise; so they end with each start of the
machine. Triggers end them where events go, see `schema`.
"""

from __future__ import annotations

import sqlite3


def go_on(db: sqlite3.Connection, boot: str) -> None:
    """Goes on with the numbers, or begins another epoch if the machine was begun anew.

    Args:
        boot: which start of the machine this is.
    """
    db.execute(
        "UPDATE numbering SET boot = ?1, epoch = lower(hex(randomblob(6))) WHERE boot != ?1",
        (boot,),
    )
