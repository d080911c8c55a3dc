"""Bringing an older database of ours to the present schema.

`STEPS` maps a version to the function that leads to the next one, in one transaction for all
steps, after a copy of the files. A step may import `sqlite_utils` for table rewrites. Tables that
follow from events can also simply be dropped and left to a rebuild: see `opening`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from thrum.clock import format_seconds
from thrum.daemon.projection import copies, schema

Step = Callable[[sqlite3.Connection], None]

STEPS: Final[Mapping[int, Step]] = {}
"""From each version to the next. The first version of this program is the present one."""


def path_from(version: int, steps: Mapping[int, Step], target: int) -> list[Step] | None:
    """The steps from a version to the target; ``None`` when one is missing."""
    path = [steps.get(each) for each in range(version, target)]
    return [step for step in path if step] if all(path) else None


def migrate(
    database: Path,
    version: int,
    now_ns: int,
    steps: Mapping[int, Step] = STEPS,
    target: int = schema.VERSION,
) -> bool:
    """Copies and migrates the database; False when no path leads to the target.

    Raises:
        OSError: the copy failed, and nothing is changed.
        sqlite3.Error: a step failed; the database is as it was.
    """
    path = path_from(version, steps, target)
    if path is None:
        return False
    copies.keep(database, version, now_ns, linked=False)
    db = sqlite3.connect(database, isolation_level=None)
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            for step in path:
                step(db)
            db.execute(
                "UPDATE schema_version SET version = ?, applied_at = ?",
                (target, format_seconds(now_ns)),
            )
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
    finally:
        db.close()
    return True
