"""One exchange."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.loops.exchange import (
    FIRST_PAUSE_NS,
    HOUR_NS,
    NEVER_NS,
    PAUSES,
    SECOND_NS,
    Exchange,
    Stage,
    committed,
    due_ns,
    freed,
    is_over,
    pair_key,
    said,
)

LIMIT = 12


def fresh(last: str = "a") -> Exchange:
    return Exchange(pair_key("b", "a"), frozenset("ab"), last, 0)


def after(answers: int, limit: int = LIMIT) -> Exchange:
    """The exchange of two that took turns, a second each."""
    found = fresh()
    for number in range(1, answers + 1):
        found = said(found, "ab"[number % 2], number * SECOND_NS, limit)
    return found


def stage(answers: int) -> Stage:
    if answers > LIMIT + PAUSES:
        return Stage.HELD
    return Stage.SLOWED if answers > LIMIT else Stage.FREE


@pytest.mark.parametrize("answers", range(LIMIT + PAUSES + 4))
def test_it_is_free_then_slowed_then_held(answers: int) -> None:
    found = after(answers)
    assert (found.answers, found.stage) == (answers, stage(answers))
    changed = next((n for n in range(1, answers + 1) if stage(n) is stage(answers)), 0)
    assert found.since_ns == (changed * SECOND_NS if found.is_strained else 0)


def test_the_pause_doubles_and_then_it_never_comes() -> None:
    dues = [due_ns(after(LIMIT + n), 0, LIMIT) for n in range(PAUSES + 2)]
    assert dues[0] == 0
    assert dues[1] == FIRST_PAUSE_NS
    assert all(later == 2 * sooner for sooner, later in pairwise(dues[1:-1]))
    assert dues[-2] == 8 * 60 * SECOND_NS
    assert dues[-1] == NEVER_NS


@given(st.integers(0, 30), st.integers(1, 9))
def test_who_goes_on_alone_answers_nobody(answers: int, more: int) -> None:
    found = again = after(answers)
    for _ in range(more):
        again = said(again, found.last, 10**12, LIMIT)
    assert (again.answers, again.stage) == (found.answers, found.stage)
    assert due_ns(again, 5, LIMIT) == due_ns(found, 5, LIMIT)
    assert again.heard_ns == 10**12


def test_two_in_a_thread_are_no_circle_of_three() -> None:
    found = Exchange("thr_1", frozenset("ab"), "a", 0)
    for number in range(1, 40):
        found = said(found, "ab"[number % 2], number, LIMIT, 3)
    assert found.answers == 0
    for number in range(LIMIT + 1):
        found = said(found, "cab"[number % 3], number, LIMIT, 3)
    assert (found.answers, found.stage) == (LIMIT + 1, Stage.SLOWED)


def test_what_was_held_stays_so_until_it_is_free() -> None:
    found = after(LIMIT + PAUSES + 1)
    assert said(found, "a", 9, 10**6).stage is Stage.HELD
    again = freed(found)
    assert (again.answers, again.stage, again.since_ns, again.is_strained) == (
        0,
        Stage.FREE,
        0,
        False,
    )
    assert again.parties == found.parties
    assert again.heads == found.heads


def test_a_new_commit_frees_it_and_one_from_before_does_not() -> None:
    found = committed(after(LIMIT + 1), {"a": frozenset({"1"}), "z": frozenset({"9"})})
    assert (found.stage, found.heads) == (Stage.SLOWED, {"a": frozenset({"1"})})
    assert committed(found, {"a": frozenset({"1"}), "b": frozenset({"5"})}).is_strained
    assert committed(found, {"a": frozenset()}).is_strained, "it was merged"
    assert committed(found, {"z": frozenset({"8"})}) is found, "it takes no part"
    assert committed(found, {}) is found
    for heads in (frozenset({"2"}), frozenset({"1", "2"})):
        again = committed(found, {"a": heads})
        assert (again.stage, again.answers, again.heads["a"]) == (Stage.FREE, 0, heads)
    first = committed(committed(found, {"b": frozenset()}), {"b": frozenset({"3"})})
    assert not first.is_strained, "its first one"


def test_after_an_hour_it_is_over() -> None:
    quiet, held = after(1), after(LIMIT + PAUSES + 1)
    assert not is_over(quiet, quiet.heard_ns + HOUR_NS - 1)
    assert is_over(quiet, quiet.heard_ns + HOUR_NS)
    loud = said(held, "a", held.since_ns + HOUR_NS - 1, LIMIT)
    assert not is_over(loud, held.since_ns + HOUR_NS - 1)
    assert is_over(loud, held.since_ns + HOUR_NS)


def test_an_id_is_short_and_the_same_from_either_side() -> None:
    assert pair_key("a", "b") == pair_key("b", "a")
    assert len(fresh().id) == 6
    assert fresh().id != Exchange(pair_key("a", "c"), frozenset(), "a", 0).id
