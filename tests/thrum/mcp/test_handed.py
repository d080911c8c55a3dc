"""Each message is returned once and none is lost, in whatever order answers end."""

from __future__ import annotations

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


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=30))
def test_nothing_is_given_twice_and_nothing_is_kept_for_nobody(ends: list) -> None:
    """Each step asks for what is unread, and is then written or dropped."""
    handed, given_out = Handed(), []
    unread = [row(str(number)) for number in range(4)]
    for request, (_, is_written) in enumerate(ends):
        fresh = handed.fresh(unread)[:2]
        handed.reserve(request, fresh)
        if is_written:
            handed.written(request)
            given_out += [each["message_id"] for each in fresh]
        else:
            handed.dropped(request)
    assert len(given_out) == len(set(given_out))
    left = {each["message_id"] for each in handed.fresh(unread)}
    assert left == {each["message_id"] for each in unread} - set(given_out)
