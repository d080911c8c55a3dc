from __future__ import annotations

import itertools

import pytest

from thrum.daemon.sync.schedule import (
    DEBOUNCE_S,
    GROWTH,
    LATELY_S,
    LOOKED_S,
    QUICK_S,
    Found,
    Schedule,
)


def pauses(schedule: Schedule, now: float, found: Found, count: int) -> list[float]:
    """The pauses between cycles that all find the same and take no time."""
    seen = []
    for _ in range(count):
        schedule.ended(now, found)
        seen.append(schedule.due - now)
        now = schedule.due
    return seen


def test_a_burst_of_writes_is_one_cycle() -> None:
    schedule = Schedule(60, due=100)
    schedule.wrote(10)
    schedule.wrote(10.2)
    assert schedule.due == 10 + DEBOUNCE_S
    schedule.ended(11)
    assert schedule.due == 71
    schedule.wrote(80)
    assert schedule.due == 71


def test_without_a_remote_only_the_interval_counts() -> None:
    schedule = Schedule(60)
    assert pauses(schedule, 0, Found.ALONE, 3) == [60, 60, 60]
    assert not schedule.waits(100)
    assert not schedule.looked(100)
    assert schedule.due == 180


def test_after_mail_the_remote_is_asked_quickly_and_then_ever_more_seldom() -> None:
    schedule = Schedule(60)
    schedule.ended(0, Found.MAIL)
    assert schedule.due == QUICK_S
    seen = pauses(schedule, QUICK_S, Found.NOTHING, 40)
    quick = list(itertools.takewhile(lambda pause: pause == QUICK_S, seen))
    assert sum(quick) == pytest.approx(LATELY_S, abs=2 * QUICK_S)
    slower = seen[len(quick) :]
    assert slower[0] == QUICK_S * GROWTH
    assert slower == sorted(slower)
    assert slower[-1] == 60


def test_while_somebody_waits_it_never_slows_down() -> None:
    schedule = Schedule(60)
    schedule.waits(0)
    assert set(pauses(schedule, 0, Found.NOTHING, 500)) == {QUICK_S}
    schedule.left()
    assert pauses(schedule, 0, Found.NOTHING, 1) == [QUICK_S * GROWTH]


def test_who_begins_to_wait_is_served_at_once_but_not_more_often_than_quick() -> None:
    schedule = Schedule(60)
    pauses(schedule, 0, Found.NOTHING, 20)
    schedule.ended(1000, Found.NOTHING)
    assert schedule.due == 1060
    assert schedule.waits(1030)
    assert schedule.due <= 1030
    schedule.ended(1031, Found.NOTHING)
    assert not schedule.waits(1032)
    assert schedule.due == 1031 + QUICK_S


def test_one_look_for_mail_is_followed_by_a_few_more() -> None:
    schedule = Schedule(60)
    pauses(schedule, 0, Found.NOTHING, 20)
    schedule.ended(1000, Found.NOTHING)
    assert schedule.looked(1030)
    seen = pauses(schedule, 1030, Found.NOTHING, 10)
    assert seen.count(QUICK_S) == pytest.approx(LOOKED_S / QUICK_S, abs=1)
    assert seen[-1] > QUICK_S * 2


def test_a_remote_that_does_not_answer_is_left_alone_whoever_waits() -> None:
    schedule = Schedule(60)
    schedule.waits(0)
    seen = pauses(schedule, 0, Found.TROUBLE, 10)
    assert seen == sorted(seen)
    assert seen[0] > QUICK_S
    assert seen[-1] == 60
    assert not schedule.waits(1)
    assert not schedule.looked(1)
    schedule.ended(1000, Found.NOTHING)
    assert schedule.due == 1000 + QUICK_S


@pytest.mark.parametrize(("quick", "pause"), [(0, 60), (-1, 60), (90, 60), (20, 20)])
def test_how_soon_is_a_setting(quick: float, pause: float) -> None:
    schedule = Schedule(60, quick)
    schedule.waits(0)
    assert pauses(schedule, 0, Found.MAIL, 3) == [pause] * 3
