"""When reminders are due."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.prompts.times import EXPIRES_NS, MOST, REMINDERS_NS, due_ns, words

MINUTE = 60 * 1_000_000_000


def test_six_words_in_all_further_and_further_apart() -> None:
    assert [each // MINUTE for each in REMINDERS_NS] == [5, 15, 45, 120, 240]
    assert MOST == 6
    assert EXPIRES_NS == 8 * 60 * MINUTE
    assert all(each < EXPIRES_NS for each in REMINDERS_NS)


@given(st.integers(0, 2**62), st.integers(-3, 20))
def test_each_counts_from_the_first_and_after_the_last_none_is_due(first: int, told: int) -> None:
    due = due_ns(first, told)
    if 1 <= told < MOST:
        assert due == first + REMINDERS_NS[told - 1]
    else:
        assert due == math.inf


@given(st.integers(0, 2**62), st.integers(0, EXPIRES_NS))
def test_the_next_word_is_due_after_all_that_were(first: int, age: int) -> None:
    told = words(age)
    assert 1 <= told <= MOST
    assert due_ns(first, told) > first + age
    assert told == 1 or due_ns(first, told - 1) <= first + age
