"""What a stored message waits for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import held
from thrum.daemon.delivery.sitting import Boundary, Doing, Sitting
from thrum.daemon.delivery.standing import Known, Standing, standing


def sits(doing: Doing, since: int, heard: int = 0) -> Sitting:
    return Sitting(doing, since, heard_ns=heard or since)


BUSY, ASKING, IDLE = sits(Doing.BUSY, 5), sits(Doing.ASKING, 6), sits(Doing.IDLE, 7)
OVER = sits(Doing.ENDED, 8)


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"is_here": False, "loop_ns": 3, "sittings": [BUSY]}, Standing()),
        ({"loop_ns": 3, "is_listening": True, "sittings": [BUSY]}, Standing(held.LOOP, 3)),
        ({"is_listening": True, "sittings": [IDLE], "asleep_ns": 9}, Standing()),
        ({"is_woken": True, "sittings": [IDLE], "asleep_ns": 9}, Standing()),
        ({"is_woken": True, "loop_ns": 3, "sittings": [IDLE]}, Standing(held.LOOP, 3)),
        ({"sittings": [IDLE, BUSY, ASKING]}, Standing(held.TURN, 5)),
        ({"sittings": [IDLE, ASKING, OVER]}, Standing(held.LEAVE, 6)),
        ({"sittings": [IDLE, OVER]}, Standing(held.PERSON, 7)),
        ({"sittings": [IDLE, sits(Doing.IDLE, 9)]}, Standing(held.PERSON, 9)),
        ({"is_told": True, "sittings": [IDLE, OVER]}, Standing(held.LINE, 7)),
        ({"is_told": True, "sittings": [IDLE, BUSY]}, Standing(held.TURN, 5)),
        ({"is_told": True, "sittings": [ASKING]}, Standing(held.LEAVE, 6)),
        ({"is_told": True, "is_woken": True, "sittings": [IDLE]}, Standing()),
        ({"is_told": True, "asleep_ns": 4}, Standing(held.ASLEEP, 4)),
        ({"is_told": True, "has_hooks": True}, Standing(held.TURN)),
        ({"is_told": True}, Standing(held.LINE)),
        ({"is_person": True, "asleep_ns": 4}, Standing(held.LOOKS)),
        ({"is_person": True, "sittings": [BUSY]}, Standing(held.TURN, 5)),
        ({"asleep_ns": 4, "has_hooks": True}, Standing(held.ASLEEP, 4)),
        ({"asleep_ns": 9, "sittings": [BUSY, IDLE]}, Standing(held.ASLEEP, 9)),
        ({"asleep_ns": 9, "sittings": [sits(Doing.BUSY, 5, 10)]}, Standing(held.TURN, 5)),
        ({"sittings": [OVER], "has_hooks": True}, Standing(held.TURN)),
        ({"has_hooks": True}, Standing(held.TURN)),
        ({}, Standing(held.LOOKS)),
    ],
)
def test_what_is_known_says_what_it_waits_for(known: dict[str, Any], found: Standing) -> None:
    assert standing(Known(**known)) == found


SITTINGS = st.lists(
    st.builds(sits, st.sampled_from(Doing), st.integers(1, 9), st.integers(1, 20)), max_size=4
)


@given(SITTINGS, st.booleans(), st.integers(0, 20), st.randoms(use_true_random=False))
def test_the_order_of_sessions_does_not_matter(
    sittings: list[Sitting], has_hooks: bool, asleep: int, random: Any
) -> None:
    found = standing(Known(sittings=sittings, has_hooks=has_hooks, asleep_ns=asleep))
    mixed = random.sample(sittings, len(sittings))
    assert standing(Known(sittings=mixed, has_hooks=has_hooks, asleep_ns=asleep)) == found
    assert found.held, "of an agent of this clone that nobody tells at once there is a reason"


@given(st.lists(st.sampled_from(Boundary), min_size=1, max_size=12))
def test_a_session_that_passes_boundaries_has_a_reason_since_one_of_them(
    passed: list[Boundary],
) -> None:
    sitting = Sitting()
    for number, boundary in enumerate(passed, 1):
        sitting.passes(boundary, number)
    found = standing(Known(sittings=[sitting], has_hooks=True))
    assert sitting.heard_ns == len(passed)
    if sitting.doing is Doing.ENDED:
        assert found == Standing(held.TURN)
    else:
        assert 1 <= found.since_ns <= len(passed)
