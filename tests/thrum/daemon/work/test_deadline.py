"""A moment after which nobody waits."""

from __future__ import annotations

import time

import pytest

from thrum.daemon.work.deadline import Deadline, Expired


def test_it_is_over_only_after_the_moment() -> None:
    ticks = iter((0.0, 4.9, 5.0, 5.1, 9.0))
    deadline = Deadline(5.0, ticks.__next__)
    for _ in range(3):
        deadline.check()
    for _ in range(2):
        with pytest.raises(Expired):
            deadline.check()


def test_without_a_moment_it_is_never_over() -> None:
    Deadline().check()
    Deadline(monotonic=lambda: 1e300).check()


def test_by_itself_it_goes_by_the_clock_that_nobody_sets() -> None:
    Deadline(time.monotonic() + 3600).check()
    with pytest.raises(Expired):
        Deadline(time.monotonic() - 1).check()


def test_what_reads_files_does_not_take_it_for_a_failure_of_theirs() -> None:
    """Failures to read are passed over, see `_Look._try`; the end of the time must not be."""
    assert not issubclass(Expired, OSError | ValueError | KeyError)
