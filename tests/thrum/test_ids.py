"""Ids: increasing ones, and those that every node computes alike."""

from __future__ import annotations

import hashlib
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from thrum import ids, names


def test_ids_increase_also_within_a_millisecond_and_when_the_clock_steps_back() -> None:
    times = iter([1_000_000_000, 1_000_000_000, 1, 2_000_000_000])
    source = ids.Ids(lambda: next(times))
    made = [source.make("msg") for _ in range(4)]
    assert made == sorted(set(made))
    assert all(ids.is_ulid_id(each) for each in made)


def test_ids_go_on_after_one_that_a_wrong_clock_made() -> None:
    ahead = ids.Ids(lambda: 2_000_000_000_000_000_000).make("evt")
    source = ids.Ids(lambda: 1_700_000_000_000_000_000)
    behind = source.make("evt")
    source.go_on_after(ahead)
    source.go_on_after(behind)
    made = [source.make("evt") for _ in range(3)]
    assert [ahead, *made] == sorted({ahead, *made})


@given(
    st.lists(st.tuples(st.integers(0, 3), st.text(ids.CROCKFORD, max_size=8)), max_size=30),
    st.integers(0, (1 << 80) - 1),
)
def test_ids_that_must_end_so_increase_like_others(
    wanted: list[tuple[int, str]], last: int
) -> None:
    now = [1_700_000_000_000]
    source = ids.Ids(lambda: now[0] * 1_000_000)
    made = [f"msg_{ids.ulid_text(now[0], last)}"]
    source.go_on_after(made[0])
    for passed, ending in wanted:
        now[0] += passed
        made.append(source.make("msg", ending))
        assert made[-1].endswith(ending)
        assert ids.is_ulid_id(made[-1])
    assert made == sorted(set(made))


def test_a_key_of_one_use_says_how_the_id_ends() -> None:
    assert ids.ending_of("0" * 32) == ids.base32(hashlib.sha256(b"0" * 32).digest())[:8]
    assert ids.ending_of("0" * 32) != ids.ending_of("0" * 33)
    assert len(ids.ending_of("\ud800" * 200)) == 8
    assert ids.ending_of("daily") == ids.ending_of("") == ""


def test_ids_go_on_when_a_millisecond_has_no_more() -> None:
    source = ids.Ids(lambda: 1_700_000_000_000_000_000)
    last = f"evt_{ids.ulid_text(1_800_000_000_000, (1 << 80) - 1)}"
    source.go_on_after(last)
    made = [source.make("evt") for _ in range(3)]
    assert [last, *made] == sorted({last, *made})
    assert all(ids.is_ulid_id(each) for each in made)


@given(st.integers(0, (1 << 48) - 1), st.integers(0, (1 << 80) - 1))
def test_an_id_says_when_it_was_made(milliseconds: int, randomness: int) -> None:
    text = f"msg_{ids.ulid_text(milliseconds, randomness)}"
    assert ids.moment_of(text) == milliseconds * 1_000_000


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


def test_many_threads_get_no_id_twice() -> None:
    source = ids.Ids(lambda: 1_700_000_000_000_000_000)
    made: list[str] = []

    def make() -> None:
        own = [source.ulid() for _ in range(500)]
        assert own == sorted(own)
        made.extend(own)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 4000


@given(st.integers(0, (1 << 48) - 1), st.integers(0, (1 << 80) - 1))
def test_a_ulid_is_its_time_and_its_randomness(milliseconds: int, randomness: int) -> None:
    number = 0
    for character in ids.ulid_text(milliseconds, randomness):
        number = number * 32 + ids.CROCKFORD.index(character)
    assert (number >> 80, number & ((1 << 80) - 1)) == (milliseconds, randomness)
    assert ids.ulid_text(milliseconds, randomness) == str(ULID(number.to_bytes(16, "big")))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "msg_",
        "msg_" + "A" * 25,
        "msg_" + "A" * 27,
        "msg_" + "U" * 26,
        "MSG_" + "A" * 26,
        "A" * 26,
        "msg_" + "A" * 26 + "\n",
        "msg_" + "a" * 26,
        "../_" + "A" * 26,
    ],
)
def test_what_is_no_whole_id(text: str) -> None:
    assert not ids.is_ulid_id(text)
    assert ids.is_ulid_id("msg_" + "A" * 26)


def test_when_an_id_was_made_is_told_as_far_as_it_tells() -> None:
    made = ids.Ids(lambda: 5_000_000).make("msg")
    assert ids.is_made_after(made, 4_999_999)
    assert not ids.is_made_after(made, 5_000_000)
    for text in ("", "msg_1", "msg_", made.lower(), made[:-1]):
        assert not ids.is_made_after(text, -1)


def test_a_derived_id_is_of_its_time_and_of_what_it_is() -> None:
    moment = 1_767_225_600_123_000_000
    made = ids.derived("msg", moment, "beads", "bd-1")
    assert made == ids.derived("msg", moment, "beads", "bd-1")
    assert ids.is_ulid_id(made)
    assert ids.moment_of(made) == moment
    others = [("beads", "bd-2"), ("beadsbd", "-1"), ("beads\ud800", "bd-1")]
    assert len({made, *(ids.derived("msg", moment, *each) for each in others)}) == 4
    assert ids.moment_of(ids.derived("thr", -5, "x")) == 0
