"""Lines of the log: taken, kept, set aside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitstore import Line, canonical
from tests.thrum.daemon.projection.apply.people import registered
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables


def test_an_unknown_type_is_kept_and_does_nothing(tables: Tables) -> None:
    line = b'{"event_id":"evt_1","timestamp":"2026-01-01T00:00:00Z","type":"memory.add","x":[1]}'
    assert take(tables, [Line("events.jsonl", 0, line)]).bad == 0
    assert tables.db.execute("SELECT type, event_json FROM events").fetchall() == [
        ("memory.add", line.decode())
    ]


def test_a_bad_line_is_set_aside_and_stops_nothing(tables: Tables) -> None:
    good = canonical(registered("bob", 1))
    outcome = take(tables, [Line("events.jsonl", 7, b"{torn"), Line("events.jsonl", 20, good)])
    assert (outcome.bad, len(outcome.events)) == (1, 1)
    rows = tables.db.execute("SELECT path, byte_offset, reason, raw FROM bad_events").fetchall()
    assert [(path, offset, raw) for path, offset, _, raw in rows] == [("events.jsonl", 7, b"{torn")]
    assert rows[0][2]


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
