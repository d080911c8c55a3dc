"""When a backup is due."""

from __future__ import annotations

from thrum.daemon.backup import due

HOUR = 3600 * 1_000_000_000


def test_a_missed_run_is_made_up_and_a_clock_set_back_puts_nothing_off() -> None:
    assert due.is_due(None, HOUR, 0)
    assert not due.is_due(10 * HOUR, HOUR, 10 * HOUR + 1)
    assert due.is_due(10 * HOUR, HOUR, 11 * HOUR)
    assert due.is_due(10 * HOUR, HOUR, 500 * HOUR)
    assert due.is_due(10 * HOUR, HOUR, 9 * HOUR), "taken by a clock that was ahead"
