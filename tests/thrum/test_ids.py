"""Ids: increasing ones, and those that every node computes alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import ids, names


def test_ids_increase_also_within_a_millisecond_and_when_the_clock_steps_back() -> None:
    times = iter([1_000_000_000, 1_000_000_000, 1, 2_000_000_000])
    source = ids.Ids(lambda: next(times))
    made = [source.make("msg") for _ in range(4)]
    assert made == sorted(set(made))
    assert all(ids.is_ulid_id(each) for each in made)


@given(st.binary(max_size=40))
def test_base32_has_a_character_for_every_five_bits(data: bytes) -> None:
    text = ids.base32(data)
    assert len(text) == -(-len(data) * 8 // 5)
    assert set(text) <= set(ids.CROCKFORD)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/user/repo", "r_PWCZQAFEDQMF"),
        ("https://github.com/user/repo.git", "r_PWCZQAFEDQMF"),
        ("git@github.com:user/repo.git", "r_PWCZQAFEDQMF"),
        ("https://github.com/acme/widgets", "r_DR3Z0XEPBMS3"),
        ("https://tok@GitHub.com/Acme/Widgets.git", "r_0QHZZMHWEWFP"),
        ("/srv/git/widgets.git", "r_BEXS01867AWB"),
    ],
)
def test_repository_ids_are_those_of_every_other_node(url: str, expected: str) -> None:
    assert ids.repo_id(url) == expected


def test_an_unnamed_agent_gets_an_upper_case_hash() -> None:
    made = ids.unnamed_agent_id("r_ABC123DEF456", "implementer", "auth")
    assert made == "implementer_35HV62T9B9"
    assert names.parts(made) == ("implementer", "35HV62T9B9")


@pytest.mark.parametrize("url", ["", "git@host"])
def test_a_url_that_is_none_has_no_repository_id(url: str) -> None:
    with pytest.raises(ValueError):
        ids.repo_id(url)
