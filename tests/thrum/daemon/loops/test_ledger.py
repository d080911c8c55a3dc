"""Many exchanges, and what waits because of them."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.loops import ledger as module
from thrum.daemon.loops.exchange import (
    FIRST_PAUSE_NS,
    HOUR_NS,
    NEVER_NS,
    PAUSES,
    SECOND_NS,
    Exchange,
    Stage,
)
from thrum.daemon.loops.ledger import Ledger, Said

LIMIT = 4
HELD = LIMIT + PAUSES + 1
"""Answers with which an exchange is held."""


class Town:
    """Agents who talk, a second for each message."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.now = 0
        self.told: list[Exchange] = []
        self._numbers = count()

    def says(self, author: str, *others: str, **fields: object) -> str:
        message_id = f"msg_{next(self._numbers)}"
        self.now += SECOND_NS
        heads = fields.pop("heads", {})
        message = Said(message_id, author, others=frozenset(others), **fields)  # type: ignore[arg-type]
        self.told += self.ledger.hear(message, self.now, LIMIT, heads)  # type: ignore[arg-type]
        return message_id

    def turns(self, answers: int, one: str = "a", other: str = "b") -> list[str]:
        """One writes, and they answer each other so many times; the ids of the answers."""
        names = (one, other)
        self.says(one, other)
        return [self.says(names[n % 2], names[(n + 1) % 2]) for n in range(1, answers + 1)]

    def comes(self, agent: str, message_id: str) -> bool:
        return self.ledger.holder(agent, message_id, self.now) is None


def test_two_who_answer_each_other_are_slowed_then_held() -> None:
    town = Town()
    ids = town.turns(HELD + 3)
    dues = [max(town.ledger.waits.get(each, {"": 0}).values()) for each in ids]
    assert dues[:LIMIT] == [0] * LIMIT
    assert set(dues[LIMIT:]) == {NEVER_NS}, "what was slowed is held with the rest"
    (held,) = town.told
    assert (held.key, held.told_by) == ("a b", ids[HELD - 1])
    for reader in "ab":
        assert not town.comes(reader, ids[-1])
    assert town.comes("c", ids[-1]), "others get it"
    assert town.ledger.waiting(held.key) == HELD + 3 - LIMIT


@given(st.integers(0, 40))
def test_n_and_k_times(answers: int) -> None:
    town = Town()
    ids = town.turns(answers)
    waiting = [each for each in ids if not town.comes("a", each)]
    assert len(waiting) == max(answers - LIMIT, 0)
    assert len(town.told) == (answers >= HELD)


def test_a_pause_ends_and_is_known_before() -> None:
    town = Town()
    *_, last = town.turns(LIMIT + 1)
    assert town.ledger.next_due_ns("a", town.now) == town.now + FIRST_PAUSE_NS
    assert town.ledger.next_due_ns("c", town.now) == NEVER_NS
    town.now += FIRST_PAUSE_NS - 1
    assert not town.comes("a", last)
    town.ledger.pass_time(town.now)
    assert (town.comes("a", last), town.ledger.freed) == (False, set())
    town.now += 1
    assert town.comes("a", last)
    town.ledger.pass_time(town.now)
    assert town.ledger.freed == {"a", "b"}
    assert (town.ledger.waits, town.ledger.next_due_ns("a", town.now)) == ({}, NEVER_NS)


@pytest.mark.parametrize(
    "word",
    [
        {"author": "user:ann", "others": ["a"]},
        {"author": "user:ann", "others": ["b", "c"]},
        {"author": "a", "others": ["c"]},
        {"author": "user:ann", "others": list("abcdefghijkl"), "is_broadcast": True},
        {"author": "tg:ann", "others": [], "answered": "a"},
    ],
)
def test_a_persons_word_to_one_of_them_frees_everything(word: dict[str, object]) -> None:
    town = Town()
    ids = town.turns(HELD)
    others = word.pop("others")
    said = town.says(str(word.pop("author")), *others, by_person=True, **word)  # type: ignore[misc]
    assert all(town.comes(reader, each) for reader in "ab" for each in (*ids, said))
    assert town.ledger.strained() == []
    town.turns(LIMIT - 1)
    assert town.ledger.strained() == []


