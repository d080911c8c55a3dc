"""A code counts once, for a while, for three tries."""

from __future__ import annotations

import pytest

from thrum.daemon.one_time_code import LASTS_S, TRIES, OneTimeCode


def made(now: list[float]) -> OneTimeCode[str]:
    return OneTimeCode(code="s3cret", monotonic=lambda: now[0])


def test_its_time_counts_from_when_it_was_drawn() -> None:
    now = [7.0]
    code = made(now)
    now[0] += LASTS_S - 1
    assert (code.age_s, code.left_s, code.is_open) == (LASTS_S - 1, 1, True)
    now[0] += 9
    assert (code.left_s, code.is_open, code.reason) == (0, False, "the code timed out")


def test_it_ends_once_and_stays_as_it_ended() -> None:
    code = made([0.0])
    assert code.is_said("s3cret")
    assert not code.is_said("s3cre")
    assert not code.is_said("")
    code.settle("ann")
    code.end("too late")
    assert (code.found, code.reason, code.is_open, code.over.is_set()) == ("ann", "", False, True)


@pytest.mark.parametrize("more", [0, 3])
def test_after_the_last_try_it_is_over(more: int) -> None:
    code = made([0.0])
    left = [code.miss("wrong") for _ in range(TRIES + more)]
    assert left == [2, 1, 0, *[0] * more]
    assert (code.is_open, code.reason) == (False, "wrong")


def test_nothing_shows_it() -> None:
    assert "s3cret" not in repr(made([0.0]))
