"""When an agent may be told of mail, by all that is known but the screen."""

from __future__ import annotations

import math
from typing import Any

import pytest

from thrum.daemon.delivery.sitting import MOST_TURNS, STALE_S, Doing, Sitting
from thrum.daemon.nudges.readiness import ASKED_S, Doubts, brought, pause

NOW = 1000.0


def doubts(**known: Any) -> Doubts:
    usual: dict[str, Any] = {
        "sittings": (),
        "is_woken": False,
        "is_listening": False,
        "hands_off_s": 0.0,
        "quiet_for": 100.0,
        "waited": 0.0,
    }
    return Doubts(**{**usual, **known})


def sitting(doing: Doing, ago: float = 0.0, **more: Any) -> Sitting:
    return Sitting(doing, sign_at=NOW - ago, **more)


@pytest.mark.parametrize(
    ("known", "seconds"),
    [
        (doubts(), 0.0),
        (doubts(is_woken=True), math.inf),
        (doubts(is_listening=True), math.inf),
        (doubts(sittings=[sitting(Doing.IDLE)]), 0.0),
        (doubts(sittings=[sitting(Doing.BUSY, 10.0)]), STALE_S - 10.0),
        (doubts(sittings=[sitting(Doing.ASKING, 10.0)]), STALE_S - 10.0),
        (doubts(sittings=[sitting(Doing.BUSY, STALE_S)]), 0.0),
        (doubts(sittings=[sitting(Doing.BUSY, 5.0), sitting(Doing.IDLE)]), STALE_S - 5.0),
        (doubts(sittings=[sitting(Doing.ENDED), sitting(Doing.IDLE)]), 0.0),
        (doubts(sittings=[sitting(Doing.IDLE, turns=MOST_TURNS)]), math.inf),
        (doubts(sittings=[sitting(Doing.ENDED, turns=MOST_TURNS)]), 0.0),
        (doubts(sittings=[sitting(Doing.IDLE, asked=1)]), ASKED_S),
        (doubts(sittings=[sitting(Doing.ENDED, asked=1)]), 0.0),
        (doubts(hands_off_s=3.0), 3.0),
        (doubts(quiet_for=4.0), 6.0),
        (doubts(quiet_for=4.0, hands_off_s=8.0), 8.0),
        (doubts(quiet_for=-50.0), 10.0),  # a clock was set
        (doubts(quiet_for=4.0, waited=60.0), 0.0),
    ],
)
def test_until_then_nothing_is_typed(known: Doubts, seconds: float) -> None:
    assert pause(known, NOW, 10.0, 60.0) == seconds


def test_below_zero_quiet_is_not_waited_for() -> None:
    assert pause(doubts(quiet_for=0.0), NOW, -1.0, 60.0) == 0.0
    assert pause(doubts(quiet_for=0.0), NOW, 10.0, -1.0) == 0.0


def test_what_comes_by_itself() -> None:
    on_its_way = sitting(Doing.BUSY, on_the_way={"m1"})
    with_first_turn = sitting(Doing.IDLE, lay=frozenset({"m2"}))
    over = sitting(Doing.ENDED, on_the_way={"m3"}, lay=frozenset({"m4"}))
    assert brought([on_its_way, with_first_turn, over]) == {"m1", "m2"}
    assert brought([]) == frozenset()
