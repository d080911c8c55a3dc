"""Shortened ids: many at once are completed as each alone is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitstore import Line, canonical
from tests.thrum.daemon.projection.queries.asked import IDS, sent
from thrum import events
from thrum.daemon.projection.queries import ids
from thrum.daemon.projection.queries.ids import complete_id, one_id, whole_ids
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables
from thrum.errors import ThrumError
from thrum.ids import is_ulid_id

Put = Callable[..., None]


FULL = [
    *(f"msg_01AAAAAAAAAAAAAAAAAAAA{n:04}" for n in range(12)),
    "msg_01BBBBBBBBBBBBBBBBBBBBABCD",
    "msg_01CCCCCCCCCCCCCCCCCCCCABCD",
    "msg_short",
    "elsewhere-0007",
]


def fill(put: Callable[..., object]) -> None:
    put(
        *(
            events.MessageCreate(
                message_id=message_id,
                agent_id="ann",
                body=events.Body("x"),
                timestamp=f"2026-01-01T00:00:{number:02}.000000000Z",
                event_id=f"evt_{number}",
            )
            for number, message_id in enumerate(FULL)
        )
    )


@pytest.fixture
def filled(tables: Tables, put: Put) -> Tables:
    fill(put)
    return tables


pieces = st.sampled_from(FULL).flatmap(
    lambda full: st.integers(0, len(full)).map(lambda start: full[start:])
)


endings = st.one_of(
    pieces,
    pieces.map(str.lower),
    pieces.map(lambda piece: f"msg_{piece}"),
    st.sampled_from(["", "%", "____", "msg_", "msg_____", "'", "\\"]),
    st.text(max_size=8),
)


@pytest.fixture(scope="module")
def one_database(empty: Callable[[], Tables]) -> Tables:
    tables = empty()
    fill(lambda *given: take(tables, [Line("events.jsonl", 0, canonical(e)) for e in given]))
    return tables


@given(wanted=st.lists(endings, min_size=1, max_size=8))
def test_many_are_completed_as_each_alone_is(one_database: Tables, wanted: list[str]) -> None:
    found = whole_ids(one_database.db, "msg", wanted)
    for ending in wanted:
        if is_ulid_id(ending):
            continue
        # One alone is not told of more than ten that fit.
        alone = complete_id(one_database.db, "msg", ending)
        assert sorted(found.get(ending, []))[:10] == sorted(alone)[:10] or len(alone) == 10
        assert (ending in found) == bool(alone)


def test_an_id_of_another_kind_is_found_as_it_is_written(filled: Tables) -> None:
    found = whole_ids(filled.db, "msg", ["msg_short", "elsewhere-0007", "0007", "ABCD", "zzzz"])
    assert found == {
        "msg_short": ["msg_short"],
        "elsewhere-0007": ["elsewhere-0007"],
        "0007": [FULL[7]],
        "ABCD": [FULL[12], FULL[13]],
    }


def test_none_are_nothing(filled: Tables) -> None:
    assert whole_ids(filled.db, "msg", []) == {}


def test_one_or_a_refusal(filled: Tables) -> None:
    assert one_id(filled.db, "msg", "0003", "message") == FULL[3]
    for ending, kind in (("ABCD", "ambiguous_id"), ("zzzz", "not_found")):
        with pytest.raises(ThrumError) as caught:
            one_id(filled.db, "msg", ending, "message")
        assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("ending", "found"),
    [
        ("0003", [IDS[3]]),
        ("aa0003", [IDS[3]]),
        (IDS[3], [IDS[3]]),
        ("msg_" + IDS[3][-8:], [IDS[3]]),
        ("003", []),
        ("9999", []),
        ("%003", []),
        (IDS[3][:-1] + "Z", []),
    ],
)
def test_an_ending_finds_its_id(team: Tables, put: Put, ending: str, found: list[str]) -> None:
    put(*(sent(n, "ann", "bob") for n in range(5)))
    assert ids.complete_id(team.db, "msg", ending) == found


def test_an_ending_that_fits_more_is_refused(team: Tables, put: Put) -> None:
    other = "msg_01BBBBBBBBBBBBBBBBBBBB0003"
    put(sent(3, "ann"), sent(4, "ann", message_id=other))
    with pytest.raises(ThrumError) as caught:
        ids.one_id(team.db, "msg", "0003", "message")
    assert caught.value.kind == "ambiguous_id"
    assert other in caught.value.message
    with pytest.raises(ThrumError) as caught:
        ids.one_id(team.db, "msg", "9999", "message")
    assert caught.value.kind == "not_found"
    assert ids.one_id(team.db, "msg", "b0003", "message") == other
