"""What one who waits is told, and what of it counts."""

from __future__ import annotations

import pytest

from thrum import events
from thrum.daemon.projection.queries.arrivals import Arrival
from thrum.daemon.projection.queries.rows import Row
from thrum.daemon.waiting.waiter import Waiter, Wanted
from thrum.events import Body, Pair

SCOPE = Pair("file", "a.py")


def created(**fields: object) -> events.MessageCreate:
    return events.MessageCreate(
        message_id="msg_1",
        agent_id="ann",
        body=Body("x"),
        **fields,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("wanted", "fields", "named"),
    [
        ({}, {"refs": [Pair("mention", "nux")]}, False),
        ({"role": "dev"}, {"refs": [Pair("mention", "dev")]}, True),
        ({"role": "dev"}, {"refs": [Pair("group", "dev")]}, False),
        ({"role": "dev"}, {}, False),
        ({"scope": SCOPE}, {"scopes": [Pair("x", "y"), SCOPE]}, True),
        ({"scope": SCOPE}, {"refs": [SCOPE]}, False),
        ({"scope": SCOPE, "role": "dev"}, {"scopes": [SCOPE]}, False),
        (
            {"scope": SCOPE, "role": "dev"},
            {"scopes": [SCOPE], "refs": [Pair("mention", "dev")]},
            True,
        ),
    ],
)
def test_a_message_says_of_itself_whether_it_is_meant(
    wanted: dict[str, object], fields: dict[str, object], named: bool
) -> None:
    assert Wanted("nux", **wanted).is_named_in(created(**fields)) is named  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"agent_id": "nux"}, False),
        ({"deleted": True}, False),
        ({"is_read": True}, False),
        ({"created_at": "2026-01-01T00:00:00.000000000Z"}, False),
    ],
)
def test_what_is_ones_own_read_or_gone_does_not_count(
    changes: dict[str, object], counts: bool
) -> None:
    fields = {
        "message_id": "msg_1",
        "agent_id": "ann",
        "body": Body("x"),
        "created_at": "2026-01-01T00:00:01.000000000Z",
        "deleted": False,
        "is_read": False,
        **changes,
    }
    wanted = Wanted("nux", floor="2026-01-01T00:00:00.000000000Z")
    assert wanted.is_in(Row(**fields)) is counts  # type: ignore[arg-type]


def test_it_sleeps_until_something_may_count() -> None:
    waiter = Waiter(Wanted("nux"), position=3)
    waiter.tell([], 5)
    assert (waiter.position, waiter.wake.is_set()) == (5, False)
    waiter.tell([Arrival(6, "msg_1")], 7)
    assert (waiter.position, waiter.wake.is_set()) == (7, True)
    assert waiter.take() == [Arrival(6, "msg_1")]
    assert (waiter.take(), waiter.wake.is_set()) == ([], False)


def test_who_missed_something_stays_where_it_was() -> None:
    waiter = Waiter(Wanted("nux"), position=3)
    waiter.missed()
    waiter.tell([Arrival(8, "msg_1")], 9)
    assert (waiter.position, waiter.is_behind, waiter.wake.is_set()) == (3, True, True)


def test_an_older_batch_leads_nobody_back() -> None:
    waiter = Waiter(Wanted("nux"), position=9)
    waiter.tell([], 4)
    assert waiter.position == 9
