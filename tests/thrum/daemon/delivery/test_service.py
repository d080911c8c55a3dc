"""What the service keeps in mind, and for how long."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from thrum.clock import format_ns
from thrum.daemon.delivery import given, kept, service
from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.service import KEPT_NS, Delivery
from thrum.daemon.delivery.sitting import Boundary, Doing
from thrum.errors import ThrumError

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


async def restarted(parts: Any) -> Delivery:
    """The service of a daemon that begins where another one was."""
    found = Delivery(parts)
    await found.start()
    return found


@pytest.mark.parametrize(
    ("boundaries", "doing"),
    [
        ("start", Doing.IDLE),
        ("start prompt", Doing.BUSY),
        ("prompt tools end_of_turn", Doing.IDLE),
        ("prompt permission", Doing.ASKING),
        ("prompt permission tools", Doing.BUSY),
        ("notice", Doing.IDLE),
    ],
)
@pytest.mark.parametrize("ends", ["stops", "dies"])
def test_what_sessions_do_is_known_after_a_restart(
    parts: Any, boundaries: str, doing: Doing, ends: str
) -> None:
    async def run() -> None:
        before = await restarted(parts)
        other = NUX._replace(session="other")
        with before.asked(other, Boundary.PROMPT):
            pass
        for each in boundaries.split():
            with before.asked(NUX, Boundary(each)):
                pass
        before.goes_on(other)
        with before.asked(other, Boundary.END):
            pass
        if ends == "stops":
            await before.stop()
        else:  # what the scheduler has done by then
            await before._keep()
        after = await restarted(parts)
        then, now = before.sitting(NUX), after._sittings[NUX]
        assert (now.doing, now.since_ns, now.turns) == (doing, then.since_ns, then.turns)
        assert now.pause(now.sign_at) == then.pause(then.sign_at)
        assert now.sign_at > then.sign_at, "it may have worked on all the while"
        assert after.has_hooks("nux")
        assert len(after.sittings("nux")) == 1, "the other one has ended"

    asyncio.run(run())


def test_nothing_is_written_while_nothing_changes(parts: Any) -> None:
    async def run() -> None:
        delivery = await restarted(parts)
        for each in (Boundary.PROMPT, Boundary.TOOLS):
            with delivery.asked(NUX, each):
                pass
        await delivery._keep()
        for each in (Boundary.TOOLS, Boundary.NOTICE, Boundary.TOOLS):
            with delivery.asked(NUX, each):
                pass
        assert delivery._unkept == set()
        with delivery.asked(NUX, Boundary.END_OF_TURN):
            pass
        assert delivery._unkept == {NUX}

    asyncio.run(run())


def test_what_could_not_be_kept_is_kept_later(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        delivery = await restarted(parts)
        with delivery.asked(NUX, Boundary.PROMPT):
            pass
        with monkeypatch.context() as full:
            full.setattr(kept, "keep", refuse)
            with pytest.raises(ThrumError):
                await delivery._keep()
        await delivery.stop()
        assert (await restarted(parts)).sitting(NUX).doing is Doing.BUSY

    def refuse(*_: object) -> None:
        raise ThrumError("storage", "the disk is full")

    asyncio.run(run())
