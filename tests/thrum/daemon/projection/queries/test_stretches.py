"""Stretches next to each other make the whole, whatever comes meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.thrum.daemon.projection.queries.asked import IDS, at, read, sent
from thrum import events
from thrum.daemon.projection.queries import rows, stretches
from thrum.daemon.projection.queries.stretches import Source, stretch
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


@pytest.fixture
def talk(team: Tables, put: Put) -> Tables:
    """ann and bob write each other, cy writes to the crew; some at one moment."""
    crew = events.Pair("group", "crew")
    put(
        *(
            sent(n, ("ann", "bob", "cy")[n % 3], ("bob", "ann", "ann")[n % 3], timestamp=at(n // 4))
            for n in range(20)
        ),
        *(
            sent(n, "cy", "bob", scopes=[crew], thread_id="thr_1", timestamp=at(9))
            for n in (20, 21)
        ),
        events.MessageDelete(message_id=IDS[3], timestamp=at(300), event_id="evt_d"),
        read(1, "ann"),
    )
    return team


SOURCES: dict[str, list[Source]] = {
    "all": stretches.everything(),
    "thread": stretches.of_thread("thr_1"),
    "author": stretches.by("cy"),
    "inbox": stretches.inbox("ann"),
    "unread": stretches.inbox("ann", unread=True),
    "pair": stretches.between("ann", "bob"),
    "group": stretches.bearing("scope", "group", "crew"),
    "mentions": stretches.bearing("ref", "mention", "bob"),
}
EXPECTED: dict[str, Callable[[int], bool]] = {
    "all": lambda n: True,
    "thread": lambda n: n >= 20,
    "author": lambda n: n % 3 == 2 or n >= 20,
    "inbox": lambda n: n % 3 in {1, 2} and n < 20,
    "unread": lambda n: n % 3 in {1, 2} and n not in {1} and n < 20,
    "pair": lambda n: n % 3 in {0, 1} and n < 20,
    "group": lambda n: n >= 20,
    "mentions": lambda n: n % 3 == 0 or n >= 20,
}


@pytest.mark.parametrize(("limit", "room"), [(1, 10**6), (3, 10**6), (100, 10**6), (100, 20)])
@pytest.mark.parametrize("source", SOURCES)
def test_both_ways_make_the_whole(
    talk: Tables, monkeypatch: pytest.MonkeyPatch, source: str, limit: int, room: int
) -> None:
    """Also where the texts of so many are too much for one answer."""
    monkeypatch.setattr(rows, "LARGEST", room)
    whole = [IDS[n] for n in range(22) if EXPECTED[source](n) and n != 3]
    backwards: list[str] = []
    found = stretch(talk.db, SOURCES[source], limit, "ann")
    assert not found.newer
    while found.messages:
        assert len(found.messages) <= limit
        backwards = [*(row.message_id for row in found.messages), *backwards]
        at = stretches.point_of(talk.db, backwards[0])
        before, found = found, stretch(talk.db, SOURCES[source], limit, "ann", before=at)
        assert before.older == bool(found.messages) and found.newer
    assert backwards == whole
    forwards = whole[:1]
    more = True
    while more:
        at = stretches.point_of(talk.db, forwards[-1])
        found = stretch(talk.db, SOURCES[source], limit, "ann", after=at)
        forwards, more = [*forwards, *(row.message_id for row in found.messages)], found.newer
    assert forwards == whole


def test_a_row_says_whom_it_reached_and_what_is_read(talk: Tables) -> None:
    rows = {row.message_id: row for row in stretch(talk.db, SOURCES["pair"], 100, "ann").messages}
    assert (rows[IDS[1]].is_read, rows[IDS[4]].is_read) == (True, False)
    assert [each.agent_id for each in rows[IDS[1]].recipients or ()] == ["ann"]
    assert (rows[IDS[1]].read_count, rows[IDS[4]].read_count) == (1, 0)
    assert rows[IDS[1]].refs == [events.Pair("mention", "ann")]


def test_what_was_taken_back_is_there_if_asked_for(talk: Tables) -> None:
    found = stretch(talk.db, SOURCES["all"], 100, "ann", include_deleted=True)
    assert [row.message_id for row in found.messages if row.deleted] == [IDS[3]]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("after", [True, False])
def test_no_stretch_is_sorted(talk: Tables, source: str, after: bool) -> None:
    """Each is read from an index in its order, so it costs what it holds."""
    plans: list[str] = []
    point = stretches.point_of(talk.db, IDS[10])
    said: list[str] = []
    talk.db.set_trace_callback(said.append)
    stretch(
        talk.db,
        SOURCES[source],
        3,
        "ann",
        after=point if after else None,
        before=None if after else point,
    )
    talk.db.set_trace_callback(None)
    for each in [one for one in said if "LIMIT 4" in one]:
        plans += [row[3] for row in talk.db.execute(f"EXPLAIN QUERY PLAN {each}")]
    assert plans
    assert not [plan for plan in plans if "B-TREE" in plan]
    assert not [plan for plan in plans if plan.startswith("SCAN") and "INDEX" not in plan]
