"""Words that go round, and words that do not."""

from __future__ import annotations

from itertools import cycle, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.loops.exchange import HOUR_NS
from thrum.daemon.loops.rounds import MOST, Rounds, key


def told(rounds: Rounds, *pairs: str, now: int = 0) -> list[str]:
    """Lets one speak to the others, as in ``abc``; the rounds that each word closes."""
    found = []
    for number, word in enumerate(pairs):
        found += [key(each) for each in rounds.say(word[0], word[1:], now + number)]
    return found


@pytest.mark.parametrize("count", [3, 4, 5, 12, MOST])
def test_a_round_of_any_length_is_closed_by_each_further_word(count: int) -> None:
    names = [f"agent{number:02}" for number in range(count)]
    rounds, closed = Rounds(), 0
    for number, author in enumerate(islice(cycle(names), 3 * count)):
        found = rounds.say(author, [names[(number + 1) % count]], number)
        assert {key(each) for each in found} <= {" > ".join(names)}
        assert len(found) == (number >= count - 1)
        closed += len(found)
    assert closed == 2 * count + 1


@pytest.mark.parametrize(
    "words",
    [
        ["ab", "ba"] * 9,
        ["ab", "ba", "ac", "ca", "ad", "da"] * 5,
        ["abcd", "ba", "ca", "da"] * 5,
        ["ab", "bc", "cd", "de"] * 5,
        ["ab", "ac", "ad", "bd", "cd"] * 5,
        ["ab", "bc", "cb", "ba"] * 5,
    ],
    ids=["a pair", "one with each", "one with all", "a row", "into one", "to and fro"],
)
def test_what_does_not_go_round_is_no_round(words: list[str]) -> None:
    assert told(Rounds(), *words) == []


def test_a_word_that_follows_nothing_closes_nothing() -> None:
    rounds = Rounds()
    assert told(rounds, "ab", "bc", "ca") == ["a > b > c"]
    assert told(rounds, "ca", "ca") == [], "c has heard nothing since"
    assert told(rounds, "ab", "ab") == ["a > b > c"]


@pytest.mark.parametrize("noise", ["za", "zabc", "zc", "bz", "az", "cz", "zcab"])
def test_others_who_speak_in_between_hide_no_round(noise: str) -> None:
    words = [each for word in ("ab", "bc", "ca") * 4 for each in (word, noise)]
    assert told(Rounds(), *words).count("a > b > c") == 10


def test_two_rounds_that_share_a_way_are_told_apart() -> None:
    found = told(Rounds(), *["ab", "bcd", "ca", "da"] * 3)
    assert set(found) == {"a > b > c", "a > b > d"}


def test_the_way_back_is_another_round() -> None:
    assert set(told(Rounds(), *["ab", "bc", "ca"] * 2)) == {"a > b > c"}
    assert set(told(Rounds(), *["ac", "cb", "ba"] * 2)) == {"a > c > b"}


def test_after_an_hour_nothing_leads_on() -> None:
    rounds = Rounds()
    told(rounds, "ab", "bc")
    assert told(rounds, "ca", now=HOUR_NS + 5) == []
    rounds.pass_time(2 * HOUR_NS + 9)
    assert rounds == Rounds()


def test_who_is_forgotten_is_on_no_way() -> None:
    rounds = Rounds()
    told(rounds, "ab", "bc", "xy")
    rounds.forget("b")
    assert told(rounds, "ca") == []
    assert set(rounds.ways) == {"y", "a"}
    assert set(rounds.ways["a"]) == {"c"}


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=60))
def test_who_is_in_a_round_spoke_in_its_order(words: list[tuple[str, str]]) -> None:
    rounds = Rounds()
    spoken = [pair for pair in words if pair[0] != pair[1]]
    for number, (author, other) in enumerate(spoken):
        for found in rounds.say(author, [other], number):
            assert len(set(found)) == len(found) >= 3
            assert (found[-1], found[0]) == (author, other)
            rest = iter(spoken[: number + 1])
            steps = zip(found, (*found[1:], found[0]), strict=True)
            assert all(step in rest for step in steps), "one after the other"
    assert all(len(ways) <= MOST for ways in rounds.ways.values())
