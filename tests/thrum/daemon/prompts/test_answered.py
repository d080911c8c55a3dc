"""Answers are given again to whoever gave them, under their name, and to nobody else."""

from __future__ import annotations

import pytest

from thrum.daemon.prompts.answered import MOST, AnsweredOnce
from thrum.errors import ThrumError


def test_a_name_is_its_callers_own() -> None:
    once: AnsweredOnce[str] = AnsweredOnce()
    once.keep("boss", "a", ("msg_1", True), "allowed")
    assert once.before("boss", "a", ("msg_1", True)) == "allowed"
    for by, client_id in (("nux", "a"), ("boss", "b"), ("boss", "")):
        assert once.before(by, client_id, ("msg_1", True)) is None


@pytest.mark.parametrize("other", [("msg_1", False), ("msg_2", True), ("", True)])
def test_one_name_for_two_answers_is_refused(other: tuple[str, bool]) -> None:
    once: AnsweredOnce[str] = AnsweredOnce()
    once.keep("boss", "a", ("msg_1", True), "allowed")
    with pytest.raises(ThrumError, match="of another answer"):
        once.before("boss", "a", other)


def test_what_has_no_name_is_not_kept() -> None:
    once: AnsweredOnce[str] = AnsweredOnce()
    once.keep("boss", "", 1, "one")
    assert once.before("boss", "", 1) is None


def test_the_last_ones_are_kept() -> None:
    once: AnsweredOnce[int] = AnsweredOnce()
    for number in range(MOST + 3):
        once.keep("boss", str(number), number, number)
    assert [once.before("boss", str(each), each) for each in (0, 2, 3, MOST + 2)] == [
        None,
        None,
        3,
        MOST + 2,
    ]
