"""No page costs more where there are ten times as many messages, whatever filters say."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import combinations, product

import pytest

from tests.bench.lists import CAREFUL, PERSON, filled, work
from thrum import events
from thrum.daemon.projection.queries.filters import ListFilter
from thrum.names import is_person

FLAT = 1.5
"""How many times the work may be."""

CREW = events.Pair("group", "crew")
AGENT = events.Pair("mention", "agent1")
LATELY = "2026"
"""Stands for a time after which as many messages were made, however many there are."""

VALUES: dict[str, list[object]] = {
    "for_agent": [PERSON, CAREFUL, "agent1"],
    "or_mention": ["agent1"],
    "mentions": [["agent1"], ["agent1", "nobody"]],
    "scope": [CREW],
    "ref": [AGENT],
    "thread_id": ["thr_none"],
    "author_id": ["agent1"],
    "unread_for": [PERSON, CAREFUL],
    "exclude_author": [PERSON],
    "created_after": [LATELY],
    "include_deleted": [True],
    "sort_by": ["updated_at"],
    "ascending": [True],
    "by_conversation": [True],
    "page": [2],
    "skip": [1],
}
"""What is asked for by each filter. Two names of whom one is never mentioned are as good as one."""

ALWAYS = {"reader", "page_size"}


@pytest.fixture(scope="module")
def towns() -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    few, many = filled(1_000), filled(10_000)
    yield few, many
    few.close()
    many.close()


def test_every_filter_is_tried() -> None:
    assert set(ListFilter.__struct_fields__) == set(VALUES) | ALWAYS


def narrows(wanted: ListFilter) -> int:
    """How many filters that say where a message lies or what it bears are there."""
    bound = (wanted.scope, wanted.ref, wanted.mentions, wanted.or_mention, wanted.for_agent)
    return sum(map(bool, bound))


def excepted(wanted: ListFilter) -> str:
    """Why the work grows with what is there; empty where it must not."""
    others = {wanted.unread_for, wanted.reader} - {"", wanted.for_agent}
    if wanted.by_conversation:
        return "sorted: no index can have the conversations of each inbox"
    if wanted.include_deleted and wanted.unread_for:
        return "counted: nobody reads what is deleted, so none is kept as unread"
    if narrows(wanted) > 1 and not (wanted.thread_id or wanted.created_after):
        return "counted: where two meet; as many numbers as pairs of all of them would be kept"
    if wanted.for_agent and not all(map(is_person, others)):
        return "counted: what another agent has read of an inbox; only people look at others'"
    by_whom = wanted.author_id or wanted.exclude_author not in ("", wanted.unread_for)
    if narrows(wanted) and by_whom and wanted.unread_for not in ("", wanted.for_agent):
        return "counted: what is unread of one author, by each reader and scope"
    if wanted.ascending and wanted.unread_for not in ("", wanted.for_agent):
        return "passed over: what was read and lies before what was not, or never came"
    return ""


def asked(db: sqlite3.Connection, fields: dict[str, object]) -> ListFilter:
    wanted = ListFilter(reader=PERSON, page_size=3, **fields)  # type: ignore[arg-type]
    if wanted.created_after:
        (wanted.created_after,) = db.execute(
            "SELECT created_at FROM messages ORDER BY created_at DESC LIMIT 1 OFFSET 40"
        ).fetchone()
    return wanted


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_page_of_every_combination_is_flat(
    towns: tuple[sqlite3.Connection, sqlite3.Connection], count: int
) -> None:
    tried, steep = 0, []
    for names in combinations(VALUES, count):
        for values in product(*(VALUES[name] for name in names)):
            fields = dict(zip(names, values, strict=True))
            few, many = (work(db, asked(db, fields)) for db in towns)
            tried += 1
            if many > few * FLAT and not excepted(asked(towns[0], fields)):
                steep.append((fields, few, many))
    assert tried >= len(VALUES) ** count / 6
    assert not steep, "\n".join(map(str, steep))


def test_what_is_excepted_is_seen_to_grow(
    towns: tuple[sqlite3.Connection, sqlite3.Connection],
) -> None:
    """So the measure is one that a filter without an index does not pass."""
    steep: list[dict[str, object]] = [
        {"for_agent": "agent1", "by_conversation": True},
        {"for_agent": "agent1", "scope": CREW},
        {"unread_for": PERSON, "include_deleted": True},
    ]
    for fields in steep:
        few, many = (work(db, asked(db, fields)) for db in towns)
        assert excepted(asked(towns[0], fields))
        assert many > few * 2, fields
