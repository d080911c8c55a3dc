"""The one decision about a caller: laws over all facts, and the cases that they come from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.identity.choice import NOBODY, choose

names = st.sampled_from(["furiosa", "nux", "slit", "toast"])
several = st.lists(names, unique=True, max_size=3)
claims = st.one_of(st.just(""), names)


@given(claims, several, several, several)
def test_a_process_counts_more_than_a_place_and_a_place_more_than_a_word(
    claim: str, by_process: list[str], at_home: list[str], implied: list[str]
) -> None:
    made = choose(claim, by_process, at_home, implied)
    if not by_process and not at_home:
        assert made == NOBODY
        return
    assert made.rule == ("pid" if by_process else "worktree")
    possible = {made.agent_id, *made.others}
    assert set(by_process or at_home) <= possible <= {*by_process, *at_home}
    assert made.agent_id not in made.others


@given(claims, several, several, several)
def test_a_claim_names_one_of_those_or_contradicts(
    claim: str, by_process: list[str], at_home: list[str], implied: list[str]
) -> None:
    unclaimed = choose("", by_process, at_home, implied)
    made = choose(claim, by_process, at_home, implied)
    possible = {unclaimed.agent_id, *unclaimed.others}
    assert {made.agent_id, *made.others} == possible
    if not claim:
        assert made == unclaimed
    elif claim in possible:
        assert made.agent_id == claim
        assert not made.contradicted
    else:
        assert made.contradicted == bool(unclaimed.agent_id)


@given(claims, several, several, several)
def test_an_implied_name_never_contradicts_and_never_outvotes_a_claim(
    claim: str, by_process: list[str], at_home: list[str], implied: list[str]
) -> None:
    without = choose(claim, by_process, at_home)
    made = choose(claim, by_process, at_home, implied)
    assert made.contradicted == without.contradicted
    if claim or not set(implied) & {*without.others, without.agent_id}:
        assert (made.agent_id, set(made.others)) == (without.agent_id, set(without.others))
    else:
        assert made.agent_id in implied


@pytest.mark.parametrize(
    ("claim", "by_process", "at_home", "implied", "agent_id", "contradicted"),
    [
        ("", [], ["nux", "slit"], [], "nux", False),
        ("slit", [], ["nux", "slit"], [], "slit", False),
        ("", [], ["nux", "slit"], ["slit"], "slit", False),
        ("", [], ["nux", "slit"], ["furiosa", "slit"], "slit", False),
        ("nux", [], ["nux", "slit"], ["slit"], "nux", False),
        ("", [], ["nux", "slit"], ["furiosa"], "nux", False),
        # A program of the place may be any who live there, one from elsewhere is itself.
        ("slit", ["nux"], ["nux", "slit"], [], "slit", False),
        ("slit", ["furiosa"], ["nux", "slit"], [], "furiosa", True),
        ("", ["furiosa"], ["nux", "slit"], ["slit"], "furiosa", False),
        ("slit", [], [], ["nux"], "", False),
    ],
)
def test_who_is_meant(
    claim: str,
    by_process: list[str],
    at_home: list[str],
    implied: list[str],
    agent_id: str,
    contradicted: bool,
) -> None:
    made = choose(claim, by_process, at_home, implied)
    assert (made.agent_id, made.contradicted) == (agent_id, contradicted)
