"""Who waits to begin a turn of which session."""

from __future__ import annotations

from contextlib import ExitStack

from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.wakers import Waker, Wakers
from thrum.daemon.waiting.waiter import Waiter, Wanted

HERE = Seat("nux", "claude", "s1")
BESIDE = Seat("nux", "claude", "s2")


def waker(*, is_spare: bool = False) -> Waker:
    return Waker(Waiter(Wanted("nux")), is_spare=is_spare)


def test_the_newest_supersedes_and_is_told_nothing_of_it() -> None:
    wakers, older, newer = Wakers(), waker(), waker()
    with wakers.joined(HERE, older):
        with wakers.joined(HERE, newer):
            assert (older.is_superseded, newer.is_superseded) == (True, False)
            assert older.waiter.wake.is_set()
            assert wakers.is_next(HERE, newer)
            assert not wakers.is_next(HERE, older)
        assert wakers.seats("nux") == set()


def test_who_was_superseded_and_leaves_takes_nobody_along() -> None:
    wakers, newer = Wakers(), waker()
    with ExitStack() as left:
        left.enter_context(wakers.joined(HERE, waker()))
        inner = left.pop_all()
        with wakers.joined(HERE, newer):
            inner.close()
            assert wakers.is_next(HERE, newer)
            assert not newer.is_superseded


def test_other_sessions_agents_and_runtimes_are_others() -> None:
    wakers, mine = Wakers(), waker()
    others = [BESIDE, Seat("max", "claude", "s1"), Seat("nux", "opencode", "s1")]
    with wakers.joined(HERE, mine), ExitStack() as stack:
        for seat in others:
            stack.enter_context(wakers.joined(seat, waker()))
        assert not mine.is_superseded
        assert wakers.seats("nux") == {HERE, BESIDE, others[2]}
        wakers.stir(BESIDE)
        assert not mine.waiter.wake.is_set()
        wakers.stir(HERE)
        assert mine.waiter.wake.is_set()


def test_one_to_spare_stands_back_while_another_waits() -> None:
    wakers, spare, first = Wakers(), waker(is_spare=True), waker()
    with wakers.joined(HERE, spare):
        assert wakers.is_next(HERE, spare)
        with wakers.joined(HERE, first):
            assert not spare.is_superseded
            assert wakers.is_next(HERE, first)
            assert not wakers.is_next(HERE, spare)
            spare.waiter.take()
        assert spare.waiter.wake.is_set(), "it is its turn again"
        assert wakers.is_next(HERE, spare)
        with wakers.joined(HERE, waker(is_spare=True)):
            assert spare.is_superseded
