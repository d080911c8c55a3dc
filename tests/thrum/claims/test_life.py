"""How long claims last, and who has what: laws over any events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from thrum.claims.life import (
    DAY_NS,
    LONGEST_NS,
    End,
    Life,
    Renewal,
    Take,
    life,
    settle,
    stands_in_the_way,
)
from thrum.claims.patterns import What
from thrum.clock import format_ns, parse

HOUR_NS = DAY_NS // 24
BEGIN_NS = 1_700_000_000 * 1_000_000_000


def at(hours: int) -> str:
    return format_ns(BEGIN_NS + hours * HOUR_NS)


def take(
    begin: int, hours: int, what: str = "src", who: str = "ann", *, shared: bool = False
) -> Take:
    key = (at(begin), f"evt_{begin}_{who}")
    return Take(
        key, f"clm_{begin}_{who}_{what}", who, What("path", what), at(begin + hours), shared
    )


def test_it_lasts_until_its_time_and_a_week_at_most() -> None:
    assert life(take(0, 2), [], []) == Life(at(2))
    assert parse(life(take(0, 24 * 365 * 5000), [], []).until) == BEGIN_NS + LONGEST_NS


def test_it_is_renewed_while_it_lasts() -> None:
    later = [Renewal((at(1), "b"), at(5)), Renewal((at(4), "c"), at(9))]
    assert life(take(0, 2), later, []).finish == at(9)
    assert life(take(0, 2), later[1:], []).finish == at(2)
    assert life(take(0, 2), [Renewal((at(1), "b"), at(24 * 9))], []).finish == at(1 + 24 * 7)


def test_it_ends_by_the_first_that_ends_it() -> None:
    ends = [End((at(3), "b"), "released"), End((at(1), "c"), "session ended", "bob")]
    assert life(take(0, 9), [Renewal((at(2), "d"), at(20))], ends) == Life(at(9), ends[1])
    assert life(take(0, 2), [], [End((at(2), "b"))]).end is None


def test_nothing_is_held_by_who_was_gone() -> None:
    found = life(take(5, 9), [], [End((at(1), "b"), "agent deleted")])
    assert (found.finish, found.end and found.end.why) == (at(5), "agent deleted")


whats = st.sampled_from(["src", "src/a.py", "src/*.py", "doc", "SRC", "**"])
agents = st.sampled_from(["ann", "bob", "cy"])
takes = st.lists(
    st.builds(
        lambda number, begin, hours, what, who, shared: take(
            begin, hours, what, who, shared=shared
        )._replace(claim_id=f"clm_{number}", key=(at(begin), f"evt_{number}")),
        st.integers(0, 999),
        st.integers(0, 12),
        st.integers(1, 9),
        whats,
        agents,
        st.booleans(),
    ),
    max_size=9,
    unique_by=lambda each: each.claim_id,
)


@given(takes)
def test_at_most_one_has_a_path_at_a_moment_whatever_the_order(found: list[Take]) -> None:
    lives = {each.claim_id: life(each, [], []) for each in found}
    verdicts = settle(found, lives)
    assert settle(sorted(found, key=lambda each: each.claim_id), lives) == verdicts
    granted = [each for each in found if not verdicts[each.claim_id]]
    for one in granted:
        for other in granted:
            if one.key < other.key and stands_in_the_way(one, other):
                assert lives[one.claim_id].finish <= other.key[0]
    by_id = {each.claim_id: each for each in found}
    for lost, winner in ((by_id[a], by_id[b]) for a, b in verdicts.items() if b):
        assert winner in granted
        assert winner.key < lost.key
        assert lives[winner.claim_id].finish > lost.key[0]
        assert stands_in_the_way(winner, lost)
