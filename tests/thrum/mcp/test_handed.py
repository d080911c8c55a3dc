"""Each message is returned once and none is lost, in whatever order answers end."""

from __future__ import annotations

from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.mcp.handed import Handed


def row(name: str) -> dict[str, str]:
    return {"message_id": name}


def test_what_an_answer_holds_is_given_to_no_other() -> None:
    handed = Handed()
    handed.reserve(1, [row("a"), row("b")])
    assert handed.fresh([row("a"), row("c")]) == [row("c")]
    assert not handed.unmarked


def test_it_counts_as_read_when_the_answer_was_written() -> None:
    handed = Handed()
    handed.reserve(1, [row("a")])
    assert handed.written(1)
    assert list(handed.unmarked) == ["a"]
    handed.marked(["a"])
    assert not handed.unmarked
    assert handed.fresh([row("a")]) == []  # a list that was asked for before may still name it


def test_an_answer_that_nobody_wants_gives_back_what_it_held() -> None:
    handed = Handed()
    handed.reserve("x", [row("a")])
    handed.dropped("x")
    assert handed.fresh([row("a")]) == [row("a")]
    assert not handed.written("x")


def test_what_the_daemon_lists_all_the_same_is_counted() -> None:
    handed = Handed()
    handed.reserve(1, [row("a"), row("b")])
    handed.reserve(2, [row("c")])
    handed.reserve(3, [])
    handed.written(2)
    assert (handed.pending, handed.given_back) == (3, 0)
    handed.dropped(1)
    handed.dropped(3)
    assert (handed.pending, handed.given_back) == (1, 1)
    handed.marked(["c"])
    assert handed.pending == 0


def test_an_answer_that_is_made_after_it_was_dropped_holds_nothing() -> None:
    handed = Handed()
    handed.dropped(1)
    handed.reserve(1, [row("a")])
    assert handed.fresh([row("a")]) == [row("a")]


def test_what_was_marked_long_ago_is_forgotten() -> None:
    handed = Handed()
    for number in range(12_000):
        handed.reserve(number, [row(str(number))])
        handed.written(number)
        handed.marked([str(number)])
    assert len(handed._known) <= 5_001


@pytest.mark.parametrize("is_marked", [False, True])
def test_what_was_written_to_nobody_is_given_again(is_marked: bool) -> None:
    """Also where the daemon lists it no more; and again until somebody looks."""
    handed = Handed()
    for request in range(3):
        handed.reserve(request, [row("a"), row("b")])
        handed.written(request)
        if is_marked:
            handed.marked(["a", "b"])
        handed.overlooked(request)
        handed.overlooked(request)  # nothing to give back any more
        assert handed.fresh([]) == [row("a"), row("b")]
        assert handed.fresh([row("b"), row("c")]) == [row("a"), row("b"), row("c")]
        assert not handed.unmarked
        handed.reserve("x", [row("a")])
        handed.dropped("x")
        handed._cancelled.clear()
    handed.reserve(9, handed.fresh([]))
    handed.written(9)
    assert handed.fresh([row("a")]) == []


def test_nobody_overlooks_what_was_never_written() -> None:
    handed = Handed()
    handed.overlooked(1)
    handed.overlooked("x")
    handed.reserve(1, [row("a")])
    assert handed.fresh([row("a")]) == []
    assert handed.written(1)


def test_only_the_last_answers_can_be_given_back() -> None:
    """A client cancels what it has just asked for, and texts are not kept for ever."""
    handed = Handed()
    for number in range(100):
        handed.reserve(number, [row(str(number))])
        handed.written(number)
    for number in range(100):
        handed.overlooked(number)
    assert [each["message_id"] for each in handed.fresh([])] == [str(n) for n in range(68, 100)]


def test_what_is_given_back_takes_its_place_again() -> None:
    """In whatever order answers end, the oldest that nobody has seen comes first."""
    handed = Handed()
    rows = [{"message_id": each, "created_at": f"2026-01-02T03:04:0{each}Z"} for each in "12345"]
    for request in (1, 2, 3):
        handed.reserve(request, handed.fresh(rows)[:1])
        handed.written(request)
    for request in (3, 1):
        handed.overlooked(request)
    assert [each["message_id"] for each in handed.fresh(rows)] == ["1", "3", "4", "5"]
    handed.reserve(4, handed.fresh(rows)[:2])
    handed.dropped(4)
    assert [each["message_id"] for each in handed.fresh(rows)] == ["1", "3", "4", "5"]


class End(Enum):
    """What becomes of an answer."""

    READ = 0
    DROPPED = 1
    OVERLOOKED = 2
    OVERLOOKED_WHEN_MARKED = 3


@given(st.lists(st.sampled_from(End), max_size=30))
def test_nothing_is_given_twice_and_nothing_is_kept_for_nobody(ends: list[End]) -> None:
    """Each step asks a daemon for what is unread, and its answer ends in one of the ways."""
    handed, given_out = Handed(), []
    unread = {str(number): row(str(number)) for number in range(6)}
    for request, end in enumerate(ends):
        fresh = handed.fresh(unread.values())[:2]
        handed.reserve(request, fresh)
        if end is End.DROPPED:
            handed.dropped(request)
            continue
        handed.written(request)
        if end is not End.OVERLOOKED:
            for each in list(handed.unmarked):
                unread.pop(each, None)
            handed.marked(list(handed.unmarked))
        if end is End.READ:
            given_out += [each["message_id"] for each in fresh]
        else:
            handed.overlooked(request)
    assert len(given_out) == len(set(given_out))
    left = {each["message_id"] for each in handed.fresh(unread.values())}
    assert left == {str(number) for number in range(6)} - set(given_out)
