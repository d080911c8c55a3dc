"""What a peer sends becomes the same events as those that git brings."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Line, canonical
from tests.laws import examples
from tests.thrum.daemon.projection.apply.people import purged, registered, sent
from tests.thrum.daemon.projection.conftest import Contents, contents, empty, tables
from tests.thrum.daemon.projection.test_order import all_at_once, logs
from thrum import events
from thrum.clock import Ticker
from thrum.daemon.peers import adopting, serving
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables
from thrum.daemon.transaction import Origin, Transaction
from thrum.errors import ThrumError
from thrum.ids import Ids

__all__ = ["contents", "empty", "tables"]

ME = "d_me"
NOW = "2026-01-01T00:01:00.000000000Z"


def decision(tables: Tables) -> Transaction:
    return Transaction(tables, Origin(ME, Ticker(lambda: 0), Ids(lambda: 0)), NOW)


class Unable:
    """A signer of a daemon that writes nothing now."""

    def introduction(self, db: Callable[[], sqlite3.Connection]) -> events.KeyPublish | None:
        return None

    def sign(self, line: bytes) -> events.Signature | None:
        raise ThrumError("storage", "nothing is written")

    def forget(self) -> None:
        """It knows nothing."""


def unable(tables: Tables) -> Transaction:
    """A transaction in which nothing can be written."""
    return Transaction(tables, Origin(ME, Ticker(lambda: 0), Ids(lambda: 0), Unable()), NOW)


def adopted(tables: Tables, *raws: bytes) -> tuple[adopting.Sorted, Transaction]:
    """Takes in what a peer sent; what came of it."""
    found = adopting.sort_out(tables.db, raws, ME)
    transaction = decision(tables)
    adopting.adopt(transaction, found.wanted)
    return found, transaction


def told(tables: Tables, after: int, most: int) -> serving.Pulled:
    """What another daemon serves, over the wire and back."""
    return serving.told(tables.db, after, most)


@settings(max_examples=examples(100))
@given(lines=logs(rows=False), chance=st.randoms(use_true_random=False))
def test_by_whatever_way_they_come_they_are_the_same(
    empty: Callable[[], Tables],
    contents: Callable[[Tables], Contents],
    lines: list[Line],
    chance: random.Random,
) -> None:
    there, here = all_at_once(empty(), lines), empty()
    by_git = chance.sample(lines, len(lines))
    after, is_over = 0, False
    while by_git or not is_over:
        is_git = chance.random() < 0.5
        if by_git and is_git:
            count = chance.randint(1, 4)
            batch, by_git = by_git[:count], by_git[count:]
            take(here, batch)
        elif not is_over:
            pulled = told(there, after, chance.randint(1, 4))
            adopted(here, *(bytes(each.event_json) for each in pulled.events))
            after = pulled.next_sequence or after
            is_over = not pulled.more_available
        elif is_git:
            by_git = []  # the remote is away for good
    assert contents(here) == contents(there)


@settings(max_examples=examples(60))
@given(lines=logs(rows=False))
def test_what_is_kept_in_the_log_is_all_of_it(
    empty: Callable[[], Tables], contents: Callable[[Tables], Contents], lines: list[Line]
) -> None:
    there, here = all_at_once(empty(), lines), empty()
    pulled = told(there, 0, 1000)
    _, transaction = adopted(here, *(bytes(each.event_json) for each in pulled.events))
    again = all_at_once(empty(), [Line(shard, 0, raw) for shard, raw in transaction.lines])
    assert contents(again) == contents(here)


def test_each_goes_to_the_shard_of_its_author_byte_for_byte(tables: Tables) -> None:
    raws = [canonical(registered("ann", 1)), canonical(sent(1, 2))]
    found, transaction = adopted(tables, *raws)
    assert [each.raw for each in found.wanted] == raws
    assert transaction.lines == [("events.jsonl", raws[0]), ("messages/ann.jsonl", raws[1])]
    assert [is_local for _, is_local in transaction.news] == [False, False]
    again, transaction = adopted(tables, *raws)
    assert (again.known, again.wanted, transaction.lines) == (2, [], [])


def test_what_is_spread_over_lines_becomes_one(tables: Tables) -> None:
    spread = json.dumps(json.loads(canonical(sent(1, 2))), indent=1).encode()
    _, transaction = adopted(tables, spread)
    ((_, line),) = transaction.lines
    assert b"\n" not in line
    assert json.loads(line) == json.loads(spread)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"{", "no event"),
        (b"7", "no event"),
        (b"[" * 2_000, "no event"),
        (b'{"message_id":"msg_1","author_id":"ann","v":1}', "no event"),
        (b'{"type":"message.create","v":1}', "no event"),
        (b"\n", "no event"),
    ],
)
def test_what_is_no_event_is_refused_and_stops_nothing(
    tables: Tables, raw: bytes, why: str
) -> None:
    found, transaction = adopted(tables, raw, canonical(registered("ann", 1)))
    (reason,) = found.refused
    assert why in reason
    assert len(transaction.lines) == 1


def test_nobody_else_makes_events_of_ours(tables: Tables) -> None:
    forged = registered("ann", 1)
    forged.origin_daemon = ME
    found, transaction = adopted(tables, canonical(forged))
    assert "claims to be ours" in found.refused[0]
    assert transaction.lines == []


def test_what_was_purged_stays_away(tables: Tables) -> None:
    take(tables, [Line("events.jsonl", 0, canonical(purged(NOW, 30)))])
    found, transaction = adopted(tables, canonical(sent(1, 2)))
    assert len(found.wanted) == 1
    assert transaction.lines == []


def test_a_message_may_come_after_what_is_about_it(
    empty: Callable[[], Tables], contents: Callable[[Tables], Contents]
) -> None:
    edit = json.dumps(
        {
            "type": "message.edit",
            "timestamp": "2026-01-01T00:00:05.000000000Z",
            "event_id": "evt_edit",
            "v": 1,
            "message_id": "msg_1",
            "body": {"format": "markdown", "content": "mended"},
        }
    ).encode()
    first, second = empty(), empty()
    adopted(first, edit)
    adopted(first, canonical(sent(1, 2)))
    adopted(second, canonical(sent(1, 2)), edit)
    assert contents(first) == contents(second)


def test_a_number_that_is_another_events_by_now_is_said_to_be(tables: Tables) -> None:
    adopted(tables, canonical(registered("ann", 1)), canonical(sent(1, 2)))
    first, second = serving.told(tables.db, 0, 10).events
    again = serving.told(tables.db, first.sequence, 10, first.event_id)
    assert [each.event_id for each in again.events] == [second.event_id]
    anew = serving.told(tables.db, first.sequence, 10, second.event_id)
    assert (anew.renumbered, anew.events, anew.more_available) == (True, [], False)
    beyond = serving.told(tables.db, second.sequence + 7, 10, second.event_id)
    assert beyond.renumbered


def test_of_several_copies_the_same_one_stands_at_both_sides(
    empty: Callable[[], Tables], contents: Callable[[Tables], Contents]
) -> None:
    """Peers that hold different lines of one id end with one, and it is in the log of both."""
    copies = [
        json.dumps({"event_id": "evt_x", "note": note, "timestamp": NOW, "type": "odd.event"})
        for note in (1, 2)
    ]
    one, other = empty(), empty()
    kept = {}
    for side, copy in ((one, copies[0]), (other, copies[1])):
        adopted(side, copy.encode())
        kept[id(side)] = told(side, 0, 10).next_sequence
    for here, there in ((one, other), (other, one)):
        raws = [bytes(each.event_json) for each in told(there, 0, 10).events]
        _, transaction = adopted(here, *raws)
        assert [raw.decode() for _, raw in transaction.lines] == copies[:1] * (here is other)
    assert contents(one) == contents(other)
    # Whoever had read the one that had to go is told of the one that stands.
    assert not told(one, kept[id(one)], 10).events
    (anew,) = told(other, kept[id(other)], 10).events
    assert bytes(anew.event_json).decode() == copies[0]


def test_nobody_else_changes_an_event_of_ours(tables: Tables) -> None:
    mine = registered("ann", 1)
    mine.origin_daemon = ME
    take(tables, [Line("events.jsonl", 0, canonical(mine))])
    mine.role = "an earlier one"
    mine.timestamp = "2020-01-01T00:00:00.000000000Z"
    found, transaction = adopted(tables, canonical(mine))
    assert "claims to be ours" in found.refused[0]
    assert transaction.lines == []
