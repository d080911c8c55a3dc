"""Branches that other nodes wrote are read completely."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitstore import Line
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables

FIXTURES = Path(__file__).parents[4] / "fixtures"


def trees() -> list[Path]:
    return sorted(path.parent for path in FIXTURES.glob("branch/**/tree"))


def lines(tree: Path) -> list[Line]:
    found = []
    for path in sorted(tree.rglob("*.jsonl")):
        for raw in path.read_bytes().splitlines():
            found.append(Line(str(path.relative_to(tree)), 0, raw))
    return found


@pytest.mark.parametrize("place", trees(), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_line_is_taken(tables: Tables, place: Path) -> None:
    given = lines(place / "tree")
    outcome = take(tables, given)
    assert outcome.bad == 0
    assert tables.db.execute("SELECT raw FROM bad_events").fetchall() == []
    purged = any(b'"purge.executed"' in line.raw for line in given)
    said = {
        body["message_id"]
        for line in given
        if (body := json.loads(line.raw)).get("type") == "message.create"
        or line.path.startswith("messages-v2/")
    }
    here = {row[0] for row in tables.db.execute("SELECT message_id FROM messages")}
    assert here <= said
    forgotten = {row[0] for row in tables.db.execute("SELECT message_id FROM forgotten_messages")}
    assert said - here == forgotten
    assert purged or said == here or forgotten
