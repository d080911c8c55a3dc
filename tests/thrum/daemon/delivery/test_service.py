"""What the service keeps in mind, and for how long."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from thrum.clock import format_ns
from thrum.daemon.delivery import given, service
from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.service import KEPT_NS, Delivery

NUX = Seat("nux", "claude", "s1")


@pytest.fixture
def delivery(parts: Any) -> Delivery:
    found: Delivery = parts.service(Delivery)
    return found


def test_the_sessions_that_were_used_last_are_kept_in_mind(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_SITTINGS", 3)
    kept = [delivery.sitting(NUX._replace(session=each)) for each in "abc"]
    assert delivery.sitting(NUX._replace(session="a")) is kept[0]
    fourth = delivery.sitting(NUX._replace(session="d"))
    assert delivery.sittings("nux") == [kept[2], kept[0], fourth]


def test_nobody_asks_twice_while_nothing_arrives(node: Any, delivery: Delivery) -> None:
    node.agent("nux")
    node.agent("furiosa")
    unread = asyncio.run(delivery.unread(NUX))
    assert (unread.fresh, unread.is_first) == ([], True)
    quiet = delivery.sitting(NUX).quiet_at
    assert quiet >= 0
    again = asyncio.run(delivery.unread(NUX))
    assert (again.fresh, again.is_first) == ([], False)
    node.send("furiosa", "now", to="nux")
    assert len(asyncio.run(delivery.unread(NUX)).fresh) == 1
    assert delivery.sitting(NUX).quiet_at == quiet


def test_after_news_were_missed_everybody_is_looked_at_again(delivery: Delivery) -> None:
    asyncio.run(delivery.unread(NUX))
    delivery.missed()
    assert delivery.sitting(NUX).quiet_at == -1


def test_what_was_given_long_ago_is_forgotten(delivery: Delivery) -> None:
    now = delivery.node.now_ns()
    old, new = NUX, NUX._replace(session="s2")
    for seat, at in ((old, now - KEPT_NS - 1_000_000_000), (new, now)):
        delivery.tables.write_now(lambda db, s=seat, t=at: given.give(db, s, ["m"], format_ns(t)))  # type: ignore[misc]
    asyncio.run(delivery._forget())
    assert delivery.tables.ask_now(lambda db: given.of(db, old)) is None
    assert delivery.tables.ask_now(lambda db: given.of(db, new)) == {"m"}
