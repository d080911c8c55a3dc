"""A session that becomes full is acted upon once, and again after it had room."""

from __future__ import annotations

import pytest

from thrum.daemon.delivery.given import Seat
from thrum.daemon.restart import fullness
from thrum.daemon.restart.fullness import Fullness

SEAT = Seat("furiosa", "claude", "s1")


@pytest.mark.parametrize(
    ("used", "due"),
    [
        ([10, 79.9, 80, 81, 99], [80]),
        ([95, 96, 70, 80], [95]),
        ([95, 69.9, 80, 81, 12, 90, 12], [95, 80, 90]),
        ([0, 100, 100.5, 100], [100]),
        ([], []),
    ],
)
def test_once_and_again_after_a_compaction(used: list[float], due: list[float]) -> None:
    found = Fullness()
    assert [each for each in used if found.is_due(SEAT, each, 80)] == due


def test_each_session_for_itself() -> None:
    found = Fullness()
    for seat in (SEAT, SEAT._replace(session="s2"), SEAT._replace(agent_id="nux")):
        assert found.is_due(seat, 90, 80)
        assert not found.is_due(seat, 90, 80)


def test_without_a_threshold_none_ever_is() -> None:
    assert not Fullness().is_due(SEAT, 100, 0)


def test_only_the_latest_are_kept_in_mind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fullness, "MOST", 2)
    found, seats = Fullness(), [SEAT._replace(session=str(number)) for number in range(3)]
    assert all(found.is_due(seat, 90, 80) for seat in seats)
    assert [found.is_due(seat, 90, 80) for seat in seats[::-1]] == [False, False, True]
