"""Lines of the log: taken, kept, set aside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitstore import Line, canonical
from tests.thrum.daemon.projection.apply.people import grouped, joined, registered, sent
from thrum import events
from thrum.daemon.projection import reading
from thrum.daemon.projection.apply import groups
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
    assert purged or said == here


def test_of_a_bad_line_only_its_beginning_is_kept_and_once(tables: Tables) -> None:
    long = Line("events.jsonl", 7, b"{" + b"x" * 10_000)
    other = Line("messages/ann.jsonl", 7, long.raw)
    assert take(tables, [long, long, other]).bad == 3
    take(tables, [long._replace(offset=9)])
    found = tables.db.execute(
        "SELECT path, byte_offset, length(raw), length(reason) FROM bad_events"
    ).fetchall()
    assert sorted(row[:3] for row in found) == [
        ("events.jsonl", 7, reading.KEPT_BYTES),
        ("messages/ann.jsonl", 7, reading.KEPT_BYTES),
    ]
    assert all(0 < row[3] <= 500 for row in found)


def test_new_events_are_told_in_the_order_of_their_use_and_known_ones_are_not(
    tables: Tables,
) -> None:
    person, mail = canonical(registered("bob", 9)), canonical(sent(1, 5))
    lines = [Line("m.jsonl", 0, mail), Line("events.jsonl", 0, person)]
    told = take(tables, lines).events
    assert [events.type_of(event) for event in told] == ["agent.register", "message.create"]
    assert take(tables, lines).events == []
    another = Line("events.jsonl", 0, canonical(registered("cy", 9)))
    assert take(tables, [another], keep_events=False).events == []
    assert tables.register.entry("cy").registered_at


def test_groups_of_a_batch_are_worked_out_once_and_before_mail(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[int] = []
    settle = groups.settle

    def noted(tables: Tables, event: events.AboutGroup | None = None) -> None:
        settled.append(tables.db.execute("SELECT count(*) FROM messages").fetchone()[0])
        settle(tables, event)

    monkeypatch.setattr(groups, "settle", noted)
    batch = [grouped("grp_1", "team", 2), *(joined("grp_1", "agent", n, 3) for n in ("ann", "bob"))]
    mail = sent(1, 5, scopes=[events.Pair("group", "team")])
    lines = [Line("events.jsonl", 0, canonical(event)) for event in (mail, *batch)]
    take(tables, lines)
    assert settled == [0]
    reached = tables.db.execute("SELECT recipient_agent_id FROM message_deliveries ORDER BY 1")
    assert [name for (name,) in reached] == ["ann"], "bob is not registered"


def test_lines_that_are_here_byte_for_byte_are_not_read_again(tables: Tables) -> None:
    here = Line("events.jsonl", 0, canonical(registered("ann", 1)))
    take(tables, [here])
    copy = here._replace(raw=here.raw.replace(b'"dev"', b'"ops"'))
    fresh = Line("events.jsonl", 9, canonical(registered("bob", 2)))
    odd = [Line("events.jsonl", 0, b"{torn"), Line("events.jsonl", 0, b'{"type":"x"}')]
    assert list(reading.unknown(tables.db, [here, copy, fresh, *odd])) == [copy, fresh, *odd]
    assert list(reading.unknown(tables.db, [])) == []


def test_nothing_is_expected_any_more_after_a_batch_that_broke_off(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_arguments: object, **_more: object) -> bool:
        raise KeyError("a defect")

    lines = [Line("events.jsonl", 0, canonical(registered("ann", 1)))]
    with monkeypatch.context() as patch:
        patch.setattr(reading, "apply", breaks)
        with pytest.raises(KeyError):
            take(tables, lines)
    tables.add_event("evt_ann_1", ("agent.register", "", "", None, None, "{}"))
    assert take(tables, lines).events == [], "it would be taken for absent"
