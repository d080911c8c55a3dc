"""Of several lines with one event id the same one stands, in whatever order they come."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from gitstore import Line, canonical
from tests.thrum.daemon.projection.apply.people import at, registered
from thrum import events
from thrum.daemon.projection.queries.agents import agent
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables

Empty = Callable[[], Tables]
Read = Callable[[Tables], dict[str, list[tuple[object, ...]]]]


def line(event: events.Event, event_id: str = "evt_1") -> Line:
    event.event_id = event_id
    return Line("events.jsonl", 0, canonical(event))


def spoilt(timestamp: str, event_id: str = "evt_1", path: str = "events.jsonl") -> Line:
    """A line that has an id and is no event."""
    about = {"event_id": event_id, "timestamp": timestamp, "type": "agent.register"}
    return Line(path, 0, canonical(about))


def roles(tables: Tables) -> dict[str, str]:
    return dict(tables.db.execute("SELECT agent_id, role FROM agents"))


COPIES = [
    line(registered("ann", 5, role="earlier")),
    line(registered("bob", 6, role="later")),
    line(registered("ann", 6, role="later")),
]


@pytest.mark.parametrize("order", list(permutations(COPIES)))
def test_the_earliest_stands_and_what_the_others_did_is_undone(
    tables: Tables, order: tuple[Line, ...]
) -> None:
    for each in order:
        take(tables, [each])
    assert roles(tables) == {"ann": "earlier"}
    assert tables.db.execute("SELECT event_json FROM events").fetchall() == [
        (COPIES[0].raw.decode(),)
    ]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_one_time_the_smallest_bytes_stand(tables: Tables, order: tuple[int, ...]) -> None:
    same = [line(registered(name, 5)) for name in ("cy", "ann", "bob")]
    for number in order:
        take(tables, [same[number]])
    assert list(roles(tables)) == ["ann"]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("second", "stands"), [(4, False), (6, True)])
def test_a_line_that_is_no_event_counts_by_its_rank(
    tables: Tables, first: bool, second: int, stands: bool
) -> None:
    lines = [spoilt(at(second)), line(registered("ann", 5))]
    for each in lines if first else lines[::-1]:
        take(tables, [each])
    assert (agent(tables.db, "ann") is not None) is stands
    assert ("evt_1" in tables.spoiled) is not stands
    assert tables.spoiled == Tables.read(tables.db).spoiled
    take(tables, [line(registered("bob", 3))])  # before all of them
    assert list(roles(tables)) == ["bob"]
    assert tables.spoiled == {}


def test_of_bad_lines_the_first_is_remembered(tables: Tables) -> None:
    for second in (7, 5, 6):
        take(tables, [spoilt(at(second))])
    assert tables.spoiled == {"evt_1": spoilt(at(5)).raw}


@pytest.mark.parametrize("path", ["messages-v2/x.jsonl", "receipts/x.jsonl"])
def test_a_bad_row_of_a_snapshot_keeps_no_event_out(tables: Tables, path: str) -> None:
    take(tables, [spoilt("", path=path), line(registered("ann", 5))])
    assert tables.spoiled == {}
    assert roles(tables) == {"ann": "dev"}


def test_a_bad_line_without_an_id_keeps_nothing_out(tables: Tables) -> None:
    take(tables, [Line("events.jsonl", 0, b'{"type":"agent.register"}'), Line("x", 0, b"\xff")])
    assert tables.spoiled == {}


def test_what_waited_for_a_message_goes_with_its_copy(empty: Empty, contents: Read) -> None:
    edit = events.MessageEdit(message_id="msg_1", body=events.Body("x"), timestamp=at(9))
    earlier = line(registered("ann", 5))
    one, two = empty(), empty()
    take(one, [line(edit)])
    assert one.db.execute("SELECT count(*) FROM parked_events").fetchone() == (1,)
    take(one, [earlier])
    take(two, [earlier])
    assert contents(one) == contents(two)
