"""When a backup is due."""

from __future__ import annotations

import pytest

from thrum.daemon.backup import due
from thrum.errors import ThrumError

HOUR = 3600 * 1_000_000_000


@pytest.mark.parametrize(
    ("text", "hours"), [("24h", 24), ("6h30m", 6.5), ("2d", 48), ("", 0), ("off", 0), ("none", 0)]
)
def test_intervals(text: str, hours: float) -> None:
    assert due.interval(text) == hours * HOUR


@pytest.mark.parametrize("text", ["1s", "h", "24", "-1h", "24h!", "1h 2m x", "9" * 40 + "h"])
def test_what_is_no_interval_is_said(text: str) -> None:
    with pytest.raises(ThrumError) as error:
        due.interval(text)
    assert error.value.kind == "config"


def test_a_missed_run_is_made_up_and_a_clock_set_back_puts_nothing_off() -> None:
    assert due.is_due(None, HOUR, 0)
    assert not due.is_due(10 * HOUR, HOUR, 10 * HOUR + 1)
    assert due.is_due(10 * HOUR, HOUR, 11 * HOUR)
    assert due.is_due(10 * HOUR, HOUR, 500 * HOUR)
    assert due.is_due(10 * HOUR, HOUR, 9 * HOUR), "taken by a clock that was ahead"
