"""Whom messages have reached."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.thrum.daemon.projection.apply.mail import at, created, read, the_message
from tests.thrum.daemon.projection.apply.people import registered
from thrum import events
from thrum.daemon.projection.queries.tallies import inbox_counts
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


@pytest.mark.parametrize(
    ("receipts", "expected"),
    [
        ([read("bob", 20), read("bob", 15)], (at(15), at(15))),
        ([read("bob", 15, "seen"), read("bob", 20)], (at(15), at(20))),
        ([read("bob", 15, "seen")], (at(15), "")),
        ([read("eve", 15)], ("", "")),
    ],
)
def test_the_earliest_receipt_of_a_recipient_counts(
    tables: Tables,
    put: Put,
    receipts: list[events.MessageReceipt],
    expected: tuple[str, str],
) -> None:
    put(created(1, recipients=["bob"]), *receipts)
    (found,) = the_message(tables).recipients or []
    assert (found.agent_id, found.seen_at, found.read_at) == ("bob", *expected)
    assert inbox_counts(tables.db, "bob").unread == (0 if expected[1] else 1)


def test_a_message_to_oneself_is_read_and_in_the_inbox(tables: Tables, put: Put) -> None:
    put(registered("ann", 1), created(1, refs=[events.Pair("mention", "ann")]))
    counts = inbox_counts(tables.db, "ann")
    assert (counts.total, counts.own, counts.unread) == (1, 1, 0)


def test_who_registers_later_gets_what_names_it(tables: Tables, put: Put) -> None:
    put(
        created(1, refs=[events.Pair("mention", "bob")]),
        created(2, refs=[events.Pair("mention", "dev")]),
        created(3),
        registered("bob", 20),
    )
    assert inbox_counts(tables.db, "bob").total == 1
    put(registered("bob", 5, role="other"))
    counts = inbox_counts(tables.db, "bob")
    assert counts.total == 3


def test_a_receipt_counts_for_a_delivery_that_comes_later(tables: Tables, put: Put) -> None:
    put(created(1, refs=[events.Pair("mention", "bob")]), read("bob", 15), registered("bob", 20))
    counts = inbox_counts(tables.db, "bob")
    assert (counts.total, counts.unread) == (1, 0)


def test_a_role_change_moves_the_mail_of_the_role(tables: Tables, put: Put) -> None:
    put(registered("bob", 1), created(1, refs=[events.Pair("mention", "ops")]))
    assert inbox_counts(tables.db, "bob").total == 0
    put(registered("bob", 20, role="ops"))
    assert inbox_counts(tables.db, "bob").total == 1
    put(registered("bob", 21, role="dev"))
    assert inbox_counts(tables.db, "bob").total == 0
