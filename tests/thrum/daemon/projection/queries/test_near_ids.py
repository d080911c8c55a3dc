"""What is said of an id that nothing has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitstore import Line, canonical
from thrum import events
from thrum.daemon.projection.queries.near_ids import PLACES, hint
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables
from thrum.ids import CROCKFORD

FULL = [
    "msg_01KAAAAAAAVQ8R2M5TJX7H3GQ4",
    "msg_01KAAAAAAB6YB9NDSE0FWCZP8K",
    "msg_01KBBBBBBBT4HZ7C1QMXR5J2VW",
]


@pytest.fixture(scope="module")
def filled(empty: Callable[[], Tables]) -> Tables:
    tables = empty()
    made = [
        events.MessageCreate(
            message_id=message_id,
            agent_id="ann",
            body=events.Body("x"),
            timestamp=f"2026-01-01T00:00:{number:02}.000000000Z",
            event_id=f"evt_{number}",
        )
        for number, message_id in enumerate(FULL)
    ]
    take(tables, [Line("events.jsonl", 0, canonical(each)) for each in made])
    return tables


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("7H3GQ5", [FULL[0]]),  # another letter
        ("7H3QG4", [FULL[0]]),  # two of them swapped
        ("7h3gq", [FULL[0]]),  # the last one is missing
        ("msg_7H3GGQ4", [FULL[0]]),  # one too many
        ("FWCZPBK", [FULL[1]]),  # read wrongly
        ("O1KAAAAAAB6YB9NDSE0FWCZP8K", [FULL[1]]),  # a whole one, without its prefix
        (FULL[2][:-2] + "WV", [FULL[2]]),
        ("JZVW", [FULL[2]]),
    ],
)
def test_what_is_nearly_an_ending_is_asked_for(
    filled: Tables, written: str, meant: list[str]
) -> None:
    said = hint(filled.db, "msg", written)
    assert said.startswith(f"did you mean {' or '.join(meant)}?; ")
    assert "`thrum inbox`" in said


@pytest.mark.parametrize("written", ["msg_01KB", "01kbbbbb", "01KBBBBBBBT4HZ7C1QMX"])
def test_the_one_that_begins_so_is_named(filled: Tables, written: str) -> None:
    said = hint(filled.db, "msg", written)
    assert "shortened to its end" in said
    assert f"{FULL[2]} begins so" in said


def test_of_a_few_that_begin_so_each_is_named(filled: Tables) -> None:
    said = hint(filled.db, "msg", "msg_01KA")
    assert f"{FULL[1]} begins so and {FULL[0]} begins so" in said


@pytest.mark.parametrize(("written", "said"), [("GQ4", FULL[0]), ("msg_w", FULL[2])])
def test_an_ending_that_is_too_short_is_completed(filled: Tables, written: str, said: str) -> None:
    assert f"{said} ends so" in hint(filled.db, "msg", written)


@pytest.mark.parametrize("written", ["", "msg_", "ZZ", "%", "_"])
def test_of_too_few_characters_that_fit_nothing_it_is_said(filled: Tables, written: str) -> None:
    assert "at least 4 characters" in hint(filled.db, "msg", written)


@pytest.mark.parametrize("written", ["XXXXXX", "msg_01AZZZZZZZZZZZZZZZZZZZZZZZ", "'; --"])
def test_what_is_near_to_nothing_says_how_ids_are_seen(filled: Tables, written: str) -> None:
    assert hint(filled.db, "msg", written) == PLACES["msg"].shown_by


@pytest.mark.parametrize("kind", ["thr", "ses", "evt", "grp"])
def test_an_id_of_another_kind_is_known_by_its_prefix(filled: Tables, kind: str) -> None:
    said = hint(filled.db, "msg", f"{kind}_{FULL[0][4:]}")
    shown_by = PLACES["msg"].shown_by
    assert said == f"{kind}_ begins the id of a {PLACES[kind].noun}; {shown_by}"


@given(
    st.sampled_from(FULL),
    st.integers(6, 26),
    st.integers(0, 25),
    st.sampled_from(CROCKFORD),
    st.booleans(),
)
def test_one_wrong_letter_anywhere_finds_the_id(
    filled: Tables, full: str, length: int, where: int, letter: str, small: bool
) -> None:
    tail = full[-length:]
    where %= length
    wrong = tail[:where] + letter + tail[where + 1 :]
    said = hint(filled.db, "msg", wrong.lower() if small else wrong)
    assert full in said


def test_many_that_begin_so_are_not_told_apart(tables: Tables) -> None:
    made = [
        events.MessageCreate(
            message_id=f"msg_01KA{letter * 22}",
            agent_id="ann",
            body=events.Body("x"),
            timestamp="2026-01-01T00:00:00.000000000Z",
            event_id=f"evt_{letter}",
        )
        for letter in CROCKFORD[:5]
    ]
    take(tables, [Line("events.jsonl", 0, canonical(each)) for each in made])
    assert "more than one id begins so" in hint(tables.db, "msg", "msg_01KA")
    assert "more than one id begins so" not in hint(tables.db, "msg", "msg_01KA0")
