"""Last words."""

from __future__ import annotations

from tests.thrum.daemon.monitors.conftest import job
from thrum.daemon.monitors.notice import Ended, given_up, no_more_runs


def test_what_is_said_of_a_program_that_keeps_ending() -> None:
    text = given_up(job(), Ended(3, 4711, 2.4), 11, "boom\nbang")
    assert text.startswith("[monitor:errs] exceeded restart budget: 11 runs in a row")
    for part in ("ended with 3 after 2s", "pid 4711", "boom\nbang", "thrum monitor restart errs"):
        assert part in text


def test_of_one_that_a_signal_ends() -> None:
    text = given_up(job(), Ended(-9, 7, 0.0), 11, "")
    assert "was ended by signal 9 after 0s" in text
    assert "It said nothing." in text


def test_of_one_that_never_began() -> None:
    text = given_up(job(), Ended(None, why="no such file"), 11, "")
    assert "could not be started: no such file" in text
    assert "pid" not in text
    assert "It said nothing." not in text


def test_of_a_schedule_without_a_run() -> None:
    assert "'0 0 30 2 *' means no moment" in no_more_runs(job(schedule="0 0 30 2 *"))