def test_a_persons_word_to_others_changes_nothing() -> None:
    town = Town()
    *_, last = town.turns(HELD)
    town.says("user:ann", "c", by_person=True)
    assert not town.comes("a", last)


def test_a_commit_frees_what_it_concerns() -> None:
    town = Town()
    before = {"a": frozenset({"1"}), "c": frozenset({"1"})}
    town.says("a", "b", heads=before)
    *_, last = town.turns(HELD)
    *_, other = town.turns(HELD, "c", "d")
    town.ledger.look(before)
    assert not town.comes("a", last)
    town.ledger.look({"a": frozenset({"2"})})
    assert town.comes("a", last)
    assert not town.comes("c", other)


def test_a_commit_between_counts_where_the_next_is_said() -> None:
    town = Town()
    for number in range(HELD * 2):
        names = "ab" if number % 2 else "ba"
        town.says(*names, heads={"a": frozenset({str(number // LIMIT)})})
    assert town.told == []


def test_three_in_a_ring_are_held_as_one() -> None:
    town, last, answered = Town(), "", ""
    for number in range(HELD + 2):
        author = "abc"[number % 3]
        fields = {"thread": "thr_1", "answered": answered} if answered else {}
        last = town.says(author, "abc"[(number + 1) % 3], **fields)
        answered = author
    assert [each.parties for each in town.told if each.told_by] == [{"a", "b", "c"}]
    assert not town.comes("abc"[(HELD + 2) % 3], last)
    assert town.ledger.exchanges["thr_1"].stage is Stage.HELD
    town.says("user:ann", thread="thr_1", by_person=True)
    assert town.comes("a", last)


def test_two_in_a_thread_are_told_of_once() -> None:
    town, answered = Town(), ""
    for number in range(HELD * 3):
        author, other = "ab" if number % 2 else "ba"
        fields = {"thread": "thr_1", "answered": answered} if answered else {}
        town.says(author, other, is_broadcast=True, **fields)
        answered = author
    assert [each.told_by != "" for each in town.told] == [True]


def test_a_new_thread_each_time_does_not_help() -> None:
    town, answered = Town(), ""
    for number in range(HELD + 1):
        author, other = "ab" if number % 2 else "ba"
        fields = {"thread": f"thr_{number}", "answered": answered} if answered else {}
        town.says(author, other, **fields)
        answered = author
    assert [each.key for each in town.told] == ["a b"]
    for number in range(HELD * 2):
        author, other = "cd" if number % 2 else "dc"
        town.says(author, other, thread=f"thr_x{number}")
    assert [each.key for each in town.told] == ["a b", "c d"]


def test_who_tells_many_answers_nobody() -> None:
    town = Town()
    for number in range(HELD * 3):
        town.says("ab"[number % 2], "a", "b", "c", is_broadcast=True)
    assert town.ledger.exchanges == {}


def test_one_who_talks_with_many_is_not_in_a_circle() -> None:
    town = Town()
    for _ in range(LIMIT // 2):
        for name in "bcdefgh":
            town.says("a", name)
            town.says(name, "a")
    assert town.ledger.strained() == []


def test_an_hour_frees_and_forgets() -> None:
    town = Town()
    *_, last = town.turns(HELD)
    town.now += HOUR_NS - 1
    town.ledger.pass_time(town.now)
    assert not town.comes("a", last)
    town.now += 1
    town.ledger.pass_time(town.now)
    assert town.comes("a", last)
    assert (town.ledger.exchanges, town.ledger.waits) == ({}, {})
    town.turns(LIMIT)
    town.now += HOUR_NS
    town.turns(LIMIT)
    assert town.ledger.strained() == []


def test_of_many_those_that_are_held_and_the_latest_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    town = Town()
    *_, last = town.turns(HELD)
    for name in "cdefg":
        town.says("z", name)
    town.ledger.pass_time(town.now)
    assert [each.parties - {"z"} for each in town.ledger.exchanges.values()] == [
        {"a", "b"},
        {"f"},
        {"g"},
    ]
    assert not town.comes("a", last)
    assert town.ledger.freed == set()
    town.ledger.release(["a b"])
    assert town.comes("a", last)
    assert town.ledger.freed == {"a", "b"}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "user:ann", "a as ann"]),
        st.sampled_from("abc"),
        st.booleans(),
        st.integers(0, 20),
    ),
    max_size=80,
)


@given(STEPS)
def test_what_a_person_wrote_always_comes_and_whatever_waits_comes_in_the_end(
    steps: list[tuple[str, str, bool, int]],
) -> None:
    town, answered, everything = Town(), "", []
    for name, other, in_thread, pause in steps:
        author = name.partition(" ")[0]
        by_person = author != name or ":" in name
        town.now += pause * 60 * SECOND_NS
        thread = {"thread": "thr_1", "answered": answered} if in_thread and answered else {}
        message_id = town.says(author, *{other} - {author}, by_person=by_person, **thread)
        everything.append(message_id)
        if by_person:
            assert all(town.comes(reader, message_id) for reader in "abc")
        answered = "" if ":" in author else author
        for found in town.ledger.exchanges.values():
            assert found.answers <= LIMIT or found.stage is not Stage.FREE
        for waits in town.ledger.waits.values():
            assert all(town.ledger.exchanges[key].is_strained for key in waits)
    town.now += HOUR_NS
    town.ledger.pass_time(town.now)
    assert town.ledger.waits == {}
    assert all(town.comes(reader, each) for reader in "abc" for each in everything)


def rounds(town: Town, words: int, agents: str) -> list[str]:
    """Each tells the next one, so many words; their ids."""
    count = len(agents)
    return [town.says(agents[n % count], agents[(n + 1) % count]) for n in range(words)]


@pytest.mark.parametrize("agents", ["abc", "abcd", "dacb", "abcdefg"])
def test_words_that_go_round_are_slowed_then_held(agents: str) -> None:
    """Nobody answers the one that spoke, and nothing answers anything."""
    town, before = Town(), len(agents) - 1
    ids = rounds(town, before + HELD + 1, agents)
    assert all(town.comes(each, one) for one in ids[: before + LIMIT] for each in agents)
    (held,) = town.told
    assert (held.parties, held.answers) == (frozenset(agents), HELD)
    reader = agents[(before + HELD + 1) % len(agents)]
    assert not town.comes(reader, ids[-1])
    assert town.ledger.waiting(held.key) == HELD + 1 - LIMIT


@pytest.mark.parametrize("way", ["a person", "a commit", "an hour"])
def test_a_round_is_free_again(way: str) -> None:
    town = Town()
    for name in "abc":
        town.says(name, "z", heads={name: frozenset("1")})
    town.now += HOUR_NS
    last = rounds(town, 2 + HELD, "abc")[-1]
    assert not town.comes("c", last)
    if way == "a person":
        town.says("user:ada", "b", by_person=True)
    elif way == "a commit":
        town.ledger.look({"b": frozenset("1")})
        assert not town.comes("c", last), "that one is not new"
        town.ledger.look({"b": frozenset("12")})
    else:
        town.now += HOUR_NS
        town.ledger.pass_time(town.now)
    assert town.comes("c", last)


def test_an_answer_in_a_round_is_a_word_in_it_too() -> None:
    """Some write anew and some answer; it goes round all the same."""
    town = Town()
    for number in range(2 + HELD):
        author, other, before = ("abc"[(number + shift) % 3] for shift in (0, 1, 2))
        thread = {"thread": f"thr_{number // 3}", "answered": before} if number % 3 == 2 else {}
        town.says(author, other, **thread)
    assert "a > b > c" in {each.key for each in town.told}


def test_of_a_round_and_its_way_back_everybody_is_told_once() -> None:
    town = Town()
    rounds(town, 2 + HELD, "abc")
    rounds(town, 2 + HELD, "cba")
    assert [each.told_by != "" for each in town.told] == [True, False]
