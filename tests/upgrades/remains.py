"""What the programs of the past left: archives in ``fixtures/upgrades/``."""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.unpacking import extract
from thrum.daemon.state.schema import things

FOLDER: Final = Path(__file__).parents[2] / "fixtures" / "upgrades"

PAST: Final = {
    "24-first": "24e74dfc",
    "24-groups": "a34f94b6",
    "24-later": "646b8202",
    "24-push": "01b793bc",
    "24-last": "5ae6da29",
    "25-upkeep": "c830754f",
    "25-delivery": "3ceda869",
    "25-loops": "f7848d8a",
    "26-first": "168f39e3",
    "26-web": "e7f7a44f",
    "26-doing": "5cd8e761",
    "26-people": "1f5b23ed",
    "26-prompts": "85b12871",
    "26-queue": "e9fab34e",
    "26-peers": "6f4ad81c",
    "26-checkpoints": "4237306b",
    "26-telegram": "05f8c01b",
    "26-last": "a09a90ac",
    "27-signing": "d3d69a0b",
    "27-refusals": "e4c7a937",
    "28-last": "659316ed",
}
"""By the name of the archive, the last commit with a schema: that of ``messages.db``, then what
was newest in ``state.db``."""


TEXTS: Final = ["the-gate-is-shut", "it-will-be-opened"]
"""The messages, in their order."""

Rows = dict[str, list[dict[str, object]]]


def unpack(name: str, folder: Path, only: str = "") -> Path:
    """The repository that was left, or of it what is called so; the folder need not exist."""
    with tarfile.open(FOLDER / f"{name}.tar.xz") as archive:
        wanted = [each for each in archive if not only or Path(each.name).name == only]
        extract(archive, folder, wanted)
    return folder


def rows(state: Path) -> Rows:
    """What ``state.db`` holds, by its tables."""
    with closing(sqlite3.connect(state)) as db:
        db.row_factory = sqlite3.Row
        tables = [name for name, thing in things(db).items() if thing.kind == "table"]
        return {
            table: [dict(row) for row in db.execute(f"SELECT * FROM {table}")]
            for table in tables
            if table != "owners"
        }


def fill(state: Path) -> None:
    """Puts a row into each table that has none."""
    with closing(sqlite3.connect(state, isolation_level=None)) as db:
        for table, found in rows(state).items():
            if not found:
                columns = db.execute(f"PRAGMA table_info({table})").fetchall()
                values = [_value(name, kind) for _, name, kind, *_ in columns]
                db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


def _value(column: str, kind: str) -> int | str:
    if column == "one":
        return 1  # the table has one row, and says so
    return 7 if kind == "INTEGER" else "seven"
